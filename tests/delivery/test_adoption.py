"""Who is adopted, asked for and waited for, within a stream and between two."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import NotFound, Stopped
from tests.support.fake_people import ALONE, ANNA, CONTACT, held, people, person
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LANDED, LATE, LOST, REFUSED, STOPPED, AskedSink, ParallelSink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class ThreeLookUps(ParallelSink):
    """A destination that is asked for up to three contacts one by one, several at once."""

    capabilities = replace(ParallelSink.capabilities, most_look_ups=3)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return an empty destination with an empty ledger."""
    with Place(tmp_path) as made:
        yield made


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


@pytest.mark.parametrize(("company", "bins"), [("Acme", {"skipped": 1}), ("", {"updated": 1})])
def test_what_an_adopted_contact_is_to_lose_counts_as_emptied(
    place: Place, company: str, bins: dict[str, int]
) -> None:
    """A guard ends the run before it; what is empty there already cannot be lost."""
    place.sink.faults, place.sink.broken = [LANDED], {"list": STOPPED.error}
    with pytest.raises(Stopped):
        place.run({**ANNA, "company": company}, **ALONE)
    place.sink.broken = {}
    emptied = {**ANNA, "company": None, "job_title": "Boss"}
    assert place.run(emptied, guards={"max_cleared": 0}).bins == bins


def test_a_create_that_goes_without_a_look_up_is_warned_of(tmp_path: Path) -> None:
    """Its part of the account is not there, so that it will be refused, too."""
    with Place(tmp_path, AskedSink) as place:
        error = NotFound("Fake", "find", "no such customer", http_status=404)
        place.sink.broken = {"find": error}
        run = place.run(ANNA)
        assert run.warnings == [f"Contacts there before this run cannot be looked up: {error}"]


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


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_list_holds_for_the_whole_run(place: Place, *, dry_run: bool) -> None:
    """A dry run lists no more often than a real one."""
    run = FakeRun(place, dry_run=dry_run)
    for number in range(1, 5):
        run.send(person(number))
    run.finish()
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


# The same person in two streams.


def test_few_records_are_looked_up_in_a_list_that_is_there(tmp_path: Path) -> None:
    """Nobody is asked for one by one whom the list of an earlier batch tells."""
    with Place(tmp_path, AskedSink) as place:
        place.sink.put(**CONTACT)
        run = FakeRun(place)
        run.send(*people(4)[1:])
        run.send({**ANNA, "company": "Acme"})
        assert run.bins == {"created": 3, "updated": 1}
        assert [each for each in place.sink.asked if "P" not in each] == ["list", "update 1"]


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


def test_nobody_waits_for_another_record_of_the_same_stream(place: Place) -> None:
    """Whose contact he would never be given: he becomes a contact of his own."""
    place.sink.faults = [LOST]
    run = FakeRun(place, wait=60)
    run.send(ANNA)
    run.send({**ANNA, "id": 9})
    assert held(place) == ["Anna"]


def test_without_adoption_nobody_waits_for_another_stream(place: Place) -> None:
    """Each record becomes a contact of its own anyway."""
    place.sink.faults = [LOST]
    run = FakeRun(place, wait=60, **ALONE)
    run.send(ANNA, stream="a")
    run.send({**ANNA, "id": 9}, stream="b")
    assert held(place) == ["Anna"]


def test_a_lost_create_does_not_wait_for_that_of_another_stream(place: Place) -> None:
    """Both were sent already: each is sent again when its own wait is over."""
    place.sink.faults = [LOST, LOST]
    run = FakeRun(place, wait=60, **ALONE)
    run.send(ANNA, stream="a")
    place.clock.sleep(30)
    run.send({**ANNA, "id": 9}, stream="b")
    place.clock.sleep(30)
    run.settle_due()
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
    """Once the first is answered, one that waits does not keep the next one waiting."""
    with Place(tmp_path, ThreeLookUps) as place:
        two = threading.Barrier(2, timeout=30)

        def wait(asked: str) -> None:
            if asked == "find" and place.sink.asked.count("find") > 1:
                two.wait()

        place.sink.watch = wait
        assert place.run(*people(3)).bins == {"created": 3}


def test_the_first_look_up_goes_alone(tmp_path: Path) -> None:
    """If the settings are wrong, as few requests as may be show it."""
    with Place(tmp_path, ThreeLookUps) as place:
        place.sink.broken = {"find": Stopped("Fake", "look up", "not signed in")}
        with pytest.raises(Stopped):
            place.run(*people(3))
        assert place.sink.asked == ["find"]


def test_too_many_that_are_held_are_waited_for(place: Place) -> None:
    """Their records are in memory."""
    place.sink.faults = [LOST, LOST]
    run = FakeRun(place, wait=60, most_held=2, **ALONE)
    run.send(person(1))
    assert held(place) == []
    run.send(person(2))
    assert held(place) == ["P1", "P2"]
