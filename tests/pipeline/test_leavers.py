"""Promises of on_delete, from tap to target: exactly who left the source is deleted or marked."""

from __future__ import annotations

import json
import os
import re
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.lab import KINDS
from tests.crash.people import numbers, person
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.messages import Request, Response
from tests.sandbox.zoho_voice import CONTACTS_PATH, ZohoVoice
from tests.support.commands import FAST, contacts, singer
from tests.support.reading import ZOHO, fill, read
from tests.support.under_way import UnderWay

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished, Workplace

EMIT: dict[str, Any] = {"emit_activate_version_messages": True}
DELETE: dict[str, Any] = {"on_delete": "delete"}
DELETING = ("bas_ip", "zoho_voice")
MARKS: dict[str, tuple[dict[str, Any], str]] = {
    "zoho_voice": ({"contact_status": "in active", "company": "left"}, "left"),
    "porters": ({"Contact.P_Phase": "In Active", "Contact.P_Memo": "left"}, "left"),
    "valomnia": ({"fonction": "left"}, "left"),
    "cobai": ({"officeFax": "left"}, "left"),
}
"""By API the marks of a leaver, and what its contact holds then."""


@pytest.fixture
def source() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice to read."""
    with ZohoVoice() as running:
        yield running


@pytest.fixture
def place() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice to write."""
    with ZohoVoice() as running:
        yield running


def names(sandbox: ZohoVoice) -> set[str]:
    """Return the first names of the contacts."""
    return {contact["first_name"] for contact in sandbox.contacts}


def there(sandbox: Sandbox) -> set[int]:
    """Return the numbers of the contacts that an API holds."""
    return numbers(json.dumps(sandbox.contacts))


def reading(people: Iterable[int], version: int, gone: Iterable[int] = ()) -> list[dict[str, Any]]:
    """Return a complete reading of people, some of whom are said to have left."""
    told = {"_sdc_deleted_at": "2026-05-01"}
    records = [*map(person, people), *(person(n) | told for n in gone)]
    lines = contacts(*records, state={"night": version})
    for line in lines[1:-1]:
        line["version"] = version
    lines.insert(-1, {"type": "ACTIVATE_VERSION", "stream": "contacts", "version": version})
    return lines


def shifted(run: Finished, seconds: int) -> str:
    """Return what a tap wrote as if it had begun so much later: versions are whole seconds."""
    later = lambda found: f"{found[1]}{int(found[2]) + seconds}"  # noqa: E731
    return re.sub(r'("version":)(\d+)', later, run.out)


def left(run: Finished) -> int:
    """Return how many records only ACTIVATE_VERSION said to have left."""
    return int(run.summary.get("left", 0))


def balances(run: Finished) -> bool:
    """Say whether all that was read or left is in a bin."""
    summary = run.summary
    bins = ("created", "updated", "unchanged", "deleted", "rejected", "skipped")
    return bool(summary["read"] + left(run) == sum(summary[name] for name in bins))


# From Zoho Voice to Zoho Voice.


def test_exactly_who_left_is_deleted(
    source: ZohoVoice, place: ZohoVoice, workplace: Workplace
) -> None:
    """Who stays, who is new and who was there before are not touched."""
    place.add(first_name="Other", mobile="+4930123456")
    fill(source, 60)
    config = {**place.target_config(), **DELETE}
    first = workplace.target(config, shifted(read(workplace, source, **EMIT), -2))
    assert (first.code, first.summary["created"], left(first)) == (0, 60, 0)
    for number in (3, 50):
        source.remove(source.contacts[number]["contact_id"])
    source.add(first_name="New", mobile="+4930765432")
    run = workplace.target(config, shifted(read(workplace, source, **EMIT), -1))
    assert names(place) == names(source) | {"Other"}
    counts = {name: run.summary[name] for name in ("created", "unchanged", "deleted", "left")}
    assert (run.code, counts) == (0, {"created": 1, "unchanged": 58, "deleted": 2, "left": 2})
    assert balances(run)
    assert run.out
    for contact in source.contacts:
        source.remove(contact["contact_id"])
    empty = workplace.target(config, read(workplace, source, **EMIT).out)
    assert (empty.code, empty.summary["deleted"], len(names(place))) == (0, 0, 60)


