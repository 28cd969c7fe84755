"""Let only the first records of a run be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Received

T = TypeVar("T")

BEYOND = "beyond --limit; the next run sends them"


class Limit:
    """Which records may be sent, of all streams of a run: the first `most`, or all."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._admitted: set[tuple[str, str]] = set()
        self.left = 0
        """New and changed records that were left out."""

    @property
    def is_set(self) -> bool:
        """Say whether there is a limit."""
        return self._most is not None

    @property
    def is_reached(self) -> bool:
        """Say whether no further record may be sent."""
        return self._most is not None and len(self._admitted) >= self._most

    def admits(self, stream: str, key: str) -> bool:
        """Say whether a record may be sent, and count it; the same one may be sent again."""
        if self._most is None or (stream, key) in self._admitted:
            return True
        if self.is_reached:
            return False
        self._admitted.add((stream, key))
        return True

    def leave_out(self, several: Iterable[Received], outcomes: Outcomes) -> None:
        """Book records as left out that are beyond the limit."""
        for received in several:
            self.left += 1
            outcomes.skip(received, BEYOND)

    def parts(self, items: Sequence[T]) -> Iterator[tuple[Sequence[T], bool]]:
        """Yield items in parts, and for each whether it is beyond the limit.

        None is larger than what may still be sent, so that nothing is looked up in vain.
        """
        start = 0
        while start < len(items):
            is_beyond = self.is_reached
            room = len(items)
            if self._most is not None and not is_beyond:
                room = self._most - len(self._admitted)
            yield items[start : start + room], is_beyond
            start += room
