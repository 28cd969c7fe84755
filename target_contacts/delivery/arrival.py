"""Compare what was sent of a contact with what is read back of it.

A value that the API only writes in another form has arrived: case, blanks, how a number is written.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.contact.numbers import KINDS
from target_contacts.delivery.evidence import LEAST_DIGITS, NAMES, FactReader, normal_text
from target_contacts.delivery.typography import is_alike_text, without_mobile_mark
from target_contacts.values.basic import is_empty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_contacts.mapping.field import Field, Payload

NUMBERS = frozenset({*KINDS, "fax"})
ESSENTIAL = NUMBERS | {*NAMES, "email", "number"}
"""Attributes without whose values a contact is of no use."""

_PLAIN = (str, int, float)
_PICTURES = frozenset(("So", "Sk", "Cf"))
"""Unicode categories of the characters of emoji."""
_VARIANT = "\ufe0f"
"""Shows the character before it as an emoji."""

_UNSET = ("", "false")
"""Forms of a flag that is not set."""


class Arrival(NamedTuple):
    """What is not as it should be, by the names of the destination's fields."""

    lost: list[str]
    """Names, numbers and e-mail addresses that were sent and did not arrive."""
    gone: list[str]
    """What the contact had before, was not sent, and is not there any more."""
    other: list[str]
    """What else differs from what was sent."""


class Arrivals:
    """Compare contacts in the fields of one destination."""

    def __init__(self, fields: Sequence[Field], region: str | None) -> None:
        self._reader = FactReader(fields, region)
        self._attribute = {field.wire: field.attribute for field in fields}
        self._essential = {w for w, attribute in self._attribute.items() if attribute in ESSENTIAL}

    def compared(
        self, sent: Payload, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> Arrival:
        """Return what is not as it should be.

        A field that the API does not tell cannot be compared, unless it is essential: then it did
        not arrive.

        Args:
            sent: What was sent; "" clears a field.
            before: What the contact held before; nothing if that is not known.
            after: What it holds now.
        """
        told = self._essential | after.keys()
        plain = [w for w, value in sent.items() if w in told and isinstance(value, _PLAIN)]
        differ = [wire for wire in plain if not self._is_same(wire, sent, after)]
        lost = [wire for wire in differ if sent[wire] != "" and self._is_lost(wire, sent, after)]
        held = [w for w, value in before.items() if w not in sent and not is_empty(value)]
        moved = [wire for wire in held if not self._is_left(wire, before, after)]
        gone = [wire for wire in moved if not self._is_alike(wire, before, after)]
        other = {*differ, *moved} - {*lost, *gone}
        return Arrival(sorted(lost), sorted(gone), sorted(other))

    def _is_lost(self, wire: str, sent: Payload, after: Mapping[str, Any]) -> bool:
        """Say whether a value that differs matters; pictures that a name lost do not."""
        if self._is_alike(wire, sent, after):
            return False
        if self._attribute.get(wire) in NAMES:
            mine, theirs = (_without_pictures(each.get(wire)) for each in (sent, after))
            return mine != theirs or not mine
        return wire in self._essential

    def _is_left(self, wire: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
        """Say whether a field holds what it held; one without attribute may hold any value."""
        if wire in self._attribute and isinstance(before[wire], _PLAIN):
            return self._is_same(wire, before, after)
        return not is_empty(after.get(wire))

    def _is_alike(self, wire: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Say whether two contacts hold the same but for typography or a mobile number's mark."""
        if self._attribute.get(wire) in NUMBERS:
            mine, theirs = (without_mobile_mark(each) for each in self._numbers(wire, one, other))
            return _is_same_number(mine, theirs)
        plain = isinstance(one.get(wire), str) and isinstance(other.get(wire), str)
        return plain and wire in self._attribute and is_alike_text(one[wire], other[wire])

    def _numbers(
        self, wire: str, one: Mapping[str, Any], other: Mapping[str, Any]
    ) -> tuple[str, str]:
        whole = {**other, **one}
        mine, theirs = (self._reader.number(wire, each.get(wire), whole) for each in (one, other))
        return mine, theirs

    def _is_same(self, wire: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Say whether two contacts hold the same in a field, however it is written."""
        if self._attribute.get(wire) in NUMBERS:
            return _is_same_number(*self._numbers(wire, one, other))
        mine, theirs = (normal_text(each.get(wire)) for each in (one, other))
        return mine == theirs or (mine in _UNSET and theirs in _UNSET)


def _without_pictures(value: Any) -> str:
    """Return a name without emoji, and what joins and colours them."""
    kept = (c for c in normal_text(value) if unicodedata.category(c) not in _PICTURES)
    return normal_text("".join(c for c in kept if c != _VARIANT))


def _is_same_number(one: str, other: str) -> bool:
    """Say whether two numbers are one, of which the other may be written without country code."""
    if _international(one) == _international(other):
        return True
    return _is_national(one, other) or _is_national(other, one)


def _international(number: str) -> str:
    return re.sub(r"^(\+|00)", "", number)


def _is_national(number: str, whole: str) -> bool:
    bare = number.removeprefix("0")
    if bare != number and len(bare) >= LEAST_DIGITS and whole.endswith(bare):
        return True
    return _is_dialled(number, whole)


def _is_dialled(number: str, whole: str) -> bool:
    """Ask the plan of the country: not every one dials a 0."""
    from target_contacts.values import phone_plans

    return phone_plans.is_dialled_within(number, whole)
