"""When a record that fails is given up, and when it is the destination that fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tap_contacts.transport.errors import OutcomeUnknown, Stopped
from tap_contacts.transport.served import GIVEN_UP_IN_OUTAGE
from target_contacts.delivery.setbacks import NEXT_RUN, PATIENCE, Tries
from tests.support.fake_people import ALONE, ANNA, CONTACT, people, person
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LANDED, LISTED, LOST, REFUSED, STOPPED, FakeSink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_contacts.sinks.item import Item, Outcome


class TogetherSink(FakeSink):
    """A destination that takes creates together, and each alone after three losses."""

    capabilities = replace(LISTED, alone_after=3)

    def write(self, items: Iterator[Item]) -> Iterator[list[Outcome[Item]]]:  # type: ignore[override]
        """Lose all that go together with one that is always lost."""
        given = list(items)
        together = [item for item in given if getattr(item, "lost", 0) < 3]
        names = {item.payload.get("first_name", "") for item in together}
        was, spoilt = self.always, not names.isdisjoint(self.always)
        self.always = dict.fromkeys(names, LOST) if spoilt else {}
        yield from super().write(iter(together))
        self.always = was
        yield from super().write(iter([item for item in given if item not in together]))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return an empty destination with an empty ledger."""
    with Place(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("of_a_request", "alone_after", "most"),
    [(1, 0, 1), (5, 0, 5), (1, 1, 2), (1, 2, 3), (2, 2, 3), (3, 2, 3), (4, 2, 4), (3, 3, 4)],
)
def test_a_create_is_sent_as_often_as_is_set_and_once_alone(
    of_a_request: int, alone_after: int, most: int
) -> None:
    """Where creates go together, one that is never answered was not proven to be at fault."""
    assert Tries("Fake", of_a_request, 1.0, alone_after).most == most


@pytest.mark.parametrize(("max_tries", "rounds"), [(5, 10), (10, 10), (12, 12)])
def test_an_outage_with_many_records_ends_the_run_in_time(
    place: Place, max_tries: int, rounds: int
) -> None:
    """Ten tries without an acceptance, or as many as a create has: then no further one is sent."""
    place.sink.always = {f"P{n}": LOST for n in range(1, 41)}
    run = FakeRun(place, max_tries=max_tries, **ALONE)
    with pytest.raises(Stopped, match=f"no answer in {rounds} tries; last: no answer"):
        run.send(*people(40))
    sent = [asked for asked in place.sink.asked if asked.startswith("create")]
    assert len(sent) == PATIENCE + rounds - 1
    assert place.sink.pauses == [2.0 ** min(n, max_tries - 1) for n in range(rounds)]
    assert (run.bins, run.states) == ({}, [])


def test_an_outage_is_told_by_its_last_answer(place: Place) -> None:
    """With what that one advises, and what the next run does."""
    for number in range(1, 5):
        error = OutcomeUnknown("Fake", "create", f"answer {number}", f"Do {number}.")
        place.sink.always[f"P{number}"] = LOST._replace(error=error)
    with pytest.raises(Stopped) as caught:
        place.run(*people(4), max_tries=1, **ALONE)
    assert "no answer in 1 tries; last: answer 4" in str(caught.value)
    assert caught.value.advice == f"Do 4. {NEXT_RUN}"


def test_a_record_that_was_found_after_its_last_try_is_updated(place: Place) -> None:
    """What is given up is the create: the contact of somebody else's that came is adopted."""
    theirs = {**CONTACT, "email": "other@example.com"}

    def come(asked: str) -> None:
        if asked.startswith("create"):
            place.sink.put(**theirs)

    place.sink.watch = come
    place.sink.faults = [LOST]
    assert place.run(ANNA, max_tries=1).bins == {"updated": 1}
    assert [each["email"] for each in place.sink.contacts.values()] == [ANNA["email"]]


