"""Keep the bookmark of a stream in STATE, and read the last minute before it again.

A row may become visible some seconds after the time in it: a transaction ends late, or a replica
lags. So the next run begins a minute before the bookmark, and leaves out the rows of that minute
that have not changed.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import logging
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.listing.clocks import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping

_logger = logging.getLogger("contacts")

OVERLAP = timedelta(seconds=60)
"""How long before the bookmark the next run begins."""

MOST_SEEN = 1000
"""Most rows that a STATE remembers. If there are more, the latest count; the others come twice."""

KEY, VALUE, SEEN = "replication_key", "replication_key_value", "seen"
UNTIMED = "untimed"
"""Keys in the state of a stream. `seen` has hashes of the rows that will be read again; `untimed`
says that some rows have no time, so that the bookmark does not count."""

FIRST_MOMENT = datetime.min.replace(tzinfo=timezone.utc)
_encode = msgspec.json.Encoder(order="deterministic").encode


def hash_of(record: Mapping[str, Any]) -> str:
    """Return a hash that differs for each record, and after each change of it."""
    digest = hashlib.blake2b(_encode(record), digest_size=9).digest()
    return base64.urlsafe_b64encode(digest).decode()


def before(time: datetime) -> datetime:
    """Return the time from which to read, given that of a bookmark."""
    return max(time, FIRST_MOMENT + OVERLAP) - OVERLAP


class Bookmark:
    """From when on a stream is read, and how far it was read.

    What an earlier run left counts if it is of the same replication key.
    """

    def __init__(
        self, stream: str, key: str, state: MutableMapping[str, Any], start_date: object = None
    ) -> None:
        """Read what an earlier run left.

        Args:
            stream: Name of the stream, for messages.
            key: Field that holds the time of a row's last change.
            state: The stream's part of the STATE, which `move` changes.
            start_date: Setting: nothing is read that changed before it.

        Raises:
            ConfigurationError: If bookmark or start_date is not a time.
        """
        self._stream, self._key, self.state = stream, key, state
        is_of_key = state.get(KEY) in (None, key)
        self.floor = _time("start_date", start_date)
        bookmark = state.get(VALUE) if is_of_key else None
        self.time = _time(f"The bookmark of {stream} in the state", bookmark)
        self.seen = _seen_hashes(state.get(SEEN)) if self.time else []
        self.is_untimed = state.get(UNTIMED) is True

    @property
    def start(self) -> datetime | None:
        """Return the time from which to read; None for everything."""
        return max(filter(None, (self.floor, self.time and before(self.time))), default=None)

    @property
    def is_overlapped(self) -> bool:
        """Say whether all of the minute before the bookmark is read again."""
        return not (self.floor and self.time and self.floor > before(self.time))

    def drop_if_ahead(self, now: datetime) -> bool:
        """Drop a bookmark that is later than the server's clock; say whether it was.

        What was read before it was set is not known, so everything is read.
        """
        if self.floor and self.floor > now:
            text = "%s: start_date %s is still to come: nothing is read that changed before it."
            _logger.warning(text, self._stream, self.floor.isoformat())
        if self.time is None or before(self.time) <= now:
            return False
        text = (
            "%s: the bookmark %s lies in the future: by the server's clock it is %s. Changes since "
            "an earlier run may never have been read, so all of it is read now. If this comes "
            "again, check the clocks of the server and of this machine."
        )
        _logger.warning(text, self._stream, self.time.isoformat(), now.isoformat())
        for name in (KEY, VALUE, SEEN):
            self.state.pop(name, None)
        self.time, self.seen = None, []
        return True

    def note_untimed(self, *, are_there: bool) -> None:
        """Write into the state whether there are rows without a time."""
        self.state.pop(UNTIMED, None)
        if are_there:
            self.state[UNTIMED] = True

    def move(self, value: str, seen: Iterable[str]) -> None:
        """Write into the state how far the stream was read, and what will come again."""
        self.state[KEY], self.state[VALUE] = self._key, value
        self.state.pop(SEEN, None)
        if hashes := list(seen):
            self.state[SEEN] = hashes


class Overlap:
    """The rows that an earlier run read, too, and those that the next run will read again."""

    def __init__(self, bookmark: Bookmark) -> None:
        self._earlier = dict.fromkeys(bookmark.seen)
        self._keeps_earlier = not bookmark.is_overlapped
        self._times: dict[str, datetime] = {}

    def is_new(self, record: Mapping[str, Any], time: datetime, limit: datetime) -> bool:
        """Say whether no earlier run has read a record as it is now; remember it.

        From `limit` on the next run may read it again.
        """
        if time < limit and not self._earlier:
            return True  # without a hash: there is nothing to compare or remember
        found = hash_of(record)
        if time >= limit:
            self._times[found] = time
        return found not in self._earlier

    def go_on(self, seen: Iterable[str], limit: datetime) -> None:
        """Take over the hashes of a run that was interrupted, for rows from a time on."""
        self._times.update(dict.fromkeys(seen, limit))

    def hashes(self, limit: datetime, *, is_done: bool) -> list[str]:
        """Return the hashes that the next run needs.

        Args:
            limit: The time from which it may read again; earlier rows are forgotten.
            is_done: Whether everything was read that an earlier run had read.
        """
        self._times = {each: time for each, time in self._times.items() if time >= limit}
        if len(self._times) > MOST_SEEN:
            latest = heapq.nlargest(MOST_SEEN, self._times.items(), key=lambda each: each[1])
            self._times = dict(latest)
        kept = self._times if is_done and not self._keeps_earlier else self._earlier | self._times
        return list(kept)[-MOST_SEEN:]


def _time(name: str, told: object) -> datetime | None:
    if told is None or told == "":
        return None
    time = moment(told)
    if time is None:
        msg = f"{name} must be a time such as 2026-01-31T00:00:00Z."
        raise ConfigurationError(msg)
    return time.replace(microsecond=0)


def _seen_hashes(told: object) -> list[str]:
    """Return the hashes in a state. What is none is left out, so that its row comes again."""
    found = told if isinstance(told, list) else []
    return [each for each in found if isinstance(each, str)][-MOST_SEEN:]
