"""Decide what becomes of contacts whose records left the source.

Leavers are these records. A contact is deleted only if this target created it, as the ledger says.
One that was there before, or of unknown origin, is marked at most. One that another record has,
too, stays as it is.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from target_contacts.delivery.missing import WAS_GONE
from target_contacts.delivery.planned import Planned, Received
from target_contacts.ledger.entry import GONE, INTENT, MARKED
from target_contacts.singer.lines import Line
from target_contacts.sinks.item import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.delivery.limit import Limit
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.unanswered import Unanswered
    from target_contacts.ledger.entry import Entry
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.field import Payload
    from target_contacts.sinks.capabilities import Capabilities

SKIP, MARK, DELETE = "skip", "mark", "delete"
"""Values of the setting `on_delete`."""

AT_ONCE = 1000
"""Leavers that are looked up and sent together."""

NOT_KNOWN = "left the source, and the ledger knows no contact of theirs"
NOT_ANSWERED = (
    "left the source, and a create of theirs was never answered; look for their contacts by hand"
)
ADOPTED = (
    "left the source, and their contacts were there before this target wrote to them; they are not "
    "deleted"
)
UNKNOWN = (
    "left the source, and the ledger does not say whether this target created their contacts; they "
    "are not deleted"
)
SHARED = "left the source, and another record has the same contact; it stays as it is"
CANNOT_DELETE = (
    "left the source, and this API cannot delete contacts; on_delete: mark could mark them"
)
CANNOT_MARK = (
    "left the source, and this API cannot change single fields of a contact, so that none is marked"
)
"""Why the contacts of leavers stay as they are."""


class Wishes(NamedTuple):
    """What the settings want done with leavers."""

    on_delete: str
    marks: Callable[[], Payload]
    """Returns the fields that say that a contact's record left the source."""


class Leavers:
    """Decide what becomes of the leavers of one stream."""

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        can: Capabilities,
        wishes: Wishes,
        *,
        ledger: Ledger,
        outcomes: Outcomes,
        unanswered: Unanswered,
        limit: Limit,
    ) -> None:
        self._wishes, self._ledger, self._outcomes = wishes, ledger, outcomes
        self._unanswered, self._limit = unanswered, limit
        self._action = Action.MARK if wishes.on_delete == MARK else Action.DELETE
        self._cannot = _why_not(can, wishes.on_delete)

    @property
    def are_wanted(self) -> bool:
        """Say whether anything becomes of leavers at all."""
        return self._wishes.on_delete != SKIP

    def told(self, several: Sequence[Received]) -> list[Planned]:
        """Return what is to be done about records that say that they left; settle the others."""
        if not several:
            return []
        if self._limit.is_set:
            self._limit.leave_out(several, self._outcomes)
            return []
        entries = self._entries([received.key for received in several])
        shared = self._shared(entries)
        return [
            item
            for received in several
            if (item := self._decided(received, entries.get(received.key), shared))
        ]

    def absent(self, seen: AbstractSet[bytes]) -> Iterator[list[Planned]]:
        """Yield, some at a time, what is to be done about entries whose records did not come.

        Args:
            seen: The keys of all records that came, as bytes.
        """
        known = self._ledger.keys(self._outcomes.stream)
        gone = iter([key for key in known if bytes.fromhex(key) not in seen])
        while not self._limit.is_set and (keys := list(islice(gone, AT_ONCE))):
            entries = {key: e for key, e in self._entries(keys).items() if not self._is_done(e)}
            shared = self._shared(entries)
            found = [(self._received(key), entry) for key, entry in entries.items()]
            yield [item for each, entry in found if (item := self._decided(each, entry, shared))]

    def _entries(self, keys: Sequence[str]) -> Mapping[str, Entry]:
        return self._ledger.entries(self._outcomes.stream, keys)

    def _shared(self, entries: Mapping[str, Entry]) -> set[str]:
        return self._ledger.remote_ids.shared(
            [e.remote_id for e in entries.values() if e.remote_id]
        )

    def _received(self, key: str) -> Received:
        """Return what stands for a record that did not come, and count it."""
        line = Line(self._outcomes.stream, b"{}", b"{}")
        return Received(key, [], [], "", self._outcomes.left(), line, is_record=False)

    def _is_done(self, entry: Entry) -> bool:
        if entry.status == MARKED and self._action is Action.MARK:
            return entry.payload == self._ledger.digest(self._wishes.marks())
        return entry.status == GONE

    def _decided(
        self, received: Received, entry: Entry | None, shared: AbstractSet[str]
    ) -> Planned | None:
        """Return what is to be done about a leaver; None if nothing is, and it is booked."""
        if held := self._unanswered.take(received.key):
            self._outcomes.skip(held.received, "a later record has the same key")
        if entry and entry.status == MARKED and self._is_done(entry):
            self._outcomes.settle("unchanged", received)
            return None
        if entry is None or (reason := self._reason(entry, shared)):
            self._outcomes.skip(received, NOT_KNOWN if entry is None else reason)
            return None
        marks = self._wishes.marks() if self._action is Action.MARK else {}
        return Planned(
            marks,
            "",
            action=self._action,
            remote_id=entry.remote_id,
            received=received,
            digest=self._ledger.digest(marks),
            filled=entry.filled,
            known=entry,
        )

    def _reason(self, entry: Entry, shared: AbstractSet[str]) -> str:
        by_status = {GONE: WAS_GONE, INTENT: NOT_ANSWERED}
        reason = by_status.get(entry.status, self._cannot)
        if reason or self._action is Action.MARK:
            return reason or (SHARED if entry.remote_id in shared else "")
        if not entry.created:
            return UNKNOWN if entry.created is None else ADOPTED
        return SHARED if entry.remote_id in shared else ""


def _why_not(can: Capabilities, on_delete: str) -> str:
    """Return why an API cannot do what is wanted; "" if it can."""
    if on_delete == MARK:
        return CANNOT_MARK if can.replaces else ""
    return "" if can.deletes else CANNOT_DELETE
