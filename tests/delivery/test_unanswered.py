"""Creates without answer: held, waited for, found, sent again, named where they doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import Refused, Stopped
from target_contacts.ledger.entry import INTENT, WRITTEN
from tests.support.fake_people import ALONE, ANNA, held, people, person, statuses
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import (
    LANDED,
    LATE,
    LOST,
    OVERTAKEN,
    REFUSED,
    STOPPED,
    AskedSink,
    Fault,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.support.fake_run import Record


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return an empty destination with an empty ledger."""
    with Place(tmp_path) as made:
        yield made


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


# Which contact a lost create made.


def unseen(place: Place, *records: Record, faults: Sequence[Fault]) -> None:
    """Send records whose creates go unanswered, in a run that ends before it looks."""
    place.sink.faults, place.sink.broken = [*faults], {"list": STOPPED.error}
    with pytest.raises(Stopped):
        place.run(*records, **ALONE)
    place.sink.faults, place.sink.broken = [], {}


def test_a_name_alone_does_not_tell_that_a_create_landed(place: Place) -> None:
    """A namesake with another company is somebody else, though nothing else can be compared."""
    named = {"first_name": "Anna", "last_name": "Ahrens"}
    unseen(place, {"id": 1, **named, "company": "Acme"}, faults=[LOST])
    place.sink.put(**named, company="Other")
    run = place.run({"id": 1, **named, "company": "Acme"})
    assert run.bins == {"created": 1}
    assert [each["company"] for each in place.sink.contacts.values()] == ["Other", "Acme"]


def test_what_an_api_does_not_give_back_tells_nothing(place: Place) -> None:
    """Such as a password: the contact is the one that was sent all the same."""
    unseen(place, ANNA, faults=[LANDED])
    del place.sink.contacts["1"]["email"]
    assert place.run(ANNA).bins == {"created": 1}
    assert place.sink.asked.count("create Anna") == 1
    assert "update 1" not in place.sink.asked


def test_of_two_lost_creates_the_one_that_did_not_land_is_sent_again(place: Place) -> None:
    """The other's contact agrees by its number, too, and is not taken for it."""
    twin = {**ANNA, "id": 2, "email": "other@example.com"}
    unseen(place, twin, ANNA, faults=[LOST, LANDED])
    run = place.run(twin, ANNA)
    assert (run.bins, run.codes) == ({"created": 2}, [])
    emails = [each["email"] for each in place.sink.contacts.values()]
    assert emails == ["anna@example.com", "other@example.com"]


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


def test_what_lands_after_all_of_a_record_that_changed_is_named(place: Place) -> None:
    """What was sent is not known any more: the name and number that it was known by are."""
    unseen(place, person(1), faults=[OVERTAKEN])
    run = place.run(person(1, company="Acme"), **ALONE)
    assert (run.bins, held(place)) == ({"created": 1}, ["P1", "P1"])
    assert run.books.doubled == [("contacts", "2", ["1"])]


def test_a_look_that_is_refused_leaves_only_its_own_record_out(tmp_path: Path) -> None:
    """What doubled of the others is named all the same."""
    with Place(tmp_path, AskedSink) as place:
        run = FakeRun(place, **ALONE)
        for number in (1, 2):
            place.sink.faults = [OVERTAKEN]
            run.send(person(number))
        refused = iter([Refused("Fake", "find", "too long")])

        def refuse(asked: str) -> None:
            for error in refused if asked == "find" else ():
                raise error

        place.sink.watch = refuse
        run.finish()
        assert held(place) == ["P1", "P1", "P2", "P2"]
        assert run.books.doubled == [("contacts", "4", ["3"])]


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
