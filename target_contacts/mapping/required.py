"""Say which fields of a payload must have a value and have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.errors import Rejected
from target_contacts.values.basic import is_empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from target_contacts.mapping.field import Field, Payload, Table

MISSING = "missing"
"""Code of a rejection because a value is missing."""

ONLY_UPDATES = (
    "So this stream can create no contact, only update those that are there; with mode update_only "
    "its other records are skipped"
)


class Required:
    """The fields that the destination demands.

    Args:
        table: The destination's fields, as the account has them.
        never: Fields that are never sent.
        unsent: Fields that are left out for what they are looked up by, since it is never sent.
    """

    def __init__(self, table: Table, never: AbstractSet[str], unsent: Mapping[str, str]) -> None:
        self._fields = [field for field in table.fields if field.required]
        self._own = [f.wire for f in table.fields if f.wire in table.own and not f.identifier]
        self._replaces = table.replaces
        self._never, self._unsent = never, unsent

    def assert_complete(self, payload: Payload, *, creating: bool) -> None:
        """Raise Rejected if a value is missing that the destination demands."""
        for lacking in self.missing(payload, creating=creating):
            raise lacking

    def missing(self, payload: Payload, *, creating: bool) -> Iterator[Rejected]:
        """Yield a refusal for each field that must have a value and has none."""
        for field in self._fields:
            # An update leaves alone what it does not name, unless it replaces the whole contact.
            named = creating or self._replaces or field.wire in payload
            needed = creating or field.required == "always"
            if needed and named and is_empty(payload.get(field.wire)):
                yield Rejected(self._why(field), MISSING, field=field.wire)
        if creating and self._own and all(is_empty(payload.get(wire)) for wire in self._own):
            reason = f"{' and '.join(self._own)} have no value, so nobody knows whose contact it is"
            reason += f". {ONLY_UPDATES}" if self._never & {*self._own} else ""
            yield Rejected(reason, MISSING, field=self._own[0])

    def _why(self, field: Field) -> str:
        if field.wire in self._never:
            return f"{field.wire} is required, and the policy of {field.attribute} is never. " + (
                ONLY_UPDATES
            )
        if source := self._unsent.get(field.wire):
            why = f"{field.wire} is required, and {source} would be sent in its place, whose policy"
            return f"{why} is never. {ONLY_UPDATES}"
        own = "Give it by field_map."
        known = (
            f"Give it in the record ({field.attribute}), by field_map, or for all records "
            "by defaults."
        )
        advice = known if field.attribute in ATTRIBUTES else own
        return f"{field.wire} is required and has no value. {advice}"
