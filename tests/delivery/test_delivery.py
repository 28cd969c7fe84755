"""What becomes of several records: order, setbacks, waits, doubled contacts, two streams."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import Stopped
from target_contacts.delivery.delivery import INTENTS_AT_ONCE
from target_contacts.delivery.setbacks import NEXT_RUN
from target_contacts.ledger.entry import INTENT, WRITTEN
from target_contacts.shutdown import Interrupted
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import (
    FAILING,
    LANDED,
    LATE,
    LOST,
    OVERTAKEN,
    REFUSED,
    STOPPED,
    AskedSink,
    IdempotentSink,
    ParallelSink,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.fake_run import Record

ALONE: dict[str, Any] = {"match_on": []}
ANNA = {"id": 1, "first_name": "Anna", "email": "anna@example.com", "mobile": "+4915112345678"}
CONTACT = {name: str(value) for name, value in ANNA.items() if name != "id"}
"""Anna's contact at the destination."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return an empty destination with an empty ledger."""
    with Place(tmp_path) as made:
        yield made


def person(number: int, **more: str) -> Record:
    """Return the record of somebody, by a number that is no name of somebody else's."""
    mobile = f"+49151{10_000_000 + number}"
    return {"id": number, "first_name": f"P{number}", "mobile": mobile, **more}


def people(count: int, **more: str) -> list[Record]:
    """Return as many records of different people, numbered from 1."""
    return [person(number, **more) for number in range(1, count + 1)]


def held(place: Place) -> list[str]:
    """Return the first names that the destination has."""
    return [contact["first_name"] for contact in place.sink.contacts.values()]


def statuses(place: Place, *numbers: int) -> list[str | None]:
    """Return what the ledger says of these records."""
    entries = [place.entry(number) for number in numbers]
    return [entry.status if entry else None for entry in entries]


# The order that neither loses nor doubles.


def test_an_intent_is_on_disk_before_its_create_leaves(place: Place) -> None:
    """So it is for each of a batch; the outcome takes its place."""
    seen = []
    place.sink.watch = lambda _: seen.append(statuses(place, 1, 2))
    place.run(*people(2), **ALONE)
    assert seen == [[INTENT, INTENT], [WRITTEN, INTENT]]
    assert statuses(place, 1, 2) == [WRITTEN, WRITTEN]


def test_intents_are_entered_a_hundred_at_once(place: Place) -> None:
    """Those of a large batch follow when the first hundred have left."""
    last, next_one = INTENTS_AT_ONCE, INTENTS_AT_ONCE + 1
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


def test_an_update_is_in_doubt_while_it_is_under_way(place: Place) -> None:
    """If it is never answered, the next run sends what the record says, changed back or not."""
    place.run(ANNA)
    before = place.entry(1)
    place.sink.always["Anna"] = FAILING
    place.run({**ANNA, "company": "Acme"})
    entry = place.entry(1)
    assert before
    assert entry
    assert (before.payload is None, entry.payload, entry.source) == (False, None, None)
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


# Creates that are held while they may still land.


def test_others_go_on_while_a_create_may_still_land(place: Place) -> None:
    """It is looked up when the wait is over, and sent again if it is not there."""
    place.sink.faults = [LOST]
    run = FakeRun(place, wait=60, **ALONE)
    run.send(*people(2))
    run.send(person(3))
    assert held(place) == ["P2", "P3"]
    assert (run.states, statuses(place, 1)) == ([], [INTENT])
    run.finish()
    assert held(place) == ["P2", "P3", "P1"]
    assert (run.bins, run.states) == ({"created": 3}, [{"at": 3}])
    assert sum(place.sink.pauses) == 60


def test_a_create_that_lands_while_it_is_held_is_not_sent_again(place: Place) -> None:
    """The look-up after the wait finds it."""
    place.sink.faults = [LATE]
    run = place.run(*people(2), wait=60, **ALONE)
    assert (run.bins, sorted(held(place))) == ({"created": 2}, ["P1", "P2"])
    assert place.sink.asked.count("create P1") == 1


@pytest.mark.parametrize(("passed", "sent"), [(59, False), (60, True)])
def test_a_create_is_settled_in_time_though_no_record_comes(
    place: Place, passed: float, *, sent: bool
) -> None:
    """Once its wait is over, and not before."""
    place.sink.faults = [LOST]
    run = FakeRun(place, wait=61, **ALONE)
    run.send(person(1))
    place.clock.sleep(passed)
    run.settle_due()
    assert (held(place) == ["P1"]) == sent


