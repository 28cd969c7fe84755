"""Take codes of the destination's own records, and drop ids of other systems."""

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
    """Take codes of the destination's own records, and drop ids that are hardly its own."""

    def __init__(
        self, fields: Sequence[Field], defaults: Mapping[str, Any], *, is_own: bool
    ) -> None:
        self._defaults = defaults
        self._coded = [field for field in fields if field.code]
        given = [f for f in fields if f.identifier and not is_empty(defaults.get(f.attribute))]
        self._ids = [(field, field.modest and not is_own) for field in given]
        self.foreign: set[str] = set()
        """Attributes in which a record had an id that cannot be the destination's."""

    def add_codes(self, record: Mapping[str, Any], contact: Contact) -> None:
        """Add the codes that the destination's own records have for values."""
        for field in self._coded:
            code = record.get(field.code)
            if not is_empty(code) and not isinstance(code, (dict, list)):
                _add(field, code, contact)

    def give_way(self, contact: Contact) -> None:
        """Replace ids of other systems, or that are hardly the destination's, by defaults.

        As with any default, a contact that is there keeps its id.
        """
        for field, is_modest in self._ids:
            attribute = field.attribute
            if contact.has(attribute) and (
                self._is_foreign(field, contact.attributes[attribute])
                or (is_modest and not is_own(field, contact))
            ):
                source = contact.sources.pop(attribute)
                contact.spare[source] = attribute
                del contact.attributes[attribute]
                contact.defaults[attribute] = self._defaults[attribute]

    def _is_foreign(self, field: Field, value: Any) -> bool:
        """Return whether a value cannot be an id of the destination, and note it."""
        try:
            field.convert(value)
        except ValueError:
            self.foreign.add(field.attribute)
            return True
        return False


def is_own(field: Field, contact: Contact) -> bool:
    """Return whether a setting gave an id, or its field has the destination's name."""
    attribute = field.attribute
    return attribute in contact.chosen or _is_called(contact.sources[attribute], field.wire)


def _add(field: Field, code: Any, contact: Contact) -> None:
    """Give an attribute id and name, as statuses of other systems have."""
    attribute = field.attribute
    name = contact.attributes.get(attribute) or code
    contact.attributes[attribute] = {"id": code, "display_value": name}
    named = (contact.sources.get(attribute), field.code)
    contact.sources[attribute] = JOINT.join(filter(None, named))
    contact.spare.pop(field.code, None)


@functools.lru_cache(maxsize=1024)
def _is_called(name: str, wire: str) -> bool:
    return plain(name) == plain(wire)
