"""Read what of PORTERS (HRBC) has changed since a moment, and what was deleted.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115008016927-Read-API-Parameters
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.reading import Asked, items, page, pages, text
from tap_contacts.apis.porters.records import DATE_TIME, DELETED_AT, rfc3339, timed
from tap_contacts.listing.bookmarks import FIRST_MOMENT, MOST_SEEN, Overlap, before
from tap_contacts.listing.clocks import clocks, moment
from tap_contacts.listing.prefetch import AFRESH, NOT_AS_LEFT, Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from lxml.etree import _Element

    from tap_contacts.listing.bookmarks import Bookmark
    from tap_contacts.transport.client import ApiClient
    from tap_contacts.transport.session import Answer

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
        client: ApiClient,
        asked: Asked,
        record: Callable[[_Element], dict[str, Any]],
        bookmark: Bookmark,
    ) -> None:
        """Take what is read, what makes records of it, and from when on."""
        self._client, self._asked, self._record = client, asked, record
        self._bookmark = bookmark
        self._what = f"PORTERS: GET {asked.resource.path}"
        self._date = f"{asked.resource.name}.P_UpdateDate"
        self._server: datetime | None = None
        """What time it was at the first answer."""
        self._begin("")

    def _begin(self, until: str) -> None:
        """Start at the bookmark."""
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
        """Yield the records, page by page.

        Args:
            progress: Progress of the last chunk that an earlier run wrote.
        """
        earlier = _earlier(progress)
        if earlier and earlier.since == self._since:
            self._at = earlier
        else:
            if progress:
                _logger.warning(NOT_AS_LEFT, self._what)
                yield AFRESH
            self._begin(self._last_change())
        until = moment(rfc3339(self._at.until))
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
        first = self._latest("existing")
        self._server, bound = clocks(self._what, first.headers.get("Date"))
        self._bookmark.drop_if_ahead(self._server)
        roots = (first.xml, self._latest("deleted").xml)
        told = [self._changed_at(item) for root in roots for item in items(root)]
        latest = max(filter(None, told), default=None)
        return timed(min(latest, bound)) if latest else ""

    def _latest(self, state: Literal["existing", "deleted"]) -> Answer:
        asked = Asked(self._asked.resource, [self._date], state=state)
        return page(self._client, asked, f"{self._date}:desc", 1)

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
        for root in pages(self._client, asked, self._at.id):
            records = list(self._records(root))
            self._at.seen = self._overlap.hashes(self._limit, is_done=True)
            yield Chunk(records, msgspec.to_builtins(self._at), _left(root))

    def _records(self, root: _Element | None) -> Iterator[dict[str, Any]]:
        """Yield the records of a page, and note how far they go."""
        for item in items(root):
            self._at.id = int(text(item, f"{self._asked.resource.name}.P_Id"))
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


def _left(root: _Element | None) -> int | None:
    """Return how many rows come after those of a page; None if it does not say."""
    total = wire.total(root)
    return None if total < 0 else max(0, total - len(items(root)))


def _earlier(progress: Mapping[str, Any] | None) -> Progress | None:
    try:
        return msgspec.convert(progress, Progress | None)
    except msgspec.ValidationError:
        return None
