"""Read times that APIs send, and decide how far to trust the clocks behind them."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple

_logger = logging.getLogger("contacts")

EARLIEST_SERVER_TIME = datetime(2020, 1, 1, tzinfo=timezone.utc)
"""A server whose clock is earlier than this is wrong."""

FURTHEST = timedelta(days=1)
"""How far a server's clock may be ahead of this machine's and still be believed."""

_LEAP_SECOND = re.compile(r"(:[0-9]{2}):60\b")
_ZONE = re.compile(r"([+-][0-9]{2})([0-9]{2})\Z")


def moment(told: object) -> datetime | None:
    """Return a time, or the beginning of a day, in UTC; None if the value is neither.

    Without a zone it is taken for UTC. A leap second counts as the one before it.
    """
    if not isinstance(told, str) or told[4:5] != "-":
        return None
    try:
        return _in_utc(told.replace("Z", "+00:00"))
    except ValueError:
        text = _LEAP_SECOND.sub(r"\1:59", told.strip().upper().replace("Z", "+00:00"))
    except OverflowError:
        return None
    try:
        return _in_utc(_ZONE.sub(r"\1:\2", text))
    except (ValueError, OverflowError):
        return None


def _in_utc(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        return time.replace(tzinfo=timezone.utc)
    return time.astimezone(timezone.utc)


class Clocks(NamedTuple):
    """The current time, by two clocks."""

    server: datetime
    """By the server's clock; by this machine's if the server does not say."""
    bound: datetime
    """By the clock that is behind: no bookmark goes further."""


def clocks(what: str, date: str | None) -> Clocks:
    """Return the current time; warn if the server's is missing or impossible."""
    ours = datetime.now(timezone.utc).replace(microsecond=0)
    told = _date_header(date)
    if told is None:
        text = (
            "%s: the answer has no Date header; bookmarks go no further than this machine's clock."
        )
        _logger.warning(text, what)
        return Clocks(ours, ours)
    if not EARLIEST_SERVER_TIME <= told <= ours + FURTHEST:
        text = (
            "%s: the answer's Date is %s, and this machine's clock says %s. Bookmarks go no "
            "further than this machine's clock; check both."
        )
        _logger.warning(text, what, told.isoformat(), ours.isoformat())
        return Clocks(ours, ours)
    return Clocks(told, min(told, ours))


def _date_header(text: str | None) -> datetime | None:
    try:
        time = parsedate_to_datetime(_LEAP_SECOND.sub(r"\1:59", text or ""))
        return time.replace(tzinfo=time.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
