"""Leave out of updates what policies forbid, by what contacts hold where that has to be known.

What is never sent, and what would empty a field, is left out when a record is translated. This
module applies the policies that depend on whether a contact is there, and on what it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tap_contacts.transport.errors import ApiError, Refused
from target_contacts.delivery.planned import why
from target_contacts.mapping.field import without_wires
from target_contacts.mapping.policies import FILL_EMPTY, ON_CREATE
from target_contacts.sinks.item import Action
from target_contacts.values.basic import is_empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.delivery.filled import FilledFields
    from target_contacts.delivery.missing import Missing
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned
    from target_contacts.errors import Rejected
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink
    from target_contacts.sinks.present import Present

NEEDED = (
    "A policy fills only what is empty, so the contact is not written before it is known what it "
    "holds. With the policy on_create nothing has to be read."
)


class UpdatePolicies:
    """The policies of one stream as they concern updates."""

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        sink: ApiSink[Any],
        ledger: Ledger,
        outcomes: Outcomes,
        *,
        filled: FilledFields,
        missing: Missing,
        shutdown: Shutdown,
        mode: str,
        marks: AbstractSet[str] = frozenset(),
    ) -> None:
        self._sink, self._ledger, self._outcomes = sink, ledger, outcomes
        self._filled, self._missing, self._shutdown = filled, missing, shutdown
        self._only_creates, self._marks = mode == "create_only", marks

    def applied(self, items: Iterable[Planned]) -> Iterable[Planned]:
        """Return the items as they may be sent; settle those of which nothing is left to send.

        Raises:
            Stopped: If nothing can be read any more.
            Interrupted: If a signal asked for the end.
        """
        several = [self._without_marks(item) for item in items]
        restricted = [item for item in several if item.policies and self._is_sent(item)]
        if not restricted:
            return several
        present = self._present(restricted)
        return [made for item in several if (made := self._one(item, present))]

    def _without_marks(self, item: Planned) -> Planned:
        """Return an item that may overwrite the marks of its contact, if its record is back."""
        if self._marks.isdisjoint(item.policies) or not item.is_back:
            return item
        kept = {wire: each for wire, each in item.policies.items() if wire not in self._marks}
        return replace(item, policies=kept)

    def _is_sent(self, item: Planned) -> bool:
        """Say whether an item is an update that may be sent at all."""
        is_update = item.action is Action.UPDATE
        return is_update and (item.may_be_deleted or not self._only_creates)

    def _present(self, items: Sequence[Planned]) -> Mapping[str, Present]:
        """Return what the contacts of items hold, if a policy needs it."""
        wanted = list(dict.fromkeys(str(item.remote_id) for item in items if _fills(item)))
        if not wanted:
            return {}
        self._outcomes.read_first(len(wanted))
        wires = {wire for item in items for wire in _fills(item)}
        present = self._sink.present(wanted, wires)
        self._shutdown.assert_not_asked()
        return present

    def _one(self, item: Planned, present: Mapping[str, Present]) -> Planned | None:
        """Return an item as it may be sent; None if it is settled."""
        if not (item.policies and self._is_sent(item)):
            return item
        held = present.get(str(item.remote_id))
        if not isinstance(held, ApiError):
            return self._allowed(item, held)
        if self._missing.is_known_gone(item, held):
            return self._allowed(item, None)
        self._outcomes.reject(item.received, self._unread(held))
        return None

    def _allowed(self, item: Planned, held: Mapping[str, Any] | None) -> Planned | None:
        """Return what may be written of an item; None if that is nothing, and it is settled."""
        left = [wire for wire in item.payload if _is_left(item, wire, held)]
        for wire in left:
            self._outcomes.leave_alone(wire, item.policies[wire])
        now = self._without(item, left)
        is_open = item.may_be_deleted or (held is None and bool(_fills(item)))
        if now.payload or is_open or not left:
            return now
        self._settle(now)
        return None

    def _unread(self, error: ApiError) -> Rejected:
        asked = "contact that is to be updated"
        advice = f"{error.advice} {NEEDED}".strip()
        words = (self._sink.title, asked, error.answered, advice)
        code, status = error.code, error.http_status
        return why(Refused(*words, code=code, http_status=status, detail=error.detail))

    def _settle(self, item: Planned) -> None:
        self._ledger.put(self._outcomes.stream, [item.written(item.remote_id)])
        self._outcomes.settle("unchanged", item.received)

    def _without(self, item: Planned, wires: Sequence[str]) -> Planned:
        """Return an update without some fields, and without defaults for new contacts only.

        What these fields were filled with stays as the ledger has it.
        """
        only_new = {wire for wire in item.fallback if item.policies.get(wire) == ON_CREATE}
        if not (wires or only_new):
            return item
        before = item.known.filled if item.known else None
        return replace(
            item,
            payload=without_wires(item.payload, wires),
            fallback=without_wires(item.fallback, only_new),
            origin=item.origin or item,
            filled=self._filled.left(item.filled, before, wires),
            in_doubt=self._filled.left(item.in_doubt, before, wires),
        )


def _fills(item: Planned) -> set[str]:
    return {wire for wire in item.payload if item.policies.get(wire) == FILL_EMPTY}


def _is_left(item: Planned, wire: str, held: Mapping[str, Any] | None) -> bool:
    """Say whether a field is left as it is; of a contact that is not found nothing is filled."""
    policy = item.policies.get(wire)
    if policy == FILL_EMPTY:
        return held is None or not is_empty(held.get(wire))
    return policy == ON_CREATE
