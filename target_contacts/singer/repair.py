"""Read RECORD messages that hold what JSON cannot: NaN, half a character, a number without end.

Python's own writer lets NaN and half characters pass, so that taps send them; others send bytes
that are no UTF-8. Such a record cannot be written, and not be kept as it is; the rest of it can.
"""

from __future__ import annotations

import decimal
import json
import re
from typing import Any

REASON = (
    "it holds what JSON cannot: NaN or an infinity (here null), half a character or bytes that are "
    "no UTF-8 (here \ufffd), or a number too long to be one (here text). Mend it at its source"
)

_HALF = re.compile("[\ud800-\udfff]")
LONGEST_NUMBER = 4300
"""Digits of a whole number that Python reads."""


def message_of(line: bytes) -> Any:
    """Return what is in a line as far as JSON can hold it; None if that cannot be told."""
    try:
        found = json.loads(
            line.decode(errors="replace"),
            parse_constant=_nothing,
            parse_int=_whole,
            parse_float=_decimal,
        )
        return _clean(found)
    except (ValueError, RecursionError):
        return None


def _nothing(_: str) -> None:
    """Take NaN and infinities for no value."""


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _decimal(digits: str) -> decimal.Decimal | str:
    try:
        return decimal.Decimal(digits)
    except decimal.DecimalException:
        return digits


def _clean(value: Any) -> Any:
    """Return a value with whole characters only."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(each) for name, each in value.items()}
    return value
