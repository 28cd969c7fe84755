"""Read from a contact what tells it from others: names, e-mail addresses and phone numbers.

What is compared are normal forms. An e-mail address is compared without case, a number as E.164, a
name in one Unicode form and however it is split into first and last name.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING, Any

import msgspec

from target_contacts.contact.numbers import KINDS, MOBILES
from target_contacts.values import names
from target_contacts.values.basic import as_text
from target_contacts.values.phones import Number, may_have_trunk_zero, plans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.mapping.field import Field

PARENTS = ("customer_id", "customer_reference")
"""Attributes that say whose contact it is: another parent's is another contact."""

NAMES = ("first_name", "last_name", "full_name")

LEAST_DIGITS = 7
"""Digits that a number without country code must share with one that has it."""

LONGEST_EXTENSION = 5
"""Digits of numbers that are dialled within one company only, so that many share them."""

_E164 = re.compile(r"\+[0-9]{7,15}", re.ASCII)
_ACCENTS = re.compile("[\u0300-\u036f]")
_NO_DIGITS = re.compile(r"[^0-9]+")
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")
"""What is neither letter nor digit in a text of ASCII in small letters."""


class Facts(msgspec.Struct, frozen=True):
    """What is known of one contact, in normal form."""

    parent: str
    name: str
    """Letters of the whole name, without what stands between them."""
    turned: str
    """The same for a name whose first and last part changed places."""
    key: str
    """Key of the record, where the destination has a field for it."""
    login: str
    emails: frozenset[str]
    numbers: frozenset[str]

    @property
    def reachable(self) -> bool:
        """Say whether there is an e-mail address or a number to compare."""
        return bool(self.emails or self.numbers)


class FactReader:
    """Read the facts of contacts in the fields of one destination."""

    def __init__(self, fields: Sequence[Field], region: str | None, key: str = "") -> None:
        self._region, self.key = region, key
        self._attribute = {f.wire: f.attribute for f in fields}
        wires = {f.attribute: f.wire for f in fields}
        self._parent = next((wires[name] for name in PARENTS if name in wires), "")
        self._names = [wires.get(name, "") for name in NAMES]
        self._email, self._login = wires.get("email", ""), wires.get("user_name", "")
        self._country = wires.get("country", "")
        self._numbers = [wire for attribute, wire in wires.items() if attribute in KINDS]
        single = (key, self._parent, *self._names, self._email, self._login, self._country)
        self.wires = frozenset(filter(None, (*single, *self._numbers)))
        """Fields that facts are read from."""

    def facts(self, contact: Mapping[str, Any]) -> Facts:
        """Return the facts of a contact, given or sent in the destination's fields."""
        email = normal_email(contact.get(self._email))
        found = (self.number(wire, contact.get(wire), contact) for wire in self._numbers)
        return Facts(
            self.parent(contact),
            *self.name(contact),
            as_text(contact.get(self.key)),
            as_text(contact.get(self._login)),
            frozenset([email] if email else ()),
            frozenset(filter(None, found)),
        )

    def parent(self, contact: Mapping[str, Any]) -> str:
        """Return whose contact it is, or ""."""
        return as_text(contact.get(self._parent)).strip()

    def name(self, contact: Mapping[str, Any]) -> tuple[str, str]:
        """Return a contact's whole name, and the form it shares with its two parts exchanged."""
        first, last, full = (as_text(contact.get(wire)) for wire in self._names)
        if full:
            words = letters(full).split()
            turns = ["".join(words[n:] + words[:n]) for n in range(len(words))]
            return "".join(words), min(turns, default="")
        parts = [letters(part).replace(" ", "") for part in (first, last)]
        whole = letters(names.whole(first, last)).replace(" ", "")
        return whole, min("".join(parts), "".join(reversed(parts)))

    def number(self, wire: str, value: Any, contact: Mapping[str, Any]) -> str:
        """Return a number as E.164, or its digits where its country cannot be told."""
        given = as_text(value).strip()
        if not given or (_E164.fullmatch(given) and not may_have_trunk_zero(given)):
            return given
        followed = plans(self._region, contact.get(self._country))
        found = Number(given, followed, self._attribute[wire] in MOBILES).e164
        digits = _NO_DIGITS.sub("", unicodedata.normalize("NFKC", found))
        return f"+{digits}" if found.startswith("+") else digits

    def normal(self, wire: str, contact: Mapping[str, Any]) -> str:
        """Return one field's value as it is compared; "" if it has none."""
        value, attribute = contact.get(wire), self._attribute.get(wire)
        if attribute in KINDS:
            return self.number(wire, value, contact)
        if attribute in NAMES:
            return letters(as_text(value)).replace(" ", "")
        return normal_text(value)


@functools.lru_cache(maxsize=65536)
def letters(name: str) -> str:
    """Return a name without case, accents and punctuation, single blanks between its words.

    Signs that stand for vowels in other scripts stay. A name without any letter stays whole.
    """
    if name.isascii():
        bare = name.lower()
        kept = _BETWEEN_WORDS.sub(" ", bare)
    else:
        folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", name).casefold())
        bare = unicodedata.normalize("NFC", _ACCENTS.sub("", folded))
        kept = "".join(each if unicodedata.category(each)[0] in "LMN" else " " for each in bare)
    return " ".join(kept.split()) or "".join(bare.split())


def normal_text(value: Any) -> str:
    """Return a text without case, in one Unicode form and with single blanks."""
    return " ".join(unicodedata.normalize("NFKC", as_text(value)).casefold().split())


normal_email = normal_text
"""Return an e-mail address as it is compared."""


def share_number(some: AbstractSet[str], others: AbstractSet[str]) -> bool:
    """Say whether two contacts share a number, one of them perhaps without its country code."""
    return any(_same_number(one, other) for one in some for other in others)


def cover(some: AbstractSet[str], others: AbstractSet[str]) -> bool:
    """Say whether each of some numbers is among others."""
    return all(one in others or share_number({one}, others) for one in some)


def _same_number(one: str, other: str) -> bool:
    """Say whether two numbers are one; extensions are shared by many, and so is `000000`."""
    if _is_shared(one) or _is_shared(other):
        return False
    if one == other:
        return True
    if one.startswith("+") == other.startswith("+"):
        return _bare(one) == _bare(other)
    full, part = (one, _bare(other)) if one.startswith("+") else (other, _bare(one))
    return len(part) >= LEAST_DIGITS and full.endswith(part)


def _is_shared(number: str) -> bool:
    """Say whether a number is an extension, or one digit throughout, which stands for none."""
    digits = _bare(number.removeprefix("+"))
    return len(digits) <= LONGEST_EXTENSION or len(set(digits)) == 1


def _bare(number: str) -> str:
    return number.lstrip("0")
