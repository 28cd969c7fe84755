"""Keep records out of a rejects file from overwriting what has been accepted since.

A rejection says which record of the key the destination had accepted last, by its hash. If it has
accepted another one since, that one is newer. If that one came out of a rejects file, too, the one
that was rejected first is the older one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_contacts.plugin.endings import InputError
from target_contacts.ledger.entry import MARKED, WRITTEN
from target_contacts.ledger.replayed import Replay
from target_contacts.report.rejects import ACCEPTED, FIRST_AT, earlier

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from target_contacts.delivery.planned import Received
    from target_contacts.ledger.entry import Entry
    from target_contacts.ledger.ledger import Ledger

_MARK = b'"rejection"'

SUPERSEDED = "a later version has been accepted since it was rejected"


class Sorted(NamedTuple):
    """The changed records of a batch."""

    fresh: list[Received]
    stale: list[Received]


class Replays:
    """The records of one stream that come out of a rejects file, and those that go into one."""

    def __init__(self, ledger: Ledger, stream: str) -> None:
        self._ledger, self._stream = ledger, stream
        self._keys: Collection[str] = ()
        self._accepted: dict[str, str] | None = None

    def begin(self, keys: Collection[str]) -> None:
        """Take note of the keys of the records that come together."""
        self._keys, self._accepted = keys, None

    def accepted(self, key: str) -> str | None:
        """Return what the destination had accepted of a key before these records came."""
        if self._accepted is None or key not in self._keys:
            self._keys = {*self._keys, key}
            entries = self._ledger.entries(self._stream, list(self._keys))
            self._accepted = {each: mark for each, e in entries.items() if (mark := _mark(e))}
        return self._accepted.get(key)

    def sort(self, changed: Sequence[Received]) -> Sorted:
        """Tell the records that are to be sent from those that are older than what is there."""
        rejections = {each.key: told for each in changed if (told := _rejection(each))}
        if not rejections:
            return Sorted([*changed], [])
        entries = self._ledger.entries(self._stream, list(rejections))
        replays = self._ledger.replayed.of(self._stream, list(rejections))
        sources = {each.key: each.source for each in changed}
        stale = {
            key
            for key, rejection in rejections.items()
            if _mark(entries.get(key)) != sources[key]
            and _is_newer(entries.get(key), replays.get(key), rejection)
        }
        self._know([each for each in changed if each.key in rejections.keys() - stale], rejections)
        return Sorted(
            [each for each in changed if each.key not in stale],
            [each for each in changed if each.key in stale],
        )

    def _know(self, fresh: Sequence[Received], rejections: Mapping[str, Mapping[str, Any]]) -> None:
        """Enter which records come out of a rejects file, before one of them is accepted."""
        told = ((each, rejections[each.key].get(FIRST_AT)) for each in fresh)
        known = [Replay(each.key, each.source, at) for each, at in told if isinstance(at, str)]
        self._ledger.replayed.put(self._stream, known)


def is_older(received: Received, other: Received) -> bool:
    """Say whether a record was rejected before one that came earlier in the same input.

    One that was not rejected is newer than any that was. Of two that were, the one that was
    rejected first is the older one.
    """
    rejection, others = _rejection(received), _rejection(other)
    if not rejection or not others:
        return bool(rejection)
    return str(rejection.get(FIRST_AT)) < str(others.get(FIRST_AT))


def _rejection(received: Received) -> Mapping[str, Any]:
    """Return why a record was rejected before, if what was accepted then is told."""
    if _MARK not in received.line.whole:
        return {}
    try:
        rejection = earlier(received.line.message)
    except InputError:
        return {}
    return rejection if ACCEPTED in rejection else {}


def _is_newer(entry: Entry | None, replay: Replay | None, rejection: Mapping[str, Any]) -> bool:
    """Say whether what was accepted last is newer than a record that was rejected."""
    mark = _mark(entry)
    if mark is None or mark == rejection[ACCEPTED]:
        return False
    is_replay = replay is not None and replay.source == mark
    return not (is_replay and replay and replay.rejected_at <= str(rejection.get(FIRST_AT)))


def _mark(entry: Entry | None) -> str | None:
    """Return what was accepted last; None if that is nothing, or not known."""
    if entry is None or entry.status not in {WRITTEN, MARKED}:
        return None
    return entry.source if entry.status == WRITTEN else entry.status
