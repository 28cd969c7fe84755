"""The records that guards counted, in this run and in earlier ones that were not complete.

A guard limits what is changed from one complete run to the next. So what an interrupted run let
through counts in the next one, too.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from target_contacts.delivery.verdict import Count
    from target_contacts.ledger.entry import Guarded

MOST_KEPT = 100
"""Records that were held back of which the ledger remembers the keys, when a guard ends a run."""


class Record(NamedTuple):
    """A record, as guards know it."""

    stream: str
    key: str


class CountedRecords:
    """Records by what they were counted for.

    Args:
        former: What earlier runs counted since the last complete one.
        count_of: Returns as what a former record counts now; None: there is no limit any more.
        judges: Whether a guard that ended an earlier run is forgotten if the source is mended.
    """

    def __init__(
        self,
        former: Iterable[Guarded],
        count_of: Callable[[str, str, str], Count | None],
        *,
        judges: Callable[[str], bool],
    ) -> None:
        self._judges = judges
        self._here: defaultdict[Count, set[Record]] = defaultdict(set)
        self._before: defaultdict[Count, set[Record]] = defaultdict(set)
        self._held: defaultdict[Count, set[Record]] = defaultdict(set)
        """Records that were held back when a guard ended a run."""
        for each in former:
            if count := count_of(each.guard, each.stream, each.attribute):
                kind = self._held if each.is_held else self._before
                kind[count].add(Record(each.stream, each.key))

    def holds(self, count: Count, record: Record) -> bool:
        """Say whether a record was counted, in this run or before."""
        return record in self._here[count] or record in self._before[count]

    def add(self, counts: Collection[Count], record: Record) -> None:
        """Count a record."""
        for count in counts:
            self._here[count].add(record)

    def seen(self, count: Count) -> int:
        """Return how many records count."""
        return len(self._here[count]) + self.before(count)

    def before(self, count: Count) -> int:
        """Return how many of them earlier runs let through, which this one has not sent again."""
        if self._is_mended(count):
            return 0
        return len(self._before[count] - self._here[count])

    def _is_mended(self, count: Count) -> bool:
        """Say whether most of what was held back is not going to be sent again."""
        held = self._held[count]
        return (
            bool(held)
            and self._judges(count.guard)
            and 2 * len(held & self._here[count]) <= len(held)
        )

    @property
    def counts(self) -> list[Count]:
        """Return what was counted in this run."""
        return [count for count, records in self._here.items() if records]
