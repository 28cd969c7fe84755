"""A plan says what a run writes, and a run that carries one out writes just that."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.declared.shapes import POLICIES
from target_contacts.delivery.gate import UNPLANNED, Gate
from target_contacts.planning.planned_write import NEW, PlannedWrite
from target_contacts.planning.planner import Planner
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LANDED, LOST, AskedSink, FakeSink, IdempotentSink, ParallelSink

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.fake_run import Record

KINDS = [FakeSink, AskedSink, ParallelSink]
WRITING = ("create", "update", "delete", "mark")


def person(number: int, **fields: Any) -> Record:
    """Return a record."""
    named = {"id": number, "first_name": f"Anna{number}", "mobile": f"+49151123{number:05}"}
    return {**named, "email": f"anna{number}@example.com", "company": "Acme", **fields}


def planned(place: Place, *records: Record, stream: str = "contacts", **more: Any) -> list[Any]:
    """Return what a run would write."""
    writes: list[PlannedWrite] = []
    run = FakeRun(place, planner=Planner(writes.append), **more)
    run.send(*records, stream=stream)
    run.finish()
    return writes


def gate_of(writes: list[PlannedWrite]) -> Gate:
    """Return what lets just these writes through."""
    known = {w.remote_id: None if str(w.remote_id).startswith(NEW) else w.remote_id for w in writes}
    return Gate((w.place, w.action, known[w.remote_id], w.sent) for w in writes)


def sent(place: Place) -> list[str]:
    """Return the writes that the destination was asked for, and forget them."""
    found = [asked for asked in place.sink.asked if asked.startswith(WRITING)]
    place.sink.asked.clear()
    return found


def shuffled(seed: int) -> list[list[Record]]:
    """Return the batches of two runs: new, changed, emptied and repeated records."""
    choose = random.Random(seed)  # noqa: S311
    first = [person(n) for n in range(1, 15)]
    changes: list[Record] = [
        {"company": f"Firm{choose.randrange(3)}"},
        {"email": ""},
        {"mobile": f"+49151999{choose.randrange(99999):05}"},
        {},
    ]
    second = [person(n, **choose.choice(changes)) for n in range(1, 20)]
    choose.shuffle(second)
    again = [person(n, company="Later") for n in choose.sample(range(1, 20), 3)]
    return [first, second, again]


def policies(seed: int) -> dict[str, Any]:
    """Return policies of both streams, for every other seed."""
    if seed % 2 == 0:
        return {}
    choose = random.Random(seed)  # noqa: S311
    names = ("email", "company", "mobile")
    several = [{name: choose.choice(POLICIES) for name in names} for _ in range(2)]
    return {"policies": several[0], "stream_policies": {"others": several[1]}}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_a_run_does_what_was_planned(tmp_path: Path, kind: type[FakeSink], seed: int) -> None:
    """The counts are the same, nothing is written meanwhile, and nothing is held back."""
    first, second, again = shuffled(seed)
    rules = policies(seed)
    with Place(tmp_path, kind) as place:
        place.sink.put(**{k: v for k, v in person(17).items() if k != "id"})
        place.run(*first, **rules)
        before, held = place.ledger.state(), dict(place.sink.contacts)
        sent(place)
        writes: list[PlannedWrite] = []
        rehearsal = FakeRun(place, planner=Planner(writes.append), **rules)
        for batch in (second, again):
            rehearsal.send(*batch)
        for batch in (second, again):
            rehearsal.send(*batch, stream="others")
        rehearsal.finish()
        assert (sent(place), place.ledger.state(), place.sink.contacts) == ([], before, held)
        gate = gate_of(writes)
        run = FakeRun(place, gate=gate, **rules)
        for stream in ("contacts", "others"):
            for batch in (second, again):
                run.send(*batch, stream=stream)
        run.finish()
        assert (run.bins, gate.refused) == (rehearsal.bins, 0)
        actions = [w.split()[0] for w in sent(place)]
        assert sorted(actions) == sorted(w.action for w in writes)


def test_each_field_has_its_old_and_its_new_value(tmp_path: Path) -> None:
    """What stays as it is, is not named."""
    with Place(tmp_path) as place:
        place.run(person(1))
        update, create = planned(place, person(1, company="Firm", email=""), person(2))
    fields = {wire: (v.old, v.new) for wire, v in update.fields.items()}
    assert fields == {"company": ("Acme", "Firm"), "email": ("anna1@example.com", "")}
    assert (update.action, update.remote_id, update.key) == ("update", "1", ["1"])
    assert {wire: value.new for wire, value in create.fields.items()} == {
        wire: value for wire, value in person(2).items() if wire != "id"
    }
    assert (create.action, str(create.remote_id).startswith(NEW)) == ("create", True)


DRIFT: list[tuple[dict[str, Any], dict[str, Any], list[str] | None]] = [
    ({}, {"company": "Firm"}, []),
    ({"mobile": "+4915199999"}, {"company": "Firm"}, ["mobile"]),
    ({"mobile": "+4915199999", "email": ""}, {"company": "Firm"}, ["email", "mobile"]),
    ({"street": "Weg 1"}, {"company": "Firm"}, []),
    ({"company": "Theirs"}, {"company": "Firm"}, None),
    ({"company": "Firm"}, {"company": "Firm"}, None),
    ({"mobile": "+49151 123-00001"}, {"company": "Firm"}, []),
]
"""What somebody else changed, what the source changed, and which fields a plan names for it."""


@pytest.mark.parametrize(("there", "here", "named"), DRIFT)
def test_what_others_changed_is_named(
    tmp_path: Path, there: dict[str, Any], here: dict[str, Any], named: list[str] | None
) -> None:
    """What the target never wrote is none of its business; what both changed cannot be told."""
    with Place(tmp_path) as place:
        place.run(person(1))
        place.sink.contacts["1"].update(there)
        (write,) = planned(place, person(1, **here))
        assert write.changed_there == named


@pytest.mark.parametrize(
    ("on_gone", "actions", "bins"),
    [
        ("reject", ["update"], {"rejected": 1}),
        ("recreate", ["update", "create"], {"created": 1}),
        ("skip", ["update"], {"skipped": 1}),
    ],
)
def test_what_is_gone_is_named_and_ends_as_on_gone_says(
    tmp_path: Path, on_gone: str, actions: list[str], bins: dict[str, int]
) -> None:
    """The run that carries it out comes to the same end."""
    changed = person(1, company="Firm")
    with Place(tmp_path) as place:
        place.run(person(1))
        place.sink.contacts.clear()
        writes: list[PlannedWrite] = []
        rehearsal = FakeRun(place, planner=Planner(writes.append), on_gone=on_gone)
        rehearsal.send(changed)
        rehearsal.finish()
        assert ([w.action for w in writes], writes[0].gone) == (actions, True)
        run = place.run(changed, on_gone=on_gone, gate=gate_of(writes))
        assert run.bins == rehearsal.bins == bins


@pytest.mark.parametrize("kind", KINDS)
def test_many_contacts_are_listed_once(tmp_path: Path, kind: type[FakeSink]) -> None:
    """Neither those that are changed nor those that may be there are asked for one by one."""
    with Place(tmp_path, kind) as place:
        place.run(*map(person, range(1, 101)))
        place.sink.asked.clear()
        run = FakeRun(place, planner=Planner(lambda _: None))
        for start in range(1, 101, 50):
            run.send(*(person(n, company="Firm") for n in range(start, start + 50)))
            run.send(*(person(n + 100) for n in range(start, start + 50)))
        run.finish()
        assert place.sink.asked == ["list"]
        assert run.bins == {"updated": 100, "created": 100}


def test_few_contacts_are_asked_for_one_by_one(tmp_path: Path) -> None:
    """An account of any size is not listed for two."""
    with Place(tmp_path, AskedSink) as place:
        place.run(*map(person, range(1, 101)))
        place.sink.asked.clear()
        planned(place, person(7, company="Firm"), person(9, company="Firm"))
        assert place.sink.asked == ["read 7", "read 9"]


def test_where_contacts_cannot_be_listed_the_rest_is_said_to_be_unknown(tmp_path: Path) -> None:
    """What is sent is planned all the same."""
    with Place(tmp_path, IdempotentSink) as place:
        place.run(*map(person, range(1, 31)))
        planner = Planner(lambda _: None)
        run = FakeRun(place, planner=planner)
        run.send(*(person(n, company="Firm") for n in range(1, 31)))
        run.finish()
        assert run.bins == {"updated": 30}
        text = "\n".join(planner.lines("", run.guards.counts()))
        note = "contacts that cannot be read there, so that their old values are not known: 30"
        assert f"contacts: {note}" in text


def test_only_what_is_planned_is_sent(tmp_path: Path) -> None:
    """The rest is held back, and no STATE passes it."""
    with Place(tmp_path) as place:
        writes = planned(place, person(1), person(2), person(3))
        gate = gate_of(writes[:1] + writes[2:])
        run = FakeRun(place, gate=gate)
        run.send(person(1), person(2), person(3, company="Firm"))
        run.finish()
        assert (run.bins, gate.refused) == ({"created": 1, "skipped": 2}, 2)
        assert set(run.books.skips) == {("contacts", UNPLANNED)}
        assert (run.states, len(place.sink.contacts)) == ([{"at": 1}], 1)


@pytest.mark.parametrize("fault", [LOST, LANDED])
def test_a_create_that_is_not_answered_is_still_settled(tmp_path: Path, fault: Any) -> None:
    """What follows from a planned write is planned with it."""
    with Place(tmp_path) as place:
        writes = planned(place, person(1))
        place.sink.faults = [fault]
        gate = gate_of(writes)
        run = place.run(person(1), gate=gate)
        assert (run.bins, len(place.sink.contacts), gate.refused) == ({"created": 1}, 1, 0)


def test_a_plan_says_what_guards_would_do_and_goes_on(tmp_path: Path) -> None:
    """All is counted, also beyond a limit."""
    with Place(tmp_path) as place:
        place.run(*map(person, range(1, 6)))
        planner = Planner(lambda _: None)
        run = FakeRun(place, planner=planner, guards={"max_updates": 3, "max_creates": 9})
        run.send(*(person(n, company="Firm") for n in range(1, 6)), person(9))
        run.finish()
        lines = planner.lines("", run.guards.counts())
        assert "max_updates: 5 of at most 3; would end the run" in lines
        assert "max_creates: 1 of at most 9; lets it through" in lines
        assert run.bins == {"updated": 5, "created": 1}


def test_the_table_counts_by_action_and_attribute_and_shows_no_value(tmp_path: Path) -> None:
    """Emptied values are counted, too."""
    with Place(tmp_path) as place:
        place.run(person(1), person(2))
        planner = Planner(lambda _: None)
        run = FakeRun(place, planner=planner)
        run.send(person(1, company="Firm"), person(2, email=""), person(3))
        run.finish()
        lines = [line.split() for line in planner.lines("", [])]
    assert lines[:1] == [["stream", "action", "attribute", "contacts", "emptied"]]
    assert ["contacts", "create", "1"] in lines
    assert ["contacts", "update", "2"] in lines
    assert ["contacts", "update", "company", "1"] in lines
    assert ["contacts", "update", "email", "1", "1"] in lines
    text = str(lines)
    assert not any(value in text for value in ("Anna", "example.com", "+49", "Firm"))


def test_with_a_limit_only_the_first_are_planned(tmp_path: Path) -> None:
    """The others are not even looked up."""
    with Place(tmp_path, AskedSink) as place:
        writes = planned(place, *map(person, range(1, 9)), limit=2)
        assert [write.key for write in writes] == [["1"], ["2"]]


def test_leavers_stand_in_a_plan(tmp_path: Path) -> None:
    """With what their contacts hold."""
    with Place(tmp_path) as place:
        place.run(person(1), person(2))
        gone = {**person(1), "_sdc_deleted_at": "2026-01-01T00:00:00Z"}
        (write,) = planned(place, gone, on_delete="mark", marks={"company": "left"})
        assert (write.action, write.remote_id) == ("mark", "1")
        value = write.fields["company"]
        assert (value.old, value.new) == ("Acme", "left")


@pytest.mark.parametrize("kind", KINDS)
def test_whom_two_streams_know_is_planned_as_one_contact(
    tmp_path: Path, kind: type[FakeSink]
) -> None:
    """The second one finds the contact that the first one is yet to create."""
    with Place(tmp_path, kind) as place:
        writes: list[PlannedWrite] = []
        run = FakeRun(place, planner=Planner(writes.append))
        run.send(person(1), stream="contacts")
        run.send(person(1, company="Firm"), stream="others")
        run.finish()
        create, update = writes
        assert (create.action, update.action) == ("create", "update")
        assert update.remote_id == create.remote_id


def test_a_record_that_comes_twice_is_changed_from_what_is_planned(tmp_path: Path) -> None:
    """What this target is about to write is no change of somebody else."""
    with Place(tmp_path) as place:
        place.run(person(1))
        writes: list[PlannedWrite] = []
        run = FakeRun(place, planner=Planner(writes.append))
        run.send(person(1, company="Firm"))
        run.send(person(1, company="Later"))
        run.finish()
        values = [write.fields["company"] for write in writes]
        assert [(v.old, v.new) for v in values] == [("Acme", "Firm"), ("Firm", "Later")]
        assert [write.changed_there for write in writes] == [[], []]
