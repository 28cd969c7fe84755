"""Say what becomes of the fields of one contact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from target_contacts.delivery.arrival import Arrivals
from target_contacts.ledger.written_hash import is_same
from target_contacts.mapping.policies import OF_UPDATES, judged
from target_contacts.planning.drift import changed_there
from target_contacts.planning.planned_write import Value
from target_contacts.sinks.item import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.delivery.planned import Planned
    from target_contacts.mapping.field import Payload
    from target_contacts.sinks.base import ApiSink

HIDDEN = "(not shown)"
"""Stands for a password in a plan."""

LONGEST = 1000
"""Most characters of a value that is shown."""


class FieldChanges:
    """Compare what is sent into one destination with what contacts hold there."""

    def __init__(self, sink: ApiSink[Any]) -> None:
        self._digest = sink.context.digest
        self._arrivals = Arrivals(sink.fields, sink.region)
        self.attributes = {field.wire: field.attribute for field in sink.configured()}
        """The attribute that fills each field."""

    def of(self, item: Planned, held: Mapping[str, Any] | None) -> dict[str, Value]:
        """Return what changes, by field. All is taken to change of a contact that is not told."""
        if item.action is Action.DELETE:
            there = {w: v for w, v in (held or {}).items() if w in self.attributes and v}
            return {wire: Value(old=self._shown(wire, v)) for wire, v in sorted(there.items())}
        told = held or {}
        changed = {*self._differing(item.payload, told), *(item.payload.keys() - told.keys())}
        return {
            wire: Value(
                old=self._shown(wire, told[wire]) if wire in told else msgspec.UNSET,
                new=self._shown(wire, value),
            )
            for wire, value in item.payload.items()
            if wire in changed
        }

    def of_others(self, item: Planned, held: Mapping[str, Any] | None) -> list[str] | None:
        """Return the fields that somebody else changed; None if nobody can tell."""
        written = item.known.payload if item.known else None
        if held is None or written is None:
            return None
        says, policies = (item.origin or item).payload, item.policies
        differ = [w for w in self._differing(says, held) if policies.get(w) not in OF_UPDATES]
        is_written = lambda payload: is_same(self._digest(judged(payload, policies)), written)  # noqa: E731
        return changed_there(says, held, differ, is_written)

    def _differing(self, says: Payload, held: Mapping[str, Any]) -> list[str]:
        found = self._arrivals.compared(says, {}, {w: v for w, v in held.items() if w in says})
        nested = [w for w, v in says.items() if isinstance(v, (dict, list)) and held.get(w) != v]
        return sorted({*found.lost, *found.other, *nested} & held.keys())

    def _shown(self, wire: str, value: Any) -> Any:
        """Return a value as a plan shows it: no password, and of a long one only its length."""
        if self.attributes.get(wire) == "password" and value:
            return HIDDEN
        if isinstance(value, str) and len(value) > LONGEST:
            return f"({len(value)} characters, {self._digest(value)})"
        return value
