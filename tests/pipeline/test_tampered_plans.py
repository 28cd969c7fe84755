"""A plan that is not as `--plan` wrote it is refused, whatever was done to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from tests.crash.site import Site
from tests.crash.stale import sealed
from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice
from tests.support.zoho_people import ANNA, BERT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CARL = {"id": 3, "first_name": "Carl", "mobile": "+4915100000001"}
NIGHT: list[dict[str, Any]] = [
    {**ANNA, "company": "Acme", "email": ""},
    {**BERT, "_sdc_deleted_at": "2026-05-01"},
    CARL,
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return the plan of an update, a create and a deletion."""
    with ZohoVoice() as zoho:
        tmp_path = tmp_path_factory.mktemp("site")
        signed_in = {"api_url": zoho.url, "access_token": ACCESS_TOKEN}
        found = Site(zoho, tmp_path, {"on_delete": "delete", "zoho_voice": signed_in})
        found.run([ANNA, BERT])
        found.plan(NIGHT)
        zoho.log.clear()
        yield found


@pytest.fixture(autouse=True)
def whole(site: Site) -> Iterator[bytes]:
    """Return the plan as it is before and after each test."""
    found = site.path.read_bytes()
    yield found
    site.path.write_bytes(found)
    site.sandbox.log.clear()


def other(value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, dict):
        return {**value, "added": {"new": "x"}} if not value or "id" in value else {}
    if isinstance(value, list):
        return [*value, "x"]
    return value + 1 if isinstance(value, int) else f"{value or ''}x"


def refused(site: Site, plan: bytes) -> str:
    """Return why a plan is refused; "" if it is carried out."""
    site.path.write_bytes(plan)
    try:
        site.apply(NIGHT)
    except ConfigurationError as why:
        return str(why)
    return ""


def tampered(lines: Sequence[dict[str, Any]]) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Yield plans with another value in one place, and the place."""
    for number, line in enumerate(lines[:-1]):
        for name in line:
            edited = json.loads(json.dumps(lines))
            edited[number][name] = other(line[name])
            yield (number, name), edited
        for wire, value in line.get("fields", {}).items():
            for name in value:
                edited = json.loads(json.dumps(lines))
                edited[number]["fields"][wire][name] = "Other"
                yield (number, wire, name), edited


def test_every_value_of_every_line_counts(site: Site, whole: bytes) -> None:
    """Also if the seal was made to fit: what would be written is compared with all that is told."""
    lines = [json.loads(line) for line in whole.splitlines()]
    assert (sealed(lines), len(lines)) == (whole, 5)
    for place, edited in tampered(lines):
        assert refused(site, sealed(edited)), place
    plain = b"".join(json.dumps(line).encode() + b"\n" for line in edited)
    assert "its seal does not fit it" in refused(site, plain)


FORMS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "reordered": lambda lines: [lines[0], *reversed(lines[1:-1]), lines[-1]],
    "a line twice": lambda lines: [*lines[:2], *lines[1:]],
    "a line too few": lambda lines: [*lines[:1], *lines[2:]],
    "appended": lambda lines: [*lines, lines[1]],
    "sealed twice": lambda lines: [*lines, lines[-1]],
    "two plans": lambda lines: [*lines, *lines],
    "an empty line": lambda lines: [*lines, b"\n"],
    "no head": lambda lines: lines[1:],
    "only the head": lambda lines: lines[:1],
    "only the seal": lambda lines: lines[-1:],
    "cut in a line": lambda lines: [*lines[:2], lines[2][:20]],
    "other line ends": lambda lines: [line.replace(b"\n", b"\r\n") for line in lines],
    "a mark of Windows": lambda lines: [b"\xef\xbb\xbf", *lines],
    "no text": lambda lines: [lines[0], b"\xff\xfe\n", *lines[1:]],
    "deep": lambda lines: [lines[0], b"[" * 100_000 + b"\n", *lines[1:]],
    "zeros": lambda lines: [bytes(len(lines))],
}


@pytest.mark.parametrize("name", FORMS)
def test_a_file_of_another_form_is_refused(site: Site, name: str) -> None:
    """In one sentence, without a value of a contact."""
    lines = site.path.read_bytes().splitlines(keepends=True)
    why = refused(site, b"".join(FORMS[name](lines)))
    assert why.startswith("--apply: ")
    assert "Make a new plan" in why
    assert str(ANNA["email"]) not in why
    assert site.sandbox.log == []


def test_lines_that_are_sealed_again_in_another_number_are_refused(site: Site) -> None:
    """What is missing or there twice is not as planned."""
    lines = [json.loads(line) for line in site.path.read_bytes().splitlines()]
    for edited in (
        [lines[0], *lines[2:]],
        [*lines[:2], *lines[1:]],
        [lines[0], lines[-1]],
    ):
        assert "its head says" in refused(site, sealed(edited))
        edited[0] = {**edited[0], "writes": len(edited) - 2}
        assert "does not hold any more" in refused(site, sealed(edited))
    assert site.sandbox.writes == []


def test_every_value_of_the_source_counts(site: Site) -> None:
    """Of a record that left, only its key does."""
    wrong = []
    for number, record in enumerate(NIGHT):
        for name, value in record.items() if number != 1 else [("id", 2)]:
            night = [dict(each) for each in NIGHT]
            night[number][name] = f"{value}9"
            try:
                site.apply(night)
                wrong.append((number, name))
            except ConfigurationError:
                continue
    assert site.sandbox.writes == []
    assert wrong == []


def test_the_plan_as_it_was_written_is_carried_out(site: Site, whole: bytes) -> None:
    """After all that was refused, it holds still: nothing has been written."""
    assert site.sandbox.writes == []
    assert refused(site, whole)[:60] == ""
