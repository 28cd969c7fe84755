"""Read a listing by row offsets, completely, while the rows behind it may change.

Consecutive pages overlap by one row. A page in which no row is known shows that rows before it
have gone: it is read again from further back, so that none is skipped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk.exceptions import FatalSyncError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_REREADS = 100
"""Pages read again before a listing is given up as changing too fast."""


class Page(NamedTuple):
    """Rows from one offset on, and how many there are in all (-1: not told)."""

    rows: list[dict[str, Any]]
    total: int


class Incomplete(FatalSyncError):
    """The listing could not be read completely."""


def read_all(
    what: str, fetch: Callable[[int], Page], size: int, key: str
) -> Iterator[dict[str, Any]]:
    """Yield every row of a listing once.

    Args:
        what: API and request, for messages.
        fetch: Returns the page of at most `size` rows that starts at an offset.
        size: Rows of a full page, at least 2.
        key: Field that tells rows apart.

    Raises:
        Incomplete: If rows are missing or the listing changes faster than it can be read.
    """
    walk = _Walk(what, size, key)
    while not walk.done:
        yield from walk.take(fetch(walk.start))


class _Walk:
    """Where the reading of one listing stands."""

    def __init__(self, what: str, size: int, key: str) -> None:
        self.start = 0
        self.done = False
        self._what, self._size, self._key = what, size, key
        self._seen: set[str] = set()
        self._rereads = 0

    def take(self, page: Page) -> list[dict[str, Any]]:
        """Return the rows of the page at `start` that are new, and move on."""
        if self.start and not any(row[self._key] in self._seen for row in page.rows):
            self._step_back()
            return []
        fresh = [row for row in page.rows if row[self._key] not in self._seen]
        self._seen.update(row[self._key] for row in fresh)
        self._step_on(page)
        return fresh

    def _step_back(self) -> None:
        self._rereads += 1
        if self._rereads > MOST_REREADS:
            msg = f"{self._what}: changes faster than it can be read. Run at a quieter time."
            raise Incomplete(msg)
        self.start = max(0, self.start - self._size + 1)

    def _step_on(self, page: Page) -> None:
        """Move to the next page; a short page alone does not prove that it was the last."""
        end = self.start + len(page.rows)
        only_overlap = len(page.rows) < 2  # noqa: PLR2004
        self.done = only_overlap or (len(page.rows) < self._size and end >= page.total >= 0)
        self.start = end - 1
        if self.done and len(self._seen) < page.total:
            msg = f"{self._what}: counts {page.total} rows, gave {len(self._seen)}. Run again."
            raise Incomplete(msg)
