"""What is on disk when something leaves, and what a bad record or an outage does to others."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import Stopped
from target_contacts.delivery.setbacks import NEXT_RUN
from target_contacts.ledger.entry import INTENT, LEAVING, WRITTEN, Entry
from target_contacts.shutdown import Interrupted
from tests.support.fake_people import ALONE, ANNA, held, people, person, statuses
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import (
    FAILING,
    LOST,
    REFUSED,
    STOPPED,
    DeletingSink,
    FakeSink,
    IdempotentSink,
    ParallelSink,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return an empty destination with an empty ledger."""
    with Place(tmp_path) as made:
        yield made


# The order that neither loses nor doubles.


def test_an_intent_is_on_disk_before_its_create_leaves(place: Place) -> None:
    """So it is for each of a batch; the outcome takes its place."""
    seen = []
    place.sink.watch = lambda _: seen.append(statuses(place, 1, 2))
    place.run(*people(2), **ALONE)
    assert seen == [[INTENT, INTENT], [WRITTEN, INTENT]]
    assert statuses(place, 1, 2) == [WRITTEN, WRITTEN]


def test_intents_are_entered_many_at_once(place: Place) -> None:
    """Those of a large batch follow when the first ones, as many as the sink says, have left."""
    last = FakeSink.capabilities.intents_at_once
    next_one = last + 1
    seen = {}
    place.sink.watch = lambda asked: seen.update({asked: statuses(place, last, next_one)})
    place.run(*people(next_one), **ALONE)
    assert seen["create P1"] == [INTENT, None]
    assert seen[f"create P{next_one}"] == [WRITTEN, INTENT]


def test_an_idempotent_create_needs_no_intent(tmp_path: Path) -> None:
    """It may be repeated at any time."""
    with Place(tmp_path, IdempotentSink) as place:
        seen = []
        place.sink.watch = lambda _: seen.append(statuses(place, 1))
        place.run(person(1))
        assert (seen, statuses(place, 1)) == ([[None]], [WRITTEN])


@pytest.mark.parametrize("kind", [FakeSink, IdempotentSink])
def test_an_update_is_in_doubt_while_it_is_under_way(tmp_path: Path, kind: type[FakeSink]) -> None:
    """If it is never answered, the next run sends what the record says, changed back or not."""
    with Place(tmp_path, kind) as place:
        place.run(ANNA)
        before = place.entry(1)
        place.sink.always["Anna"] = FAILING
        place.run({**ANNA, "company": "Acme"})
        entry = place.entry(1)
        assert before
        assert entry
        assert before.payload
        assert (entry.payload, entry.source) == (None, before.source)
        place.sink.always.clear()
        assert place.run(ANNA).bins == {"updated": 1}
        assert place.run(ANNA).bins == {"unchanged": 1}


def test_state_comes_out_as_soon_as_all_before_it_is_settled(place: Place) -> None:
    """A later failure takes nothing of it back, and nothing behind the failure comes out."""
    place.sink.faults = [None, None, STOPPED]
    run = FakeRun(place, **ALONE)
    with pytest.raises(Stopped):
        run.send(*people(4))
    assert run.states == [{"at": 1}, {"at": 2}]
    assert run.bins == {"created": 2}


def test_creates_that_did_not_leave_are_withdrawn(place: Place) -> None:
    """When nothing can be written any more, only what may have landed stays an intent."""
    place.sink.faults = [LOST, None, STOPPED]
    with pytest.raises(Stopped):
        place.run(*people(4), **ALONE)
    assert statuses(place, 1, 2, 3, 4) == [INTENT, WRITTEN, None, None]


def test_an_intent_of_an_earlier_run_is_not_withdrawn(place: Place) -> None:
    """Its create may have been carried out, though it was not sent again in this run."""
    place.sink.faults, place.sink.broken = [LOST], {"list": STOPPED.error}
    with pytest.raises(Stopped):
        place.run(person(2), **ALONE)
    place.sink.faults, place.sink.broken = [STOPPED], {}
    with pytest.raises(Stopped):
        place.run(*people(3), **ALONE)
    assert statuses(place, 1, 2, 3) == [None, INTENT, None]


