"""Stop a run that would change more than its guards let through.

What is within the limit is sent; from the first record beyond it on, nothing is.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from target_contacts.delivery.bounds import bounds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from target_contacts.delivery.bounds import Given
    from target_contacts.delivery.planned import Planned

HELD_BACK = "held back by a guard; the next run sends them"
"""Why a record is left out."""

REJECTED, CLEARED = "max_rejected", "max_cleared"
_OF_ACTION = {
    "CREATE": "max_creates",
    "UPDATE": "max_updates",
    "DELETE": "max_deletes",
    "MARK": "max_deletes",
}
"""The guard of each action, by the action's name."""

_WHAT = {
    "max_creates": "contacts would have been created",
    "max_updates": "contacts would have been updated",
    "max_deletes": "contacts would have been deleted or marked",
    CLEARED: "filled values of {} would have been emptied",
    REJECTED: "records were rejected",
}
"""What each guard counts, in words."""


class Count(NamedTuple):
    """What is counted by itself."""

    guard: str
    stream: str
    """The stream; "" for those of the run together, if the limit is a number."""
    attribute: str = ""


class Verdict(NamedTuple):
    """A limit, and how much was seen that it counts."""

    counted: Count
    seen: int
    limit: int

    def summary(self) -> dict[str, str | int]:
        """Return it as the summary has it."""
        named = {name: value for name, value in self.counted._asdict().items() if value}
        return {**named, "seen": self.seen, "limit": self.limit}

    def sentence(self, *, stopped: bool) -> str:
        """Return what was seen, the limit, and how it is let through once.

        Args:
            stopped: Whether the run ended for it.
        """
        guard, stream, attribute = self.counted
        seen = f"{self.seen} {_WHAT[guard].format(attribute)}"
        within = f" in stream {stream}" if stream else ""
        end = "ended the run: nothing beyond it was sent, and no STATE covers what was not"
        return (
            f"The guard {guard} {end if stopped else 'would end the run'}. "
            f"As far as the input was read, {seen}{within}, and the limit is {self.limit}. If that "
            f"is right, let it through once: --allow {guard}={self.seen}, or more, since the rest "
            "of the input counts, too."
        )


class Guards:
    """The guards of a run.

    Args:
        given: Limits by guard: a number, or a percentage of the contacts of a stream.
        contacts: Returns how many contacts of a stream the ledger knows.
        enforced: Whether they end the run; if not, they only count.
    """

    def __init__(
        self, given: Mapping[str, Given | None], contacts: Callable[[str], int], *, enforced: bool
    ) -> None:
        self._bounds, self._enforced = bounds_of(given), enforced
        self._contacts = functools.cache(contacts)
        self._counted, self._limit = functools.cache(self._count), functools.cache(self._most)
        self._known: defaultdict[Count, set[tuple[str, str]]] = defaultdict(set)
        """Stream and key of the records that were counted."""
        self._seen: Counter[Count] = Counter()
        self._held: set[tuple[str, str]] = set()
        """Records that were held back."""
        self._first: Count | None = None
        """What exceeded its limit first."""
        self._callbacks: list[Callable[[], None]] = []

    def when_tripped(self, callback: Callable[[], None]) -> None:
        """Call this when a guard ends the run."""
        self._callbacks.append(callback)

    @property
    def is_tripped(self) -> bool:
        """Say whether a guard ends the run, so that nothing more is let through."""
        return self._enforced and self._first is not None

    @property
    def ends_sending(self) -> bool:
        """Say whether even what was let through is not to be sent: too much is rejected."""
        return self.is_tripped and self._first is not None and self._first.guard == REJECTED

    def start(self, stream: str) -> None:
        """Count the contacts of a stream, of which percentages are, before any is written."""
        if any(bound.is_share for bound in self._bounds.values()):
            self._contacts(stream)

    def admits(
        self, stream: str, key: str, action: str, cleared: Iterable[str] = frozenset()
    ) -> bool:
        """Say whether a record may be sent, and count it; the same one may be sent again.

        Args:
            stream: The stream.
            key: The record's key.
            action: Name of what is to be done with its contact.
            cleared: Attributes of which a filled value is emptied.
        """
        counts = [*self._counts(stream, action, cleared)]
        if not counts and not self.is_tripped:
            return True
        record = stream, key
        is_known = bool(counts) and all(record in self._known[count] for count in counts)
        if is_known and record not in self._held:
            return True
        for count in counts:
            self._seen[count] += record not in self._known[count]
            self._known[count].add(record)
        self._look(counts)
        self._held.update([record] if self.is_tripped else [])
        return not self.is_tripped

    def reject(self, stream: str) -> bool:
        """Count a rejected record; say whether there may be as many."""
        counts = [count for count in [self._counted(REJECTED, stream)] if count]
        self._seen.update(counts)
        self._look(counts)
        return not self.ends_sending

    def verdicts(self) -> list[Verdict]:
        """Return what exceeded its limit; of a run that ended for it, what did so first."""
        over = [self._first] if self._enforced and self._first else self._over(self._seen)
        return [Verdict(count, self._seen[count], self._limit(count)) for count in over]

    def counts(self) -> list[Verdict]:
        """Return what was counted, with its limits."""
        return [Verdict(count, seen, self._limit(count)) for count, seen in self._seen.items()]

    def _look(self, counts: Iterable[Count]) -> None:
        """End the run if one of these exceeds its limit."""
        if self._first:
            return
        self._first = next(iter(self._over(counts)), None)
        for callback in self._callbacks if self.is_tripped else ():
            callback()

    def _over(self, counts: Iterable[Count]) -> list[Count]:
        return [count for count in counts if self._seen[count] > self._limit(count)]

    def _counts(self, stream: str, action: str, cleared: Iterable[str]) -> Iterator[Count]:
        """Yield what a record is counted for."""
        if count := self._counted(_OF_ACTION[action], stream):
            yield count
        for attribute in cleared:
            if count := self._counted(CLEARED, stream, attribute):
                yield count

    def _count(self, guard: str, stream: str, attribute: str = "") -> Count | None:
        """Return what is counted for a guard in a stream; None if there is no limit."""
        bound = self._bounds.get(guard)
        if bound is None or (bound.is_share and not bound.counts(self._contacts(stream))):
            return None
        return Count(guard, stream if bound.is_share else "", attribute)

    def _most(self, count: Count) -> int:
        """Return how much a limit lets through."""
        bound = self._bounds[count.guard]
        return bound.of(self._contacts(count.stream) if bound.is_share else 0)


class StreamGuards:
    """The guards of a run as one stream asks them.

    Args:
        guards: The guards.
        stream: The stream's name.
        attributes: The attribute that fills each field of the destination.
    """

    def __init__(self, guards: Guards, stream: str, attributes: Mapping[str, str]) -> None:
        self._guards, self._stream, self._attributes = guards, stream, attributes
        self._is_started = False

    @property
    def ends_sending(self) -> bool:
        """Say whether even what was let through is not to be sent."""
        return self._guards.ends_sending

    def admits(self, item: Planned) -> bool:
        """Say whether an item may be sent, and count it; the same one may be sent again."""
        if not self._is_started:
            self._is_started = True
            self._guards.start(self._stream)
        cleared = {self._attributes.get(wire, wire) for wire in item.cleared}
        return self._guards.admits(self._stream, item.key, item.action.name, sorted(cleared))
