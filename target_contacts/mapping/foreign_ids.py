"""Tell what in a record is the destination's own, and what is another system's."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from target_contacts.contact.derive import JOINT
from target_contacts.values.basic import is_empty
from target_contacts.values.words import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_contacts.contact.model import Contact
    from target_contacts.mapping.field import Field


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
        given = [f for f in fields if f.identifier and not is_empty(defaults.get(f.attribute))]
        self._ids = [(field, field.modest and not is_own) for field in given]
        self.foreign: set[str] = set()
        """Attributes in which a record had an id that cannot be the destination's."""

    def add_codes(self, record: Mapping[str, Any], contact: Contact) -> None:
        """Add to values what the destination's own records call them in its own terms."""
        for field in self._coded:
            code = record.get(field.code)
            if not is_empty(code) and not isinstance(code, (dict, list)):
                _add(field, code, contact)

    def give_way(self, contact: Contact) -> None:
        """Let defaults stand in for ids that are another system's, or hardly the destination's.

        They count as any default: a contact that is there keeps the id that it has.
        """
        for field, is_modest in self._ids:
            attribute = field.attribute
            if contact.has(attribute) and (
                self._is_foreign(field, contact.attributes[attribute])
                or (is_modest and not _is_own(field, contact))
            ):
                source = contact.sources.pop(attribute)
                contact.spare[source] = attribute
                del contact.attributes[attribute]
                contact.defaults[attribute] = self._defaults[attribute]

    def _is_foreign(self, field: Field, value: Any) -> bool:
        """Say whether a value cannot be an id of the destination, and take note of it."""
        try:
            field.convert(value)
        except ValueError:
            self.foreign.add(field.attribute)
            return True
        return False


def _is_own(field: Field, contact: Contact) -> bool:
    """Say whether an id was mapped by the user, or its field is called as the destination's."""
    attribute = field.attribute
    return attribute in contact.chosen or _is_called(contact.sources[attribute], field.wire)


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
