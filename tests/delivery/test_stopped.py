"""What guards counted lasts until a run is complete, so that a repeated run writes nothing more."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import Stopped
from target_contacts.planning.planner import Planner
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LANDED, LATE, LOST, STOPPED, DeletingSink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from target_contacts.ledger.entry import Guarded
    from tests.support.fake_run import Record
    from tests.support.fake_sink import Fault

PEOPLE: list[Record] = [
    {"id": n, "first_name": f"Anna{n}", "mobile": f"+49151123{n:05}", "email": f"a{n}@example.com"}
    for n in range(1, 21)
]
NEW: list[Record] = [
    {"id": n, "first_name": f"Eva{n}", "mobile": f"+49151124{n:05}"} for n in range(50, 58)
]
BAD: dict[str, list[Record]] = {
    "max_creates": [*PEOPLE, *NEW],
    "max_updates": [{**person, "company": "Acme"} for person in PEOPLE[:8]] + PEOPLE[8:],
    "max_cleared": [{**person, "email": ""} for person in PEOPLE[:8]] + PEOPLE[8:],
    "max_deletes": [{**person, "_sdc_deleted_at": "2026-05-01"} for person in PEOPLE[:8]]
    + PEOPLE[8:],
}
"""For each guard, a night on which the source has gone wrong: it counts eight records."""
SETTINGS: dict[str, Any] = {"on_delete": "delete"}


def changed(place: Place) -> int:
    """Return how many contacts are not as they were."""
    there: dict[str, Record] = {str(c["first_name"]): c for c in place.sink.contacts.values()}
    former = {each["first_name"]: each["email"] for each in PEOPLE}
    same = [
        name
        for name, email in former.items()
        if name in there and there[name].get("email") == email and not there[name].get("company")
    ]
    return len(former) - len(same) + len(there.keys() - former.keys())


def night(place: Place, records: Sequence[Record], **settings: Any) -> FakeRun:
    """Run as the command does: after a guard ended a run, all is counted first."""
    settings = {**SETTINGS, **settings}
    run = FakeRun(place, **settings)
    if run.guards.ended(place.ledger.guarded.all()):
        counting = FakeRun(place, planner=Planner(), **settings)
        counting.send(*records)
        counting.finish()
        run.guards.obey(counting.guards.verdicts())
    run.send(*records)
    run.finish()
    return run


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return a destination that can delete, and a ledger; both know everybody."""
    with Place(tmp_path, DeletingSink) as found:
        night(found, PEOPLE)
        yield found


def remembered(place: Place) -> list[Guarded]:
    """Return what the ledger knows of guards."""
    return place.ledger.guarded.all()


EVERY = pytest.mark.parametrize("guard", BAD)

INTERRUPTED = [
    *((STOPPED, after) for after in (0, 2, 4, 5)),
    *((fault, after) for fault in (LOST, LANDED, LATE) for after in (0, 4)),
]
"""What becomes of a write, and of how many there were before it; the limit is five."""


@EVERY
@pytest.mark.parametrize("limit", [0, 1, 7, "25%"])
def test_the_same_source_writes_nothing_more(place: Place, guard: str, limit: int | str) -> None:
    """However often it runs: what was let through counts, and so does what was held back."""
    most = 5 if limit == "25%" else limit
    for _ in range(3):
        run = night(place, BAD[guard], guards={guard: limit})
        (verdict,) = run.guards.verdicts()
        assert (run.guards.is_tripped, changed(place)) == (True, most)
        assert (verdict.counted.guard, verdict.limit, verdict.seen) == (guard, most, 8)
        assert run.states[-1:] != [{"at": BAD[guard][-1]["id"]}]
    assert verdict.before == most
    assert f"({most} of them by earlier runs" in verdict.sentence(stopped=True) or not most
    run = night(place, BAD[guard], guards={guard: 8}, allow=[guard])
    assert (run.guards.is_tripped, changed(place), remembered(place)) == (False, 8, [])


