"""Count the requests of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Usage(NamedTuple):
    """How many requests an account took, and how long they waited."""

    calls: Mapping[str, int] = {}
    """Requests sent, by method."""
    repeats: int = 0
    waited: float = 0.0
    """Seconds in which a request had to wait: for the rate, or to be repeated."""
    is_waiting: bool = False
    paced: float = 0.0
    """Those of these seconds that were for the rate."""

    def __sub__(self, earlier: Usage) -> Usage:
        calls = {name: count - earlier.calls.get(name, 0) for name, count in self.calls.items()}
        repeats, waited = self.repeats - earlier.repeats, self.waited - earlier.waited
        return Usage(calls, repeats, waited, self.is_waiting, self.paced - earlier.paced)

    def texts(self) -> Iterator[str]:
        """Yield how many requests, repeats and seconds of waiting there were."""
        yield f"{sum(self.calls.values()):,} requests"
        if self.repeats:
            yield f"{self.repeats:,} repeated"
        if self.is_waiting or self.waited >= 1:
            yield f"{self.waited:.0f} s waited{' (waiting)' if self.is_waiting else ''}"
