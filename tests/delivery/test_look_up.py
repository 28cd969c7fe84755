"""How contacts are looked up: all of the account, a part of it, or one by one."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport.errors import GivenUp, Stopped
from target_contacts.shutdown import Interrupted
from tests.support.fake_people import ALONE, ANNA, CONTACT, people, person
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LANDED, LOST, OVERTAKEN, STOPPED, AskedSink, FakeSink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from target_contacts.sinks.item import Item
    from tests.support.fake_run import Record

BROKEN = GivenUp("Fake", "list", "failed in every try", code="L5", http_status=500)


class PartedSink(AskedSink):
    """A destination that lists the contacts of a company, one of them by a request."""

    def scope(self, contact: Mapping[str, Any]) -> str | None:
        """Return the company."""
        return contact.get("company")

    def within(self, scope: str, most: int) -> Iterable[tuple[str, Mapping[str, Any]]] | None:
        """Return the contacts of a company."""
        self._ask(f"list {scope}")
        found = [(n, each) for n, each in self.contacts.items() if each.get("company") == scope]
        return found if len(found) <= most else None


class UnaskedPartedSink(PartedSink):
    """The same where no single contact can be asked for."""

    capabilities = replace(PartedSink.capabilities, can_ask=False)


class WholePartsSink(PartedSink):
    """The same with all contacts of a company in one request."""

    def within(self, scope: str, most: int) -> Iterable[tuple[str, Mapping[str, Any]]] | None:
        """Return the contacts of a company."""
        return super().within(scope, 99 * most)


class OnlyAskedSink(AskedSink):
    """A destination that is always asked for single contacts."""

    capabilities = replace(AskedSink.capabilities, most_look_ups=99)


def looked(place: Place) -> list[str]:
    """Return what was asked for but writes."""
    return [each for each in place.sink.asked if each.startswith(("list", "find"))]


def hired(number: int, company: str = "Acme") -> Record:
    """Return the record of somebody who works for a company."""
    return person(number, company=company)


# A part of the account.


@pytest.mark.parametrize("kind", [PartedSink, UnaskedPartedSink])
def test_few_records_are_looked_up_in_their_parts(tmp_path: Path, kind: type[FakeSink]) -> None:
    """Each part is listed once; who is in another one is somebody else."""
    with Place(tmp_path, kind) as place:
        place.sink.put(**{**hired(1), "job_title": "Boss"})
        place.sink.put(**hired(2, "Other"))
        run = FakeRun(place)
        run.send(hired(1), hired(2))
        run.send(hired(3), hired(4, "Other"))
        assert looked(place) == ["list Acme", "list Other"]
        assert run.bins == {"updated": 1, "created": 3}


def test_many_records_are_looked_up_in_the_whole_account(tmp_path: Path) -> None:
    """That costs fewer requests than each of their parts."""
    with Place(tmp_path, PartedSink) as place:
        place.run(*(hired(number, f"C{number}") for number in range(1, 4)))
        assert looked(place) == ["list"]


def test_who_belongs_to_no_part_is_asked_for(tmp_path: Path) -> None:
    """Or created, where nobody can be asked for."""
    with Place(tmp_path, PartedSink) as place:
        place.run(person(1), hired(2))
        assert sorted(looked(place)) == ["find", "list Acme"]
    (tmp_path / "other").mkdir()
    with Place(tmp_path / "other", UnaskedPartedSink) as place:
        assert place.run(person(1), hired(2)).bins == {"created": 2}
        assert looked(place) == ["list Acme"]


@pytest.mark.parametrize("there", [2, 3])
def test_a_part_is_listed_if_that_takes_no_more_requests_than_asking(
    tmp_path: Path, there: int
) -> None:
    """For two records that is a part of two contacts here."""
    with Place(tmp_path, PartedSink) as place:
        for number in range(1, there + 1):
            place.sink.put(**hired(number))
        run = place.run(*({**hired(number), "job_title": "Boss"} for number in (1, 2)))
        assert run.bins == {"updated": 2}
        assert looked(place) == ["list Acme", *["find"] * (there - 1 if there > 2 else 0)]


def test_a_part_that_cannot_be_listed_is_asked_for(tmp_path: Path) -> None:
    """One by one, in this batch and the next."""
    with Place(tmp_path, PartedSink) as place:
        place.sink.put(**hired(1))
        place.sink.broken = {"list Acme": BROKEN}
        run = FakeRun(place)
        run.send({**hired(1), "job_title": "Boss"})
        run.send(hired(2))
        assert run.bins == {"updated": 1, "created": 1}
        assert looked(place) == ["list Acme", "find", "find"]


def test_a_part_that_nobody_can_tell_of_is_not_written_to(tmp_path: Path) -> None:
    """Its records are rejected, those of others go on."""
    with Place(tmp_path, UnaskedPartedSink) as place:
        place.sink.broken = {"list Acme": BROKEN}
        run = place.run(hired(1), hired(2, "Other"))
        assert (run.bins, run.codes) == ({"rejected": 1, "created": 1}, ["L5"])


def test_whom_another_stream_creates_is_in_its_part(tmp_path: Path) -> None:
    """Though that was listed before."""
    with Place(tmp_path, PartedSink) as place:
        run = FakeRun(place)
        run.send(hired(5), stream="b")
        run.send({**ANNA, "company": "Acme"}, stream="a")
        run.send({**ANNA, "id": 9, "company": "Acme", "job_title": "Boss"}, stream="b")
        assert (run.bins, len(place.sink.contacts)) == ({"created": 2, "updated": 1}, 2)
        assert looked(place) == ["list Acme", "list Acme"]


def test_a_part_is_listed_again_once_an_answer_was_lost(tmp_path: Path) -> None:
    """The contact may have come since."""
    with Place(tmp_path, PartedSink) as place:
        place.sink.faults = [LANDED]
        assert place.run(hired(1)).bins == {"created": 1}
        assert looked(place) == ["list Acme", "list Acme"]
        assert len(place.sink.contacts) == 1


def test_a_part_shows_whom_a_lost_create_made_after_all(tmp_path: Path) -> None:
    """It is listed once more at the end."""
    with Place(tmp_path, WholePartsSink) as place:
        place.sink.faults = [OVERTAKEN]
        assert place.run(hired(1)).books.doubled == [("contacts", "2", ["1"])]
        assert looked(place) == ["list Acme"] * 3


# The whole account.


def test_an_account_that_cannot_be_listed_is_asked_for(tmp_path: Path) -> None:
    """One by one, in this batch and the next."""
    with Place(tmp_path, AskedSink) as place:
        place.sink.broken = {"list": BROKEN}
        assert place.run(*people(3)).bins == {"created": 3}
        assert looked(place) == ["list", "find", "find", "find"]


@pytest.mark.parametrize(
    ("kind", "settings"), [(AskedSink, {"match_on": ["email"]}), (FakeSink, {})]
)
def test_an_account_that_can_be_neither_listed_nor_asked_ends_the_run(
    tmp_path: Path, kind: type[FakeSink], settings: dict[str, Any]
) -> None:
    """By the rules there are: nothing is sent."""
    with Place(tmp_path, kind) as place:
        place.sink.broken = {"list": BROKEN}
        with pytest.raises(Stopped):
            place.run(*people(3, email="p@example.com"), **settings)
        assert place.sink.asked == ["list"]


@pytest.mark.parametrize(
    ("match_on", "asked"),
    [
        (["first_name"], ["find"]),
        ([["email", "first_name"]], ["find"]),
        ([["first_name"], ["first_name", "email"]], ["find", "find"]),
        ([["first_name", "company"]], []),
        (["email"], ["list"]),
        ([["first_name"], ["email"]], ["list"]),
    ],
)
def test_rules_are_asked_for_where_each_has_a_field_to_ask_by(
    tmp_path: Path, match_on: Any, asked: list[str]
) -> None:
    """By all their values; one that a record has not all values for is not asked for."""
    with Place(tmp_path, AskedSink) as place:
        place.run(person(1, email="p@example.com"), match_on=match_on)
        assert looked(place) == asked


def test_a_list_shows_whom_a_lost_create_made_of_a_record_that_has_changed(tmp_path: Path) -> None:
    """What was sent is known by a hash only, by which nobody can be asked for."""
    with Place(tmp_path, AskedSink) as place:
        place.sink.faults, place.sink.broken = [LANDED], {"find": STOPPED.error}
        with pytest.raises(Stopped):
            place.run(ANNA, **ALONE)
        place.sink.broken = {}
        place.sink.asked.clear()
        run = place.run({**ANNA, "first_name": "Anne", "mobile": "+4915187654321"})
        assert looked(place)[0] == "list"
        assert (run.bins, len(place.sink.contacts)) == ({"updated": 1}, 1)


def test_a_list_made_before_does_not_tell_whom_a_lost_create_made(tmp_path: Path) -> None:
    """It is made again: what such a contact is known by was not kept."""
    with Place(tmp_path) as place:
        place.sink.faults, place.sink.broken = [LANDED], {"list": STOPPED.error}
        with pytest.raises(Stopped):
            place.run(ANNA, **ALONE)
        place.sink.broken = {}
        place.sink.asked.clear()
        run = FakeRun(place)
        run.send(person(5))
        run.send({**ANNA, "first_name": "Anne"})
        assert (run.bins, len(place.sink.contacts)) == ({"created": 1, "updated": 1}, 2)
        assert looked(place) == ["list", "list"]


# One by one.


@pytest.mark.parametrize(("fault", "asked"), [(LANDED, 1), (LOST, 3)])
def test_a_lost_create_is_asked_for_by_what_was_sent_first(
    tmp_path: Path, fault: Any, asked: int
) -> None:
    """Whoever else may be this one matters only if it is not there."""
    with Place(tmp_path, OnlyAskedSink) as place:
        place.sink.faults = [fault]
        assert place.run(ANNA).bins == {"created": 1}
        assert looked(place) == ["find"] * (1 + asked)
        assert len(place.sink.contacts) == 1


def test_a_lost_create_that_is_not_there_may_be_somebodys_contact(tmp_path: Path) -> None:
    """One that was put in meanwhile, with another number, is adopted."""
    with Place(tmp_path, OnlyAskedSink) as place:
        place.sink.faults, place.sink.broken = [LOST], {"find": STOPPED.error}
        with pytest.raises(Stopped):
            place.run(ANNA, **ALONE)
        place.sink.broken = {}
        place.sink.put(**{**CONTACT, "mobile": "+4915187654321"})
        assert place.run(ANNA).bins == {"updated": 1}
        assert len(place.sink.contacts) == 1


class KeyedSink(OnlyAskedSink):
    """A destination where a field for the key can be set, by which contacts are found then."""

    identities: ClassVar = (("first_name", "mobile"), ("email",))

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.by: tuple[str, ...] = self.identities[0]
        self.wanted: list[list[str]] = []
        """By which fields contacts were asked for."""

    def looked_for(self, item: Item) -> dict[str, str]:
        """Return what the settings say now."""
        return {wire: str(item.payload[wire]) for wire in self.by}

    def find(self, wanted: Mapping[str, str]) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Return the contacts with these values."""
        self.wanted.append([*wanted])
        return super().find(wanted)


