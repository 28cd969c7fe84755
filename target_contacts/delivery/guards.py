"""Stop a run that would change more than its guards let through.

What is within the limit is sent; from the first record beyond it on, nothing is.
"""

from __future__ import annotations

import functools
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from target_contacts.delivery.bounds import bounds_of
from target_contacts.delivery.counted import MOST_KEPT, CountedRecords, Record
from target_contacts.delivery.verdict import CLEARED, CREATES, DELETES, REJECTED, Count, Verdict
from target_contacts.ledger.entry import WRITTEN, Guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from target_contacts.delivery.bounds import Given
    from target_contacts.ledger.ledger import Ledger

HELD_BACK = "held back by a guard; the next run sends them"

_OF_ACTION = {
    "CREATE": CREATES,
    "UPDATE": "max_updates",
    "DELETE": DELETES,
    "MARK": DELETES,
}
"""The guard of each action, by the action's name."""


class Guards:
    """The guards of a run. If they are not `enforced`, they only count.

    `allowed` are the guards whose limits are given for this run alone.
    """

    def __init__(
        self,
        given: Mapping[str, Given | None],
        ledger: Callable[[], Ledger],
        *,
        enforced: bool,
        allowed: Collection[str] = (),
    ) -> None:
        self._bounds, self._enforced, self._allowed = bounds_of(given), enforced, allowed
        self._ledger = ledger
        self._contacts = functools.cache(self._known_before)
        self._counted, self._limit = functools.cache(self._count), functools.cache(self._most)
        self._rejected: Counter[Count] = Counter()
        self._new: list[Guarded] = []
        """Records that were let through, which the ledger does not know yet."""
        self._held: dict[Record, None] = {}
        """Records that were held back."""
        self._first: Count | None = None
        """What exceeded its limit first."""
        self._standing: Sequence[Verdict] = ()
        """What was counted beforehand, and ends the run before anything is sent."""
        self._is_mended = False
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
        first = self._first
        return self._enforced and first is not None and first.guard == REJECTED

    def start(self, stream: str) -> None:
        """Count the contacts of a stream, of which percentages are, before any is written."""
        if any(bound.is_share for bound in self._bounds.values()):
            self._contacts(stream)

    def admits(
        self, stream: str, key: str, action: str, cleared: Iterable[str] = frozenset()
    ) -> bool:
        """Say whether a record may be sent, and count it; the same one may be sent again.

        `cleared` are the attributes of which a filled value is emptied.
        """
        counts = [*self._counts(stream, action, cleared)]
        if not counts and not self.is_tripped:
            return True
        record = Record(stream, key)
        new = [count for count in counts if not self._records.holds(count, record)]
        self._records.add(counts, record)
        if counts and not new and record not in self._held:
            return True
        self._look(counts)
        if self.is_tripped:
            self._held[record] = None
        else:
            self._new += (Guarded(each.guard, stream, each.attribute, key) for each in new)
        return not self.is_tripped

    def reject(self, stream: str) -> bool:
        """Count a rejected record; say whether there may be as many."""
        counts = [count for count in [self._counted(REJECTED, stream)] if count]
        self._rejected.update(counts)
        self._look(counts)
        return not self.ends_sending

    # What earlier runs counted, and later ones will.

    @functools.cached_property
    def _former(self) -> Sequence[Guarded]:
        guarded = self._ledger().guarded
        if self._is_mended:
            guarded.forget()
        return guarded.all()

    @functools.cached_property
    def _records(self) -> CountedRecords:
        def judges(guard: str) -> bool:
            return not self._enforced and guard not in self._allowed

        return CountedRecords(self._former, self._counted, judges=judges)

    def ended(self, former: Iterable[Guarded]) -> bool:
        """Say whether one of these guards ended an earlier run and is not allowed more now."""
        limited = self._bounds.keys() - {*self._allowed}
        return any(each.is_held and each.guard in limited for each in former)

    def obey(self, verdicts: Sequence[Verdict]) -> None:
        """Take what was counted beforehand, as a guard ended an earlier run.

        If nothing exceeds its limit, the source is mended.
        """
        self._standing, self._is_mended = verdicts, not verdicts
        self._first = next((verdict.counted for verdict in verdicts), None)

    def remember(self) -> None:
        """Let the ledger know what was let through, before it is sent."""
        new, self._new = self._new, []
        if self._enforced and new:
            self._ledger().guarded.add(new)

    def end(self, *, is_complete: bool) -> None:
        """Let the ledger know what ended the run; forget all that counted if it is complete."""
        if self.is_tripped:
            self._ledger().guarded.add(self._held_back())
        elif is_complete and self._enforced:
            self._ledger().guarded.forget()

    def _held_back(self) -> Iterator[Guarded]:
        first = self._first
        if first is None or self._standing:
            return
        if first.guard == REJECTED:
            yield Guarded(REJECTED, first.stream, "", "", is_held=True)
        held = (each for each in self._held if self._records.holds(first, each))
        for stream, key in islice(held, MOST_KEPT):
            yield Guarded(first.guard, stream, first.attribute, key, is_held=True)

    # What was counted in this run.

    def verdicts(self) -> Sequence[Verdict]:
        """Return what exceeded its limit; of a run that ended for it, what did so first."""
        if self._standing:
            return self._standing
        if self._enforced and self._first:
            return [self._verdict(self._first)]
        return [each for each in self.counts() if each.seen > each.limit]

    def counts(self) -> list[Verdict]:
        """Return what was counted, with its limits."""
        return [self._verdict(count) for count in (*self._here(), *self._rejected)]

    def _here(self) -> Iterable[Count]:
        return self._records.counts if "_records" in self.__dict__ else ()

    def _verdict(self, count: Count) -> Verdict:
        before = 0 if count.guard == REJECTED else self._records.before(count)
        return Verdict(count, self._seen(count), self._limit(count), before)

    def _seen(self, count: Count) -> int:
        if count.guard == REJECTED:
            return self._rejected[count]
        return self._records.seen(count)

    def _look(self, counts: Iterable[Count]) -> None:
        if self._first:
            return
        over = (count for count in counts if self._seen(count) > self._limit(count))
        self._first = next(over, None)
        for callback in self._callbacks if self.is_tripped else ():
            callback()

    def _counts(self, stream: str, action: str, cleared: Iterable[str]) -> Iterator[Count]:
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
        bound = self._bounds[count.guard]
        return bound.of(self._contacts(count.stream) if bound.is_share else 0)

    def _known_before(self, stream: str) -> int:
        """Return how many contacts of a stream there were after the last complete run."""
        ledger = self._ledger()
        let = [each for each in self._former if each.stream == stream and not each.is_held]
        entries = ledger.entries(stream, [each.key for each in let])
        there = {key for key, entry in entries.items() if entry.status == WRITTEN}
        gone = sum(each.guard == DELETES and each.key not in there for each in let)
        new = sum(each.guard == CREATES and each.key in there for each in let)
        return ledger.contacts(stream) + gone - new