def test_a_reading_that_failed_or_was_resumed_deletes_nobody(
    source: ZohoVoice, place: ZohoVoice, workplace: Workplace
) -> None:
    """The next one that is complete and of one piece does."""
    fill(source, 120)
    config = {**place.target_config(), **DELETE}
    workplace.target(config, shifted(read(workplace, source, **EMIT), -9))
    source.remove(source.contacts[110]["contact_id"])
    source.fault(on=f"GET {CONTACTS_PATH}", after=2, times=-1, status=500)
    broken = read(workplace, source, max_tries=1, **EMIT)
    assert broken.code == 1
    half = workplace.target(config, broken.out)
    source.faults.clear()
    state = json.loads(half.out.splitlines()[-1])
    assert state["bookmarks"][ZOHO]["progress"]
    resumed = read(workplace, source, state, **EMIT)
    assert "ACTIVATE_VERSION" in resumed.out
    run = workplace.target(config, resumed.out)
    assert (left(half), left(run), len(place.contacts)) == (0, 0, 120)
    assert "ACTIVATE_VERSION of stream zoho_voice_contacts is ignored: the reading was begun" in (
        run.log
    )
    whole = workplace.target(config, shifted(read(workplace, source, **EMIT), 9))
    assert (whole.summary["deleted"], names(place)) == (1, names(source))


def told_in_parts(version: int, *parts: int | None) -> list[dict[str, Any]]:
    """Return the messages of a reading: numbers of people, and None where ACTIVATE_VERSION is."""
    activate = {"type": "ACTIVATE_VERSION", "stream": "contacts", "version": version}
    head, *records = contacts(*[person(each) for each in parts if each is not None])
    coming = iter(records)
    lines = [activate if each is None else {**next(coming), "version": version} for each in parts]
    return [head, *lines, {"type": "STATE", "value": {"at": version}}]


@pytest.mark.parametrize(
    ("parts", "stay"),
    [
        ((1, None, 2, 3), {1, 2, 3, 4}),
        ((1, None, 2, None, 3, None), {1, 2, 3, 4}),
        ((None, 1, None, 2, None), {1, 2, 3, 4}),
        ((None, 1, 2, 3, None), {1, 2, 3, 4}),
        ((1, 2, 3, None), {1, 2, 3}),
        ((1, 2, 3, None, None), {1, 2, 3}),
    ],
    ids=["within", "after each part", "before each part", "before and after", "after", "twice"],
)
def test_a_version_counts_only_if_its_message_ends_the_reading(
    place: ZohoVoice, workplace: Workplace, parts: tuple[int | None, ...], stay: set[int]
) -> None:
    """Whose record comes after the message was never gone: nobody is deleted and created again."""
    config = {**place.target_config(), **DELETE}
    workplace.target(config, told_in_parts(1, 1, 2, 3, 4, None))
    run = workplace.target(config, told_in_parts(2, *parts))
    assert (run.code, there(place), run.summary["created"]) == (0, stay, 0)
    assert (run.summary["deleted"], run.messages[-1]) == (4 - len(stay), {"at": 2})
    assert ("came after it" in run.log) is (len(stay) == 4)
    assert balances(run)


# To each API.


ENDS: dict[str, tuple[Any, int]] = {
    "no STATE at all": (lambda lines: lines[:-1], 0),
    "STATE before ACTIVATE_VERSION": (lambda lines: [*lines[:-2], lines[-1], lines[-2]], 0),
    "a record of another stream behind it": (
        lambda lines: [*lines, *contacts(person(30), stream="others")],
        0,
    ),
    "cut in the middle of a line": (lambda lines: singer(lines)[:-20], 1),
    "cut in the middle of ACTIVATE_VERSION": (
        lambda lines: singer(lines[:-1])[:-20] + singer(lines[-1:]),
        1,
    ),
}


