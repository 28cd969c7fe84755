"""The report of a run: what became of each record, however the run ends, and nothing of anybody."""

from __future__ import annotations

import io
import re
import resource
import signal
from typing import IO, TYPE_CHECKING, Any, cast

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin.endings import InputError
from tap_contacts.transport.errors import ApiError
from target_contacts.commands import preview
from target_contacts.report.facts import ENDINGS
from target_contacts.report.outcome_file import RUNS
from target_contacts.report.summary import BINS, MARKED
from target_contacts.target import TargetContacts
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST, SOON, contacts, singer
from tests.support.reports import Reported
from tests.support.under_way import UnderWay

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.commands import Workplace

Record = dict[str, Any]


def person(number: int, **more: Any) -> Record:
    """Return a record."""
    ways = {"email": f"n{number}@example.com", "mobile": f"+4915112345{number:02}"}
    return {"id": str(number), "first_name": f"N{number}", "last_name": "Berg", **ways, **more}


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


class Place:
    """A folder, and a destination to run into."""

    def __init__(self, folder: Path, zoho: ZohoVoice) -> None:
        self.folder, self.reports = folder, folder / "reports"
        ledger = {"ledger_url": f"sqlite:///{folder / 'ledger.db'}"}
        dirs = {"rejects_dir": str(folder / "rejects"), "report_dir": str(self.reports)}
        self.config = {**FAST, **SOON, **zoho.target_config(), **ledger, **dirs}

    def run(self, *records: Record, stream: str = "contacts", **settings: Any) -> int:
        """Run the target in this process; return its exit code."""
        return self.feed(singer(contacts(*records, stream=stream, state={"at": 1})), **settings)

    def feed(self, lines: str, **settings: Any) -> int:
        """Run the target on these lines."""
        target = TargetContacts(config={**self.config, **settings})
        return target.run(cast("IO[str]", io.BytesIO(lines.encode())))

    @property
    def report(self) -> Reported:
        """Return the newest report."""
        return Reported(self.reports)

    @property
    def outcomes(self) -> list[tuple[Any, ...]]:
        """Return stream, action, code and attempt of each outcome of the newest run."""
        names = ("stream", "action", "code", "attempt")
        return [tuple(map(each.get, names)) for each in self.report.records()]


@pytest.fixture
def place(tmp_path: Path, zoho: ZohoVoice) -> Place:
    """Return a place to run in."""
    return Place(tmp_path, zoho)


# What became of each record.


def test_each_record_that_is_not_unchanged_has_one_line(place: Place, zoho: ZohoVoice) -> None:
    """Under the ledger's digest of its key, with the contact's id and the fields that were sent."""
    assert place.run(person(1), person(2), {"id": "3", "email": "n3@example.com"}) == 3
    place.config["max_rejects"] = -1
    first = {each["key_hash"]: each for each in place.report.records()}
    assert sorted(each["action"] for each in first.values()) == ["created", "created", "rejected"]
    ids = {str(contact["contact_id"]) for contact in zoho.contacts}
    assert {each["remote_id"] for each in first.values()} == {*ids, None}
    assert place.run(person(1), person(2, email="", last_name="Tal")) == 0
    (changed,) = place.report.records()
    assert changed["action"] == "updated"
    assert first[changed["key_hash"]]["remote_id"] == changed["remote_id"]
    assert (changed["fields_cleared"], changed["attempt"]) == (["email"], 1)
    assert "last_name" in changed["fields_sent"]
    assert "email" not in changed["fields_sent"]
    (run,) = place.report.records(RUNS)
    counts = {"read": 2, "updated": 1, "unchanged": 1, "marked": 0, "exit_code": 0}
    assert counts.items() <= run.items()


def test_a_rejected_record_that_is_piped_in_again_is_a_further_attempt(place: Place) -> None:
    """Whether it is rejected once more or written."""
    place.run({"id": "1", "email": "n1@example.com"})
    (file,) = (place.folder / "rejects").iterdir()
    assert place.outcomes == [("contacts", "rejected", "missing", 1)]
    again = file.read_text("utf-8")
    place.feed(again)
    assert place.outcomes == [("contacts", "rejected", "missing", 2)]
    place.feed(again.replace('"id":"1"', '"id":"1","first_name":"N1","mobile":"+4915112345001"'))
    assert place.outcomes == [("contacts", "created", None, 2)]


