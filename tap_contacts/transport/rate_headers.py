"""Read from an answer's headers when and how often requests may be sent.

Sources: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after and
https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ with its earlier versions;
the names that start with X- have no standard, but are common.
"""

from __future__ import annotations

import re
import time
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

FAMILIES = ("RateLimit-", "X-RateLimit-", "X-Rate-Limit-")
"""How the names of three headers begin that together tell a quota."""

EPOCH_SECONDS, EPOCH_MILLISECONDS = 1e9, 1e11
"""From these values on a reset is a moment, and not a number of seconds."""

_ABOUT_QUOTAS = re.compile("(?i)(x-)?rate-?limit")
_HEADER_NUMBER = re.compile(r"\s*([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*(?:[,;]|$)")
_REMAINING = re.compile(r"(?i)(?:^|[,;])\s*(?:remaining|r)\s*=\s*([0-9]{1,15})\b")
_RESET = re.compile(r"(?i)(?:^|[,;])\s*(?:reset|t)\s*=\s*([0-9]{1,15})\b")
_NEXT_POLICY = re.compile(r',\s*(?=")')


class Quota(NamedTuple):
    """How many more requests an API takes, and after how many seconds it takes more."""

    remaining: int
    reset: float


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, in either form; None if it asks for none.

    A moment is compared with the answer's own `Date`, since the two clocks may disagree.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if re.fullmatch("[0-9]+", value):
        return float(value)
    moment = _http_date(value)
    return None if moment is None else max(0.0, moment - _now(headers))


def quota(headers: Mapping[str, str]) -> Quota | None:
    """Return the quota that an answer tells, or None; of several, the one with the least left."""
    if not any(map(_ABOUT_QUOTAS.match, headers)):
        return None
    told = headers.get("RateLimit")
    found = [_policy(part) for part in _NEXT_POLICY.split(told)] if told else []
    found += [_three_parts(headers, family) for family in FAMILIES]
    return min(filter(None, found), default=None)


def _policy(text: str) -> Quota | None:
    """Read `"name";r=50;t=30`, or `limit=100, remaining=50, reset=30` of earlier versions."""
    remaining, reset = _REMAINING.search(text), _RESET.search(text)
    return Quota(int(remaining[1]), float(reset[1])) if remaining and reset else None


def _three_parts(headers: Mapping[str, str], family: str) -> Quota | None:
    """Read the quota from three headers; its reset may be a moment."""
    remaining = _header_number(headers.get(family + "Remaining"))
    if remaining is None:
        return None
    reset = _header_number(headers.get(family + "Reset-After"))
    if reset is None:
        reset = _header_number(headers.get(family + "Reset"))
    return None if reset is None else Quota(int(remaining), _seconds_to_reset(reset, headers))


def _header_number(value: str | None) -> float | None:
    found = _HEADER_NUMBER.match(value) if value else None
    return float(found[1]) if found else None


def _seconds_to_reset(reset: float, headers: Mapping[str, str]) -> float:
    if reset < EPOCH_SECONDS:
        return reset
    moment = reset / 1000 if reset > EPOCH_MILLISECONDS else reset
    return max(0.0, moment - _now(headers))


def _now(headers: Mapping[str, str]) -> float:
    moment = _http_date(headers.get("Date", ""))
    return time.time() if moment is None else moment


def _http_date(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None
