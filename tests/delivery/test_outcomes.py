"""How each outcome of a record is booked, and whether STATE may pass the record then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.delivery.guards import HELD_BACK, Guards
from target_contacts.delivery.outcomes import Outcomes
from target_contacts.delivery.planned import Planned, Received
from target_contacts.errors import Rejected
from target_contacts.report.summary import Books
from target_contacts.singer.checkpoints import Checkpoints
from target_contacts.singer.lines import Line
from target_contacts.sinks.item import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_contacts.ledger.ledger import Ledger

WHY = Rejected("no", "E7", field="email")
WHOLE = {"type": "RECORD", "stream": "contacts", "record": {"id": 1}}


def no_ledger() -> Ledger:
    """Fail: a limit that is a number does not go by what the ledger knows."""
    raise AssertionError


class Desk:
    """The outcomes of a stream, with what they are booked in."""

    def __init__(self, most_rejected: int | None = None) -> None:
        self.books, self.states = Books(), list[Any]()
        self.kept: list[tuple[Mapping[str, Any], Rejected]] = []
        checkpoints = Checkpoints(self.states.append)
        guards = Guards({"max_rejected": most_rejected}, no_ledger, enforced=True)
        self.accepted: list[object] = []
        """What the destination had accepted of the keys of kept records."""
        self.outcomes = Outcomes("contacts", self.books, checkpoints, self._keep, guards)
        self._saw = checkpoints.saw

    def _keep(self, message: Mapping[str, Any], why: Rejected) -> None:
        told = dict(message)
        self.accepted += [each["accepted"] for each in [told.pop("rejection", None)] if each]
        self.kept.append((told, why))

    def received(self, *, is_record: bool = True) -> Received:
        """Return a record that has come, with a STATE behind it."""
        line = Line(
            "contacts", b'{"id":1}', b'{"type":"RECORD","stream":"contacts","record":{"id":1}}'
        )
        received = Received("k", [], [], "", self.outcomes.opened(), line, is_record=is_record)
        self._saw({"at": received.number})
        return received

    @property
    def passed(self) -> int:
        """Return how many records STATE has passed."""
        self.outcomes.pass_on()
        return self.states[-1]["at"] if self.states else 0


def done(received: Received) -> Outcome[Planned]:
    """Return the outcome of a record whose contact was written."""
    return Outcome(Planned({}, "", received=received, digest=""), "7")


BOOKED: dict[str, tuple[Callable[[Outcomes, Received], Any], dict[str, int], bool]] = {
    "settled": (lambda to, one: to.settle("unchanged", one), {"unchanged": 1}, True),
    "written": (lambda to, one: to.written("created", [done(one)]), {"created": 1}, True),
    "counted again": (lambda to, one: to.count("updated", done(one)), {"updated": 1}, False),
    "skipped": (lambda to, one: to.skip(one, "old"), {"skipped": 1}, True),
    "held back": (lambda to, one: to.hold_back([one]), {"skipped": 1}, False),
    "rejected": (lambda to, one: to.reject(one, WHY), {"rejected": 1}, True),
    "shown": (lambda to, one: to.show(one, WHY), {"rejected": 1}, False),
    "left out": (lambda to, _: to.leave_out("old"), {"skipped": 1}, False),
    "closed": (lambda to, one: to.close(one.number), {}, True),
}


@pytest.mark.parametrize("way", BOOKED)
def test_each_way_books_a_record_once(way: str) -> None:
    """STATE passes it only if it does not come again."""
    desk = Desk()
    book, bins, passes = BOOKED[way]
    book(desk.outcomes, desk.received())
    assert (dict(desk.books.bins), desk.passed) == (bins, int(passes))
    assert desk.kept == ([(WHOLE, WHY)] if "rejected" in bins else [])


def test_a_kept_record_says_what_was_accepted_of_its_key() -> None:
    """So that it is not sent again once something else is."""
    desk = Desk()
    desk.outcomes.last_accepted = {"k": "hash"}.get
    desk.outcomes.reject(desk.received(), WHY)
    assert (desk.kept, desk.accepted) == ([(WHOLE, WHY)], ["hash"])


def test_several_are_settled_together() -> None:
    """None of them is no outcome at all."""
    desk = Desk()
    desk.outcomes.settle("created", desk.received(), desk.received())
    desk.outcomes.settle("updated")
    assert (dict(desk.books.bins), desk.passed) == ({"created": 2}, 2)


def test_why_a_record_is_left_out_is_counted_by_stream() -> None:
    """A guard's reason is the usual one of those that are held back."""
    desk = Desk()
    desk.outcomes.skip(desk.received(), "old")
    desk.outcomes.hold_back([desk.received(), desk.received()])
    desk.outcomes.hold_back([desk.received()], "not planned")
    assert desk.books.skips == {
        ("contacts", "old"): 1,
        ("contacts", HELD_BACK): 2,
        ("contacts", "not planned"): 1,
    }