def test_who_left_the_source_is_deleted_or_marked(place: Place, zoho: ZohoVoice) -> None:
    """Both stand under their own name, with the contact's id."""
    place.run(person(1), person(2))
    gone = {"_sdc_deleted_at": "2026-01-01T00:00:00Z"}
    marks: dict[str, Any] = {"on_delete": "mark", "marks": {"last_name": "gone"}}
    place.run(person(1, **gone), **marks)
    assert place.outcomes == [("contacts", "marked", None, 1)]
    assert place.report.records(RUNS)[0][MARKED] == 1
    place.run(person(2, **gone), on_delete="delete")
    assert place.outcomes == [("contacts", "deleted", None, 1)]
    assert len(zoho.contacts) == 1


def test_a_skipped_record_has_its_reason(place: Place) -> None:
    """That is a text of ours; those whose key is not read are only counted."""
    place.run(person(1), person(1, last_name="Tal"), mode="create_only")
    found = [(each["action"], each["reason"]) for each in place.report.records()]
    assert found == [("skipped", "a later record has the same key"), ("created", None)]
    place.feed(singer(contacts({"id": "1", "price": 5}, stream="orders")))
    assert place.report.records() == []
    assert place.report.records(RUNS)[0]["skipped"] == 1


def test_an_outcome_is_in_the_file_before_a_state_covers_it(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is read until then may be looked up there."""
    lines = singer(contacts(person(1), state={"at": 1})).encode()
    seen: list[list[Any]] = []

    class Input(io.BytesIO):
        """Look into the file at the end of the input."""

        def readline(self, size: int | None = -1) -> bytes:
            line = super().readline(size)
            if not line and '{"at":1}' in capsys.readouterr().out:
                seen.append(place.outcomes)
            return line

    target = TargetContacts(config={**place.config, "checkpoint_seconds": 0})
    assert target.run(cast("IO[str]", Input(lines))) == 0
    assert [("contacts", "created", None, 1)] in seen


# However it ends.


def test_a_run_that_fails_is_reported(place: Place, zoho: ZohoVoice) -> None:
    """With its error and the command that checks the account."""
    zoho.fault(status=503, times=-1)
    with pytest.raises(ApiError) as caught:
        place.run(person(1), max_tries=2)
    facts = place.report.facts
    assert (facts["exit_code"], facts["ended"], facts["error"]) == (1, "failed", str(caught.value))
    assert any("--check" in each["command"] for each in facts["repairs"])
    assert ENDINGS[1].capitalize() in place.report.page
    assert place.report.records(RUNS)[0]["exit_code"] == 1


def test_an_input_that_cannot_be_read_is_reported(place: Place) -> None:
    """What came before it is settled, and has its line."""
    with pytest.raises(InputError):
        place.feed(singer(contacts(person(1))) + "nonsense\n")
    assert place.outcomes == [("contacts", "created", None, 1)]
    assert "Input line 3" in place.report.facts["error"]


def test_wrong_settings_that_a_run_finds_are_reported(place: Place) -> None:
    """The exit code is that of the command."""
    with pytest.raises(ConfigurationError):
        place.run(person(1), field_map={"first_name": "nowhere.at_all"})
    assert (place.report.facts["exit_code"], place.report.facts["ended"]) == (2, "wrong settings")


def test_a_run_that_a_guard_stops_is_reported(place: Place) -> None:
    """With what it counted, and the option that lets it through."""
    assert place.run(person(1), person(2), person(3), guards={"max_creates": 2}) == 4
    facts = place.report.facts
    assert facts["ended"] == "stopped by a guard"
    assert facts["guards"] == [{"guard": "max_creates", "seen": 3, "limit": 2, "exceeded": True}]
    assert any("--allow max_creates=3" in each["command"] for each in facts["repairs"])
    reasons = [each["reason"] for each in place.report.records() if each["action"] == "skipped"]
    assert len(reasons) == 1


def test_a_run_that_a_signal_ends_is_reported(place: Place, workplace: Workplace) -> None:
    """While it awaits records; one that is killed says that it did not end, in whole lines."""
    ends = {signal.SIGTERM: "ended by SIGTERM", signal.SIGKILL: "did not end"}
    for number, ended in ends.items():
        with started(place, workplace, person(number)) as process:
            assert process.stdout.readline()
            process.send_signal(number)
        assert place.report.facts["ended"] == ended
        assert place.outcomes == [("contacts", "created", None, 1)]
    assert place.report.records(RUNS) == []


def started(place: Place, workplace: Workplace, record: Record) -> UnderWay:
    """Start the target as a command that has written a record, and awaits more."""
    path = workplace.folder / "config.json"
    path.write_text(singer([{**place.config, "checkpoint_seconds": 0}]))
    process = UnderWay("target-contacts", ["--config", str(path)], workplace.folder)
    process.stdin.write(singer(contacts(record, state={"at": 1})))
    process.stdin.flush()
    return process


def test_a_dry_run_is_reported_without_outcomes(place: Place) -> None:
    """None of them has come to pass."""
    assert place.run(person(1), dry_run=True) == 0
    assert place.report.facts["summary"]["dry_run"] is True
    assert sorted(each.name for each in place.report.folder.iterdir()) == ["run.html", "run.json"]


# A report that cannot be written.


def test_a_folder_that_takes_no_report_is_refused_before_anything_is_sent(
    place: Place, zoho: ZohoVoice
) -> None:
    """By a run and by a check."""
    (place.folder / "reports").touch()
    with pytest.raises(ConfigurationError, match=r"^report_dir: .* cannot be written to"):
        place.run(person(1))
    with pytest.raises(ConfigurationError, match=r"^report_dir: .* cannot be written to"):
        preview.check(TargetContacts(config=place.config))
    assert zoho.log == []


def test_a_report_that_cannot_be_written_does_not_fail_the_run(
    place: Place, zoho: ZohoVoice, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning says so, whatever is missing of it."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    place.config["ledger_url"] = "sqlite://"
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        assert place.run(person(1), person(2)) == 0
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(zoho.contacts) == 2
    assert sum("is not whole" in text for text in caplog.messages) == 1


def test_a_folder_that_is_taken_away_meanwhile_does_not_fail_the_run(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """As with a full disk."""

    class Input(io.BytesIO):
        """Take the folder away at the end of the input."""

        def readline(self, size: int | None = -1) -> bytes:
            line = super().readline(size)
            if not line and place.reports.exists():
                place.reports.rename(place.folder / "elsewhere")
            return line

    target = TargetContacts(config=place.config)
    assert target.run(cast("IO[str]", Input(singer(contacts(person(1))).encode()))) == 0
    assert sum("is not whole" in text for text in caplog.messages) == 1


def test_without_the_setting_nothing_is_written(place: Place) -> None:
    """Neither a folder nor a file."""
    place.run(person(1), report_dir=None)
    assert not place.reports.exists()


# What run.json and the page tell.


def test_run_json_tells_the_facts_of_the_summary(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """And what it does not: streams, kinds of rejections with digests of keys, and fields."""
    wrong = [{"id": str(n), "email": f"n{n}@example.com"} for n in range(10, 15)]
    with caplog.at_level("INFO"):
        place.run(person(1, zodiac="x"), *wrong)
    facts = place.report.facts
    logged = next(text for text in caplog.messages if text.startswith("summary: "))
    assert f"summary: {compact(facts['summary'])}" == logged
    assert facts["streams"] == {"contacts": {**dict.fromkeys(BINS, 0), "created": 1, "rejected": 5}}
    (kind,) = facts["rejections"]
    assert (kind["stream"], kind["code"], kind["count"], len(kind["keys"])) == (
        *("contacts", "missing", 5),
        3,
    )
    assert facts["fields"]["contacts"]["email"] == {"filled": 1}
    assert facts["summary"]["not_carried"] == {"contacts": ["zodiac"]}
    assert sum(each["requests"] for each in facts["timeline"]) == facts["summary"]["requests"]
    assert any(facts["rejects_file"] in each["command"] for each in facts["repairs"])


def compact(of: Mapping[str, Any]) -> str:
    """Return JSON as the summary line has it."""
    return singer([of]).strip()


def test_the_row_on_a_terminal_and_the_report_use_the_same_words(place: Place) -> None:
    """The page shows the row as it was at the end, and its tables have its words as heads."""
    place.run(person(1), person(2), {"id": "3", "email": "n3@example.com"})
    row = place.report.facts["row"]
    assert row.startswith("Zoho Voice: 3 read, 2 created, 1 rejected, ")
    assert f"<p>{row}</p>" in place.report.page
    words = {part.split()[-1] for part in row.partition(": ")[2].split(", ")} - {"second"}
    heads = set(re.findall(r'scope="col" class="n">(\w+)<', place.report.page))
    assert words - heads == set()


def test_the_runs_of_a_folder_stand_side_by_side(place: Place) -> None:
    """Each leads to its own page; a broken run.json is passed over."""
    for number in range(3):
        place.run(person(number))
    first, second, _ = sorted(place.reports.iterdir())
    (second / "run.json").write_text("nonsense")
    place.run(person(4))
    assert place.report.page.count(f'href="../{first.name}/run.html"') == 1
    assert second.name not in place.report.page
    place.run(person(5), report_keep=2)
    assert (first.exists(), second.exists(), len([*place.reports.iterdir()])) == (False, True, 3)
