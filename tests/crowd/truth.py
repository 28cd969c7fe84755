"""Say whether two tellings may be of one person, by the written rule and by nothing else.

Names must agree, in one Unicode form and however split, and an e-mail or a number must agree, or
neither side has any. Written apart from the target, which must not be judged by its own code.
"""

from __future__ import annotations

import enum
import functools
import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

REGION = "DE"
"""Whose plan numbers without a country code follow, here and in the target's settings."""

CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Letters of names that are written with the family name first, and often without a space."""


class Same(enum.IntEnum):
    """Whether two tellings are to be taken for one person."""

    NO = 0
    OPEN = 1
    """The names agree but for accents, case or ß: the rule does not say."""
    YES = 2


@dataclass(frozen=True)
class Evidence:
    """What there is to go by, in normal forms."""

    names: frozenset[str]
    """The whole name, in each order in which it may be meant."""
    ways: frozenset[str]
    """E-mails and numbers."""

    def same(self, other: Evidence) -> Same:
        """Say whether the other may be the same person."""
        agree = self.ways & other.ways if self.ways or other.ways else {"nothing to compare"}
        if not agree or not loose(self.names) & loose(other.names):
            return Same.NO
        return Same.YES if self.names & other.names else Same.OPEN


@dataclass(frozen=True)
class Told:
    """What a source means to tell of a person; numbers in E.164."""

    first: str
    last: str
    email: str | None = None
    mobile: str | None = None
    phone: str | None = None

    @property
    def whole(self) -> str:
        """Return the whole name, the family name first where that is the custom."""
        parts = (self.last, self.first) if CJK.search(self.last) else (self.first, self.last)
        return " ".join(parts)

    def evidence(self, carried: frozenset[str]) -> Evidence:
        """Return what there is to go by, of the ways that an API carries."""
        ways = {way: getattr(self, way) for way in ("email", "mobile", "phone")}
        found = {value for way, value in ways.items() if way in carried and value}
        return Evidence(wholes(self.first, self.last), frozenset(map(str.lower, found)))


@functools.cache
def wholes(*parts: str) -> frozenset[str]:
    """Return a whole name without spaces, in one Unicode form, in each order that may be meant.

    A comma in one field stands behind the last name.
    """
    if len(parts) == 1:
        parts = tuple(reversed(parts[0].split(",", 1)))
    orders = (parts, parts[::-1]) if CJK.search("".join(parts)) else (parts,)
    joined = (unicodedata.normalize("NFKC", "".join(order)) for order in orders)
    return frozenset("".join(each.split()) for each in joined)


@functools.cache
def loose(names: frozenset[str]) -> frozenset[str]:
    """Return names without accents and case; ß is ss."""
    bare = (unicodedata.normalize("NFKD", each.casefold()).replace("\u0131", "i") for each in names)
    return frozenset("".join(c for c in each if not unicodedata.combining(c)) for each in bare)


@functools.cache
def number(text: str) -> str:
    """Return a number in E.164, or as it is if it is none."""
    try:
        parsed = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return text
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