@pytest.mark.parametrize("plan", [False, True])
def test_an_input_that_ends_as_no_tap_ends_it_deletes_nobody(
    place: ZohoVoice, workplace: Workplace, *, plan: bool
) -> None:
    """The tap may have died. The log says why; the next complete reading deletes."""
    config = {**place.target_config(), **DELETE}
    assert workplace.target(config, reading([1, 2, 3], 1)).code == 0
    for version, (end, (change, code)) in enumerate(ENDS.items(), start=2):
        options = ["--plan", str(workplace.folder / f"plan{version}")] if plan else []
        run = workplace.target(config, change(reading([1], version)), *options)
        found = run.code, {1, 2, 3} <= there(place), run.summary["deleted"]
        assert found == (code, True, 0), end
        assert code or "the input does not end with a STATE behind it" in run.log, end
    run = workplace.target(config, reading([1], 9))
    assert (run.code, there(place) & {1, 2, 3}, left(run)) == (0, {1}, 2)


@pytest.mark.parametrize("api", DELETING)
@pytest.mark.parametrize("told", [True, False], ids=["told", "absent"])
def test_a_leaver_is_deleted_and_created_again_when_he_returns(
    api: str, workplace: Workplace, *, told: bool
) -> None:
    """Once each; nobody is doubled."""
    with KINDS[api]() as sandbox:
        config = {**sandbox.target_config(), **DELETE}
        workplace.target(config, reading([1, 2, 3, 4], 1))
        gone = [2, 3] if told else []
        run = workplace.target(config, reading([1, 4], 2, gone))
        assert (run.code, run.summary["deleted"], there(sandbox)) == (0, 2, {1, 4})
        assert (balances(run), json.loads(run.out.splitlines()[-1])) == (True, {"night": 2})
        back = workplace.target(config, reading([1, 2, 4], 3))
        assert (back.code, back.summary["created"], back.summary["deleted"]) == (0, 1, 0)
        assert ([*sorted(there(sandbox))], len(sandbox.contacts)) == ([1, 2, 4], 3)


@pytest.mark.parametrize(
    ("kind", "readings", "account"),
    [
        (ZohoVoice, ("unknown_404",), {}),
        (ZohoVoice, (), {}),
        (BasIp, (), {}),
        (BasIp, ("unknown_refuses_call",), {}),
        (BasIp, ("camdroid_errors", "unknown_refuses_call"), {}),
        (BasIp, ("bulk_link", "delete_bare"), {"delete_path": "/api/v0/contacts"}),
    ],
)
def test_a_contact_that_somebody_removed_is_done_in_each_reading(
    kind: type[Sandbox], readings: tuple[str, ...], account: Any, workplace: Workplace
) -> None:
    """Nothing is rejected for it, and the others are deleted."""
    with kind(readings=readings) as sandbox:
        config = {**sandbox.target_config(), **DELETE}
        config[sandbox.api] |= account
        assert workplace.target(config, reading([1, 2, 3, 4], 1)).code == 0
        for contact in sandbox.contacts:
            if numbers(json.dumps(contact)) == {3}:
                sandbox.remove(contact["item_uid" if kind is BasIp else "contact_id"])  # type: ignore[attr-defined]
        run = workplace.target(config, reading([1], 2))
        assert (run.code, run.summary["deleted"], there(sandbox)) == (0, 3, {1})


def test_a_monitor_that_deletes_elsewhere_is_said_so(workplace: Workplace) -> None:
    """With the setting to set; nothing is taken for deleted."""
    with BasIp(readings=("bulk_link", "delete_bare")) as monitor:
        config = {**monitor.target_config(), **DELETE}
        workplace.target(config, reading([1, 2], 1))
        run = workplace.target(config, reading([1], 2))
        assert (run.code, there(monitor), run.out) == (1, {1, 2}, "")
        assert "Set bas_ip.delete_path" in run.log


@pytest.mark.parametrize("api", sorted(MARKS))
def test_a_leaver_is_marked_where_nothing_can_be_deleted(api: str, workplace: Workplace) -> None:
    """Only the marks change, once; the others stay as they are, and who returns is updated."""
    marks, held = MARKS[api]
    with KINDS[api]() as sandbox:
        config = {**sandbox.target_config(), "on_delete": "mark", "marks": marks}
        workplace.target(config, reading([1, 2, 3], 1))
        before = len(sandbox.writes)
        run = workplace.target(config, reading([1, 3], 2))
        assert (run.code, run.summary["deleted"], run.summary["marked"]) == (0, 1, 1)
        (marked,) = [c for c in sandbox.contacts if held in json.dumps(c)]
        assert (numbers(json.dumps(marked)), there(sandbox)) == ({2}, {1, 2, 3})
        assert "Last2" in json.dumps(marked)
        again = workplace.target(config, reading([1, 3], 3))
        assert (again.summary["deleted"], len(sandbox.writes) - before) == (0, 1)
        back = workplace.target(config, reading([1, 2, 3], 4))
        assert (back.code, back.summary["updated"], len(sandbox.contacts)) == (0, 1, 3)


