"""Put a contact's numbers into the fields that the destination has for them.

Sources have any number of phones; destinations have one to four fields for them, and as many for
mobiles. A number without a field of its own goes to the next free one, so that few are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from target_contacts.contact.numbers import HOME, KINDS, MOBILES, PHONES, Further
from target_contacts.values import phones
from target_contacts.values.words import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact


@dataclass(frozen=True)
class Slots:
    """What a destination has for numbers."""

    carried: AbstractSet[str]
    """Attributes that it has fields for."""
    region: str | None = None
    """Country whose plan numbers without country code follow."""
    needs_mobile: bool = False
    """Whether a contact without a mobile is refused."""

    def fill(self, contact: Contact) -> None:
        """Put numbers for which there is no field into fields that are free."""
        _complete_phone(contact)
        self._complete_mobile(contact)
        homeless = self._homeless(contact)
        if not homeless and not contact.further:
            return
        for slots in (MOBILES, PHONES):
            free = [slot for slot in slots if slot in self.carried and not contact.has(slot)]
            for number in _waiting(contact, slots, homeless):
                self._place(contact, number, free)

    def _homeless(self, contact: Contact) -> list[str]:
        if self._not_carried.isdisjoint(contact.attributes):
            return []
        return [each for each in self._not_carried if contact.has(each)]

    @cached_property
    def _not_carried(self) -> AbstractSet[str]:
        return KINDS.keys() - self.carried

    def _place(self, contact: Contact, number: Further, free: list[str]) -> None:
        """Put a number into the first free field, unless another field has it."""
        if self._is_there(contact, number):
            _forget(contact, number)
        elif free:
            _fill(contact, free.pop(0), number)
        else:
            _leave(contact, number)

    def _complete_mobile(self, contact: Contact) -> None:
        """Take a phone for the mobile if there is no other and it is one."""
        attribute = None if contact.has("mobile") else next(filter(contact.has, PHONES), None)
        if attribute is None:
            return
        phone = contact.attributes[attribute]
        if isinstance(phone, (dict, list)):
            return
        mobile = contact.number(attribute, phone).is_mobile
        if mobile or (mobile is None and self._wants_mobile):
            _fill(contact, "mobile", Further(attribute, contact.sources[attribute], phone))
        if mobile:
            del contact.attributes[attribute], contact.sources[attribute]

    @property
    def _wants_mobile(self) -> bool:
        """Say whether an ambiguous number should go to the mobile field."""
        return self.needs_mobile or ("mobile" in self.carried and "phone" not in self.carried)

    def _is_there(self, contact: Contact, number: Further) -> bool:
        """Say whether a field has the number already, however it is written."""
        filled = (each for each in KINDS if each in self.carried and contact.has(each))
        there = (contact.attributes[each] for each in filled)
        return any(_are_same(number.value, each, contact.region) for each in there)


def _are_same(one: Any, other: Any, region: str | None) -> bool:
    if not phones.may_be_same(one, other):
        return False
    plans = phones.plans(region)
    return phones.Number(one, plans).e164 == phones.Number(other, plans).e164


OTHERS = ("other", "alternat", "secondary", "additional")
"""How the names of fields for another phone begin, or go on; one with a number keeps its place."""


def _complete_phone(contact: Contact) -> None:
    """Take another phone for the phone if there is no other."""
    if contact.has("phone") or not contact.has("phone2"):
        return
    name = contact.sources["phone2"]
    if any(other in plain(name) for other in OTHERS):
        _fill(contact, "phone", Further("phone2", name, contact.attributes["phone2"]))
        del contact.attributes["phone2"], contact.sources["phone2"]


def _waiting(contact: Contact, slots: Sequence[str], homeless: Sequence[str]) -> list[Further]:
    own = [
        Further(attribute, contact.sources[attribute], contact.attributes[attribute])
        for attribute in homeless
        if KINDS[attribute] is slots
    ]
    waiting = [*own, *(each for each in contact.further if KINDS[each.attribute] is slots)]
    return sorted(waiting, key=lambda each: (each.attribute == HOME, each.attribute))


def _forget(contact: Contact, number: Further) -> None:
    contact.spare.pop(number.name, None)
    if contact.sources.get(number.attribute) == number.name:
        del contact.sources[number.attribute]


def _fill(contact: Contact, slot: str, number: Further) -> None:
    contact.attributes[slot] = number.value
    contact.sources[slot] = number.name
    contact.spare.pop(number.name, None)


def _leave(contact: Contact, number: Further) -> None:
    """Note which number was taken instead of one that is left, unless one list holds both."""
    taken = contact.sources.get(number.attribute, number.name)
    is_of_list = bool(number.top) and f"{taken}.".startswith(f"{number.top}.")
    is_same = contact.attributes.get(number.attribute) == number.value
    if taken != number.name and not is_of_list and not is_same:
        contact.conflicts.add((number.attribute, taken, number.name))
