"""Say whether two values differ only in characters that look alike, or in how a number is dialled.

An API that changes a value so does no harm.
"""

from __future__ import annotations

import re
from typing import Any

from target_contacts.delivery.evidence import normal_text
from target_contacts.values.basic import as_text

_ALIKE = {
    "'": "\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u00b4`\uff07\uff40",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d",
    "~": "\u301c\uff5e\u223c\u02dc",
    "": "\u00ad\u200b\u200c\u200d\u2060\ufeff",
}
"""Characters by the one that they are taken for: apostrophes, quotation marks, hyphens and dashes,
the wave dash and the full-width tilde; and what has no width."""

_PLAIN = str.maketrans({each: plain for plain, others in _ALIKE.items() for each in others})

_MOBILE_MARK = re.compile(r"(?:\+|00)?(?:(52)1|(54)9)(\d{10})")
"""A mobile number of Mexico or Argentina, with the digit that not everybody dials."""


def is_alike_text(one: Any, other: Any) -> bool:
    """Say whether two texts differ at most in characters that look alike."""
    mine, theirs = (normal_text(as_text(each).translate(_PLAIN)) for each in (one, other))
    return mine == theirs


def without_mobile_mark(number: str) -> str:
    """Return an international number without the 1 of Mexico's mobile numbers, or Argentina's 9."""
    found = _MOBILE_MARK.fullmatch(number)
    return f"+{found[1] or found[2]}{found[3]}" if found else number
