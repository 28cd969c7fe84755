"""What becomes of the records of one stream: the one object that books it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.delivery.guards import HELD_BACK
from target_contacts.errors import OUTCOME_UNKNOWN
from target_contacts.report.rejects import ACCEPTED, attempts, earlier

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from target_contacts.delivery.guards import Guards
    from target_contacts.delivery.planned import Planned, Received
    from target_contacts.errors import Rejected
    from target_contacts.report.journal import Journal
    from target_contacts.report.summary import Books
    from target_contacts.report.unfilled import OfStream
    from target_contacts.singer.checkpoints import Checkpoints
    from target_contacts.sinks.item import Outcome


class Outcomes:
    """Book the records of one stream: each ends in exactly one of settle, skip and reject.

    An outcome is durable before it is booked: in the ledger, or in the rejects file, which is on
    disk before STATE is passed on.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # what it takes is all that it works with
        self,
        stream: str,
        books: Books,
        checkpoints: Checkpoints,
        keep: Callable[[Mapping[str, Any], Rejected], None],
        guards: Guards,
        journal: Journal | None = None,
    ) -> None:
        self.stream, self._guards, self._journal = stream, guards, journal
        self._books, self._checkpoints, self._keep = books, checkpoints, keep
        self.last_accepted: Callable[[str], str | None] = lambda _: None
        """Returns what the destination has accepted of a key, by the hash of its record."""

    # Records that have been received.

    def settle(self, outcome: str, *several: Received) -> None:
        """Enter records into the books with which nothing was done, as the ledger knows."""
        self._books.enter(outcome, len(several), self.stream)
        for received in several:
            self._checkpoints.settled(received.number)

    def settle_unread(self, several: list[Received]) -> None:
        """Settle records that are as they were, so that they are not looked at."""
        self.settle("unchanged", *several)
        if several:
            self._books.unfilled.is_known = False

    def written(self, action: str, several: Sequence[Outcome[Planned]]) -> None:
        """Enter contacts into the books that were written, their outcome being in the ledger.

        One that was marked is in the bin of the deleted.
        """
        self._enter_written(action, several)
        for each in several:
            self._checkpoints.settled(each.item.received.number)

    def count(self, action: str, written: Outcome[Planned]) -> None:
        """Enter a contact as `written` does whose record comes again: no STATE passes it."""
        self._enter_written(action, [written])

    def _enter_written(self, action: str, several: Sequence[Outcome[Planned]]) -> None:
        self._books.write(action, self.stream, len(several))
        if self._journal:
            for each in several:
                self._note(self._journal, action, each)

    def _note(self, journal: Journal, action: str, written: Outcome[Planned]) -> None:
        item = written.item
        journal.write(
            self.stream,
            action,
            item.key,
            remote_id=written.remote_id,
            sent=tuple(wire for wire, value in item.payload.items() if value != ""),
            cleared=item.cleared,
            attempt=_attempt(item.received),
        )

    def skip(self, received: Received, reason: str) -> None:
        """Leave a record out."""
        self._skip(received, reason)
        self._checkpoints.settled(received.number)

    def _skip(self, received: Received, reason: str) -> None:
        self.leave_out(reason)
        if self._journal:
            self._journal.skip(self.stream, received.key, reason)

    def hold_back(self, several: Iterable[Received], reason: str = HELD_BACK) -> None:
        """Leave records out that are kept from being sent: no STATE passes them."""
        for received in several:
            self._skip(received, reason)

    def reject(self, received: Received, why: Rejected) -> None:
        """Put a record into the rejects file. No STATE passes one that is beyond a guard."""
        if self._book(received, why):
            self._checkpoints.settled(received.number)

    def show(self, received: Received, why: Rejected) -> None:
        """Put a record into the rejects file that comes again: no STATE passes it."""
        self._book(received, why)

    # Messages that have not.

    def opened(self) -> int:
        """Return the number of one more record, which is not settled yet."""
        return self._checkpoints.opened()

    def close(self, number: int) -> None:
        """Let STATE pass what was opened."""
        self._checkpoints.settled(number)

    def left(self) -> int:
        """Count a record that left the source and did not come; return its number, not settled."""
        self._books.left += 1
        return self._checkpoints.opened()

    def leave_out(self, reason: str) -> None:
        """Count a RECORD message as skipped."""
        self._books.skip(self.stream, reason)

    def refuse(self, message: Mapping[str, Any], why: Rejected) -> None:
        """Put a RECORD message into the rejects file. No STATE passes one beyond a guard."""
        self._keep(message, why)
        if not self._enter(why, None, attempts(message) + 1):
            self.opened()

    def _book(self, received: Received, why: Rejected) -> bool:
        """Book a rejection, keeping the record if there is one; say as `_enter` does."""
        if received.is_record:
            self._keep(self._told(received, why), why)
        return self._enter(why, received.key, _attempt(received))

    def _enter(self, why: Rejected, key: str | None, attempt: int) -> bool:
        kind = self._books.reject(self.stream, why.code, why.field)
        if self._journal:
            self._journal.reject(kind, key, attempt)
        return self._guards.reject(self.stream)

    def _told(self, received: Received, why: Rejected) -> Mapping[str, Any]:
        """Return a RECORD message with what was accepted of its key when it was rejected first."""
        message = received.line.message
        if earlier(message):
            return message
        is_there = why.code == OUTCOME_UNKNOWN  # perhaps: then it is what was accepted last
        accepted = received.source if is_there else self.last_accepted(received.key)
        return {**message, "rejection": {ACCEPTED: accepted}}

    def take_back(self) -> None:
        """Count one record less as read: its line turned out to be none."""
        self._books.read -= 1

    def pass_on(self) -> None:
        """Pass on the last STATE that covers nothing unsettled, if it is a new one."""
        if self._journal:
            self._journal.flush()
        self._checkpoints.pass_on()

    # What is not written as it came.

    def count_unfit(self, values: list[tuple[str, str]]) -> None:
        """Count values that were left out or cut short, and clear their list."""
        self._books.count_unfit(self.stream, values)

    def note(self, field: str, done: str) -> None:
        """Count a value that is not written, or not looked up, quite as it came."""
        self._books.note(self.stream, field, done)

    def leave_alone(self, field: str, policy: str) -> None:
        """Count a value of a contact that stays as it is, by a policy."""
        self._books.leave_alone(self.stream, field, policy)

    def read_first(self, count: int) -> None:
        """Count contacts that are read before they are written, since a policy needs it."""
        self._books.read_first += count

    def leave_fields(self, names: Iterable[str]) -> None:
        """Note fields that nothing takes."""
        self._books.leave_fields(self.stream, names)

    def unfilled(self, wires: Collection[str]) -> OfStream:
        """Return the entries of `field_map`, by field, that gave no record a value so far."""
        return self._books.unfilled.of(self.stream, wires)

    def double(self, remote_id: str, others: list[str]) -> None:
        """Note a contact that was created twice."""
        self._books.double(self.stream, remote_id, others)

    # What has been booked.

    @property
    def accepted(self) -> int:
        """Return how many records of all streams the destination has accepted in this run."""
        return sum(self._books.bins[name] for name in ("created", "updated", "deleted"))

    @property
    def dropped_or_truncated(self) -> list[tuple[str, str, int]]:
        """Return the values that did not fit: field, what was done, how many."""
        found = sorted(self._books.dropped_or_truncated.items())
        return [(field, done, count) for (of, field, done), count in found if of == self.stream]


def _attempt(received: Received) -> int:
    """Return how often a record was tried, by what its message says if it was rejected before."""
    line = received.line
    return attempts(line.message) + 1 if b'"rejection"' in line.whole else 1
