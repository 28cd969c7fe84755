"""`--plan` writes what a run would do into a file, and `--apply` does just that or refuses."""

from __future__ import annotations

import copy
import io
import json
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tap_contacts.transport.errors import ApiError
from target_contacts.delivery.gate import Gate
from target_contacts.target import TargetContacts
from tests.crash.lab import KINDS
from tests.crash.people import person
from tests.sandbox.porters import Porters
from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice
from tests.support.commands import Workplace, contacts, singer
from tests.support.privacy import CONTACT, found
from tests.support.privacy import person as canary
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished, Message

CARL = {"id": 3, "first_name": "Carl", "mobile": "+4915100000001"}
BINS = ("created", "updated", "unchanged", "deleted", "rejected", "skipped")


@pytest.fixture(params=sorted(KINDS))
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Return each API, empty."""
    with KINDS[request.param]() as server:
        yield server


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running Zoho Voice, empty."""
    with ZohoVoice() as server:
        yield server


class Planning:
    """A config, an input, and the plan of it."""

    def __init__(
        self, workplace: Workplace, config: dict[str, Any], messages: Sequence[Message]
    ) -> None:
        """Take all of it; no plan is made yet."""
        self.workplace, self.config = workplace, config
        self.messages: list[Message] = list(messages)
        self.path = workplace.folder / "plan.jsonl"

    def plan(self, *options: str, **settings: Any) -> Finished:
        """Make the plan."""
        config = {**self.config, **settings}
        return self.workplace.target(config, self.messages, "--plan", str(self.path), *options)

    def apply(self, *options: str, **settings: Any) -> Finished:
        """Carry the plan out."""
        config = {**self.config, **settings}
        return self.workplace.target(config, self.messages, "--apply", str(self.path), *options)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of the plan."""
        return [json.loads(line) for line in self.path.read_text().splitlines()]


@pytest.fixture(scope="module")
def planned() -> Iterator[tuple[ZohoVoice, Planning]]:
    """Return the plan of an update and a create, with another contact that stays."""
    with ZohoVoice() as server, tempfile.TemporaryDirectory() as folder:
        workplace = Workplace(Path(folder))
        signed_in = {"api_url": server.url, "access_token": ACCESS_TOKEN}
        config = {**server.target_config(), "zoho_voice": signed_in}
        assert workplace.target(config, contacts(ANNA, BERT)).code == 0
        changed = {**ANNA, "company": "Acme", "email": ""}
        planning = Planning(workplace, config, contacts(changed, BERT, CARL, state={"at": 3}))
        server.log.clear()
        assert planning.plan().code == 0
        assert server.writes == []
        yield server, planning


@pytest.fixture
def planning(planned: tuple[ZohoVoice, Planning]) -> Iterator[Planning]:
    """Return that plan; what a test changes is put back after it."""
    server, planning = planned
    ledger = planning.workplace.folder / "target-contacts.db"
    files = {path: path.read_bytes() for path in (ledger, planning.path)}
    config, messages = {**planning.config}, [*planning.messages]
    held = copy.deepcopy(server.state.held)
    yield planning
    for path, content in files.items():
        path.write_bytes(content)
    planning.config, planning.messages, server.state.held = config, messages, held
    server.log.clear()


@pytest.fixture
def account(planned: tuple[ZohoVoice, Planning]) -> ZohoVoice:
    """Return the account of that plan."""
    return planned[0]


# What is planned and carried out.


def test_counts_of_plan_and_apply_are_equal(sandbox: Sandbox, workplace: Workplace) -> None:
    """Nothing is written before; then just what was planned, and STATE is passed on."""
    config = {**sandbox.target_config(), "max_rejects": -1}
    assert workplace.target(config, contacts(*map(person, range(1, 8)))).code == 0
    sandbox.log.clear()
    people = [person(n, version=1 + n % 3) for n in range(1, 12)]
    planning = Planning(workplace, config, contacts(*people, {"id": 99}, state={"at": 1}))
    planned = planning.plan()
    assert (planned.code, planned.out, sandbox.writes) == (0, "", []), planned.log
    done = planning.apply()
    assert (done.code, done.messages) == (0, [{"at": 1}]), done.log
    counts = {name: planned.summary[name] for name in BINS}
    assert counts == {name: done.summary[name] for name in BINS}
    assert counts["created"] == 4 + (counts["rejected"] == 0)
    again = workplace.target(config, planning.messages)
    assert bins(again.summary).keys() <= {"unchanged", "rejected"}


def test_a_plan_holds_old_and_new_values_for_its_owner_only(planning: Planning) -> None:
    """The screen has counts alone, and STATE stays where it is."""
    head, update, create, seal = planning.lines
    assert (head["api"], head["writes"], head["counts"]["read"]) == ("zoho_voice", 2, 3)
    assert update["fields"] == {
        "company": {"old": "", "new": "Acme"},
        "email": {"old": ANNA["email"], "new": ""},
    }
    assert (create["action"], create["fields"]["first_name"]) == ("create", {"new": "Carl"})
    assert list(seal) == ["seal"]
    assert planning.path.stat().st_mode & 0o777 == 0o600


def test_many_contacts_take_a_read_for_each_two_hundred(workplace: Workplace) -> None:
    """Those that may be there and those that are changed come from the same list."""
    with Porters() as porters:
        config = {**porters.target_config(), "requests_per_minute": 1_000_000}
        people = [person(n) for n in range(1, 401)]
        assert workplace.target(config, contacts(*people)).code == 0
        others = [person(n) for n in range(401, 801)]
        workplace.target({**config, "ledger_account": "other"}, contacts(*others))
        porters.log.clear()
        changed = [person(n, version=2) for n in range(1, 401)]
        new = [person(n) for n in range(801, 1201)]
        planning = Planning(workplace, config, contacts(*changed, *new))
        run = planning.plan()
        assert bins(run.summary) == {"created": 400, "updated": 400}
        assert (porters.writes, len(porters.log) <= 4 + 8) == ([], True), len(porters.log)
        update = planning.lines[1]
        assert update["changed_there"] == []
        assert all("old" in value for value in update["fields"].values())


def test_a_monitor_that_lists_nobody_says_so(workplace: Workplace) -> None:
    """Its new values are planned all the same."""
    with KINDS["bas_ip"]() as monitor:
        config = monitor.target_config()
        people = [person(n) for n in range(1, 31)]
        assert workplace.target(config, contacts(*people)).code == 0
        changed = [person(n, version=2) for n in range(1, 31)]
        run = Planning(workplace, config, contacts(*changed)).plan()
        assert (run.code, run.summary["updated"]) == (0, 30)
        assert "cannot be read there, so that their old values are not known" in run.log


@pytest.mark.parametrize("on_delete", ["delete", "mark"])
def test_who_left_the_source_stands_in_a_plan(
    zoho: ZohoVoice, workplace: Workplace, on_delete: str
) -> None:
    """Nobody leaves before it is carried out, and the versions that came do not count before."""
    config = {**zoho.target_config(), "on_delete": on_delete, "marks": {"company": "left"}}
    config["guards"] = {"max_deletes": 2}

    def reading(version: int, *people: dict[str, Any]) -> list[Message]:
        head, *records = contacts(*people)
        end = {"type": "ACTIVATE_VERSION", "stream": "contacts", "version": version}
        state = {"type": "STATE", "value": {"at": version}}
        return [head, *({**each, "version": version} for each in records), end, state]

    assert workplace.target(config, reading(1, ANNA, BERT, CARL)).code == 0
    planning = Planning(workplace, config, reading(2, BERT))
    zoho.log.clear()
    planned = planning.plan()
    assert (planned.code, zoho.writes, planned.summary["deleted"]) == (0, [], 2), planned.log
    assert [line["action"] for line in planning.lines[1:-1]] == [on_delete] * 2
    assert "max_deletes: 2 of at most 2; lets it through" in planned.log
    done = planning.apply()
    assert (done.code, done.summary["deleted"]) == (0, 2), done.log
    left = {each["first_name"] for each in zoho.contacts if each.get("company") != "left"}
    assert left == {"Bert"}


@pytest.mark.parametrize(
    ("api", "most"), [("cobai", 60 + 4), ("valomnia", 6), ("porters", 12), ("zoho_voice", 6)]
)
def test_contacts_that_are_not_new_are_read_from_lists(
    workplace: Workplace, api: str, most: int
) -> None:
    """Cobai's lists lack fields, so that each contact takes one read there, as in any run."""
    with KINDS[api]() as sandbox:
        config = sandbox.target_config()
        assert workplace.target(config, contacts(*map(person, range(1, 61)))).code == 0
        sandbox.log.clear()
        changed = [person(n, version=2) for n in range(1, 61)]
        run = Planning(workplace, config, contacts(*changed)).plan()
        assert (run.code, run.summary["updated"], sandbox.writes) == (0, 60, []), run.log
        assert run.summary["requests"] <= most
        assert "cannot be read" not in run.log


