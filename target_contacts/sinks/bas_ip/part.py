"""Read the values that numbers of a BAS-IP monitor are made of: each whole, or refused by name.

Nothing that tells one value from another is left out: another door would be called.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_contacts.contact.numbers import KINDS
from target_contacts.errors import Rejected
from target_contacts.values import cells
from target_contacts.values.basic import is_empty, stripped

if TYPE_CHECKING:
    from target_contacts.contact.model import Contact

USER = re.compile(r"[0-9A-Za-z+_.-]*", re.ASCII)
"""What the user of a SIP address may hold."""
USER_TAKES = "digits, letters from A to Z and the signs + . - _"

E164 = re.compile(r"\+[1-9]\d{0,14}", re.ASCII)
LONGEST = 15
"""Digits of the longest phone number."""
SHORTEST = 7
"""Digits from which a number without "+" is one of a phone network. In shorter ones, such as 12-3,
nothing is taken for what only divides digits."""

_DASHES = re.compile("[\u2010-\u2015\u2212]")
_DIALLED = re.compile(r"[\d ()./+-]+", re.ASCII)
_DIVIDED = re.compile(r"[ ()./-]")
_ONE_NUMBER = re.compile(
    r"(?!\+.*\(0\))(?=.{1,40}$)\(?\+?\(?\d+(?:[ ().-]+\d+|\)?/\d+)*\)?", re.ASCII
)
"""One number, with what divides it for the eye between its digits."""
_HALVES = re.compile(r"\d{6,}[ .-]\d{6,}", re.ASCII)
LONGEST_AREA = 7
"""Digits of the longest code of an area, with what is dialled before it."""
_EXTENSION = re.compile(
    r"(?:^|\d[\s).,;/-]*)(?:x[\s.:]*\d+|(?:ext|extn|extension)[\s.:]*\d*)\s*$", re.IGNORECASE
)
_NO_VALUES = {"true", "false"}
_NO_NUMBERS = {*_NO_VALUES, "null", "none", "nan", "nil", "undefined"}
"""Words with which programs write that there is no value."""
_ROUNDED = re.compile(r"[+-]?\d+(?:[.,]\d+[eE]\+?|[eE]\+)\d+", re.ASCII)


def part(contact: Contact, name: str) -> str:
    """Return an attribute as a part of a number; "" if it has no value. Phones are in E.164.

    Raises:
        Rejected: If it would have to be changed to be one.
    """
    found = plain(contact, name)
    if not any(map(str.isalnum, found)):
        return ""
    if name in KINDS:
        found = _phone(contact, name, found)
    elif found.lower() in _NO_VALUES or _ROUNDED.fullmatch(found):
        raise _refused(name, "which is a number or a flag that a spreadsheet has changed")
    if not USER.fullmatch(found):
        more = ". It may be two numbers, or have an extension" if name in KINDS else ""
        raise _refused(name, f"which holds other characters than {USER_TAKES}{more}")
    return found


def plain(contact: Contact, name: str) -> str:
    """Return an attribute as text; "" if it has no value or none that is text.

    Raises:
        Rejected: If it is a number that lacks digits: somebody else would be called.
    """
    value = contact.with_defaults().get(name)
    if is_empty(value) or isinstance(value, (dict, list)):
        return ""
    try:
        if name in KINDS:
            return cells.phone(_whole(value))
        return stripped(value) if isinstance(value, str) else cells.phone(_whole(value))
    except ValueError as error:
        raise _refused(name, f"which {error}") from None


def _whole(value: Any) -> Any:
    """Return a value; raise ValueError if it is a number with a fraction, or none."""
    if isinstance(value, (float, Decimal)) and not _is_whole(value):
        msg = "is no whole number"
        raise ValueError(msg)
    return value


def _is_whole(value: float | Decimal) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return value.is_finite() and value == value.to_integral_value()


def _phone(contact: Contact, name: str, found: str) -> str:
    """Return a phone number in E.164; if that cannot be told, as it is dialled or written."""
    if found.lower() in _NO_NUMBERS:
        raise _refused(name, "which says that it has no value")
    e164 = contact.number(name, found).e164
    if E164.fullmatch(e164):
        return e164
    written = _DASHES.sub("-", unicodedata.normalize("NFKC", found))
    if _EXTENSION.search(written):
        raise _refused(name, "which has an extension. Give the number alone")
    return _dialled(name, written) if _DIALLED.fullmatch(written) else found


def _dialled(name: str, written: str) -> str:
    """Return the digits of one number; a short one is no phone number, and stays as it is."""
    count = sum(map(str.isdigit, written))
    if not (_DIVIDED.search(written) or "+" in written):
        return written
    if not written.lstrip("(").startswith("+") and count < SHORTEST:
        return written
    if count > LONGEST or not _ONE_NUMBER.fullmatch(written) or _may_be_two(written):
        reason = "which is not surely one number: it may be two, have an extension or a needless 0"
        raise _refused(name, f"{reason}. Give one number with its country code")
    return _DIVIDED.sub("", written)


def _may_be_two(written: str) -> bool:
    """Say whether digits may be two numbers, and a slash in them not the end of an area's code."""
    first, slash, second = written.partition("/")
    if not slash:
        return bool(_HALVES.fullmatch(written))
    area = sum(map(str.isdigit, first)) <= LONGEST_AREA and first[0] in "(+0"
    return not area or second.startswith("0") or "/" in second


def _refused(name: str, why: str) -> Rejected:
    return Rejected(f"number needs a value of {name}, {why}", "invalid", field="number")
