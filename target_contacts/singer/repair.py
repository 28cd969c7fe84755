"""Read RECORD messages that are not JSON: with NaN, half a character or a far too long number.

Taps send NaN and half characters, since Python's JSON encoder lets them pass. Others send bytes
that are no UTF-8. Such a record is rejected; the rejects file gets what can be read of it.
"""

from __future__ import annotations

import decimal
import json
import re
from typing import Any

REASON = (
    "it holds what JSON cannot: NaN or an infinity (here null), half a character or bytes that are "
    "no UTF-8 (here \ufffd), or a number too long to be one (here text). Fix it at its source"
)

_HALF = re.compile("[\ud800-\udfff]")
LONGEST_NUMBER = 4300
"""Digits of a whole number that Python reads."""


def message_of(line: bytes) -> Any:
    """Return the message in a line as far as JSON can hold it; None if there is none."""
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
    """Read NaN and infinities as null."""


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _decimal(digits: str) -> decimal.Decimal | str:
    try:
        return decimal.Decimal(digits)
    except decimal.DecimalException:
        return digits


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(each) for name, each in value.items()}
    return value
