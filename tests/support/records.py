"""Read records as the target does, for a destination that has a field for every attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.contact import origins
from target_contacts.contact.paths import MappedFields
from target_contacts.contact.phone_fields import Slots
from target_contacts.contact.reader import ContactReader
from target_contacts.contact.vocabulary import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_contacts.contact.model import Contact


def read(record: Mapping[str, Any], *, containers: Iterable[str] = ()) -> Contact:
    """Return the contact that a record holds."""
    slots = Slots(frozenset(ATTRIBUTES))
    reader = ContactReader(MappedFields({}, ()), {}, slots=slots, containers=containers)
    return reader.read(record)


def origins_of(contact: Contact, record: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return which properties of its record each attribute of a contact was read from."""
    return {
        attribute: frozenset(origins.tops(source, record))
        for attribute, source in contact.sources.items()
        if attribute in contact.attributes
    }


def told(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of the contact that a record holds, but for those without value."""
    contact = read(record)
    return {each: value for each, value in contact.attributes.items() if contact.has(each)}