def test_the_next_batch_sends_what_is_due(place: Place) -> None:
    """No end of the stream is needed for it."""
    place.sink.faults = [LOST]
    run = FakeRun(place, wait=60, **ALONE)
    run.send(person(1))
    place.clock.sleep(60)
    run.send(person(2))
    assert held(place) == ["P2", "P1"]


def test_a_later_record_takes_the_place_of_one_that_is_held(place: Place) -> None:
    """It waits as long, and is created once, with what it says."""
    place.sink.faults = [LOST]
    run = FakeRun(place, wait=60, **ALONE)
    run.send(person(1))
    run.send(person(1, company="Acme"))
    assert run.bins == {"skipped": 1}
    assert held(place) == []
    run.finish()
    assert run.bins == {"created": 1, "skipped": 1}
    assert [each["company"] for each in place.sink.contacts.values()] == ["Acme"]
    assert run.states[-1] == {"at": 1}


@pytest.mark.parametrize(("left", "pauses"), [(0, []), (30, [30.0])])
def test_a_create_of_an_earlier_run_is_waited_for(
    place: Place, left: float, pauses: list[float]
) -> None:
    """As long as it may still land, by the time since that run."""
    place.sink.faults, place.sink.broken = [LOST], {"list": STOPPED.error}
    with pytest.raises(Stopped):
        place.run(person(1), **ALONE)
    place.sink.broken, place.sink.pauses = {}, []
    run = place.run(person(1), former_until=place.clock() + left, **ALONE)
    assert (place.sink.pauses, run.bins, held(place)) == (pauses, {"created": 1}, ["P1"])


def test_what_was_skipped_is_not_held(place: Place) -> None:
    """Where nothing may be created, no create waits."""
    run = place.run(*people(2), mode="update_only", wait=60)
    assert (run.bins, place.sink.pauses) == ({"skipped": 2}, [])


# Contacts that are there twice after all.


@pytest.mark.parametrize("settings", [ALONE, {}])
def test_what_lands_after_all_is_named_with_both_ids(
    place: Place, settings: dict[str, Any]
) -> None:
    """No wait is long enough for every server."""
    place.sink.faults = [OVERTAKEN]
    run = place.run(person(1), **settings)
    assert (run.bins, held(place)) == ({"created": 1}, ["P1", "P1"])
    assert run.books.doubled == [("contacts", "2", ["1"])]
    assert place.run(person(1), **settings).books.doubled == []


def test_records_that_look_alike_are_not_called_doubled(place: Place) -> None:
    """Two records of the same person, both sent twice: each has its contact."""
    place.sink.faults = [LOST, LOST]
    run = place.run(ANNA, {**ANNA, "id": 2}, **ALONE)
    assert (run.bins, run.books.doubled, len(place.sink.contacts)) == ({"created": 2}, [], 2)


def test_a_second_create_that_is_refused_since_the_first_landed_is_done(place: Place) -> None:
    """The first is found, nobody is rejected."""
    place.sink.faults = [OVERTAKEN, REFUSED]
    run = place.run(person(1), **ALONE)
    assert (run.bins, held(place), statuses(place, 1)) == ({"created": 1}, ["P1"], [WRITTEN])


# Adopted contacts.


def test_an_adopted_contact_keeps_what_its_record_has_no_value_for(place: Place) -> None:
    """Until a later record takes such a value back."""
    place.sink.put(**{**{k: v for k, v in ANNA.items() if k != "id"}, "company": "Acme"})
    found = []
    for company in (None, None, "Other", None):
        run = place.run({**ANNA, "company": company})
        found.append((*run.bins, place.sink.contacts["1"]["company"]))
    assert found == [
        ("updated", "Acme"), ("unchanged", "Acme"), ("updated", "Other"), ("updated", ""),
    ]  # fmt: skip


def test_what_a_lost_create_filled_is_cleared_if_it_is_gone_since(place: Place) -> None:
    """This target filled it; the contact was nobody's before."""
    place.sink.faults, place.sink.broken = [LANDED], {"list": STOPPED.error}
    with pytest.raises(Stopped):
        place.run({**ANNA, "company": "Acme"}, **ALONE)
    place.sink.broken = {}
    run = place.run({**ANNA, "company": None})
    assert (run.bins, place.sink.contacts["1"]["company"]) == ({"updated": 1}, "")


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("settings", "done", "count"),
    [
        ({}, {"updated": 1, "created": 1}, 2),
        ({"dry_run": True}, {"updated": 1, "created": 1}, 1),
        ({"mode": "create_only"}, {"created": 1, "skipped": 1}, 2),
    ],
)
def test_two_new_records_that_look_alike_never_get_one_contact(
    place: Place, settings: dict[str, Any], done: dict[str, int], count: int, *, together: bool
) -> None:
    """One has the contact that is there, the other becomes a new one, whoever else knows it."""
    place.sink.put(**CONTACT)
    twin = {**ANNA, "id": 2, "email": "other@example.com"}
    run = FakeRun(place, **settings)
    for batch in [(ANNA, twin)] if together else [(ANNA,), (twin,)]:
        run.send(*batch)
    assert (run.bins, len(place.sink.contacts)) == (done, count)


