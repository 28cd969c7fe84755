"""Know how far a list was read by overlapping pages, and which page is next.

Consecutive pages overlap by one row. A page in which no row is known shows that the rows have
shifted: some before it were deleted, or some were added. It is read again from further back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_contacts.listing.pages import Incomplete
from tap_contacts.listing.prefetch import Chunk
from tap_contacts.listing.seen_keys import SeenKeys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_contacts.listing.pages import Listing, Page

MOST_REREADS = 100
"""Most pages that are read again before a list is given up as changing too fast."""

MOST_BARREN = 100
"""Most pages in a row without a new row before a list is given up: it may ignore offsets."""

MOST_GUESSED = 8
"""Most pages asked for at once if the API does not say how many there are."""


class Last(msgspec.Struct, forbid_unknown_fields=True):
    """The last row that was written, as STATE keeps it."""

    offset: Annotated[int, msgspec.Meta(gt=0, lt=10**9)]
    id: str


class OffsetWalk:
    """How far one list was read."""

    def __init__(self, listing: Listing, progress: Mapping[str, Any] | None = None) -> None:
        self._what, self._size, self._key = listing
        last = _last_row(progress)
        self._before = self.start = last.offset if last else 0
        self._seen = SeenKeys([last.id] if last else [])
        self.is_lost = bool(progress) and not last
        """Whether the rows of an earlier run are no longer where they were."""
        self.done = False
        self._total = -1
        self._pages = self._rereads = self._barren = 0
        self._was_full = False
        self._is_counted = False

    @property
    def end(self) -> int:
        """Return up to which offset rows are expected.

        Without a total, one page more is expected after each full page.
        """
        if self._total > self.start:
            return self._total
        guessed = min(self._pages, MOST_GUESSED) if self._was_full else 0
        return self.start + guessed * (self._size - 1)

    @property
    def _left(self) -> int | None:
        return None if self._total < 0 else max(0, self._total - self._before - len(self._seen))

    @property
    def resumes(self) -> bool:
        """Say whether the next page is the first one behind those of an earlier run."""
        return self.start > 0 and not self._pages

    def take(self, page: Page) -> Chunk:
        """Return the rows of the page at `start` that are new, and move on."""
        keys = [str(row[self._key]) for row in page.rows]
        joins = self._joins(keys)
        self._total = page.total
        self._was_full = len(keys) == self._size
        self._pages += 1
        if not joins:
            self._step_back()
            return Chunk([])
        fresh = [row for row, key in zip(page.rows, keys, strict=True) if self._seen.add(key)]
        self._note_barren(is_barren=not fresh)
        self._step_on(page)
        return Chunk(fresh, self._progress(keys), self._left)

    def _note_barren(self, *, is_barren: bool) -> None:
        self._barren = self._barren + 1 if is_barren else 0
        if self._barren > MOST_BARREN:
            msg = (
                f"{self._what}: gives the same rows again and again, whatever offset is asked "
                "for, so that the others cannot be read. Ask the vendor's support."
            )
            raise Incomplete(msg)

    def _joins(self, keys: list[str]) -> bool:
        """Say whether a page overlaps those before it, so that no row is missing between them.

        After an earlier run only its last row is known, and it must be the first of the page.
        """
        known = keys[:1] if self.resumes else keys
        return not self.start or any(key in self._seen for key in known)

    def _step_back(self) -> None:
        self._rereads += 1
        if self._rereads > MOST_REREADS:
            msg = f"{self._what}: changes faster than it can be read. Run at a quieter time."
            raise Incomplete(msg)
        self.is_lost = self.start == self._before
        self.start = max(self._before, self.start - self._size + 1)

    def _step_on(self, page: Page) -> None:
        """Move to the next page; a short page alone does not prove that it was the last."""
        end = self.start + len(page.rows)
        only_overlap = len(page.rows) < 2  # noqa: PLR2004
        self.done = only_overlap or (len(page.rows) < self._size and end >= page.total >= 0)
        if self.done:
            self._count(page.total)
        else:
            self.start = end - 1

    def _count(self, total: int) -> None:
        """Compare the number of rows with the total; if some are missing, read the last page again.

        Raises:
            Incomplete: If they are still missing then.
        """
        count = self._before + len(self._seen)
        self.done = count >= total
        if not self.done and self._is_counted:
            msg = f"{self._what}: counts {total} rows, gave {count}. Run again."
            raise Incomplete(msg)
        self._is_counted = True

    def _progress(self, keys: list[str]) -> dict[str, Any] | None:
        """Return where to go on; {} if keys do not ascend, since new rows may come anywhere."""
        if not self._seen.ascend:
            return {}
        is_last = keys[-1:] == [self._seen.last]
        return {"offset": self.start, "id": self._seen.last} if is_last and not self.done else None


def _last_row(progress: Mapping[str, Any] | None) -> Last | None:
    try:
        return msgspec.convert(progress, Last | None)
    except msgspec.ValidationError:
        return None