def test_a_deletion_that_may_have_been_carried_out_stays_known_while_its_contact_is_updated(
    tmp_path: Path,
) -> None:
    """Whoever looks after a crash has to know that the contact may be gone."""
    with Place(tmp_path, DeletingSink) as place:
        place.run(person(1))
        place.sink.faults = [STOPPED]
        gone = {**person(1), "_sdc_deleted_at": "2026-05-01T10:00:00Z"}
        with pytest.raises(Stopped):
            place.run(gone, on_delete="delete")
        seen = []
        place.sink.watch = lambda asked: seen.append((asked, *statuses(place, 1)))
        assert place.run(person(1, company="Acme")).bins == {"updated": 1}
        assert (seen, statuses(place, 1)) == ([("update 1", LEAVING)], [WRITTEN])


@pytest.mark.parametrize(("abandoned", "left"), [(False, None), (True, INTENT)])
def test_a_signal_withdraws_what_did_not_leave(
    place: Place, *, abandoned: bool, left: str | None
) -> None:
    """Unless requests in flight were given up: then nobody knows what has left."""

    def ask(_: str) -> None:
        place.shutdown.signum, place.shutdown.abandoned = signal.SIGTERM, abandoned

    place.sink.watch = ask
    with pytest.raises(Interrupted):
        place.run(*people(3), **ALONE)
    assert statuses(place, 1, 2, 3) == [WRITTEN, left, left]
    assert place.sink.asked == ["create P1"]


# Bad records and outages.


@pytest.mark.parametrize("fault", [REFUSED, LOST])
def test_a_bad_record_ends_in_the_rejects_alone(place: Place, fault: Any) -> None:
    """Whatever the API does to it, all others are written."""
    place.sink.always["P2"] = fault
    run = place.run(*people(5), **ALONE)
    assert run.bins == {"created": 4, "rejected": 1}
    assert held(place) == ["P1", "P3", "P4", "P5"]
    assert run.states[-1] == {"at": 5}


def test_a_create_that_is_given_up_says_how_often_it_was_sent(place: Place) -> None:
    """Its intent stays: the next run looks it up first."""
    place.sink.always["P2"] = LOST
    run = place.run(*people(2), max_tries=3)
    (rejection,) = run.rejections
    assert "The create was sent 3 times and never answered" in rejection.reason
    assert (rejection.code, rejection.http_status) == ("outcome_unknown", 504)
    assert place.sink.asked.count("create P2") == 3
    assert statuses(place, 2) == [INTENT]


@pytest.mark.parametrize(("count", "stops"), [(3, False), (4, True)])
def test_four_bad_records_and_no_good_one_are_an_outage(
    place: Place, count: int, *, stops: bool
) -> None:
    """Then nobody is called a bad record, and STATE stays where it was."""
    place.sink.always = dict.fromkeys((f"P{n}" for n in range(1, 9)), LOST)
    run = FakeRun(place, max_tries=2, **ALONE)
    if stops:
        with pytest.raises(Stopped, match=f"last: no answer. {NEXT_RUN}"):
            run.send(*people(count))
        assert (run.bins, run.states) == ({}, [])
    else:
        run.send(*people(count))
        assert (run.bins, run.states) == ({"rejected": count}, [{"at": count}])
    assert set(statuses(place, *range(1, count + 1))) == {INTENT}


@pytest.mark.parametrize("more", [0, 1])
def test_four_lost_before_a_good_one_are_no_outage(place: Place, more: int) -> None:
    """The destination took another record meanwhile: it is them."""
    place.sink.always = dict.fromkeys(("P1", "P2", "P3", "P4"), LOST)
    run = place.run(*people(5 + more), max_tries=2, **ALONE)
    assert run.bins == {"created": 1 + more, "rejected": 4}


@pytest.mark.parametrize(
    ("failing", "lost", "between", "stops"),
    [(1, 2, False, False), (1, 3, False, True), (2, 2, False, True), (3, 3, True, False)],
)
def test_records_that_failed_in_earlier_batches_count_until_one_is_accepted(
    place: Place, failing: int, lost: int, *, between: bool, stops: bool
) -> None:
    """Four in all are an outage."""
    place.run(*people(failing))
    place.sink.always = dict.fromkeys((f"P{n}" for n in range(1, 9)), LOST)
    place.sink.always |= dict.fromkeys((f"P{n}" for n in range(1, failing + 1)), FAILING)
    run = FakeRun(place, max_tries=2, **ALONE)
    run.send(*people(failing, company="Acme"))
    assert run.bins == {"rejected": failing}
    if between:
        run.send(person(9))
    batch = people(failing + lost)[failing:]
    if stops:
        with pytest.raises(Stopped):
            run.send(*batch)
    else:
        run.send(*batch)
        assert run.bins["rejected"] == failing + lost


