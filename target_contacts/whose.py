"""Tell what in a record is the destination's own, and what is another system's."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from target_contacts.complete import JOINT
from target_contacts.contact import is_empty, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_contacts.mapping import Field
    from target_contacts.reader import Contact


class Whose:
    """Take codes of the destination's own records, and leave ids that hardly are its own."""

    def __init__(
        self, fields: Sequence[Field], defaults: Mapping[str, Any], *, is_own: bool
    ) -> None:
        """Take a table of fields and the defaults.

        Args:
            fields: The fields of the destination.
            defaults: Attribute to value, which goes before ids of other systems.
            is_own: Whether the records come from the same API as they go to.
        """
        self._defaults = defaults
        self._coded = [field for field in fields if field.code]
        self._modest = [f for f in fields if f.modest and f.attribute in defaults and not is_own]

    def add_codes(self, record: Mapping[str, Any], contact: Contact) -> None:
        """Add to values what the destination's own records call them in its own terms."""
        for field in self._coded:
            code = record.get(field.code)
            if not is_empty(code) and not isinstance(code, (dict, list)):
                _add(field, code, contact)

    def give_way(self, contact: Contact) -> None:
        """Take defaults instead of ids that do not say that they are the destination's."""
        for field in self._modest:
            source = contact.sources.get(field.attribute, "defaults")
            if source == "defaults" or not contact.has(field.attribute):
                continue
            if field.attribute not in contact.chosen and not _is_called(source, field.wire):
                contact.spare[source] = field.attribute
                contact.attributes[field.attribute] = self._defaults[field.attribute]
                contact.sources[field.attribute] = "defaults"


def _add(field: Field, code: Any, contact: Contact) -> None:
    """Give an attribute its code beside its name, as statuses come from other systems."""
    attribute = field.attribute
    name = contact.attributes.get(attribute) or code
    contact.attributes[attribute] = {"id": code, "display_value": name}
    named = (contact.sources.get(attribute), field.code)
    contact.sources[attribute] = JOINT.join(filter(None, named))
    contact.spare.pop(field.code, None)


@functools.lru_cache(maxsize=1024)
def _is_called(name: str, wire: str) -> bool:
    """Say whether a record's field is called as one of the destination's."""
    return plain(name) == plain(wire)
