"""Decide which of the items that are to be written are sent, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from target_contacts.delivery.gate import UNPLANNED
from target_contacts.errors import Rejected
from target_contacts.ledger.entry import WRITTEN, Entry
from target_contacts.sinks.item import Action, Outcome, created

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_contacts.delivery.gate import Gate
    from target_contacts.delivery.limit import Limit
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned
    from target_contacts.delivery.refusals import Refusals
    from target_contacts.delivery.stream_guards import StreamGuards
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.field import Payload

_FORBIDDEN = {
    ("create_only", Action.UPDATE): "there already, and mode is create_only",
    ("update_only", Action.CREATE): "not there yet, and mode is update_only",
}
"""Why an item is skipped, by mode and what would be done with it."""


class Admission:
    """Decide which items of one stream are sent; book the others.

    `assert_complete` raises Rejected if a payload lacks what a contact must have. It takes the
    payload and whether it is that of a new contact.
    """

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        ledger: Ledger,
        outcomes: Outcomes,
        *,
        refusals: Refusals,
        limit: Limit,
        guards: StreamGuards,
        gate: Gate,
        mode: str,
        assert_complete: Callable[[Payload, bool], None],
    ) -> None:
        self._ledger, self._outcomes, self._refusals = ledger, outcomes, refusals
        self._limit, self._guards, self._gate = limit, guards, gate
        self._mode, self._assert_complete = mode, assert_complete

    def checked(self, item: Planned) -> Planned | None:
        """Return an item as it must be sent, if it is to be sent now."""
        ready = item if item.action.leaves else self._ready(item)
        return ready if ready and self._may_be_sent(ready) else None

    def _ready(self, item: Planned) -> Planned | None:
        """Return an item as it must be sent; None if it must not, and is booked."""
        creating = item.action is Action.CREATE
        if creating and item.refusal:
            self._refusals.drop([item])
            self._outcomes.reject(item.received, item.refusal)
            return None
        forbidden = _FORBIDDEN.get((self._mode, item.action))
        if forbidden and not item.may_be_deleted:  # what is being deleted counts as not there
            self._leave(item, forbidden)
            return None
        ready = _of_new(item) if creating else item
        try:
            self._assert_complete(ready.payload, creating)
        except Rejected as why_not:
            self._outcomes.reject(item.received, why_not)
            return None
        return ready

    def _may_be_sent(self, item: Planned) -> bool:
        """Say whether plan, limit and guards let an item through; book it if they do not."""
        if not self._gate.admits(self._outcomes.stream, item, self._ledger.digest):
            self._outcomes.hold_back([item.received], UNPLANNED)
            return False
        if not self._limit.admits(self._outcomes.stream, item.key):
            self._limit.leave_out([item.received], self._outcomes)
            return False
        if not self._guards.admits(item):
            self._outcomes.hold_back([item.received])
            return False
        return True

    def _leave(self, item: Planned, why_not: str) -> None:
        """Leave an item out; a contact that an unanswered create of this target made is known."""
        if item.intent is None or item.remote_id is None:
            self._outcomes.skip(item.received, why_not)
            return
        written = Entry(item.key, WRITTEN, item.remote_id, created=False)
        self._ledger.put(self._outcomes.stream, [written])
        unsent = replace(item, payload={})
        self._outcomes.written("created", [Outcome(unsent, item.remote_id)])


def _of_new(item: Planned) -> Planned:
    """Return a create with all that the new contact holds as its payload."""
    payload = created(item)
    return item if payload is item.payload else replace(item, payload=payload)
