"""Find the entries of `field_map` that give no record of a run a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass
class OfStream:
    """The entries that have given no record of one stream a value so far."""

    wires: set[str]
    """Their fields at the destination."""
    records: int = 0
    """Records that were looked at, counted as long as there is such an entry."""

    def note(self, filled: Collection[str]) -> None:
        """Take note of the fields that a record gets a value for."""
        self.records += 1
        self.wires.difference_update(filled)


class Unfilled:
    """The entries that have given no record a value so far, over all streams."""

    def __init__(self) -> None:
        self._by_stream: dict[str, OfStream] = {}
        self.is_known = True
        """Whether all records are looked at; those that are as they were are not."""

    def of(self, stream: str, wires: Collection[str]) -> OfStream:
        """Return those of a stream, all of them if none of its records was looked at before."""
        return self._by_stream.setdefault(stream, OfStream(set(wires)))

    def nowhere(self) -> dict[str, tuple[list[str], int]]:
        """Return the entries that gave none of all streams a value, and records, by stream."""
        if not self.is_known or not self._by_stream:
            return {}
        left = sorted(set.intersection(*(each.wires for each in self._by_stream.values())))
        return {stream: (left, of.records) for stream, of in self._by_stream.items() if left}
