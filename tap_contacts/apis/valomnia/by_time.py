"""Read what changed at Valomnia in the order of the changes, while contacts go on changing.

A contact that changes moves to the end of this order, so that offsets would skip others. Instead
each page begins with the second in which the last one ended; times are told in whole seconds, and
the order within one is nobody's. Only a second with more contacts than a page holds is read by
offsets, in the order of ids where the API has one.

Source: https://developers.valomnia.com/ref/Contacts/list.html
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from tap_contacts.apis.valomnia.reading import in_text, normal, read_contacts
from tap_contacts.apis.valomnia.wire import PAGE_SIZE
from tap_contacts.listing.bookmarks import FIRST_MOMENT, Overlap, before, hash_of
from tap_contacts.listing.clocks import clocks, moment
from tap_contacts.listing.pages import Incomplete
from tap_contacts.listing.prefetch import Chunk
from tap_contacts.transport.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from tap_contacts.apis.valomnia.client import Valomnia
    from tap_contacts.apis.valomnia.reading import Record
    from tap_contacts.listing.bookmarks import Bookmark
    from tap_contacts.listing.pages import Page

SECOND = datetime.timedelta(seconds=1)
LAST = datetime.datetime.max.replace(microsecond=0, tzinfo=datetime.timezone.utc)
"""The last second that there is."""

UNSORTED = "gives contacts in another order, or of other times, than asked for"
UNFILTERED = "gives contacts of other times than asked for"
MISSING = "does not give contacts of the time asked for"
"""Why changes cannot be read, which a user can only answer by reading all contacts."""


class Untimed(Exception):
    """A contact does not tell when it was changed."""


def read_changes(client: Valomnia, bookmark: Bookmark) -> Generator[Chunk, None, None]:
    """Yield the contacts changed since a bookmark, the earliest change first.

    The progress of a chunk is what moves the bookmark: nothing before it is missing. A contact that
    changes meanwhile comes again.

    Args:
        client: The tenant.
        bookmark: From when on to read; it is dropped if it lies in the server's future.

    Raises:
        Incomplete: If the API does not filter or sort as it documents.
        Untimed: If a contact does not tell when it was changed.
    """
    yield from _Walk(client, bookmark).chunks()


class _Walk:
    """Where the reading of one tenant's changes stands."""

    def __init__(self, client: Valomnia, bookmark: Bookmark) -> None:
        self._client, self._bookmark = client, bookmark
        self._since = bookmark.start
        self._at = bookmark.time
        """The last second of which all is read, but no later than the first answer."""
        self._bound: datetime.datetime
        """What is later than the first answer may not have been told by it."""
        self._overlap = Overlap(bookmark)
        self._known: dict[str, str] = {}
        """Contacts of the second to go on with that were yielded, each with a hash."""
        self._left: int | None = None
        """How many are still to come, where all are: of others the total is not documented."""

    def chunks(self) -> Generator[Chunk, None, None]:
        page = self._first()
        while True:
            rows = self._in_order(page, self._since)
            self._left = page.total if self._since is None else self._left
            self._assert_joined(rows)
            yield self._chunk(rows)
            if not rows or (len(rows) < PAGE_SIZE and len(rows) >= page.total):
                break
            second = self._second(rows[-1])
            is_whole_page = second == self._since
            self._go_to(second, rows)
            if is_whole_page and not (yield from self._rest(second)):
                break
            page = self._page(self._since)
        yield Chunk([], self._progress(is_done=True), self._left)

    def _first(self) -> Page:
        """Return the first page, once it is known what time it is at the server."""
        page = self._page(self._since)
        server, self._bound = clocks(self._client.what, page.date)
        if not self._bookmark.drop_if_ahead(server):
            return page
        self._since, self._at = self._bookmark.start, None
        self._overlap = Overlap(self._bookmark)
        return self._page(self._since)

    def _page(self, since: datetime.datetime | None) -> Page:
        """Return the first page from a second on; its total is of all from then on."""
        return self._client.page({**_span(since), "sort": "lastUpdated"})

    def _in_order(self, page: Page, since: datetime.datetime | None) -> list[Record]:
        """Return the contacts of a page, which begin with that second and ascend."""
        rows = [normal(row) for row in page.rows]
        seconds = [self._second(row) for row in rows]
        if seconds != sorted(seconds) or (since and seconds and seconds[0] < since):
            raise self._error(UNSORTED)
        return rows

    def _rest(self, second: datetime.datetime) -> Generator[Chunk, None, bool]:
        """Yield the rest of a second of more than a page; return whether there is more after it.

        That is asked for first: if there is, that second is over and no contact is added to it.
        """
        after = second + SECOND if second < LAST else None
        is_over = after is not None and bool(self._in_order(self._page(after), after))
        for chunk in read_contacts(self._client, filters=_span(second, after)):
            if any(self._second(row) != second for row in chunk.records):
                raise self._error(UNFILTERED)
            yield self._chunk(chunk.records)
        self._since, self._known = after, {}
        return is_over

    def _chunk(self, rows: Sequence[Record]) -> Chunk:
        """Return the rows that were not yielded as they are, in this run or one before."""
        if rows:
            second = min(self._second(rows[-1]), self._bound)
            self._at = max(self._at, second) if self._at else second
        fresh = [row for row in rows if self._is_new(row)]
        if self._left is not None:
            self._left = max(0, self._left - len(fresh))
        return Chunk(fresh, self._progress(), self._left)

    def _is_new(self, row: Record) -> bool:
        is_new = self._overlap.is_new(row, self._second(row), self._limit)
        known = self._known.get(row["id"])
        return is_new and (known is None or known != hash_of(row))

    @property
    def _limit(self) -> datetime.datetime:
        return before(self._at) if self._at else FIRST_MOMENT

    def _progress(self, *, is_done: bool = False) -> dict[str, Any] | None:
        if self._at is None:
            return None
        seen = self._overlap.hashes(self._limit, is_done=is_done)
        return {"value": in_text(self._at), "seen": seen}

    def _go_to(self, second: datetime.datetime, rows: Sequence[Record]) -> None:
        """Go on with the second of the last row, of which there may be more."""
        known = self._known if second == self._since else {}
        fresh = {row["id"]: hash_of(row) for row in rows if self._second(row) == second}
        self._since, self._known = second, {**known, **fresh}

    def _assert_joined(self, rows: Sequence[Record]) -> None:
        """Raise Incomplete if no contact of the second is there though one still should be.

        Whoever takes the time asked for to be of another zone gives only later ones.
        """
        if not self._known or (rows and self._second(rows[0]) == self._since):
            return
        try:
            same = normal(self._client.contact(next(iter(self._known))))
        except NotFound:
            return
        if self._second(same) == self._since:
            raise self._error(MISSING)

    def _second(self, row: Mapping[str, Any]) -> datetime.datetime:
        time = moment(row["lastUpdated"])
        if time is None:
            raise Untimed
        return time.replace(microsecond=0)

    def _error(self, reason: str) -> Incomplete:
        advice = "Select the replication method FULL_TABLE to read all contacts every time."
        return Incomplete(f"{self._client.what}: {reason}. {advice}")


def _span(
    since: datetime.datetime | None, before: datetime.datetime | None = None
) -> dict[str, str]:
    """Return the filters for changes from a second on, and before another one if given."""
    given = {"lastUpdated_gte": since, "lastUpdated_lt": before}
    return {name: in_text(time) for name, time in given.items() if time}
