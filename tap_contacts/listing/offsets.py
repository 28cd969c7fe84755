"""Read a list by overlapping pages, so that no row is skipped while the list changes.

Consecutive pages overlap by one row. A page in which no row is known shows that the rows have
shifted: some before it were deleted, or some were added. It is read again from further back. This
holds in whatever order pages are read, so they are fetched ahead, in parallel.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from singer_sdk.exceptions import FatalSyncError

from tap_contacts.listing.prefetch import AFRESH, NOT_AS_LEFT, Chunk, Offsets
from tap_contacts.listing.seen_keys import SeenKeys
from tap_contacts.transport.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

_logger = logging.getLogger("contacts")

MOST_REREADS = 100
"""Most pages that are read again before a list is given up as changing too fast."""

MOST_BARREN = 100
"""Most pages in a row without a new row before a list is given up: it may ignore offsets."""

MOST_GUESSED = 8
"""Most pages asked for at once if the API does not say how many there are."""


class Page(NamedTuple):
    """Rows from one offset on, and how many there are in all (-1: unknown).

    Where an API has page numbers alone, whoever fetches chooses a number and a size of page that
    hold the wanted rows, and leaves out the others: rows of two answers may not fit together.
    """

    rows: list[dict[str, Any]]
    total: int
    date: str | None = None
    """The header `Date` of the answer."""


class Incomplete(FatalSyncError):
    """The list could not be read completely."""


class Listing(NamedTuple):
    """A list that is read by row offsets."""

    what: str
    """API and request, for messages."""
    size: int
    """Rows of a full page, at least 2."""
    key: str
    """Field that identifies a row."""


class Last(msgspec.Struct, forbid_unknown_fields=True):
    """The last row that was written, as STATE keeps it."""

    offset: Annotated[int, msgspec.Meta(gt=0, lt=10**9)]
    id: str


def read_rows(
    what: str, fetch: Callable[[int], Page], size: int, key: str
) -> Iterator[dict[str, Any]]:
    """Yield every row of a list once, reading one page at a time.

    Args:
        what: API and request, for messages.
        fetch: Returns the page of at most `size` rows that starts at an offset.
        size: Rows of a full page, at least 2.
        key: Field that identifies a row.

    Raises:
        Incomplete: If rows are missing or the listing changes faster than it can be read.
    """
    listing = Listing(what, size, key)
    with (
        ThreadPoolExecutor(1) as pool,
        closing(read_chunks(listing, Offsets(pool, fetch))) as chunks,
    ):
        yield from chain.from_iterable(chunk.records for chunk in chunks)


def read_chunks(
    listing: Listing, pages: Offsets[Page], progress: Mapping[str, Any] | None = None
) -> Generator[Chunk, None, None]:
    """Yield every row of a list once, page by page.

    The rows that an earlier run wrote are left out if the last of them is where it was.

    Args:
        listing: What is read.
        pages: Fetches the page of at most `size` rows that starts at an offset.
        progress: Progress of the last chunk that an earlier run wrote.

    Raises:
        Incomplete: If rows are missing or the listing changes faster than it can be read.
    """
    with closing(pages):
        walk = _OffsetWalk(listing, progress)
        while not walk.done:
            if walk.is_lost:
                _logger.warning(NOT_AS_LEFT, listing.what)
                yield AFRESH
                walk = _OffsetWalk(listing)
            yield walk.take(_next_page(walk, pages))


def _next_page(walk: _OffsetWalk, pages: Offsets[Page]) -> Page:
    """Return the page that a walk needs next.

    After an earlier run the list may have become shorter, so that the API refuses the offset. Then
    the page is empty.
    """
    try:
        return pages.page(walk.start, walk.end)
    except Refused:
        if not walk.resumes:
            raise
        return Page([], -1)


class _OffsetWalk:
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