@pytest.mark.parametrize(("then", "now"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_lost_create_is_asked_for_by_what_it_was_known_by_then(
    tmp_path: Path, then: int, now: int
) -> None:
    """Whatever the settings say now."""
    with Place(tmp_path, KeyedSink) as place:
        sink = place.sink
        assert isinstance(sink, KeyedSink)
        sink.by = sink.identities[then]
        sink.faults, sink.broken = [LANDED], {"find": STOPPED.error}
        with pytest.raises(Stopped):
            place.run(ANNA, **ALONE)
        sink.broken, sink.wanted, sink.by = {}, [], sink.identities[now]
        assert place.run(ANNA).bins == {"created": 1}
        assert sink.wanted == [[*sink.identities[then]]]


# What ends a look-up.


@pytest.mark.parametrize("error", [STOPPED.error, Incomplete("Fake: list: broken")], ids=repr)
def test_a_look_up_that_cannot_go_on_ends_the_run(tmp_path: Path, error: Exception) -> None:
    """Nothing is asked for any more, and nothing is sent."""
    with Place(tmp_path, PartedSink) as place:
        place.sink.broken = {"list Acme": error}  # type: ignore[dict-item]
        with pytest.raises(type(error)):
            place.run(hired(1), hired(2, "Other"))
        assert place.sink.asked == ["list Acme"]


@pytest.mark.parametrize("count", [2, 3])
def test_a_signal_ends_a_look_up(tmp_path: Path, count: int) -> None:
    """In the middle of a list, and between two questions."""
    with Place(tmp_path, AskedSink) as place:
        for each in people(3):
            place.sink.put(**each)

        def end(_: str) -> None:
            place.shutdown.signum = signal.SIGTERM

        place.sink.watch = end
        with pytest.raises(Interrupted):
            place.run(*people(count))
        assert len(place.sink.asked) == 1


class RowsSink(FakeSink):
    """A destination that tells which rows of its list are read."""

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield all contacts."""
        for remote_id, contact in super().stored():
            self._ask(f"row {remote_id}")
            yield remote_id, contact


def test_a_signal_ends_a_list_at_once(tmp_path: Path) -> None:
    """A large account takes minutes; what follows in the list is not read."""
    with Place(tmp_path, RowsSink) as place:
        for each in people(9):
            place.sink.put(**each)

        def end(asked: str) -> None:
            if asked == "row 2":
                place.shutdown.signum = signal.SIGTERM

        place.sink.watch = end
        with pytest.raises(Interrupted):
            place.run(*people(2))
        assert place.sink.asked == ["list", "row 1", "row 2"]
