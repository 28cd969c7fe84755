"""Tell whether a contact is as it was written, of which only a hash is known.

The hash names the fields that count, and what they hold. If no contact is as written that has a
value in some field, the API may tell that field otherwise than it takes it, and then nothing is
known of the others either.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from target_contacts.ledger.written_hash import WrittenHash
from target_contacts.values.basic import as_text, is_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from target_contacts.ledger.inventory import Linked

MOST_OTHERS = 3
"""Fields in which those that count may differ from those that are known to be filled: what an
earlier record filled and a later one left alone is not among those that count."""


CUTS = frozenset(
    (*range(30, 10_001, 10), *(2**n for n in range(5, 17)), *(2**n - 1 for n in range(5, 17)))
)
"""Lengths at which an API is likely to cut texts that are too long for it."""

Cuts = tuple[tuple[str, int], ...]
"""Fields and lengths of texts that may have been cut."""


class WrittenForm:
    """Compare contacts with the hashes of what was written.

    `most` has all fields of the destination, with the most characters that each takes, if known.
    """

    def __init__(
        self,
        digest: Callable[[object], str],
        filled: Mapping[str, Sequence[str]],
        most: Mapping[str, int | None],
    ) -> None:
        self._hash, self._filled, self._wires = WrittenHash(digest), filled, sorted(most)
        self._most = most
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}
        self._proven: set[str] = set()
        """Fields that the API tells as it takes them."""
        self._longest: dict[str, int] = {}
        """The length of the longest text of each field that was seen."""

    def counting(self, entry: Linked) -> tuple[str, ...]:
        """Return the fields that were written for sure; none if that is not known."""
        if entry.payload is None or entry.filled is None:
            return ()
        known = entry.filled, self._hash.names_in(entry.payload)
        if known not in self._known:
            near = self._near(self._filled.get(entry.filled, ()))
            is_of = (each for each in near if self._hash.is_of(entry.payload, each))
            self._known[known] = next(is_of, ())
        return self._known[known]

    def _near(self, filled: Sequence[str]) -> Iterator[tuple[str, ...]]:
        others = [wire for wire in self._wires if wire not in filled]
        for count in range(MOST_OTHERS + 1):
            for less in itertools.combinations(filled, count):
                yield tuple(wire for wire in filled if wire not in less)
        for count in range(1, MOST_OTHERS + 1):
            for more in itertools.combinations(others, count):
                yield (*filled, *more)

    def is_written(self, entry: Linked, held: Mapping[str, Any]) -> bool:
        """Say whether a contact surely is as it was written."""
        wires = self.counting(entry)
        if not wires:
            return False
        for wire, length in _lengths(wires, held):
            self._longest[wire] = max(length, self._longest.get(wire, 0))
        is_as_written = any(
            self._hash.are(str(entry.payload), each) for each in _forms(wires, held)
        )
        self._proven.update(wires if is_as_written else ())
        return is_as_written

    def cuts(self, entry: Linked, held: Mapping[str, Any]) -> Cuts:
        """Return the texts of a contact that the API may have cut, going by their length."""
        lengths = _lengths(self.counting(entry), held)
        return tuple((w, n) for w, n in lengths if n in CUTS and n != self._most.get(w))

    def are_proven(self, wires: Sequence[str], cuts: Cuts) -> bool:
        """Say whether contacts were as written that have values in these fields.

        A text that may have been cut, and is as long as any, may be shorter than it was written.
        """
        if any(self._longest[wire] == length for wire, length in cuts):
            return False
        return bool(wires) and self._proven.issuperset(wires)


def _lengths(wires: Sequence[str], held: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    return ((wire, len(held[wire])) for wire in wires if isinstance(held.get(wire), str))


def _forms(wires: Sequence[str], held: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what a contact holds: as the API tells it, and as text."""
    there = {wire: held[wire] for wire in wires if not is_empty(held.get(wire))}
    yield there
    yield {wire: as_text(value) for wire, value in there.items()}
