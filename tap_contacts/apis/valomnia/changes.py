"""Read what changed at Valomnia, or all contacts if some do not tell when they changed.

No filter or order by time can be relied on to give those that do not: as long as there are any, all
contacts are read.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_contacts.apis.valomnia.by_time import Untimed, read_changes
from tap_contacts.apis.valomnia.reading import in_text, read_contacts
from tap_contacts.listing.clocks import clocks, moment
from tap_contacts.listing.prefetch import Chunk

if TYPE_CHECKING:
    from collections.abc import Generator

    from tap_contacts.apis.valomnia.client import Valomnia
    from tap_contacts.listing.bookmarks import Bookmark

_logger = logging.getLogger("contacts.valomnia")


def read_changed(client: Valomnia, bookmark: Bookmark) -> Generator[Chunk, None, None]:
    """Yield the contacts changed since a bookmark, or all if some do not tell when they changed."""
    if not bookmark.is_untimed:
        try:
            yield from read_changes(client, bookmark)
        except Untimed:
            bookmark.note_untimed(are_there=True)
            yield Chunk([], {})
        else:
            return
    yield from _read_all(client, bookmark)


def _read_all(client: Valomnia, bookmark: Bookmark) -> Generator[Chunk, None, None]:
    """Yield all contacts but those that changed before start_date; move the bookmark at the end."""
    bound = clocks(client.what, client.page({"sort": "lastUpdated"}).date).bound
    latest, untimed = None, 0
    for chunk in read_contacts(client):
        times = [moment(record["lastUpdated"]) for record in chunk.records]
        floor = bookmark.floor
        wanted = [time is None or floor is None or time >= floor for time in times]
        told = [time for time in times if time]
        untimed += len(times) - len(told)
        latest = max(filter(None, (latest, *told)), default=None)
        records = [each for each, is_wanted in zip(chunk.records, wanted, strict=True) if is_wanted]
        yield Chunk(records, left=chunk.left)
    bookmark.note_untimed(are_there=untimed > 0)
    if untimed:
        text = "%s: %d contacts do not say when they changed, so that all contacts are read."
        _logger.warning(text, client.what, untimed)
    elif latest:
        at = min(latest.replace(microsecond=0), bound)
        yield Chunk([], {"value": in_text(at), "seen": []})
