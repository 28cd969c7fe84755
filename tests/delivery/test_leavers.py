"""Promises of on_delete: who is deleted, who is marked, and who stays as he is."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from target_contacts.delivery import leavers, versions
from target_contacts.delivery.missing import WAS_GONE
from target_contacts.ledger.entry import GONE, INTENT, LEAVING, MARKED, WRITTEN
from tests.support.fake_people import held, people, person, statuses
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import FAILING, REFUSED, STOPPED, DeletingSink, FakeSink, ReplacingSink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.fake_run import Record

LEFT: dict[str, Any] = {"job_title": "left"}
MARK: dict[str, Any] = {"on_delete": "mark", "marks": LEFT}
DELETE: dict[str, Any] = {"on_delete": "delete"}
_MODE = "not there yet, and mode is update_only"
NIGHTS = itertools.count(1)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return a destination that can delete, and a ledger."""
    with Place(tmp_path, DeletingSink) as made:
        yield made


def tombstone(record: Record) -> Record:
    """Return a record that says that it left the source."""
    return {**record, "_sdc_deleted_at": "2026-05-01T10:00:00Z"}


def told(place: Place, *gone: Record, staying: list[Record], **settings: Any) -> FakeRun:
    """Let the source say of records that they left."""
    return place.run(*staying, *map(tombstone, gone), **settings)


def absent(place: Place, *gone: Record, staying: list[Record], **settings: Any) -> FakeRun:
    """Let a complete reading lack the records that left."""
    del gone
    run = FakeRun(place, **settings)
    version = next(NIGHTS)
    run.send(*staying, version=version)
    run.activate(version)
    run.finish()
    return run


WAYS = pytest.mark.parametrize("leave", [told, absent])


def reasons(run: FakeRun) -> set[str]:
    """Return why records were skipped."""
    return {reason for _, reason in run.books.skips}


def make(place: Place, owner: str) -> list[Record]:
    """Have three people written, the second of whom is ours, was there before, or is unknown."""
    everybody = people(3)
    if owner == "adopted":
        place.sink.put(first_name="P2", mobile=everybody[1]["mobile"])
    run = FakeRun(place)
    run.send(*everybody, version=next(NIGHTS))
    run.finish()
    if owner == "unknown":
        entry = place.entry(2)
        assert entry
        place.ledger.put("contacts", [replace(entry, created=None)])
    return everybody


# Which contacts.


@WAYS
@pytest.mark.parametrize("owner", ["ours", "adopted", "unknown"])
@pytest.mark.parametrize("setting", [DELETE, MARK], ids=["delete", "mark"])
def test_only_our_own_contacts_are_deleted_and_all_can_be_marked(
    place: Place, leave: Callable[..., FakeRun], owner: str, setting: dict[str, Any]
) -> None:
    """What was there before, or may have been, is marked at most; nobody else is touched."""
    everybody = make(place, owner)
    before = {name: dict(each) for name, each in place.sink.contacts.items()}
    run = leave(place, everybody[1], staying=[everybody[0], everybody[2]], **setting)
    entry, others = place.entry(2), {"P1", "P3"}
    if setting is MARK:
        (marked,) = [c for c in place.sink.contacts.values() if c.get("job_title") == "left"]
        assert marked["first_name"] == "P2"
        assert (run.bins["deleted"], run.books.marked) == (1, 1)
        assert statuses(place, 2) == [MARKED]
    elif owner == "ours":
        assert ({*held(place)}, entry) == (others, None)
        assert (run.bins["deleted"], run.books.marked) == (1, 0)
    else:
        assert (place.sink.contacts, run.bins["skipped"]) == (before, 1)
        assert reasons(run) == {leavers.UNKNOWN if owner == "unknown" else leavers.ADOPTED}
    assert run.bins["unchanged"] == 2
    assert sum(run.bins.values()) == 2 + 1
    assert statuses(place, 1, 3) == [WRITTEN, WRITTEN]