def test_several_that_fit_are_named(place: Place) -> None:
    """Who looks at the rejects finds the ids; nothing is written."""
    place.sink.put(**CONTACT)
    place.sink.put(**CONTACT)
    run = place.run(ANNA, person(2))
    assert [each.reason for each in run.rejections] == [
        "several contacts may be this one: 1, 2. Nothing was written"
    ]
    assert run.bins == {"rejected": 1, "created": 1}


def test_a_refused_update_does_not_forget_its_contact(place: Place) -> None:
    """The mended record is an update again, though by itself it would find nobody."""
    place.run(ANNA, **ALONE)
    place.sink.faults = [REFUSED]
    assert place.run({**ANNA, "company": "A"}, **ALONE).bins == {"rejected": 1}
    assert place.run({**ANNA, "company": "B"}, **ALONE).bins == {"updated": 1}
    assert [each["company"] for each in place.sink.contacts.values()] == ["B"]


def test_one_listing_is_enough_for_all_batches(place: Place) -> None:
    """What this run creates itself need not be listed."""
    run = FakeRun(place)
    for each in people(3):
        run.send(each)
    assert place.sink.asked.count("list") == 1


def test_many_lost_answers_cost_one_listing(place: Place) -> None:
    """All are looked up together; what may have come meanwhile is listed anew."""
    place.sink.faults = [LATE] * 6
    run = place.run(*people(9))
    assert (run.bins, place.sink.asked.count("list")) == ({"created": 9}, 2)


@pytest.mark.parametrize(("count", "asked"), [(2, ["find", "find"]), (3, ["list"])])
def test_few_records_are_asked_for_and_many_are_listed(
    tmp_path: Path, count: int, asked: list[str]
) -> None:
    """What costs fewer requests is done."""
    with Place(tmp_path, AskedSink) as place:
        place.run(*people(count))
        assert place.sink.asked[: len(asked)] == asked
        assert place.sink.asked[len(asked)] == "create P1"


# What nobody can tell is for a person to say.


@pytest.fixture
def undecidable(place: Place) -> Place:
    """Return a place where a create landed unseen."""
    place.sink.faults, place.sink.broken = [LANDED], {"list": STOPPED.error}
    with pytest.raises(Stopped):
        place.run(ANNA, **ALONE)
    place.sink.broken = {}
    return place


CHANGED = {"id": 1, "first_name": "Anna", "mobile": "+4900", "email": "new@example.com"}
"""What nobody can tell to be the same person."""


def test_who_cannot_be_told_is_named_with_what_to_do(undecidable: Place) -> None:
    """Whoever pipes the line in again has looked: it is created, and unchanged from then on."""
    (rejection,) = undecidable.run(CHANGED).rejections
    assert "it cannot be told whether it made 1. Look by hand." in rejection.reason
    assert "pipe this line in again: then it is sent" in rejection.reason
    piped = {**CHANGED, "rejection": {"code": rejection.code, "reason": rejection.reason}}
    assert [undecidable.run(piped).bins for _ in range(2)] == [{"created": 1}, {"unchanged": 1}]


@pytest.mark.parametrize("rejection", [None, "text", {}, {"code": "ambiguous"}, {"code": 1}])
def test_only_a_line_with_that_code_is_a_persons_word(
    undecidable: Place, rejection: object
) -> None:
    """The same record from the source, or rejected for another reason, is not sent."""
    run = undecidable.run({**CHANGED, "rejection": rejection})
    assert (run.codes, len(undecidable.sink.contacts)) == (["outcome_unknown"], 1)


# The same person in two streams.


def test_whom_one_stream_creates_the_other_knows_at_once(place: Place) -> None:
    """Though it looked the account up before."""
    run = FakeRun(place)
    run.send(person(5), stream="b")
    run.send(ANNA, stream="a")
    run.send({**ANNA, "id": 9}, stream="b")
    assert (run.bins, len(place.sink.contacts)) == ({"created": 2, "updated": 1}, 2)


