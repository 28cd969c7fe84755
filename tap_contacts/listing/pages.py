"""What is known of a list that is read by pages, and the error of one that cannot be."""

from __future__ import annotations

from typing import Any, NamedTuple

from singer_sdk.exceptions import FatalSyncError


class Page(NamedTuple):
    """Rows from one offset on, and how many there are in all (-1: unknown).

    There may be fewer than were asked for. One row alone is taken for the end of the list.
    Where an API has page numbers alone, whoever fetches chooses the size and number of one page
    that has the most rows from the offset on, and leaves out those before it. Rows of two answers
    may not fit together.
    """

    rows: list[dict[str, Any]]
    total: int
    date: str | None = None
    """The header `Date` of the answer."""


class Listing(NamedTuple):
    """A list that is read by row offsets."""

    what: str
    """API and request, for messages."""
    size: int
    """Rows of a full page, at least 2."""
    key: str
    """Field that identifies a row."""


class Incomplete(FatalSyncError):
    """The list could not be read completely."""
