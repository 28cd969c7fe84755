"""What the target promises whatever the destination; Zoho Voice stands for all."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from target_contacts.errors import Rejected
from target_contacts.report.rejects import Rejects
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Workplace, contacts, singer
from tests.support.under_way import UnderWay
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sandbox.messages import Request, Response

NAMELESS = {"id": 3, "mobile": "+4915100000000"}


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


# Created once, updated when changed, otherwise left alone.


def test_a_contact_is_created_once_and_written_again_only_when_it_changed(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Run 1 creates, run 2 sends nothing at all, and one changed contact gives one write."""
    config = zoho.target_config()
    first = workplace.target(config, contacts(ANNA, BERT))
    again = workplace.target(config, contacts(ANNA, BERT))
    changed = workplace.target(config, contacts(ANNA, {**BERT, "email": "b@example.org"}))
    assert [bins(run.summary) for run in (first, again, changed)] == [
        {"created": 2},
        {"unchanged": 2},
        {"updated": 1, "unchanged": 1},
    ]
    assert again.summary["requests"] == 0
    assert len(zoho.writes) == 3
    assert {c["email"] for c in zoho.contacts} == {"anna@example.com", "b@example.org"}


def test_the_last_of_several_records_with_one_key_wins(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Two versions of a contact in one stream make one contact, with the later values."""
    run = workplace.target(
        zoho.target_config(), contacts(ANNA, {**ANNA, "id": "1", "first_name": "Anne"})
    )
    assert (bins(run.summary), names(zoho)) == ({"created": 1, "skipped": 1}, ["Anne"])


def test_a_field_left_out_is_kept_and_a_field_without_value_is_cleared(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """An update keeps what the record does not have and clears what it has without value."""
    workplace.target(zoho.target_config(), contacts({**ANNA, "company": "Acme", "phone": "+49301"}))
    changed = {"id": 1, "first_name": "Anna", "mobile": ANNA["mobile"], "company": None}
    workplace.target(zoho.target_config(), contacts(changed))
    held = zoho.contacts[0]
    assert (held["email"], held["phone"], held["company"]) == ("anna@example.com", "+49301", "")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("create_only", {"unchanged": 1, "skipped": 1, "created": 1}),
        ("update_only", {"unchanged": 1, "updated": 1, "skipped": 1}),
    ],
)
def test_the_mode_says_what_may_be_written(
    zoho: ZohoVoice, workplace: Workplace, mode: str, expected: dict[str, int]
) -> None:
    """What the mode forbids is skipped and counted, not rejected."""
    config = zoho.target_config()
    carl = {**ANNA, "id": 4, "first_name": "Carl"}
    workplace.target(config, contacts(ANNA, BERT))
    run = workplace.target(
        {**config, "mode": mode}, contacts(ANNA, {**BERT, "first_name": "Berta"}, carl)
    )
    assert (run.code, bins(run.summary)) == (0, expected)


def test_a_dry_run_reports_the_plan_and_leaves_no_trace(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A dry run sends no write, passes on no STATE and does not count as done."""
    config = zoho.target_config()
    dry = workplace.target({**config, "dry_run": True}, contacts(ANNA, state={"at": 1}))
    assert (bins(dry.summary), dry.out, zoho.writes) == ({"created": 1}, "", [])
    assert bins(workplace.target(config, contacts(ANNA)).summary) == {"created": 1}


@pytest.mark.parametrize(
    "changed", [{"shoe_size": 44}, {"company": "Acme"}, {"id": "1"}], ids=["same", "new", "key"]
)
def test_a_dry_run_leaves_the_ledger_as_it_is(
    zoho: ZohoVoice, workplace: Workplace, changed: dict[str, Any]
) -> None:
    """It takes no lock: what it enters would go over entries of a run beside it."""
    workplace.target(zoho.target_config(), contacts(ANNA))
    before = rows(workplace)
    dry = workplace.target({**zoho.target_config(), "dry_run": True}, contacts({**ANNA, **changed}))
    assert (dry.code, dry.summary["read"]) == (0, 1)
    assert rows(workplace) == before


def rows(workplace: Workplace) -> list[tuple[Any, ...]]:
    """Return all that a ledger has entered."""
    with closing(sqlite3.connect(workplace.folder / "target-contacts.db")) as ledger:
        return ledger.execute("SELECT * FROM contacts").fetchall()


# Streams.


def test_only_the_streams_asked_for_are_written_and_the_others_counted(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A stream that no glob matches is passed over, and the books still balance."""
    orders = contacts({"id": 1, "first_name": "X", "mobile": "1"}, stream="orders")
    run = workplace.target(zoho.target_config(), [*orders, *contacts(ANNA, stream="my_contacts")])
    assert (run.code, bins(run.summary)) == (0, {"created": 1, "skipped": 1})
    assert run.summary["read"] == 2


def test_a_status_finds_its_namesake_in_the_other_organisation(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Ids of the source's statuses mean nothing here: the display value decides.

    One that is not there is left out, counted and named with those that are.
    """
    statuses = contacts({"id": "77", "display_value": "VIP"}, stream="zoho_voice_contact_statuses")
    records = contacts({**ANNA, "contact_status": {"id": "77"}}, {**BERT, "contact_status": "Gone"})
    run = workplace.target(zoho.target_config(), [*statuses, *records])
    assert bins(run.summary) == {"created": 2, "skipped": 1}
    held = {each["first_name"]: each["contact_status"] for each in zoho.contacts}
    assert held["Anna"] == {"id": "1000000000031", "display_value": "VIP"}
    assert held["Bert"] != held["Anna"]
    assert run.summary["dropped_or_truncated"] == [
        ["contacts", "contact_status", "left out, unknown there", 1]
    ]
    assert "which has: Active, In Active, VIP" in run.log


def test_a_changed_schema_in_mid_stream_loses_no_order(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Records before a new SCHEMA are written before those after it."""
    newer = {**ANNA, "first_name": "Anne", "company": "Acme"}
    run = workplace.target(zoho.target_config(), [*contacts(ANNA), *contacts(newer)])
    assert (bins(run.summary), names(zoho)) == ({"created": 1, "updated": 1}, ["Anne"])


def test_stream_maps_work_and_their_filter_is_booked(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A mapped stream is written as mapped; what the map filters out counts as skipped."""
    maps = {"people": {"__alias__": "contacts", "first_name": "nick", "__filter__": "id != 2"}}
    people = contacts(*({**each, "nick": "N"} for each in (ANNA, BERT)), stream="people")
    run = workplace.target({**zoho.target_config(), "stream_maps": maps}, people)
    assert (bins(run.summary), names(zoho)) == ({"created": 1, "skipped": 1}, ["N"])


def test_nothing_is_said_of_a_stream_that_is_carried_whole(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A warning without a name in it would be one too many."""
    run = workplace.target(zoho.target_config(), contacts(ANNA))
    assert (bins(run.summary), "has no field for" in run.log) == ({"created": 1}, False)


def test_what_the_destination_cannot_carry_is_said_by_name(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A field with values that nothing takes is named, in the log and in the summary."""
    run = workplace.target(zoho.target_config(), contacts({**ANNA, "city": "Bonn", "zodiac": "x"}))
    assert run.summary["not_carried"] == {"contacts": ["city", "zodiac"]}


# Rejects.


def test_a_bad_record_is_rejected_alone_and_can_be_piped_straight_back(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """The rejects file holds SCHEMA and RECORD as received; once the cause is fixed it lands."""
    run = workplace.target(zoho.target_config(), contacts(ANNA, NAMELESS, BERT))
    assert (run.code, bins(run.summary)) == (3, {"created": 2, "rejected": 1})
    schema, record = workplace.rejects
    rejection = record.pop("rejection")
    assert [schema, record] == [contacts(ANNA, NAMELESS, BERT)[0], contacts(NAMELESS)[1]]
    assert (rejection["code"], rejection["field"], rejection["attempts"]) == (
        "missing",
        "first_name",
        1,
    )
    lines = next((workplace.folder / "rejects").iterdir()).read_text()
    fixed = {**zoho.target_config(), "defaults": {"first_name": "?"}}
    assert bins(workplace.target(fixed, lines).summary) == {"created": 1}


def test_the_rejects_file_is_for_its_owner_only(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Rejected records are personal data: nobody else may read the file."""
    workplace.target(zoho.target_config(), contacts(NAMELESS))
    (path,) = (workplace.folder / "rejects").iterdir()
    assert (path.stat().st_mode & 0o777, path.name.split("-", 1)[1]) == (
        0o600,
        "zoho_voice.singer.jsonl",
    )


def test_rejects_that_cannot_be_kept_stop_the_run(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A folder that cannot be made is a wrong setting; no STATE covers what nobody has."""
    (workplace.folder / "file").touch()
    config = {**zoho.target_config(), "rejects_dir": "file/below"}
    run = workplace.target(config, contacts(NAMELESS, state={"at": 1}))
    assert (run.code, run.out) == (2, "")
    assert "rejects_dir: file/below cannot be written to: " in run.log
    assert "Traceback" not in run.log


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("file/below", "it is no folder"),
        ("n" * 300, "File name too long"),
        ("with\0nul", "it is no path"),
    ],
)
def test_why_rejects_cannot_be_kept_is_said(tmp_path: Path, folder: str, why: str) -> None:
    """In the system's words, or in ours where it has none or none that help."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=f"rejects_dir: .* cannot be written to: {why}"):
        Rejects(str(tmp_path / folder), "api").assert_writable()


def test_the_rejects_file_is_its_owners_whatever_the_umask(tmp_path: Path) -> None:
    """One that takes the owner's rights away would keep the next run from reading it."""
    before = os.umask(0o377)
    try:
        rejects = Rejects(str(tmp_path), "api")
        rejects.add({}, {"stream": "contacts"}, Rejected("no", "code"))
        rejects.close()
    finally:
        os.umask(before)
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


SYNCED = """
import os
real = os.fsync

def noted(handle):
    real(handle)
    with open("synced", "a") as file:
        print(os.fstat(handle).st_ino, os.fstat(1).st_size, file=file)

os.fsync = noted
"""
"""Note which file was brought to disk, and how much of STATE had been passed on by then."""


def test_rejects_are_on_disk_before_a_state_that_covers_them(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """After a power cut nothing is missing that the tap does not send again."""
    (workplace.folder / "sitecustomize.py").write_text(SYNCED)
    (workplace.folder / "config.json").write_text(json.dumps({**FAST, **zoho.target_config()}))
    (workplace.folder / "in").write_text(singer(contacts(NAMELESS, state={"at": 1})))
    with (workplace.folder / "in").open() as lines, (workplace.folder / "out").open("w") as out:
        ended = subprocess.run(
            [BIN / "target-contacts", "--config", "config.json"],
            cwd=workplace.folder,
            stdin=lines,
            stdout=out,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(workplace.folder)},
            check=False,
        )
    (path,) = (workplace.folder / "rejects").iterdir()
    synced = (workplace.folder / "synced").read_text().splitlines()
    assert (ended.returncode, (workplace.folder / "out").read_text()) == (3, '{"at":1}\n')
    assert f"{path.stat().st_ino} 0" in synced


@pytest.mark.parametrize(("allowed", "code"), [(0, 3), (1, 0), (-1, 0)])
def test_so_many_rejections_still_count_as_success(
    zoho: ZohoVoice, workplace: Workplace, allowed: int, code: int
) -> None:
    """The exit code is 3 only beyond `max_rejects`."""
    config = {**zoho.target_config(), "max_rejects": allowed}
    assert workplace.target(config, contacts(NAMELESS)).code == code


def test_records_that_break_their_own_schema_or_have_no_key_are_rejected(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """The stream's schema holds for its records, and a record without key has no identity."""
    keyless = ({**ANNA, "id": None}, {**ANNA, "id": [1]}, {**ANNA, "id": {"a": 1}})
    schema, *records = contacts(ANNA, {**BERT, "first_name": 7}, *keyless)
    schema["schema"]["properties"]["first_name"] = {"type": "string"}
    run = workplace.target(zoho.target_config(), [schema, *records])
    assert bins(run.summary) == {"created": 1, "rejected": 4}
    found = {(each["code"], each["field"]) for each in workplace.rejections}
    assert found == {("schema", "first_name"), ("missing_key", "id")}


def test_a_record_the_api_refuses_is_rejected_with_its_code(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """The API's code stands in the rejects file, and the next record is still written."""
    body = json.dumps({"code": "ZV9", "message": "no", "status": "ERROR"})
    zoho.fault(on="POST /rest/json/zv/contacts", status=400, body=body)
    config = {**zoho.target_config(), "concurrency": 1}
    run = workplace.target(config, contacts(ANNA, BERT))
    assert (run.code, names(zoho)) == (3, ["Bert"])
    assert [(each["code"], each["http_status"]) for each in workplace.rejections] == [("ZV9", 400)]
    assert bins(workplace.target(config, contacts(ANNA, BERT)).summary) == {
        "created": 1,
        "unchanged": 1,
    }


# STATE.


def test_state_is_passed_on_when_what_is_before_it_is_settled(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Each STATE comes out again, unchanged, numbers included."""
    messages = [
        *contacts(ANNA, state={"at": 1.5}),
        contacts(BERT)[1],
        {"type": "STATE", "value": {"at": 2}},
    ]
    run = workplace.target({**zoho.target_config(), "checkpoint_seconds": 0}, messages)
    assert run.messages == [{"at": 1.5}, {"at": 2}]


def test_a_late_failure_keeps_the_state_of_what_landed(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """After an outage the last STATE covers what was written and nothing more."""
    zoho.fault(on="POST /rest", after=1, times=-1, status=429)
    messages = [
        *contacts(ANNA, state={"at": 1}),
        contacts(BERT)[1],
        {"type": "STATE", "value": {"at": 2}},
    ]
    config = {**zoho.target_config(), "checkpoint_seconds": 0}
    run = workplace.target(config, messages)
    assert (run.code, run.messages, names(zoho)) == (1, [{"at": 1}], ["Anna"])
    zoho.faults.clear()
    again = workplace.target(zoho.target_config(), messages)
    assert (again.code, again.messages[-1]) == (0, {"at": 2})
    assert bins(again.summary) == {"created": 1, "unchanged": 1}


def started(workplace: Workplace, config: dict[str, Any]) -> UnderWay:
    """Start a target whose input stays open."""
    path = workplace.folder / "config.json"
    path.write_text(json.dumps({**FAST, **config}))
    return UnderWay("target-contacts", ["--config", str(path)], workplace.folder)


def test_a_signal_ends_the_run_without_state_for_what_was_not_written(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """SIGTERM ends a waiting target with 143; its rerun writes what was not."""
    config = {**zoho.target_config(), "checkpoint_seconds": 3600}
    with started(workplace, config) as process:
        process.stdin.write(singer(contacts(ANNA, state={"at": 1})))
        process.stdin.flush()
        while not (workplace.folder / "target-contacts.db").exists():
            assert process.poll() is None
        os.kill(process.pid, signal.SIGTERM)
        out, log = process.communicate(timeout=10)
    assert (process.returncode, out, zoho.contacts) == (143, "", [])
    assert "Traceback" not in log


class HeldBack(ZohoVoice):
    """A Zoho Voice that answers no create until it is told to."""

    def __init__(self) -> None:
        """Start with nothing asked for."""
        super().__init__()
        self.asked, self.answers = threading.Event(), threading.Event()

    def handle(self, request: Request) -> Response:
        """Wait before each create."""
        if self.is_write(request):
            self.asked.set()
            self.answers.wait(60)
        return super().handle(request)


def test_a_signal_in_mid_batch_leaves_no_intent_of_what_never_left(workplace: Workplace) -> None:
    """All creates of a batch are announced at once; the next run looks none of them up in vain."""
    people = [{**ANNA, "id": number, "mobile": f"+4915{number:08}"} for number in range(30)]
    with HeldBack() as zoho:
        config = {**zoho.target_config(), "match_on": [], "concurrency": 1, "canary": False}
        with started(workplace, config) as process:
            process.stdin.write(singer(contacts(*people)))
            process.stdin.close()
            assert zoho.asked.wait(60)
            process.send_signal(signal.SIGTERM)
            threading.Timer(0.5, zoho.answers.set).start()
            _, log = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in log, len(zoho.contacts)) == (143, False, 1)
        assert [row[3] for row in rows(workplace)] == ["written"]
        zoho.log.clear()
        again = workplace.target(config, contacts(*people))
    assert bins(again.summary) == {"unchanged": 1, "created": 29}
    assert [line for line in zoho.log if line.request.method == "GET"] == []


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="pipes grow on Linux only")
def test_a_tap_goes_on_while_a_batch_is_written(workplace: Workplace) -> None:
    """While an answer is awaited, half a megabyte more of records goes into the pipe."""
    more = [{**ANNA, "id": number, "note": "n" * 65536} for number in range(2, 10)]
    lines = [f"{json.dumps(line)}\n".encode() for line in contacts(ANNA, *more)]
    with (
        HeldBack() as zoho,
        started(workplace, {**zoho.target_config(), "batch_size_rows": 1}) as process,
    ):
        pipe = process.stdin.fileno()
        os.write(pipe, b"".join(lines[:2]))
        assert zoho.asked.wait(60)
        os.set_blocking(pipe, False)
        written = os.write(pipe, b"".join(lines[2:]))
        zoho.answers.set()
        process.communicate(timeout=60)
    assert written == sum(map(len, lines[2:])) > 2**19
    assert (process.returncode, len(zoho.contacts)) == (0, 9)


# What is read must be Singer.


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("gar bage anna@example.com", "Input line 3 is not a JSON object"),
        ('["anna@example.com"]', "Input line 3 is not a JSON object"),
        ('{"type": "RECORD", "record": {"e": "anna@example.com"}}', "Input line 3 lacks stream"),
        ('{"type": "GOSSIP", "anna@example.com": 1}', "Input line 3 has no type"),
        ('{"type": "RECORD", "stream": "b", "record": {}}', "before a corresponding schema"),
        ('{"type": "SCHEMA", "stream": "b", "schema": 7}', "has no properties"),
        ('{"type": "SCHEMA", "stream": "b", "schema": {"properties": 7}}', "has no properties"),
        ('{"type": "BATCH", "stream": "b"}', "BATCH"),
    ],
)
def test_a_line_that_is_no_singer_message_stops_the_run_after_what_came_before(
    zoho: ZohoVoice, workplace: Workplace, line: str, sentence: str
) -> None:
    """One clear sentence without the line's content, exit code 1, and nothing accepted is lost."""
    run = workplace.target(zoho.target_config(), singer(contacts(ANNA)) + line + "\n")
    assert (run.code, names(zoho)) == (1, ["Anna"])
    assert sentence in run.log
    assert "anna@" not in run.log
    assert "Traceback" not in run.log


# Settings.


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"api": "hubspot"}, "api must be one of"),
        ({"api": None}, "api"),
        ({"zoho_voice": None}, "zoho_voice"),
        ({"zoho_voice": {"client_id": "x"}}, "zoho_voice needs client_id, client_secret and"),
        ({"zoho_voice": {"access_token": 5318008}}, "zoho_voice.access_token must be of type"),
        ({"zoho_voice": {"access_token": "x", "api_url": "http://example.com"}}, "https://"),
        *(
            (
                {"zoho_voice": {"access_token": "x", "api_url": f"https://{each}"}},
                "host and port alone",
            )
            for each in ("h/path", "h?x=5318008", "h#5318008", "u@h", "u:5318008@h")
        ),
        ({"field_map": {"nickname": "nick"}}, "field_map names nickname; known are: first_name"),
        ({"defaults": {"nickname": "x"}}, "defaults names nickname; known are: first_name"),
        ({"ledger_url": "nonsense"}, "ledger_url"),
        ({"ledger_url": "sqlite:////no/such/folder/x.db"}, "ledger_url"),
        ({"mode": "mirror"}, "mode must be one of"),
    ],
)
def test_a_wrong_setting_is_one_clear_sentence_and_exit_code_2(
    zoho: ZohoVoice, workplace: Workplace, change: dict[str, Any], sentence: str
) -> None:
    """The message names the setting and what it must be, not the value it has."""
    config = {**zoho.target_config(), **change}
    run = workplace.target({k: v for k, v in config.items() if v is not None}, contacts(ANNA))
    assert (run.code, zoho.writes) == (2, [])
    assert sentence in run.log
    assert "Traceback" not in run.log
    assert "5318008" not in run.log


def test_wrong_usage_is_exit_code_2(workplace: Workplace) -> None:
    """An option that does not exist, or a config file that cannot be read, is said."""
    (workplace.folder / "broken.json").write_text("{")
    for options in (["--bogus"], ["--config", "missing.json"], ["--config", "broken.json"]):
        run = workplace.run("target-contacts", {}, *options)
        assert (run.code, run.out) == (2, "")
        assert options[-1] in run.log
        assert "Traceback" not in run.log


def test_a_setting_that_does_not_exist_is_named(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A misspelt setting stops the run before anything is sent; one of another kind is ignored."""
    run = workplace.target({**zoho.target_config(), "max_reject": 5}, contacts(ANNA))
    assert (run.code, zoho.contacts) == (2, [])
    assert "Unknown setting max_reject; did you mean max_rejects?" in run.log
    run = workplace.target({**zoho.target_config(), "colour": 5}, contacts(ANNA))
    assert (run.code, len(zoho.contacts)) == (0, 1)
    assert "Unknown setting colour is ignored" in run.log


# Secrets and personal data.


def test_neither_secrets_nor_contacts_are_in_log_state_or_ledger(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """At DEBUG, with refusals and faults, no value of a contact or credential is written."""
    body = '{"code": "X", "message": "Anna", "status": "ERROR"}'
    zoho.fault(on="POST /rest", status=400, body=body)
    zoho.fault(on="POST /rest", cut="after")
    records = [ANNA, BERT, {**NAMELESS, "first_name": {"a": "Carla"}}, {**ANNA, "id": "4"}]
    run = workplace.target(zoho.target_config(), contacts(*records), env={"LOGLEVEL": "DEBUG"})
    ledger = b"".join(path.read_bytes() for path in workplace.folder.glob("target-contacts.db*"))
    written = run.log + run.out + ledger.decode("latin-1")
    secrets = [v for v in zoho.target_config()["zoho_voice"].values() if "127.0.0.1" not in v]
    values = ["Anna", "Bert", "Carla", "+4915", "%2B4915", "@example.com", "%40example"]
    assert [found for found in [*secrets, *values] if found in written] == []


def test_the_ledger_holds_hashes_only(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Even a key that is an e-mail address does not stand in the ledger."""
    workplace.target(zoho.target_config(), contacts(ANNA, key=("email",)))
    with sqlite3.connect(workplace.folder / "target-contacts.db") as ledger:
        (row,) = ledger.execute(
            "SELECT status, remote_id, length(key), length(payload) FROM contacts"
        )
    assert row == ("written", zoho.contacts[0]["contact_id"], 32, 32)