def test_a_create_known_to_be_alone_in_failing_is_no_sign_of_an_outage(place: Place) -> None:
    """It is sent again beside others, and nobody waits for it any more."""
    place.sink.always = {f"P{n}": LOST for n in range(1, 10)}
    run = place.run(*people(12), max_tries=3, **ALONE)
    assert run.bins == {"created": 3, "rejected": 9}
    order = [asked for asked in place.sink.asked if asked.startswith(("create", "list"))]
    assert order[:13] == [*(f"create P{n}" for n in range(1, 13)), "list"]
    assert order[13:23] == [*(f"create P{n}" for n in range(1, 10)), "list"]


def test_ten_creates_in_a_row_make_a_look_up_due(place: Place) -> None:
    """One that is accepted after nine shows that the destination is there: then nine more may."""
    place.sink.faults = [LOST] * (PATIENCE - 1) + [None] + [LOST] * PATIENCE
    assert place.run(*people(25), **ALONE).bins == {"created": 25}
    assert place.sink.asked[:21] == [*(f"create P{n}" for n in range(1, 21)), "list"]


def test_a_create_found_by_its_look_up_shows_that_the_destination_is_there(place: Place) -> None:
    """The four that were lost beside it are rejected."""
    place.sink.faults = [LANDED]
    place.sink.always = {f"P{n}": LOST for n in (2, 3, 4, 5)}
    assert place.run(*people(5), max_tries=1, **ALONE).bins == {"created": 1, "rejected": 4}


def test_what_was_accepted_before_an_outage_is_no_sign_against_it(place: Place) -> None:
    """Not even a create of an earlier run that a look-up has found, nor a thousand others."""
    place.sink.faults, place.sink.broken = [LANDED], {"list": STOPPED.error}
    with pytest.raises(Stopped):
        place.run(person(9), **ALONE)
    place.sink.broken = {}
    place.sink.always = {f"P{n}": LOST for n in (1, 2, 3, 4)}
    run = FakeRun(place, max_tries=1, **ALONE)
    run.books.enter("created", 1000)
    run.send(person(9))
    assert run.bins == {"created": 1001}
    with pytest.raises(Stopped):
        run.send(*people(4))


def test_records_rejected_before_another_was_accepted_are_no_sign_of_an_outage(
    place: Place,
) -> None:
    """Three are too few by themselves, before and after."""
    place.sink.always = {f"P{n}": LOST for n in (1, 2, 3, 5, 6, 7)}
    run = FakeRun(place, max_tries=1, **ALONE)
    for several in (people(3), [person(4)], people(7)[4:]):
        run.send(*several)
    assert run.bins == {"rejected": 6, "created": 1}


def test_a_rejected_create_is_told_by_its_last_answer(place: Place) -> None:
    """Not by that which others were accepted after."""
    answers = iter(range(1, 4))

    def fail(asked: str) -> None:
        if asked == "create P1":
            error = OutcomeUnknown("Fake", "create", f"answer {next(answers)}")
            place.sink.always["P1"] = LOST._replace(error=error)

    place.sink.watch = fail
    (rejection,) = place.run(*people(2), max_tries=3, **ALONE).rejections
    assert "create: answer 3. The create was sent 3 times" in rejection.reason


def test_a_create_that_comes_again_after_its_last_try_has_one_more(place: Place) -> None:
    """Its record may have changed; then it is rejected, and the run goes on."""
    place.sink.always = {"P1": LOST}
    run = FakeRun(place, wait=60, max_tries=1, **ALONE)
    run.send(person(1))
    place.clock.sleep(60)
    run.send(person(1, company="Acme"))
    run.finish()
    assert place.sink.asked.count("create P1") == 2
    assert run.bins == {"skipped": 1, "rejected": 1}


def test_a_create_rejected_before_counts_in_an_outage_as_any_other(place: Place) -> None:
    """That others were accepted after it then says nothing now."""
    place.sink.always = {"P1": LOST}
    run = FakeRun(place, max_tries=1, **ALONE)
    run.send(*people(2))
    assert run.bins == {"rejected": 1, "created": 1}
    place.sink.always |= {f"P{n}": LOST for n in (3, 4, 5)}
    with pytest.raises(Stopped):
        run.send(person(1), *people(5)[2:])


