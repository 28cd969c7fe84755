"""Read a list by overlapping pages, so that no row is skipped while the list changes.

How pages join is decided in `offset_walk`. This holds in whatever order pages are read, so they are
fetched ahead, in parallel.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any

from tap_contacts.listing.offset_walk import OffsetWalk
from tap_contacts.listing.pages import Listing, Page
from tap_contacts.listing.prefetch import AFRESH, NOT_AS_LEFT, Chunk, Offsets
from tap_contacts.transport.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

_logger = logging.getLogger("contacts")


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
        walk = OffsetWalk(listing, progress)
        while not walk.done:
            if walk.is_lost:
                _logger.warning(NOT_AS_LEFT, listing.what)
                yield AFRESH
                walk = OffsetWalk(listing)
            yield walk.take(_next_page(walk, pages))


def _next_page(walk: OffsetWalk, pages: Offsets[Page]) -> Page:
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