# Settings.


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"on_delete": "mark"}, "say in marks what is to be written"),
        ({"on_delete": "mark", "marks": {"colour": "x"}}, "marks names colour"),
        ({"marks": {"colour": "x"}}, "marks names colour"),
        ({"on_delete": "mark", "marks": {"mobile": ""}}, "marks.mobile must have a value"),
        ({"on_delete": "mark", "marks": {"email": "nobody"}}, "marks.email must be"),
        ({"on_delete": "mark", "marks": {"contact_status": "Gone"}}, "marks.contact_status must"),
        ({"on_delete": "remove"}, "on_delete"),
    ],
)
def test_wrong_marks_are_refused_before_anything_is_written(
    changes: dict[str, Any], words: str, place: ZohoVoice, workplace: Workplace
) -> None:
    """With exit code 2, naming what is wrong."""
    run = workplace.target({**place.target_config(), **changes}, reading([1], 1, [2]))
    assert (run.code, len(place.writes)) == (2, 0)
    assert words in run.log


def test_without_the_setting_everybody_stays(place: ZohoVoice, workplace: Workplace) -> None:
    """It is said, once a stream."""
    config = place.target_config()
    workplace.target(config, reading([1, 2, 3], 1))
    run = workplace.target(config, reading([1], 2, [2]))
    assert (run.code, there(place), run.summary["skipped"]) == (0, {1, 2, 3}, 1)
    assert "ACTIVATE_VERSION of stream contacts is ignored: on_delete is skip." in run.log


@pytest.mark.parametrize(
    "maps",
    [
        {"contacts": {"__filter__": "id != 2"}},
        {"contacts": {"__alias__": "people"}},
        {"contacts": {}, "leads": {"__alias__": "contacts"}},
    ],
    ids=["filter", "alias", "joined"],
)
def test_stream_maps_that_hide_who_came_delete_nobody(
    maps: dict[str, Any], place: ZohoVoice, workplace: Workplace
) -> None:
    """A record that is filtered out, or another stream's, did not leave."""
    config = {**place.target_config(), **DELETE}
    workplace.target({**config, "stream_maps": maps}, reading([1, 3], 1))
    workplace.target({**config, "stream_maps": maps}, reading([1, 2], 2))
    assert {1, 3} <= there(place)


# Killed.


class Deadly(ZohoVoice):
    """An account that kills the sender at a deletion, before or after it is carried out."""

    victim: int | None = None
    before = False

    def handle(self, request: Request) -> Response:
        """Kill within the second deletion."""
        deletes = sum(line.request.method == "DELETE" for line in self.log)
        is_second = request.method == "DELETE" and deletes >= 1 and self.victim
        if is_second and self.before:
            os.kill(int(self.victim or 0), signal.SIGKILL)
            self.victim = None
            return Response(500)
        answer = super().handle(request)
        if is_second:
            os.kill(int(self.victim or 0), signal.SIGKILL)
            self.victim = None
        return answer


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_run_killed_within_its_deletions_deletes_nobody_else(
    workplace: Workplace, *, before: bool
) -> None:
    """The next one deletes the rest."""
    path = workplace.folder / "config.json"
    with Deadly() as place:
        place.before = before
        config = {**FAST, **place.target_config(), **DELETE, "concurrency": 1}
        workplace.target(config, reading(range(1, 9), 1))
        path.write_text(json.dumps(config))
        with UnderWay("target-contacts", ["--config", str(path)], workplace.folder) as process:
            place.victim = process.pid
            process.stdin.write(singer(reading([1, 2, 3], 2)))
            out, _ = process.communicate()
        assert (process.returncode, out) == (-signal.SIGKILL, "")
        assert there(place) >= {1, 2, 3}
        assert 5 <= len(there(place)) < 8
        run = workplace.target(config, reading([1, 2, 3], 3))
        assert (run.code, there(place), len(place.contacts)) == (0, {1, 2, 3}, 3)