@WAYS
@pytest.mark.parametrize(
    ("kind", "setting", "reason"),
    [
        (FakeSink, DELETE, leavers.CANNOT_DELETE),
        (ReplacingSink, MARK, leavers.CANNOT_MARK),
    ],
    ids=["delete", "mark"],
)
def test_what_an_api_cannot_do_is_counted_and_said(
    tmp_path: Path,
    leave: Callable[..., FakeRun],
    kind: type[FakeSink],
    setting: dict[str, Any],
    reason: str,
) -> None:
    """The contact stays as it is."""
    with Place(tmp_path, kind) as place:
        everybody = make(place, "ours")
        writes = len(place.sink.asked)
        run = leave(place, everybody[1], staying=[everybody[0], everybody[2]], **setting)
        assert (reasons(run), run.bins) == ({reason}, {"unchanged": 2, "skipped": 1})
        assert len(place.sink.asked) == writes


@WAYS
def test_a_contact_that_another_stream_has_too_stays(
    place: Place, leave: Callable[..., FakeRun]
) -> None:
    """Whoever else has it did not leave."""
    everybody = make(place, "ours")
    place.run(person(7, first_name="P2", mobile=everybody[1]["mobile"]), stream="others")
    assert len(place.sink.contacts) == 3
    for setting in (DELETE, MARK):
        run = leave(place, everybody[1], staying=[everybody[0], everybody[2]], **setting)
        assert (reasons(run), len(held(place))) == ({leavers.SHARED}, 3)


@WAYS
@pytest.mark.parametrize(("status", "reason"), [(GONE, WAS_GONE), (INTENT, leavers.NOT_ANSWERED)])
def test_what_is_gone_or_was_never_answered_needs_no_deletion(
    place: Place, leave: Callable[..., FakeRun], status: str, reason: str
) -> None:
    """No request leaves. A record that says so is skipped with the reason."""
    everybody = make(place, "ours")
    entry = place.entry(2)
    assert entry
    place.ledger.put("contacts", [replace(entry, status=status)])
    asked = len(place.sink.asked)
    run = leave(place, everybody[1], staying=[everybody[0], everybody[2]], **DELETE)
    assert len(place.sink.asked) == asked
    said = set() if (leave is absent and status == GONE) else {reason}
    assert (reasons(run), run.bins.get("deleted")) == (said, None)


def test_who_was_never_written_is_skipped(place: Place) -> None:
    """There is nothing to delete."""
    run = place.run(tombstone(person(1)), **DELETE)
    assert (reasons(run), place.sink.asked) == ({leavers.NOT_KNOWN}, [])


# Again, and back.


@WAYS
def test_a_leaver_is_marked_once(place: Place, leave: Callable[..., FakeRun]) -> None:
    """The next night sends nothing; other marks are written, and a deletion is carried out."""
    everybody = make(place, "ours")
    staying = [everybody[0], everybody[2]]
    leave(place, everybody[1], staying=staying, **MARK)
    asked = len(place.sink.asked)
    again = leave(place, everybody[1], staying=staying, **MARK)
    assert (len(place.sink.asked), again.bins.get("deleted")) == (asked, None)
    leave(place, everybody[1], staying=staying, on_delete="mark", marks={"company": "none"})
    (marked,) = [c for c in place.sink.contacts.values() if c["first_name"] == "P2"]
    assert marked["company"] == "none"
    leave(place, everybody[1], staying=staying, **DELETE)
    assert {*held(place)} == {"P1", "P3"}


@WAYS
def test_who_returns_after_a_deletion_is_created_once(
    place: Place, leave: Callable[..., FakeRun]
) -> None:
    """Whoever stands there meanwhile as the same person is adopted."""
    everybody = make(place, "ours")
    staying = [everybody[0], everybody[2]]
    leave(place, everybody[1], staying=staying, **DELETE)
    run = place.run(*everybody, **DELETE)
    assert (run.bins, sorted(held(place))) == ({"unchanged": 2, "created": 1}, ["P1", "P2", "P3"])
    leave(place, everybody[1], staying=staying, **DELETE)
    place.sink.put(first_name="P2", mobile=everybody[1]["mobile"])
    place.run(*everybody, **DELETE)
    assert sorted(held(place)) == ["P1", "P2", "P3"]


