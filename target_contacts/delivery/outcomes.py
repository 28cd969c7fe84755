"""What becomes of the records of one stream: the one object that books it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.delivery.guards import HELD_BACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from target_contacts.delivery.guards import Guards
    from target_contacts.delivery.planned import Received
    from target_contacts.errors import Rejected
    from target_contacts.report.summary import Books
    from target_contacts.singer.checkpoints import Checkpoints


class Outcomes:
    """Book the records of one stream: each ends in exactly one of settle, skip and reject.

    An outcome is durable before it is booked: in the ledger, or in the rejects file, which is on
    disk before STATE is passed on.

    Args:
        stream: Name of the stream.
        books: Counts the records.
        checkpoints: Knows which STATE is safe.
        keep: Puts a RECORD message that is refused into the rejects file.
        guards: Count what is rejected.
    """

    def __init__(
        self,
        stream: str,
        books: Books,
        checkpoints: Checkpoints,
        keep: Callable[[Mapping[str, Any], Rejected], None],
        guards: Guards,
    ) -> None:
        self.stream, self._guards = stream, guards
        self._books, self._checkpoints, self._keep = books, checkpoints, keep

    # Records that have been received.

    def settle(self, outcome: str, *several: Received) -> None:
        """Enter records into the books, their outcome being in the ledger."""
        self._books.enter(outcome, len(several))
        for received in several:
            self._checkpoints.settled(received.number)

    def count(self, outcome: str) -> None:
        """Enter a record into the books that comes again: no STATE passes it."""
        self._books.enter(outcome)

    def skip(self, received: Received, reason: str) -> None:
        """Leave a record out."""
        self.leave_out(reason)
        self._checkpoints.settled(received.number)

    def hold_back(self, several: Iterable[Received], reason: str = HELD_BACK) -> None:
        """Leave records out that are kept from being sent: no STATE passes them."""
        for _ in several:
            self.leave_out(reason)

    def reject(self, received: Received, why: Rejected) -> None:
        """Put a record into the rejects file. No STATE passes one that is beyond a guard."""
        if self._book(received, why):
            self._checkpoints.settled(received.number)

    def mark(self, count: int) -> None:
        """Count contacts in the bin of the deleted ones that were only marked."""
        self._books.marked += count

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
        if not self._enter(message, why):
            self.opened()

    def _enter(self, message: Mapping[str, Any], why: Rejected) -> bool:
        """Put a RECORD message into the rejects file; say whether it is within the guards."""
        self._keep(message, why)
        self._books.reject(self.stream, why.code, why.field)
        return self._guards.reject(self.stream)

    def _book(self, received: Received, why: Rejected) -> bool:
        """Book a rejection, keeping the record if there is one; say as `_enter` does."""
        if received.is_record:
            return self._enter(received.line.message, why)
        self._books.reject(self.stream, why.code, why.field)
        return self._guards.reject(self.stream)

    def take_back(self) -> None:
        """Count one record less as read: its line turned out to be none."""
        self._books.read -= 1

    def pass_on(self) -> None:
        """Pass on the last STATE that covers nothing unsettled, if it is a new one."""
        self._checkpoints.pass_on()

    # What is not written as it came.

    def count_unfit(self, values: list[tuple[str, str]]) -> None:
        """Count values that were left out or cut short, and clear their list."""
        self._books.count_unfit(self.stream, values)

    def note(self, field: str, done: str) -> None:
        """Count a value that is not written, or not looked up, quite as it came."""
        self._books.note(self.stream, field, done)

    def leave_fields(self, names: Iterable[str]) -> None:
        """Note fields that nothing takes."""
        self._books.leave_fields(self.stream, names)

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
