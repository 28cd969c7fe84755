"""Read what of PORTERS (HRBC) has changed since a moment, and what was deleted.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115008016927-Read-API-Parameters
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from tap_contacts.apis.porters.by_id import ordered, pages
from tap_contacts.apis.porters.one_page import Asked, page, text
from tap_contacts.apis.porters.records import DATE_TIME, DELETED_AT, rfc3339, timed
from tap_contacts.listing.bookmarks import FIRST_MOMENT, MOST_SEEN, Overlap, before
from tap_contacts.listing.clocks import clocks, moment
from tap_contacts.listing.prefetch import AFRESH, NOT_AS_LEFT, Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from lxml.etree import _Element

    from tap_contacts.apis.porters.by_id import Page
    from tap_contacts.apis.porters.client import Porters
    from tap_contacts.apis.porters.one_page import Answered
    from tap_contacts.listing.bookmarks import Bookmark

_logger = logging.getLogger("contacts.porters")

DELETED_FOR = timedelta(days=90)
"""How long deleted records can be read."""

SURELY_KEPT = timedelta(days=80)
"""The same, less what the clocks may differ by."""

Moment = Annotated[str, msgspec.Meta(pattern=rf"^({DATE_TIME.pattern})?\Z")]


class Progress(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How far a listing has been written, as it stands in a STATE; times as PORTERS has them."""

    since: Moment
    """What it began from; "" for everything."""
    until: Moment
    """The last change that there was when it began."""
    greatest: Moment = ""
    """The last change that was written."""
    state: Literal["existing", "deleted"] = "existing"
    id: Annotated[int, msgspec.Meta(ge=0, lt=10**18)] = 0
    seen: Annotated[list[str], msgspec.Meta(max_length=MOST_SEEN)] = []
    """Hashes of what was written and the next run would read again."""


class Changes:
    """What of a resource has changed since a moment, and then what has been deleted."""

    def __init__(
        self,
        client: Porters,
        asked: Asked,
        record: Callable[[_Element], dict[str, Any]],
        bookmark: Bookmark,
    ) -> None:
        self._client, self._asked, self._record = client, asked, record
        self._bookmark = bookmark
        self._what = f"PORTERS: GET {asked.resource.path}"
        self._date = asked.resource.date
        self._server: datetime | None = None
        """What time it was at the first answer."""
        self._begin("")

    def _begin(self, until: str) -> None:
        start = self._bookmark.start
        self._since = timed(start) if start else ""
        self._at = Progress(self._since, until)
        self._overlap = Overlap(self._bookmark)

    def move(self) -> None:
        """Move the bookmark to the last change written, now that all have come.

        But to none that came while the listing was read: whatever changed behind the walk is at
        least as late, by the clock of PORTERS itself.
        """
        reached = moment(rfc3339(min(self._at.greatest, self._at.until)))
        at = max(filter(None, (self._bookmark.time, reached)), default=None)
        if at:
            seen = self._overlap.hashes(before(at), is_done=True)
            self._bookmark.move(at.isoformat(), seen)

    def chunks(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield the records, page by page."""
        earlier = _earlier(progress)
        if earlier and earlier.since == self._since:
            self._at = earlier
        else:
            if progress:
                _logger.warning(NOT_AS_LEFT, self._what)
                yield AFRESH
            self._begin(self._last_change())
        # Without an order, the last change there was is not known, but only the time.
        until = moment(rfc3339(self._at.until)) if self._client.ways.has_order else None
        self._limit = before(until) if until else FIRST_MOMENT
        self._overlap.go_on(self._at.seen, self._limit)
        if self._at.state == "existing":
            yield from self._walk(self._changed())
            self._at.state, self._at.id = "deleted", 0
        yield from self._walk(self._deleted())

    def _last_change(self) -> str:
        """Return when the last change was made, as far as a clock can have told it.

        A bookmark in the future is given up.
        """
        latest = self._latest("existing")
        any_row = latest or page(self._client, self._dates("existing"), count=1)
        self._server, bound = clocks(self._what, any_row.date)
        self._bookmark.drop_if_ahead(self._server)
        if latest is None:  # nothing tells what changed last
            return timed(bound)
        deleted = self._latest("deleted")
        items = [*latest.items, *(deleted.items if deleted else ())]
        last = max(filter(None, map(self._changed_at, items)), default=None)
        return timed(min(last, bound)) if last else ""

    def _latest(self, state: Literal["existing", "deleted"]) -> Answered | None:
        """Return the record that was changed last; None if PORTERS takes no order."""
        return ordered(self._client, self._dates(state), f"{self._date}:desc", 1)

    def _dates(self, state: Literal["existing", "deleted"]) -> Asked:
        return Asked(self._asked.resource, [self._date], state=state)

    def _changed_at(self, item: _Element) -> datetime | None:
        """Return when a record was changed; None if it does not tell."""
        return moment(rfc3339(text(item, self._date)))

    def _changed(self) -> Asked:
        conditions = {f"{self._date}:ge": self._since} if self._since else {}
        return self._asked._replace(conditions=conditions)

    def _deleted(self) -> Asked:
        """Return what is asked of deleted records; older ones than are kept must not be."""
        now = self._server or datetime.now(timezone.utc)
        if self._since and self._since < timed(now - DELETED_FOR):
            text = "PORTERS tells deletions of %d days only; %s may lack some since the last run."
            _logger.warning(text, DELETED_FOR.days, self._asked.resource.name)
        is_kept = self._since > timed(now - SURELY_KEPT)
        conditions = {f"{self._date}:ge": self._since} if is_kept else {}
        return self._asked._replace(conditions=conditions, state="deleted")

    def _walk(self, asked: Asked) -> Generator[Chunk, None, None]:
        for each in pages(self._client, asked, self._at.id):
            records = list(self._records(each))
            self._at.seen = self._overlap.hashes(self._limit, is_done=True)
            progress = msgspec.to_builtins(self._at) if each.ascends else None
            yield Chunk(records, progress, each.left)

    def _records(self, page: Page) -> Iterator[dict[str, Any]]:
        """Yield the records of a page, and note how far they go."""
        for item in page.items:
            self._at.id = int(text(item, self._asked.resource.key))
            time = self._changed_at(item)
            changed_at = timed(time) if time else ""
            is_deleted = self._at.state == "deleted"
            if is_deleted and time and changed_at < self._since:
                continue
            self._at.greatest = max(self._at.greatest, changed_at)
            # Of a deleted record, the date of the last change is that of its deletion.
            record = self._record(item) | {DELETED_AT: rfc3339(changed_at) if is_deleted else None}
            if time is None or self._overlap.is_new(record, time, self._limit):
                yield record


def _earlier(progress: Mapping[str, Any] | None) -> Progress | None:
    try:
        return msgspec.convert(progress, Progress | None)
    except msgspec.ValidationError:
        return None