@pytest.mark.parametrize(("most", "passed"), [(0, 0), (1, 1), (2, 2), (None, 2)])
def test_no_state_passes_a_rejection_beyond_the_guard(most: int | None, passed: int) -> None:
    """Whether a record was received, or only its message; all are kept and counted."""
    desk = Desk(most)
    desk.outcomes.reject(desk.received(), WHY)
    desk.outcomes.refuse(WHOLE, WHY)
    desk.outcomes.settle("created", desk.received())
    assert desk.passed == passed
    assert desk.kept == [(WHOLE, WHY)] * 2
    assert desk.books.rejections == {("contacts", "E7", "email"): 2}


def test_who_left_without_a_record_is_rejected_without_one() -> None:
    """It is counted, and STATE waits for it."""
    desk = Desk()
    number = desk.outcomes.left()
    assert (desk.books.left, desk.books.read) == (1, 0)
    desk.outcomes.settle("created", desk.received())
    assert desk.passed == 0
    desk.outcomes.close(number)
    assert desk.passed == 2
    desk.outcomes.reject(desk.received(is_record=False), WHY)
    assert (desk.kept, desk.books.bins["rejected"], desk.passed) == ([], 1, 3)
    assert desk.books.rejections == {("contacts", "E7", "email"): 1}


@pytest.mark.parametrize(("most", "passed"), [(0, 0), (1, 1)])
def test_no_state_passes_a_leaver_that_is_rejected_beyond_the_guard(most: int, passed: int) -> None:
    """As with a record."""
    desk = Desk(most)
    desk.outcomes.reject(desk.received(is_record=False), WHY)
    assert desk.passed == passed


def test_what_is_noted_stands_in_the_books_of_the_run() -> None:
    """Under the name of the stream, where each has its own."""
    desk = Desk()
    desk.books.read = 5
    desk.outcomes.take_back()
    desk.outcomes.written("marked", [done(desk.received()), done(desk.received())])
    desk.outcomes.count("marked", done(desk.received()))
    desk.outcomes.note("email", "left alone")
    desk.outcomes.leave_fields(["zodiac"])
    desk.outcomes.double("7", ["8"])
    assert (desk.books.read, desk.books.marked, desk.books.bins) == (4, 3, {"deleted": 3})
    assert desk.books.noted == {("contacts", "email", "left alone"): 1}
    assert desk.books.not_carried == {"contacts": {"zodiac"}}
    assert desk.books.doubled == [("contacts", "7", ["8"])]


def test_values_that_did_not_fit_are_told_by_stream() -> None:
    """In order, with how many there were."""
    desk = Desk()
    values = [("note", "truncated"), ("email", "dropped"), ("note", "truncated")]
    desk.outcomes.count_unfit(values)
    desk.books.count_unfit("others", [("email", "dropped")])
    assert desk.outcomes.dropped_or_truncated == [("email", "dropped", 1), ("note", "truncated", 2)]


def test_accepted_is_what_the_destination_has_taken_in_this_run() -> None:
    """Of all streams; what is unchanged was not sent."""
    desk = Desk()
    for number, outcome in enumerate(("created", "updated", "deleted"), start=1):
        desk.books.enter(outcome, 10**number)
    for outcome in ("unchanged", "skipped", "rejected"):
        desk.books.enter(outcome, 7)
    assert desk.outcomes.accepted == 1110