@pytest.mark.parametrize("fault", [LOST, LATE])
def test_nobody_overtakes_a_create_that_may_still_land(place: Place, fault: Any) -> None:
    """While it is held, a record of another stream that is the same person waits, too."""
    place.sink.faults = [fault]
    run = FakeRun(place, wait=60)
    run.send(ANNA, stream="a")
    run.send({**ANNA, "id": 9}, stream="b")
    assert len(place.sink.contacts) == (fault is LATE)
    run.finish()
    assert (run.bins, len(place.sink.contacts)) == ({"created": 1, "updated": 1}, 1)


def test_another_person_of_another_stream_does_not_wait(place: Place) -> None:
    """Only who is the same by the evidence is held."""
    place.sink.faults = [LOST]
    run = FakeRun(place, wait=60)
    run.send(ANNA, stream="a")
    run.send(person(2), stream="b")
    assert held(place) == ["P2"]


def test_without_adoption_nobody_waits_for_another_stream(place: Place) -> None:
    """Each record becomes a contact of its own anyway."""
    place.sink.faults = [LOST]
    run = FakeRun(place, wait=60, **ALONE)
    run.send(ANNA, stream="a")
    run.send({**ANNA, "id": 9}, stream="b")
    assert held(place) == ["Anna"]


def test_whom_two_streams_know_is_one_contact(place: Place) -> None:
    """What the second source knows more is added; neither doubles the contact, nor undoes it."""
    for bins in ({"created": 1, "updated": 1}, {"unchanged": 2}):
        run = FakeRun(place)
        run.send(ANNA)
        run.send({**ANNA, "id": 9, "company": "Acme"}, stream="others")
        assert run.bins == bins
    assert [each["company"] for each in place.sink.contacts.values()] == ["Acme"]


def test_of_two_contacts_that_other_streams_have_none_is_taken(place: Place) -> None:
    """Which of them it is cannot be told."""
    place.run(ANNA, {**ANNA, "id": 2}, stream="a")
    assert place.run(ANNA, stream="b").codes == ["ambiguous"]


def test_two_namesakes_in_two_streams_are_two_people(place: Place) -> None:
    """Other e-mail and other mobile: neither overwrites the other, in one run or the next."""
    two = {**ANNA, "id": "b", "mobile": "+4915187654321", "email": "two@example.com"}
    for bins in ({"created": 2}, {"unchanged": 2}):
        run = FakeRun(place)
        run.send(ANNA)
        run.send(two, stream="others")
        assert (run.bins, len(place.sink.contacts)) == (bins, 2)


def test_state_never_overtakes_an_unsettled_record_of_another_stream(place: Place) -> None:
    """With interleaved streams a state waits for the records of both."""
    place.sink.faults = [LOST]
    run = FakeRun(place, wait=60, **ALONE)
    run.send(person(1), stream="a")
    run.send(person(2), stream="b")
    assert (run.bins, run.states) == ({"created": 1}, [])
    run.finish()
    assert run.states == [{"at": 2}]


# Several requests at once.


@pytest.mark.parametrize("fault", [LOST, LANDED])
def test_after_many_lost_answers_the_rest_of_the_batch_is_sent(tmp_path: Path, fault: Any) -> None:
    """More in a row than a run bears are looked up first; those behind them follow, each once."""
    with Place(tmp_path, ParallelSink) as place:
        place.sink.faults = [fault] * 12
        run = place.run(*people(30), **ALONE)
        assert (run.bins, run.states[-1]) == ({"created": 30}, {"at": 30})
        assert sorted(held(place)) == sorted(f"P{number}" for number in range(1, 31))


def test_look_ups_go_out_together(tmp_path: Path) -> None:
    """One that waits for its answer does not keep the next one waiting."""
    with Place(tmp_path, ParallelSink) as place:
        two = threading.Barrier(2, timeout=30)

        def wait(asked: str) -> None:
            if asked == "find":
                two.wait()

        place.sink.watch = wait
        assert place.run(*people(2)).bins == {"created": 2}


def test_too_many_that_are_held_are_waited_for(place: Place) -> None:
    """Their records are in memory."""
    place.sink.faults = [LOST, LOST]
    run = FakeRun(place, wait=60, most_held=2, **ALONE)
    run.send(person(1))
    assert held(place) == []
    run.send(person(2))
    assert held(place) == ["P1", "P2"]