@WAYS
def test_who_returns_after_a_mark_is_updated(place: Place, leave: Callable[..., FakeRun]) -> None:
    """A field that was marked gets the record's value again."""
    everybody = [person(n, job_title="boss") for n in (1, 2, 3)]
    run = FakeRun(place)
    run.send(*everybody, version=next(NIGHTS))
    leave(place, everybody[1], staying=[everybody[0], everybody[2]], **MARK)
    back = place.run(*everybody, **MARK)
    assert back.bins == {"unchanged": 2, "updated": 1}
    assert {c["job_title"] for c in place.sink.contacts.values()} == {"boss"}
    assert statuses(place, 2) == [WRITTEN]


@pytest.mark.parametrize(
    ("policy", "now"),
    [("on_create", "boss"), ("fill_empty", "boss"), ("keep_null", "boss"), ("never", "left")],
)
def test_a_mark_outlasts_no_policy_but_never(place: Place, policy: str, now: str) -> None:
    """What is never written is not written back either, and a warning says so at the start."""
    settings: dict[str, Any] = {**MARK, "policies": {"job_title": policy, "company": policy}}
    boss = person(1, job_title="boss", company="ACME")
    place.run(boss, **settings)
    told(place, boss, staying=[], **settings)
    place.sink.contacts["1"]["company"] = "Globex"
    back = place.run(boss, **settings)
    assert back.bins == {"updated": 1}
    assert place.sink.contacts["1"]["job_title"] == now
    others = "ACME" if policy == "keep_null" else "Globex"
    assert place.sink.contacts["1"]["company"] == others
    assert [each.split(",")[0] for each in back.warnings] == (
        ["marks names job_title"] if policy == "never" else []
    )
    assert place.run(boss, **settings).bins == {"unchanged": 1}


@pytest.mark.parametrize("policy", ["on_create", "fill_empty"])
def test_once_a_record_is_back_its_policies_hold_again(place: Place, policy: str) -> None:
    """What somebody writes there after that stays."""
    settings: dict[str, Any] = {**MARK, "policies": {"job_title": policy}}
    boss = person(1, job_title="boss")
    place.run(boss, **settings)
    told(place, boss, staying=[], **settings)
    place.run(boss, **settings)
    place.sink.contacts["1"]["job_title"] = "chief"
    place.run({**boss, "job_title": "head", "city": "Bonn"}, **settings)
    assert place.sink.contacts["1"]["job_title"] == "chief"


def test_a_new_record_never_takes_a_contact_that_was_just_deleted(place: Place) -> None:
    """Even if the destination was listed before the deletion."""
    place.run(person(1))
    same = person(2, first_name="P1", mobile=person(1)["mobile"])
    run = FakeRun(place, **DELETE)
    run.send(person(3))  # which lists the contacts
    run.send(tombstone(person(1)))
    run.send(same)
    run.finish()
    assert (run.bins, sorted(held(place))) == ({"created": 2, "deleted": 1}, ["P1", "P3"])


# What goes wrong.


@WAYS
def test_a_contact_that_is_not_there_any_more_is_done(
    place: Place, leave: Callable[..., FakeRun]
) -> None:
    """Somebody else was first."""
    everybody = make(place, "ours")
    del place.sink.contacts["2"]
    for setting in (DELETE, MARK):
        run = leave(place, everybody[1], staying=[everybody[0], everybody[2]], **setting)
        assert (run.codes, statuses(place, 2)) == ([], [None])
    assert sorted(held(place)) == ["P1", "P3"]


@WAYS
@pytest.mark.parametrize("fault", [REFUSED, FAILING], ids=["refused", "failing"])
def test_a_deletion_that_is_refused_is_rejected_and_tried_again(
    place: Place, leave: Callable[..., FakeRun], fault: Any
) -> None:
    """The books balance; the next night deletes."""
    everybody = make(place, "ours")
    staying = [everybody[0], everybody[2]]
    place.sink.faults = [fault]
    run = leave(place, everybody[1], staying=staying, **DELETE)
    assert (run.bins, len(held(place))) == ({"unchanged": 2, "rejected": 1}, 3)
    leave(place, everybody[1], staying=staying, **DELETE)
    assert sorted(held(place)) == ["P1", "P3"]