def test_what_fails_in_every_try_is_rejected_once_another_is_accepted(place: Place) -> None:
    """Until then it is held, lest an outage be taken for a bad record."""
    place.run(*people(3))
    place.sink.always["P1"] = FAILING
    seen = []
    run = FakeRun(place)
    place.sink.watch = lambda _: seen.append(run.bins.get("rejected", 0))
    run.send(*people(3, company="Acme"))
    assert (seen, run.bins) == ([0, 0, 1], {"rejected": 1, "updated": 2})


def test_what_fails_in_every_try_is_not_rejected_where_nothing_can_be_written(
    place: Place,
) -> None:
    """It stays unsettled, and STATE before it."""
    place.run(*people(2))
    place.sink.faults = [FAILING, STOPPED]
    run = FakeRun(place)
    with pytest.raises(Stopped):
        run.send(*people(2, company="Acme"))
    assert (run.bins, run.states) == ({}, [])


def test_ten_lost_in_a_row_are_looked_up_before_more_is_sent(place: Place) -> None:
    """Then one is sent at a time, until one is accepted."""
    place.sink.faults = [LOST] * 11
    run = place.run(*people(15), **ALONE)
    creates = [f"create P{n}" for n in range(1, 16)]
    assert place.sink.asked[:13] == [*creates[:10], "list", creates[10], "list"]
    assert run.bins == {"created": 15}
    assert sorted(held(place)) == sorted(f"P{n}" for n in range(1, 16))


def test_a_refusal_between_shows_that_the_destination_is_there(place: Place) -> None:
    """Only those in a row count."""
    place.sink.faults = [*[LOST] * 9, REFUSED, *[LOST] * 5]
    place.run(*people(15), **ALONE)
    assert place.sink.asked.index("list") == 15


@pytest.mark.parametrize(
    ("max_tries", "pauses"), [(1, []), (3, [1, 2]), (5, [1, 2, 4, 8]), (6, [1, 2, 4, 8, 16])]
)
def test_waits_before_look_ups_grow(place: Place, max_tries: int, pauses: list[float]) -> None:
    """They double with each round in which nothing was accepted."""
    place.sink.always["P1"] = LOST
    place.run(person(1), max_tries=max_tries, **ALONE)
    assert place.sink.pauses[: len(pauses)] == pauses
    assert place.sink.asked.count("create P1") == max_tries


def test_waits_begin_anew_once_a_record_is_accepted(place: Place) -> None:
    """What failed long before is no reason to be slow."""
    place.sink.faults = [LOST] * 3
    run = FakeRun(place, **ALONE)
    run.send(person(1))
    place.sink.faults = [LOST]
    run.send(person(2))
    assert place.sink.pauses == [1, 2, 4, 2]


def test_two_records_of_one_contact_are_never_sent_together(tmp_path: Path) -> None:
    """Requests may overtake each other; the later record's values are to stay."""
    with Place(tmp_path, ParallelSink) as place:
        for name in ("P1", "P2"):
            place.sink.put(first_name=name)
        keys = [place.ledger.digest([str(number)]) for number in (1, 2, 3)]
        entries = [Entry(k, WRITTEN, of) for k, of in zip(keys, "121", strict=True)]
        place.ledger.put("contacts", entries)
        again, together = threading.Event(), list[bool]()

        def watch(asked: str) -> None:
            if asked == "update 2":
                together.append(again.wait(0.2))
            elif asked == "update 1" and asked in place.sink.asked[:-1]:
                again.set()

        place.sink.watch = watch
        run = place.run(person(1), person(2), person(3), **ALONE)
        assert (run.bins, together) == ({"updated": 3}, [False])
        assert place.sink.contacts["1"]["first_name"] == "P3"
