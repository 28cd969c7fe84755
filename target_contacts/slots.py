"""Put a contact's numbers into the fields that the destination has for them.

Sources have any number of phones; destinations have one to four fields for them, and as many for
mobiles. A number without a field of its own goes to the next free one, so that few are left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts import values
from target_contacts.contact import is_empty

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from target_contacts.reader import Contact

MOBILES = ("mobile", "mobile1", "mobile2", "mobile3")
PHONES = ("phone", "phone2", "phone3", "phone1")
"""Attributes for numbers, in the order in which they are filled."""

HOME = "home_phone"
"""Numbers that no destination has a field for; they come last."""

KINDS = {**dict.fromkeys(MOBILES, MOBILES), **dict.fromkeys((*PHONES, HOME), PHONES)}
"""Attribute of a number, and the attributes that may take it."""


class Number(NamedTuple):
    """A number of a record."""

    attribute: str
    """The attribute that its field spells."""
    name: str
    """Its field."""
    value: Any


def place(contact: Contact, carried: Collection[str], region: str | None) -> None:
    """Put numbers for which the destination has no field into fields that are free.

    Args:
        contact: The contact, which is changed.
        carried: Attributes that the destination has fields for.
        region: Country whose plan numbers without country code follow.
    """
    for slots in (MOBILES, PHONES):
        free = [slot for slot in slots if slot in carried and not _has(contact, slot)]
        for number in _waiting(contact, slots, carried):
            if _is_there(contact, number, carried, region):
                _forget(contact, number)
            elif free:
                _fill(contact, free.pop(0), number)
            else:
                _leave(contact, number)


def _has(contact: Contact, attribute: str) -> bool:
    return not is_empty(contact.attributes.get(attribute))


def _waiting(contact: Contact, slots: Sequence[str], carried: Collection[str]) -> list[Number]:
    """Return the numbers of one kind that have no field."""
    own = (
        Number(attribute, contact.sources[attribute], contact.attributes[attribute])
        for attribute in KINDS
        if attribute not in carried and _has(contact, attribute)
    )
    waiting = [each for each in (*own, *contact.further) if KINDS[each.attribute] is slots]
    return sorted(waiting, key=lambda each: (each.attribute == HOME, each.attribute))


def _is_there(
    contact: Contact, number: Number, carried: Collection[str], region: str | None
) -> bool:
    """Say whether a field has the number already, however it is written."""
    wanted = values.e164(number.value, region)
    there = (contact.attributes[each] for each in KINDS if each in carried and _has(contact, each))
    return any(values.e164(each, region) == wanted for each in there)


def _forget(contact: Contact, number: Number) -> None:
    """Count a number as carried."""
    contact.spare.pop(number.name, None)
    if contact.sources.get(number.attribute) == number.name:
        del contact.sources[number.attribute]


def _fill(contact: Contact, slot: str, number: Number) -> None:
    contact.attributes[slot] = number.value
    contact.sources[slot] = number.name
    contact.spare.pop(number.name, None)


def _leave(contact: Contact, number: Number) -> None:
    """Note which number was taken instead of one that is left."""
    taken = contact.sources.get(number.attribute, number.name)
    if taken != number.name:
        contact.conflicts.add((number.attribute, taken, number.name))
