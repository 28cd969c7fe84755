"""Read the cells of spreadsheets that hold digits: phone numbers, postcodes, ids.

A spreadsheet takes them for numbers. It adds a fraction, puts a mark before those that are to
stay text, and rounds the long ones.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from target_contacts.values import texts
from target_contacts.values.basic import line, text


def digits(value: Any) -> str:
    """Return text that is mostly digits, such as a postcode, as the cell of a spreadsheet means it.

    The cell may be a number with a fraction of zeros, or begin with the apostrophe that makes it
    text. Neither is part of a postcode, the number of a house or an id.
    """
    return from_spreadsheet(line(value))


def postcode(value: Any) -> str:
    """Return a postcode, or raise ValueError if digits of it are lost."""
    found = digits(value)
    return found if found.isalnum() or not isinstance(value, str) else _in_full(found)


def phone(value: Any) -> str:
    """Return a phone number as it is written, or raise ValueError if digits of it are lost.

    What a spreadsheet rounds to 4.91511E+12 is the number of nobody, or of somebody else.
    """
    if isinstance(value, str) and _USUAL_NUMBER.fullmatch(value):
        return value
    if _is_rounded(value):
        raise ValueError(ROUNDED)
    several = filter(None, map(str.strip, text(value).splitlines()))
    return _in_full(digits(" / ".join(several)))


_USUAL_NUMBER = re.compile(r"[+(]?\d[\d ()/-]*\d", re.ASCII)
"""What most numbers are like; all others cost more to look at."""

ROUNDED = (
    "is a rounded number such as 4.91511E+12, and its other digits are lost. Give the column the "
    "format of text at its source"
)


def _in_full(found: str) -> str:
    written = _written_out(found)
    if written is None:
        raise ValueError(ROUNDED)
    return written


_MARKS = frozenset("='\u2019\uff07\"")
_MARK = re.compile("[='\u2019\uff07\"\\s]*['\u2019\uff07\"]\\s*(?=[+(\\w])")
"""What spreadsheets put before a number that is to stay text: '01067, ="01067"."""

_WHOLE = re.compile(r"([+-]?\d+)\.0|([+-]?\d{7,})\.0+", re.ASCII)
"""A whole number with the fraction that data frames give to columns with gaps."""

_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE]\+?\d{1,2}", re.ASCII)
"""A number as spreadsheets show long ones: 4.91511E+12."""


def from_spreadsheet(found: str) -> str:
    """Return what a cell of digits holds: no mark of text before it, no fraction of zeros."""
    written = found.strip()
    if written[:1] in _MARKS and (mark := _MARK.match(written)):
        written = written[mark.end() :].rstrip("\"' ")
    whole = _WHOLE.fullmatch(written) if ".0" in written else None
    return (whole[1] or whole[2]) if whole else written


def _written_out(found: str) -> str | None:
    """Return a number without exponent; None if it is rounded, as 4.91511E+12 is."""
    if not _SCIENTIFIC.fullmatch(found):
        return found
    written = Decimal(found.replace(",", "."))
    return None if _is_rounded(written) else texts.number(written)


def _is_rounded(value: object) -> bool:
    """Say whether a number's last digits before the point are not written."""
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return isinstance(exponent, int) and exponent > 0