def test_a_plan_of_a_few_is_carried_out_without_state(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """`--limit` belongs to the plan."""
    messages = contacts(ANNA, BERT, CARL, state={"at": 3})
    planning = Planning(workplace, zoho.target_config(), messages)
    assert planning.plan("--limit", "2").code == 0
    assert planning.apply("--limit", "1").code == 2
    run = planning.apply()
    assert (run.code, run.out, names(zoho)) == (0, "", ["Anna", "Bert"])


def test_guards_are_shown_in_a_plan_and_hold_when_it_is_carried_out(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """`--allow` lets through what a guard would stop."""
    config = {**zoho.target_config(), "guards": {"max_creates": 2}}
    planning = Planning(workplace, config, contacts(ANNA, BERT, CARL, state={"at": 3}))
    planned = planning.plan()
    assert planned.code == 0
    assert "max_creates: 3 of at most 2; would end the run" in planned.log
    stopped = planning.apply()
    assert (stopped.code, len(zoho.contacts)) == (4, 2)
    again = planning.apply()
    assert (again.code, "was ended half-way" in again.log) == (2, True)
    planning.path.unlink()
    assert planning.plan().code == 0
    assert planning.apply("--allow", "max_creates=5").code == 0
    assert len(zoho.contacts) == 3


def test_a_dry_run_shows_the_same_table_without_old_values(
    account: ZohoVoice, planning: Planning
) -> None:
    """It keeps its summary, and reads no contact that is only changed."""
    run = planning.workplace.target({**planning.config, "dry_run": True}, planning.messages)
    assert (run.code, run.out, run.summary["dry_run"]) == (0, "", True)
    rows = [line.split() for line in run.log.splitlines()]
    assert ["contacts", "update", "email", "1", "1"] in rows
    assert ["contacts", "create", "1"] in rows
    asked = [line.request.path for line in account.log]
    assert not [path for path in asked if path.endswith(account.contacts[0]["contact_id"])]


def test_no_value_stands_anywhere_but_in_the_plan(sandbox: Sandbox, workplace: Workplace) -> None:
    """Neither where a plan is made, nor where it is refused or carried out."""
    config = {**sandbox.target_config(), "max_rejects": -1}
    people = [canary(n) for n in range(1, 4)]
    workplace.target(config, contacts(*people))
    changed = [{**each, "phone": "0176/12349"} for each in people]
    planning = Planning(workplace, config, contacts(*changed, canary(5)))
    runs = [planning.plan(), planning.apply()]
    runs.append(planning.apply())
    assert [run.code for run in runs] == [0, 0, 2]
    for run in runs:
        assert found(CONTACT, (run.out + run.log).encode()) == []
    assert found(CONTACT, planning.path.read_bytes())


# What does not hold any more.


def edit(planning: Planning, change: Callable[[bytes], bytes]) -> None:
    """Change the plan's file."""
    planning.path.write_bytes(change(planning.path.read_bytes()))


def without(lines: list[bytes], number: int) -> list[bytes]:
    """Return lines but one."""
    return lines[:number] + lines[number + 1 :]


def replace(planning: Planning, *records: dict[str, Any]) -> None:
    """Give other records."""
    planning.messages = list(contacts(*records, state={"at": 3}))


def forget(planning: Planning) -> None:
    """Take an entry out of the ledger."""
    path = planning.workplace.folder / "target-contacts.db"
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.execute("DELETE FROM contacts WHERE key = (SELECT max(key) FROM contacts)")


CHANGED = {**ANNA, "company": "Acme", "email": ""}
STALE: dict[str, tuple[Callable[[Planning, ZohoVoice], Any], str]] = {
    "a record is changed": (
        lambda p, _: replace(p, {**CHANGED, "company": "Firm"}, BERT, CARL),
        "records say something else (1)",
    ),
    "a record is added": (
        lambda p, _: replace(p, CHANGED, BERT, CARL, {**CARL, "id": 4, "mobile": "+4930123"}),
        "records are there that the plan does not hold (1)",
    ),
    "a record that changes nothing is added": (
        lambda p, _: replace(p, CHANGED, BERT, BERT, CARL),
        "the input has changed: 4 records are read, and 3 were",
    ),
    "a record is removed": (
        lambda p, _: replace(p, CHANGED, BERT),
        "records of the plan are missing or need not be written (1)",
    ),
    "a setting is changed": (
        lambda p, _: p.config.update(mode="update_only"),
        "these settings have changed: mode",
    ),
    "a setting of the translation is changed": (
        lambda p, _: p.config.update(defaults={"company": "Acme"}),
        "these settings have changed: defaults",
    ),
    "the ledger is changed": (lambda p, _: forget(p), "the ledger has changed"),
    "a contact is changed": (
        lambda _, z: z.change(z.contacts[0]["contact_id"], company="Theirs"),
        "contacts of the plan have changed at the destination (1)",
    ),
    "a contact is removed": (
        lambda _, z: z.remove(z.contacts[0]["contact_id"]),
        "contacts of the plan are not there any more (1)",
    ),
    "a new contact is there meanwhile": (
        lambda _, z: z.add(first_name="Carl", mobile="+4915100000001"),
        "",
    ),
    "a byte is another": (
        lambda p, _: edit(p, lambda plan: plan.replace(b"Acme", b"Acne")),
        "its seal does not fit it",
    ),
    "a byte of the head is another": (
        lambda p, _: edit(p, lambda plan: plan.replace(b'"limit":null', b'"limit":9999')),
        "its seal does not fit it",
    ),
    "a line is missing": (
        lambda p, _: edit(p, lambda plan: b"".join(without(plan.splitlines(keepends=True), 2))),
        "its seal does not fit it",
    ),
    "the last line is cut": (
        lambda p, _: edit(p, lambda plan: plan[: plan.rindex(b'{"seal"')]),
        "its end is missing",
    ),
    "the last byte is cut": (lambda p, _: edit(p, lambda plan: plan[:-1]), "its end is missing"),
    "all is cut": (lambda p, _: edit(p, lambda _: b""), "it is no plan"),
    "it is another file": (lambda p, _: edit(p, lambda _: b'{"type":"STATE"}\n'), "it is no plan"),
    "no file is there": (lambda p, _: p.path.unlink(), "cannot be read: No such file"),
    "another account": (
        lambda p, _: p.config.update(ledger_account="other"),
        "it is for another account",
    ),
    "a dry run": (lambda p, _: p.config.update(dry_run=True), "dry_run is true"),
}


@pytest.mark.parametrize("name", STALE)
def test_what_is_not_as_planned_is_refused(
    account: ZohoVoice, planning: Planning, name: str
) -> None:
    """One sentence says what has changed; nothing is written, no STATE passed on."""
    change, words = STALE[name]
    change(planning, account)
    run = planning.apply()
    assert (run.code, run.out, account.writes) == (2, "", []), run.log
    (error,) = [line for line in run.log.splitlines() if "ERROR" in line]
    assert words in error
    assert found((str(ANNA["email"]), str(CARL["mobile"])), run.log.encode()) == []


def test_what_is_written_about_the_record_but_not_of_it_does_not_matter(
    planning: Planning,
) -> None:
    """Neither STATE, nor when a record was extracted, nor its fields that go nowhere."""
    more = {"time_extracted": "2026-01-01T00:00:00Z"}
    lines = [{**each, **more} for each in planning.messages[:-1]]
    planning.messages = [*lines, {"type": "STATE", "value": {"at": 4}}]
    run = planning.apply()
    assert (run.code, run.messages) == (0, [{"at": 4}])


def test_the_plan_of_another_api_is_refused(planning: Planning) -> None:
    """Before anything is read."""
    with Porters() as porters:
        planning.config = porters.target_config()
        run = planning.apply()
        assert (run.code, porters.log) == (2, [])
        assert "it is for the API zoho_voice" in run.log


def test_what_is_not_as_planned_in_the_end_is_not_sent(
    zoho: ZohoVoice, workplace: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run cannot be as planned if something changes while it goes on."""
    config = {**zoho.target_config(), **workplace.ledger}
    target = TargetContacts(config=config, gate=Gate([]))
    lines = singer(contacts(ANNA, BERT, state={"at": 1})).encode()
    with pytest.raises(ApiError, match="2 writes were not as planned any more"):
        target.run(cast("Any", io.BytesIO(lines)))
    assert (zoho.writes, capsys.readouterr().out) == ([], "")


def test_a_plan_is_carried_out_once(account: ZohoVoice, planning: Planning) -> None:
    """What to do is said."""
    assert planning.apply().code == 0
    account.log.clear()
    run = planning.apply()
    assert (run.code, account.log) == (2, [])
    assert "Make a new plan" in run.log


# The file.


@pytest.mark.parametrize("kind", ["file", "link", "dangling", "folder"])
def test_what_is_there_is_never_written_over(
    zoho: ZohoVoice, workplace: Workplace, tmp_path: Path, kind: str
) -> None:
    """A link may lead anywhere."""
    planning = Planning(workplace, zoho.target_config(), contacts(ANNA))
    aim = tmp_path / "aim"
    if kind == "link":
        aim.write_text("kept")
    if kind in {"link", "dangling"}:
        planning.path.symlink_to(aim)
    elif kind == "file":
        planning.path.write_text("kept")
    else:
        planning.path.mkdir()
    run = planning.plan()
    assert (run.code, zoho.log) == (2, [])
    assert "is there already" in run.log
    assert aim.exists() == (kind == "link")


def test_a_file_that_cannot_be_made_is_said_before_anything_is_read(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """The folder is not there."""
    planning = Planning(workplace, zoho.target_config(), contacts(ANNA))
    planning.path = workplace.folder / "none" / "plan.jsonl"
    run = planning.plan()
    assert (run.code, zoho.log) == (2, [])
    assert "cannot be written: No such file or directory" in run.log


def test_a_run_that_fails_leaves_no_plan(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Half a plan is none."""
    planning = Planning(workplace, zoho.target_config(), contacts(ANNA))
    lines = singer(planning.messages) + "no JSON\n"
    run = workplace.target(planning.config, lines, "--plan", str(planning.path))
    assert (run.code, os.path.lexists(planning.path)) == (1, False)


def test_a_record_that_would_be_refused_is_counted_with_its_reason(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """The exit code is that of the run."""
    planning = Planning(workplace, zoho.target_config(), contacts({"id": 9}, ANNA))
    run = planning.plan()
    assert (run.code, bins(run.summary)) == (3, {"created": 1, "rejected": 1})
    assert "1 record of contacts rejected: code missing" in run.log
    assert planning.lines[0]["counts"]["rejected"] == 1


@pytest.mark.parametrize("other", [["--apply", "x"], ["--check"], ["--explain"]])
def test_a_plan_is_made_by_itself(zoho: ZohoVoice, workplace: Workplace, other: list[str]) -> None:
    """Two things at once are a mistake."""
    run = workplace.target(zoho.target_config(), contacts(ANNA), "--plan", "y", *other)
    assert (run.code, zoho.log) == (2, [])
    assert "--plan" in run.log