@WAYS
@pytest.mark.parametrize("lands", ["never", "at once"])
@pytest.mark.parametrize("returns", [False, True], ids=["gone", "back"])
def test_a_run_that_ends_within_a_deletion_loses_and_doubles_nobody(
    place: Place, leave: Callable[..., FakeRun], lands: Any, *, returns: bool
) -> None:
    """STATE is withheld. The next run deletes whom the source lacks, and keeps who is back."""
    everybody = make(place, "ours")
    staying = [everybody[0], everybody[2]]
    place.sink.faults = [STOPPED._replace(lands=lands)]
    with pytest.raises(type(STOPPED.error)):
        leave(place, everybody[1], staying=staying, **DELETE)
    assert statuses(place, 1, 2, 3) == [WRITTEN, LEAVING, WRITTEN]
    if returns:
        place.run(*everybody, **DELETE)
        assert (sorted(held(place)), statuses(place, 2)) == (["P1", "P2", "P3"], [WRITTEN])
    else:
        leave(place, everybody[1], staying=staying, **DELETE)
        assert (sorted(held(place)), statuses(place, 2)) == (["P1", "P3"], [None])


@pytest.mark.parametrize("lands", ["never", "at once"])
@pytest.mark.parametrize("mode", ["create_only", "update_only"])
def test_who_returns_in_another_mode_is_settled(place: Place, lands: Any, mode: str) -> None:
    """What is being deleted counts as not there; with update_only nobody is created."""
    everybody = make(place, "ours")
    place.sink.faults = [STOPPED._replace(lands=lands)]
    with pytest.raises(type(STOPPED.error)):
        told(place, everybody[1], staying=[], **DELETE)
    run = place.run(*everybody, mode=mode)
    is_lost = lands == "at once" and mode == "update_only"
    assert sorted(held(place)) == (["P1", "P3"] if is_lost else ["P1", "P2", "P3"])
    assert statuses(place, 2) == [None if is_lost else WRITTEN]
    assert (run.codes, reasons(run)) == ([], {_MODE} if is_lost else set())
    asked = len(place.sink.asked)
    again = place.run(*everybody, mode="create_only")
    assert (again.bins, len(place.sink.asked) == asked) == (
        ({"unchanged": 2, "created": 1}, False) if is_lost else ({"unchanged": 3}, True)
    )


def test_state_waits_for_the_deletions_that_it_stands_for(place: Place) -> None:
    """It is passed on once they are settled."""
    everybody = make(place, "ours")
    run = FakeRun(place, **DELETE)
    version = next(NIGHTS)
    run.send(*everybody[:1], version=version)
    place.sink.faults = [STOPPED]
    with pytest.raises(type(STOPPED.error)):
        run.activate(version)
    assert {"activated": version} not in run.states
    done = absent(place, staying=everybody[:1], **DELETE)
    assert list(done.states[-1]) == ["activated"]
    assert held(place) == ["P1"]


@WAYS
@pytest.mark.parametrize("setting", [DELETE, MARK], ids=["delete", "mark"])
def test_a_guard_lets_through_just_its_limit(
    place: Place, leave: Callable[..., FakeRun], setting: dict[str, Any]
) -> None:
    """No STATE passes the others; the next night takes nobody, until it is let through."""
    everybody = people(8)
    first = FakeRun(place)
    first.send(*everybody, version=next(NIGHTS))
    for night in (3, 3, 3, 5, 7):
        run = leave(
            place, *everybody[1:], staying=everybody[:1], guards={"max_deletes": night}, **setting
        )
        marked = [c for c in place.sink.contacts.values() if c.get("job_title") == "left"]
        assert run.guards.is_tripped == (night < 7)
        assert 8 - len(held(place)) + len(marked) == night
        assert (run.states[-1:] == [{"at": 8}]) == (night == 7 and leave is told)


# When nobody is deleted.


@WAYS
@pytest.mark.parametrize("setting", [DELETE, MARK], ids=["delete", "mark"])
def test_a_dry_run_only_counts(
    place: Place, leave: Callable[..., FakeRun], setting: dict[str, Any]
) -> None:
    """Neither destination nor ledger changes."""
    everybody = make(place, "ours")
    asked, before = len(place.sink.asked), place.entry(2)
    run = leave(place, everybody[1], staying=everybody[:1], dry_run=True, **setting)
    assert run.bins["deleted"] == (1 if leave is told else 2)
    assert (len(place.sink.asked), place.entry(2)) == (asked, before)