def test_creates_of_earlier_batches_that_are_settled_are_no_sign_of_an_outage(place: Place) -> None:
    """Three are rejected in each of two batches: they count as rejected, once each."""
    place.sink.always = {f"P{n}": LOST for n in (1, 2, 3)}
    run = FakeRun(place, max_tries=1, **ALONE)
    run.send(*people(2))
    run.send(person(3))
    assert run.bins == {"rejected": 3}
    place.sink.always["P4"] = LOST
    with pytest.raises(Stopped):
        run.send(person(4))


def test_a_rejected_create_counts_once_however_long_a_run_goes_on(place: Place) -> None:
    """Ten refusals on, two that were never answered and a third are still no outage."""
    place.run(person(99), **ALONE)
    place.sink.always = {f"P{n}": LOST for n in (1, 2, 3)}
    place.sink.always |= {f"P{n}": REFUSED for n in range(11, 21)}
    run = FakeRun(place, max_tries=1, **ALONE)
    for several in (people(2), *([person(n)] for n in range(11, 21)), [person(3)]):
        run.send(*several)
    assert run.bins == {"rejected": 13}


def test_creates_that_are_held_count_until_another_is_accepted(place: Place) -> None:
    """Four that may still land are an outage once the first of them is to be given up."""
    place.sink.always = {f"P{n}": LOST for n in (1, 2, 3, 4)}
    run = FakeRun(place, wait=60, max_tries=1, **ALONE)
    for number in (1, 2, 3, 4):
        run.send(person(number))
    with pytest.raises(Stopped):
        run.finish()
    run = FakeRun(place, wait=60, max_tries=1, **ALONE)
    for number in (1, 2, 3, 4, 5):
        run.send(person(number))
    run.finish()
    assert run.bins == {"rejected": 4, "created": 1}


@pytest.mark.parametrize("spoilt", [1, 2, 3])
@pytest.mark.parametrize("max_tries", [1, 3, 5])
def test_who_shares_requests_with_those_that_fail_is_no_sign_of_an_outage(
    tmp_path: Path, spoilt: int, max_tries: int
) -> None:
    """However slowly the records come, so that those that wait go again with each new one."""
    with Place(tmp_path, TogetherSink) as place:
        place.sink.always = {f"P{n}": LOST for n in range(1, spoilt + 1)}
        run = FakeRun(place, wait=60, max_tries=max_tries, **ALONE)
        for number in range(1, 9):
            run.send(person(number))
            place.clock.sleep(60)
        run.finish()
        assert run.bins == {"created": 8 - spoilt, "rejected": spoilt}


def test_an_outage_ends_a_run_whose_records_come_slowly(tmp_path: Path) -> None:
    """Once four were sent as often as may be, and none of them was answered."""
    with Place(tmp_path, TogetherSink) as place:
        place.sink.always = {f"P{n}": LOST for n in range(1, 99)}
        run = FakeRun(place, wait=60, max_tries=3, **ALONE)
        sent = iter(people(98))

        def go_on() -> None:
            for one in sent:
                run.send(one)
                place.clock.sleep(60)

        with pytest.raises(Stopped):
            go_on()
        assert next(sent)["id"] == 4 + GIVEN_UP_IN_OUTAGE + 1


@pytest.mark.parametrize("seconds", [7, 20, 25, 45])
def test_an_outage_rejects_nobody_however_the_records_come(place: Place, seconds: int) -> None:
    """Who was sent as often as may be waits for others, until they tell what it was."""
    place.sink.always = {f"P{n}": LOST for n in range(1, 41)}
    run = FakeRun(place, wait=60, max_tries=2, **ALONE)

    def go_on() -> None:
        for one in people(40):
            run.send(one)
            place.clock.sleep(seconds)

    with pytest.raises(Stopped):
        go_on()
    assert run.bins == {}


def test_who_waits_for_others_is_rejected_once_one_of_them_lands(place: Place) -> None:
    """At the latest at the end."""
    place.sink.always = {f"P{n}": LOST for n in (1, 2)}
    run = FakeRun(place, wait=60, max_tries=2, **ALONE)
    for number in (1, 2):
        run.send(person(number))
        place.clock.sleep(40)
    run.finish()
    assert (run.bins, run.codes) == ({"rejected": 2}, ["outcome_unknown"] * 2)
