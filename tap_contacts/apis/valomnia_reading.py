"""Read the contacts of Valomnia in the order of their changes, while they go on changing.

A contact that changes moves to the end of this order, so that offsets would skip others. Instead
each page begins with the second in which the last one ended; times are told in whole seconds, and
the order within one is nobody's. Only a second with more contacts than a page holds is read by
offsets, in the order of ids.

Source: https://developers.valomnia.com/ref/Contacts/list.html
"""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any

import msgspec

from tap_contacts.apis.ahead import Chunk
from tap_contacts.apis.errors import NotFound
from tap_contacts.apis.seams import Incomplete
from tap_contacts.apis.valomnia import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from tap_contacts.apis.valomnia import Valomnia

Record = dict[str, Any]

SECOND = datetime.timedelta(seconds=1)

TIMES = ("dateCreated", "lastUpdated")
PARENTS = ("customer", "user")
"""Objects in a contact that have an id of their own."""

UNSORTED = "gives contacts in another order, or of other times, than asked for"
UNFILTERED = "gives contacts of other times than asked for"
MISSING = "does not give contacts of the time asked for"
UNTIMED = "does not tell when a contact was changed"
"""Why changes cannot be read, which a user can only answer by reading all contacts."""

SIZES = ("small", "medium")
"""Sizes of a photo, which stand before its name (Contacts/update.html)."""


def normal(contact: Mapping[str, Any]) -> Record:
    """Give a contact the form of a record.

    Ids are text, "" is None, times are RFC 3339 in UTC, the customer's id and reference stand at
    the top as well, and the addresses of the photo's other sizes beside its own.
    """
    record = {name: None if value == "" else value for name, value in contact.items()}
    record["id"] = str(record["id"])
    for name in PARENTS:
        record[name] = _with_text_id(record.get(name))
    for name in TIMES:
        time = utc(record.get(name))
        record[name] = in_text(time) if time else record.get(name)
    customer = record["customer"] or {}
    record["customer_id"] = customer.get("id")
    record["customer_reference"] = customer.get("reference") or record.get("customerReference")
    for size in SIZES:
        record[f"{size}_photo"] = _resized(record.get("photo"), size)
    return record


def _with_text_id(parent: Any) -> Any:
    if not isinstance(parent, dict) or parent.get("id") is None:
        return parent or None
    return {**parent, "id": str(parent["id"])}


def _resized(photo: Any, size: str) -> str | None:
    """Return the address of a photo in another size."""
    if not isinstance(photo, str):
        return None
    place = photo.rfind("/", 0, len(re.split("[?#]", photo)[0])) + 1
    return f"{photo[:place]}{size}_{photo[place:]}"


def utc(text: object) -> datetime.datetime | None:
    """Return a time told by the API, in UTC; None if it is none."""
    try:
        time = datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
        return time.astimezone(datetime.timezone.utc) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def in_text(time: datetime.datetime) -> str:
    """Return a time in UTC as text, as the API writes it."""
    return f"{time.replace(tzinfo=None).isoformat()}Z"


def read_all(client: Valomnia, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
    """Yield every contact in the order of ids.

    Args:
        client: The tenant.
        progress: Progress of the last chunk that an earlier run wrote.
    """
    for chunk in client.read_listed({}, progress):
        yield chunk._replace(records=[normal(row) for row in chunk.records])


def read_changes(client: Valomnia, since: datetime.datetime | None) -> Generator[Chunk, None, None]:
    """Yield the contacts changed since a time, that second included, the earliest change first.

    The progress of a chunk is the second of its last row: nothing before it is missing. A contact
    that changes meanwhile comes again.

    Args:
        client: The tenant.
        since: None: all contacts.

    Raises:
        Incomplete: If the API does not filter or sort as it documents.
    """
    start = since and since.astimezone(datetime.timezone.utc).replace(microsecond=0)
    yield from _Walk(client, start).chunks()


class _Walk:
    """Where the reading of one tenant's changes stands."""

    def __init__(self, client: Valomnia, since: datetime.datetime | None) -> None:
        self._client = client
        self._since = since
        self._known: dict[str, int] = {}
        """Contacts of that second that were yielded, each with a hash of what it was."""
        self._left: int | None = None
        """How many are still to come, where all are: of others the total is not documented."""

    def chunks(self) -> Generator[Chunk, None, None]:
        """Yield all that is left."""
        while True:
            rows, total = self._rows(self._since)
            self._left = total if self._since is None else self._left
            self._assert_joined(rows)
            yield self._chunk(rows)
            if not rows or (len(rows) < PAGE_SIZE and len(rows) >= total):
                return
            second = self._second(rows[-1])
            is_whole_page = second == self._since
            self._go_to(second, rows)
            if is_whole_page and not (yield from self._rest(second)):
                return

    def _rows(self, since: datetime.datetime | None) -> tuple[list[Record], int]:
        """Return the first page from a second on, and how many contacts there are from then on."""
        page = self._client.page({**_span(since), "sort": "lastUpdated"})
        rows = [normal(row) for row in page.rows]
        seconds = [self._second(row) for row in rows]
        if seconds != sorted(seconds) or (since and seconds and seconds[0] < since):
            raise self._error(UNSORTED)
        return rows, page.total

    def _rest(self, second: datetime.datetime) -> Generator[Chunk, None, bool]:
        """Yield the rest of a second of more than a page; return whether there is more after it.

        That is asked for first: if there is, that second is over and no contact is added to it.
        """
        after = second + SECOND
        is_over = bool(self._rows(after)[0])
        for chunk in self._client.read_listed(_span(second, after)):
            rows = [normal(row) for row in chunk.records]
            if any(self._second(row) != second for row in rows):
                raise self._error(UNFILTERED)
            yield self._chunk(rows)
        self._since, self._known = after, {}
        return is_over

    def _chunk(self, rows: Sequence[Record]) -> Chunk:
        """Return the rows that were not yielded as they are."""
        fresh = [row for row in rows if self._known.get(row["id"]) != _hash(row)]
        progress = {"lastUpdated": in_text(self._second(rows[-1]))} if rows else None
        if self._left is not None:
            self._left = max(0, self._left - len(fresh))
        return Chunk(fresh, progress, self._left)

    def _go_to(self, second: datetime.datetime, rows: Sequence[Record]) -> None:
        """Go on with the second of the last row, of which there may be more."""
        known = self._known if second == self._since else {}
        fresh = {row["id"]: _hash(row) for row in rows if self._second(row) == second}
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
        """Return the second in which a contact was last changed."""
        time = utc(row["lastUpdated"])
        if time is None:
            raise self._error(UNTIMED)
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


def _hash(row: Record) -> int:
    return hash(msgspec.json.encode(row))
