"""What the stream of outcomes holds, and that it consists of whole lines whatever happens."""

from __future__ import annotations

import json
import os
import resource
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from target_contacts.report.outcome_file import AT_ONCE, COUNTS, NAME, OutcomeFile
from target_contacts.report.summary import BINS, MARKED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN = {name: number for number, name in enumerate(COUNTS)} | {
    "destination_api": "fake",
    "destination_account": None,
    "exit_code": 3,
    "started_at": "2026-11-26T01:00:00+00:00",
    "ended_at": "2026-11-26T02:00:00+00:00",
    "version": "1",
    "waited_seconds": 0.5,
}


class Bench:
    """A file of outcomes in a folder, and what was warned of."""

    def __init__(self, folder: Path) -> None:
        self.path, self.warnings = folder / NAME, list[OSError]()
        self.file = OutcomeFile(folder, "run1", "fake", lambda: "here", self.warnings.append)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return what is in the file, which ends with a whole line."""
        text = self.path.read_text("utf-8")
        assert not text or text.endswith("\n")
        return list(map(json.loads, text.splitlines()))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a new file of outcomes."""
    return Bench(tmp_path)


@pytest.fixture
def full() -> Iterator[None]:
    """Let no file grow beyond 3,000 bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_each_outcome_is_a_record_that_fits_its_schema(bench: Bench) -> None:
    """With the run, its place in it, and names of fields; the last line counts the whole run."""
    bench.file.add("contacts", "created", "k1", remote_id="7", sent=("a", "b"), cleared=())
    bench.file.add("contacts", "rejected", None, code="E7", attempt=2)
    bench.file.add("leads", "skipped", "k2", reason="old")
    bench.file.end(RUN)
    schemas: dict[str, Any] = {}
    records: dict[str, list[Any]] = {}
    for line in bench.lines:
        if line["type"] == "SCHEMA":
            schemas[line["stream"]] = line
            assert set(line["key_properties"]) <= set(line["schema"]["properties"])
            continue
        schema = schemas[line["stream"]]["schema"]
        jsonschema.validate(line["record"], {**schema, "additionalProperties": False})
        assert set(line["record"]) == set(schema["properties"])
        records.setdefault(line["stream"], []).append(line["record"])
    assert records["contact_runs"] == [{**RUN, "run_id": "run1"}]
    first, second, third = records["contact_outcomes"]
    assert [each["sequence"] for each in (first, second, third)] == [1, 2, 3]
    assert {first.pop("time")[-6:], first.pop("sequence")} == {"+00:00", 1}
    assert first == {
        "run_id": "run1",
        "stream": "contacts",
        "key_hash": "k1",
        "remote_id": "7",
        "action": "created",
        "fields_sent": ["a", "b"],
        "fields_cleared": [],
        "code": None,
        "reason": None,
        "attempt": 1,
        "destination_api": "fake",
        "destination_account": "here",
    }
    assert (second["key_hash"], second["code"], second["attempt"]) == (None, "E7", 2)
    assert (third["stream"], third["reason"]) == ("leads", "old")


def test_a_run_is_counted_by_the_names_of_the_summary() -> None:
    """Whoever knows one knows the other."""
    assert {*BINS, MARKED, "read", "left", "requests", "repeated"} == {*COUNTS}


def test_nothing_is_in_the_file_before_it_is_flushed_but_what_is_too_much(bench: Bench) -> None:
    """Lines are written together, and a great many at once."""
    for number in range(AT_ONCE // 300):
        bench.file.add("contacts", "skipped", f"{number:032}", reason="old")
    assert bench.path.stat().st_size >= AT_ONCE
    assert bench.lines[-1]["record"]["action"] == "skipped"
    before = len(bench.lines)
    bench.file.add("contacts", "created", "k")
    assert len(bench.lines) == before
    bench.file.flush()
    assert bench.lines[-1]["record"]["key_hash"] == "k"


@pytest.mark.usefixtures("full")
def test_a_disk_that_is_full_leaves_whole_lines_and_one_warning(bench: Bench) -> None:
    """The file lacks its last line then, as that of a run that did not end; nothing is raised."""
    bench.file.add("contacts", "created", "k1")
    bench.file.flush()
    before = bench.lines
    for number in range(20):
        bench.file.add("contacts", "created", f"k{number}")
    bench.file.flush()
    bench.file.add("contacts", "created", "k99")
    bench.file.flush()
    bench.file.end(RUN)
    assert bench.lines == before
    assert [error.strerror for error in bench.warnings] == ["File too large"]


def test_what_was_cut_short_is_written_again_at_its_place(bench: Bench) -> None:
    """A signal may end a write in its midst: the next one begins where the last whole line ends."""
    bench.file.add("contacts", "created", "k1")
    bench.file.flush()
    with bench.path.open("ab") as file:
        file.write(b'{"type":"REC')
    bench.file.add("contacts", "created", "k2")
    bench.file.flush()
    keys = [line["record"]["key_hash"] for line in bench.lines if line["type"] == "RECORD"]
    assert keys == ["k1", "k2"]


def test_it_is_its_owners_alone_and_never_one_that_is_there(tmp_path: Path) -> None:
    """Whatever the umask gives away or takes."""
    before = os.umask(0o377)
    try:
        Bench(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        Bench(tmp_path)