@WAYS
def test_a_limited_run_deletes_nobody(place: Place, leave: Callable[..., FakeRun]) -> None:
    """What it left out is said where a record came."""
    everybody = make(place, "ours")
    run = leave(place, everybody[1], staying=everybody[:1], limit=5, **DELETE)
    assert (len(held(place)), run.limit.left) == (3, 1 if leave is told else 0)


def test_an_empty_source_deletes_nobody(place: Place) -> None:
    """Not even if the version is a new one."""
    make(place, "ours")
    run = absent(place, staying=[], **DELETE)
    assert (len(held(place)), run.bins, run.books.left) == (3, {}, 0)


def test_a_reading_that_began_in_an_earlier_run_deletes_nobody(place: Place) -> None:
    """Even if that run had on_delete at skip. The next complete reading deletes."""
    everybody = make(place, "ours")
    version = next(NIGHTS)
    broken = FakeRun(place)
    broken.send(everybody[0], version=version)
    resumed = FakeRun(place, **DELETE)
    resumed.send(everybody[1], version=version)
    assert (resumed.activate(version), len(held(place))) == (versions.IN_PARTS, 3)
    absent(place, staying=everybody[:2], **DELETE)
    assert sorted(held(place)) == ["P1", "P2"]


def test_an_old_version_deletes_nobody(place: Place) -> None:
    """Nor does one that no record of this run carries."""
    everybody = make(place, "ours")
    run = FakeRun(place, **DELETE)
    run.send(everybody[0], version=0)
    assert (run.activate(0), run.activate(10**9)) == (versions.IS_OLD, versions.NONE_CAME)
    assert len(held(place)) == 3


def test_the_first_version_that_a_filled_ledger_sees_deletes_nobody(place: Place) -> None:
    """It may be one that goes on for ever, as that of an incremental stream; the next counts."""
    everybody = people(3)
    place.run(*everybody)
    run = FakeRun(place, **DELETE)
    run.send(everybody[0], version=5)
    assert (run.activate(5), len(held(place))) == (versions.IS_FIRST, 3)
    run = FakeRun(place, **DELETE)
    run.send(everybody[0], version=5)
    assert (run.activate(5), len(held(place))) == (versions.IN_PARTS, 3)
    run = FakeRun(place, **DELETE)
    run.send(everybody[0], version=6)
    assert (run.activate(6), held(place)) == ("", ["P1"])


@pytest.mark.parametrize("told", [None, "7", 7.0, True, -1, 2**63])
def test_what_is_no_version_deletes_nobody(place: Place, told: Any) -> None:
    """Whatever the record and the message carry."""
    everybody = make(place, "ours")
    run = FakeRun(place, **DELETE)
    run.send(everybody[0], version=told)
    assert (run.activate(told), len(held(place))) == (versions.NONE_CAME, 3)


def test_a_record_that_is_rejected_or_skipped_counts_as_seen(place: Place) -> None:
    """It came, whatever became of it."""
    everybody = make(place, "ours")
    place.sink.always = {"P2": REFUSED}
    changed = {**everybody[1], "company": "New"}
    run = absent(place, staying=[everybody[0], changed], **DELETE)
    assert (run.codes, sorted(held(place))) == (["F1"], ["P1", "P2"])


def test_records_of_two_versions_all_count_as_seen(place: Place) -> None:
    """Two readings in one input only make it surer who is there."""
    everybody = make(place, "ours")
    run = FakeRun(place, **DELETE)
    first, second = next(NIGHTS), next(NIGHTS)
    run.send(everybody[0], version=first)
    run.send(everybody[1], version=second)
    run.send(everybody[0], version=first)
    assert (run.activate(second), sorted(held(place))) == ("", ["P1", "P2"])


@pytest.mark.parametrize("reason", [versions.UNREADABLE, versions.FILTERED, versions.NO_KEY])
def test_a_record_of_which_nobody_knows_whose_it_is_deletes_nobody(
    place: Place, reason: str
) -> None:
    """Its contact may be any that the reading seems to lack."""
    seen = versions.Versions(place.ledger, "contacts", wanted=True)
    seen.see(next(NIGHTS), "00" * 16)
    version = next(NIGHTS)
    seen.see(version, "01" * 16)
    assert seen.reason(version) == ""
    seen.miss(reason)
    assert seen.reason(version) == reason
