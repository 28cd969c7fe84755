"""Read records as the target does, for a destination that has a field for every attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.contact import ATTRIBUTES
from target_contacts.reader import ContactReader
from target_contacts.slots import Slots

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_contacts.reader import Contact


def read(record: Mapping[str, Any], *, containers: Iterable[str] = ()) -> Contact:
    """Return the contact that a record holds."""
    slots = Slots(frozenset(ATTRIBUTES))
    return ContactReader({}, {}, slots=slots, containers=containers).read(record)


def told(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of the contact that a record holds, but for those without value."""
    contact = read(record)
    return {each: value for each, value in contact.attributes.items() if contact.has(each)}
