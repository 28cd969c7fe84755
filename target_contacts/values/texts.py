"""Write plain values as text: whole numbers without a fraction, no control characters."""

from __future__ import annotations

import re
from decimal import Decimal

MOST_DIGITS = 40
"""Digits of the longest number that is written out; no number of a contact is as long."""

_CONTROLS = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Control characters but for tabs and line breaks, and what is no character at all."""

_BREAKS = re.compile("[\t\n\r\x85\u2028\u2029]+")
"""Tabs and line breaks."""

_NOTHING = re.compile(
    "[\\s\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]*"
)
"""Text of which nothing is to be seen: blanks, control and format characters."""


def cleaned(found: str) -> str:
    """Return a text without control characters; tabs and line breaks stay."""
    return _CONTROLS.sub("", found).replace("\x85", "\n")


def on_one_line(found: str) -> str:
    """Return a text with a space for each tab and line break in it, and none at its ends."""
    if found.isprintable() or not _BREAKS.search(found):
        return found
    return " ".join(filter(None, map(str.strip, _BREAKS.split(found))))


def is_blank(found: str) -> bool:
    """Say whether nothing of a text is to be seen."""
    if not found or found.isspace():
        return True
    return not found.isprintable() and bool(_NOTHING.fullmatch(found))


def number(value: float | Decimal) -> str:
    """Return a number in plain digits, a whole one without a fraction.

    Spreadsheets and data frames turn columns of whole numbers into floats: 8001.0 is 8001, and
    so is 8.001E+3. What would take more than MOST_DIGITS digits stays as it is.
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite() or abs(exact.adjusted()) > MOST_DIGITS:
        return str(value)
    plain = f"{exact:f}"
    whole, _, fraction = plain.partition(".")
    if fraction.strip("0"):
        return plain
    return "0" if whole == "-0" else whole
