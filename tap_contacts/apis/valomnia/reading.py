"""Read the contacts of Valomnia, and give each the form of a record.

Source: https://developers.valomnia.com/ref/Contacts/list.html
"""

from __future__ import annotations

import datetime
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any

from tap_contacts.apis.valomnia.unordered import Unordered, by_id, in_any_order
from tap_contacts.listing.offsets import read_chunks, read_rows
from tap_contacts.listing.pages import Listing, Page
from tap_contacts.listing.prefetch import AFRESH, Chunk, Offsets

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from tap_contacts.apis.valomnia.client import Valomnia

Record = dict[str, Any]

TIMES = ("dateCreated", "lastUpdated")
PARENTS = ("customer", "user")
"""Objects in a contact that have an id of their own."""

SIZES = ("small", "medium")
"""Sizes of a photo, which stand before its name (Contacts/update.html)."""


def contacts(client: Valomnia, filters: Mapping[str, str]) -> Iterator[Record]:
    """Yield every contact that passes the filters once, as the API tells it."""
    try:
        first = by_id(client, filters, 0)
    except Unordered:
        yield from chain.from_iterable(in_any_order(client, filters))
    else:
        yield from _from(client, filters, first)


def _from(client: Valomnia, filters: Mapping[str, str], first: Page) -> Iterator[Record]:
    """Yield every contact that passes the filters, oldest first; the first page is there."""
    fetch = _pages(client, filters, first)
    return read_rows(client.what, fetch, client.page_size, "id")


def _pages(client: Valomnia, filters: Mapping[str, str], first: Page) -> Callable[[int], Page]:
    """Return what fetches the page at an offset; the first page is used once."""
    ready = [first]

    def fetch(start: int) -> Page:
        return by_id(client, filters, start) if start or not ready else ready.pop()

    return fetch


def few_contacts(client: Valomnia, pages: int) -> Iterator[Record] | None:
    """Return every contact; None if there are more than so many pages of 100 hold."""
    try:
        first = by_id(client, {}, 0)
        found = _from(client, {}, first)
    except Unordered:
        first = client.page({})
        found = chain.from_iterable(in_any_order(client, {}))
    return None if first.total > pages * client.page_size else found


def read_contacts(
    client: Valomnia,
    progress: Mapping[str, Any] | None = None,
    filters: Mapping[str, str] | None = None,
) -> Generator[Chunk, None, None]:
    """Yield every contact that passes the filters once, normalised, by ascending id if it can."""
    try:
        yield from _in_order(client, progress, filters)
    except Unordered:
        if progress:
            yield AFRESH
        for rows in in_any_order(client, filters or {}):
            yield Chunk([normal(row) for row in rows], {})


def _in_order(
    client: Valomnia, progress: Mapping[str, Any] | None, filters: Mapping[str, str] | None
) -> Generator[Chunk, None, None]:
    fetch = _pages(client, filters or {}, by_id(client, filters or {}, 0))
    listing = Listing(client.what, client.page_size, "id")
    with ThreadPoolExecutor(client.concurrency) as pool:
        pages = Offsets(pool, fetch, client.page_size - 1, client.ahead)
        with closing(read_chunks(listing, pages, progress)) as chunks:
            for chunk in chunks:
                yield chunk._replace(records=[normal(row) for row in chunk.records])


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