@EVERY
def test_a_mended_source_goes_through_by_itself(place: Place, guard: str) -> None:
    """What it changes back counts once, and a few other changes do no harm."""
    night(place, BAD[guard], guards={guard: 5})
    night(place, BAD[guard], guards={guard: 5})
    usual = [{**PEOPLE[-1], "email": "other@example.com"}, NEW[-1]]
    if guard in {"max_updates", "max_deletes"}:
        usual = usual[1:]
    undone = guard == "max_updates"  # an update takes an update to be undone
    mended = [{**each, "company": None} if undone and each["id"] <= 5 else each for each in PEOPLE]
    run = night(place, [*mended, *usual], guards={guard: 5})
    assert (run.guards.is_tripped, remembered(place)) == (False, [])
    assert changed(place) == len(usual) + (5 if guard == "max_creates" else 0)


@EVERY
@pytest.mark.parametrize(("fault", "after"), INTERRUPTED)
def test_what_an_interrupted_run_let_through_counts_in_the_next(
    place: Place, guard: str, fault: Fault, after: int
) -> None:
    """Whether it was sent or not, it counts once: two runs write as much as one would."""
    place.sink.faults = [None] * after + [fault] * 2
    run = FakeRun(place, guards={guard: 5}, **SETTINGS)
    with suppress(Stopped):
        run.send(*BAD[guard])  # killed before it ends
    place.sink.faults.clear()
    for _ in range(2):
        run = night(place, BAD[guard], guards={guard: 5}, wait=0.0)
        place.sink.pause(1.0)
        assert (run.guards.is_tripped, changed(place)) == (True, 5)


def test_nights_that_are_complete_count_by_themselves(place: Place) -> None:
    """Two new contacts a night are no four."""
    for night_ in range(3):
        run = night(place, NEW[2 * night_ : 2 * night_ + 2], guards={"max_creates": 2})
        assert (run.bins, run.guards.is_tripped) == ({"created": 2}, False)
        assert remembered(place) == []


def test_another_guard_is_not_concerned(place: Place) -> None:
    """A run that a guard ended, and whose limit is taken away, is counted as any."""
    night(place, BAD["max_creates"], guards={"max_creates": 5})
    run = night(place, BAD["max_cleared"], guards={"max_updates": 4})
    assert (run.bins["updated"], run.guards.is_tripped) == (4, True)


def test_a_few_held_back_records_of_a_mended_source_do_no_harm(place: Place) -> None:
    """The one held back first may have been right."""
    good, bad = NEW[:1], [{**each, "id": each["id"] + 100} for each in NEW]
    run = night(place, [*PEOPLE, *good, *bad], guards={"max_creates": 0})
    assert run.guards.is_tripped
    run = night(place, [*PEOPLE, *good], guards={"max_creates": 2})
    assert (run.bins["created"], run.guards.is_tripped) == (1, False)


def test_records_that_would_be_rejected_end_the_run_before_it_begins(place: Place) -> None:
    """A repeated run rejects none, and sends nothing between them."""
    nameless: list[Record] = [{"id": n, "first_name": ""} for n in range(100, 110)]
    records = [*nameless, *NEW]
    assert night(place, records, guards={"max_rejected": 5}).guards.is_tripped
    run = night(place, records, guards={"max_rejected": 5})
    assert (run.guards.is_tripped, run.bins) == (True, {"skipped": 18})
    assert changed(place) == 0
    assert night(place, records[5:], guards={"max_rejected": 5}).bins["created"] == 8


def test_the_ledger_keeps_a_hundred_keys_at_most(place: Place) -> None:
    """Enough to know a source by; no more is needed."""
    many = [{**NEW[0], "id": n, "first_name": f"Eva{n}"} for n in range(1000, 1300)]
    night(place, many, guards={"max_creates": 0})
    held = remembered(place)
    assert (len(held), {each.is_held for each in held}) == (100, {True})
