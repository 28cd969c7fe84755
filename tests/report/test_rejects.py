"""What the rejects file holds of a refused record, and what becomes of it if the disk is full."""

from __future__ import annotations

import datetime
import json
import resource
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import ApiError
from target_contacts.errors import Rejected
from target_contacts.report.rejects import Rejects, earlier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCHEMA: dict[str, Any] = {"type": "SCHEMA", "stream": "contacts", "schema": {}}
OTHER = {**SCHEMA, "stream": "leads"}
WHY = Rejected("no such customer", "E7", field="customer", http_status=422)


def record(number: int, stream: str = "contacts", **more: Any) -> dict[str, Any]:
    """Return a RECORD message."""
    return {"type": "RECORD", "stream": stream, "record": {"id": number}, **more}


@pytest.fixture
def rejects(tmp_path: Path) -> Rejects:
    """Return a rejects file of a run, not made yet."""
    return Rejects(str(tmp_path / "rejects"), "fake")


def lines(rejects: Rejects) -> list[dict[str, Any]]:
    """Return what the file holds now."""
    rejects.flush()
    assert rejects.path
    return list(map(json.loads, rejects.path.read_text().splitlines()))


def test_a_record_stands_as_received_with_why_it_was_refused(rejects: Rejects) -> None:
    """Behind its SCHEMA message, and with the time in UTC."""
    before = datetime.datetime.now(tz=datetime.timezone.utc)
    rejects.add(SCHEMA, record(1, version=3), WHY)
    schema, kept = lines(rejects)
    rejection = kept.pop("rejection")
    assert rejection.pop("first_rejected_at") == rejection["rejected_at"]
    time = datetime.datetime.fromisoformat(rejection.pop("rejected_at"))
    assert (schema, kept) == (SCHEMA, record(1, version=3))
    assert rejection == {
        "reason": "no such customer",
        "code": "E7",
        "http_status": 422,
        "field": "customer",
        "attempts": 1,
    }
    after = datetime.datetime.now(tz=datetime.timezone.utc)
    assert before <= time <= after
    assert time.utcoffset() == datetime.timedelta()


def test_a_schema_stands_once_and_again_after_it_changed(rejects: Rejects) -> None:
    """For each stream by itself, so that each part of the file can be piped in again."""
    changed = {**SCHEMA}
    for schema, stream in (
        *((SCHEMA, "contacts"), (SCHEMA, "contacts"), (OTHER, "leads"), (SCHEMA, "contacts")),
        *((changed, "contacts"), (changed, "contacts"), (OTHER, "leads")),
    ):
        rejects.add(schema, record(1, stream), WHY)
    assert [(each["type"][0], each["stream"][0]) for each in lines(rejects)] == [
        *(("S", "c"), ("R", "c"), ("R", "c"), ("S", "l"), ("R", "l"), ("R", "c")),
        *(("S", "c"), ("R", "c"), ("R", "c"), ("R", "l")),
    ]


@pytest.mark.parametrize(
    ("rejection", "attempts"),
    [
        ({"attempts": 1}, 2),
        ({"attempts": 9, "reason": "old"}, 10),
        ({"attempts": "9"}, 1),
        ({}, 1),
        ("text", 1),
        (None, 1),
    ],
)
def test_how_often_a_record_was_refused_is_counted(
    rejects: Rejects, rejection: Any, attempts: int
) -> None:
    """Also over runs, when it is piped in again; what else was said before is gone."""
    again = record(1, rejection=rejection)
    assert earlier(again) == (rejection if isinstance(rejection, dict) else {})
    rejects.add(SCHEMA, again, WHY)
    found = lines(rejects)[1]["rejection"]
    assert (found["attempts"], found["reason"]) == (attempts, "no such customer")


def test_a_number_stays_one_to_its_last_digit(rejects: Rejects) -> None:
    """It is no text, and is not rounded."""
    rejects.add(SCHEMA, record(1, amount=Decimal("1.10000000000000000001")), WHY)
    rejects.flush()
    assert rejects.path
    assert '"amount":1.10000000000000000001,' in rejects.path.read_text()


def test_no_file_is_made_unless_a_record_is_refused(tmp_path: Path, rejects: Rejects) -> None:
    """Nor a folder; the one file of a run is named by time and API."""
    rejects.flush()
    rejects.close()
    assert (rejects.path, list(tmp_path.iterdir())) == (None, [])
    rejects.add(SCHEMA, record(1), WHY)
    first = rejects.path
    rejects.add(SCHEMA, record(2), WHY)
    assert rejects.path == first
    assert first
    assert [first] == list((tmp_path / "rejects").iterdir())
    time = datetime.datetime.strptime(
        f"{first.name} +0000", "%Y%m%dT%H%M%S.%fZ-fake.singer.jsonl %z"
    )
    age = datetime.datetime.now(tz=datetime.timezone.utc) - time
    assert datetime.timedelta() <= age < datetime.timedelta(minutes=10)


def test_closing_brings_all_into_the_file(rejects: Rejects) -> None:
    """Nothing is added after that."""
    rejects.add(SCHEMA, record(1), WHY)
    rejects.close()
    assert rejects.path
    assert len(rejects.path.read_text().splitlines()) == 2
    with pytest.raises(ValueError, match="closed file"):
        rejects.add(SCHEMA, record(2), WHY)


@pytest.mark.parametrize("call", ["add", "flush", "close"])
def test_a_disk_that_takes_no_more_is_no_bad_record(rejects: Rejects, call: str) -> None:
    """It ends the run before a STATE passes the record, and says what to do."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    rejects.add(SCHEMA, record(1), WHY)
    rejects.flush()
    calls: dict[str, Callable[[], None]] = {
        "add": partial(rejects.add, SCHEMA, record(2, more="x" * 100_000), WHY),
        "flush": rejects.flush,
        "close": rejects.close,
    }
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, limits[1]))
    try:
        if call != "add":
            rejects.add(SCHEMA, record(2), WHY)
        with pytest.raises(ApiError) as caught:
            calls[call]()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(caught.value) == (
        f"Rejects {rejects.path}: write: File too large. Free some space, then run again."
    )
