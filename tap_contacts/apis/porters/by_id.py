"""Read a list of PORTERS by ascending ids, completely, while it changes.

A list is walked by `P_Id:gt` instead of offsets, so that nothing shifts while it changes. Whether
PORTERS takes an order and such a range for contacts is only inferred.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115008016927-Read-API-Parameters
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.one_page import Answered, Asked, page, text
from tap_contacts.listing.offsets import read_chunks
from tap_contacts.listing.pages import Incomplete, Listing
from tap_contacts.listing.pages import Page as PageByOffset
from tap_contacts.listing.prefetch import Offsets
from tap_contacts.transport.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.etree import _Element

    from tap_contacts.apis.porters.client import Porters
    from tap_contacts.apis.porters.fields import Resource

NOT_TAKEN = "100"
"""Code of a request with a parameter that is not taken."""

ID, ITEM = "id", "item"
"""What rows read by offsets hold."""


class Page(NamedTuple):
    """Rows that were read together."""

    items: list[_Element]
    total: int
    """Rows in all, as PORTERS counts them; -1 if it does not say."""
    left: int | None
    """How many come after these; None if it does not say."""
    ascends: bool = True
    """Whether none that comes later has a smaller id."""


def pages(client: Porters, asked: Asked, after: int = 0) -> Iterator[Page]:
    """Yield the pages of a listing by ascending id, each going on from the last id seen.

    Where PORTERS takes no order, or no range of ids, the rest is read by offsets.

    Raises:
        Incomplete: If the rows do not ascend, or are fewer than PORTERS counts.
    """
    last, more = after, True
    while more:
        found = _beyond(client, asked, last)
        if found is None:
            yield from _by_offsets(client, asked, last)
            return
        ids = [last, *ids_of(asked.resource, found.items)]
        more = found.left > 0 if found.left is not None else len(ids) > wire.LARGEST_PAGE
        if more and len(ids) == 1:
            raise _broken(asked.resource, f"counts {found.total} rows, gave none")
        if any(one >= other for one, other in pairwise(ids)):
            raise _broken(asked.resource, "gave rows that are not in the order of their ids")
        last = ids[-1]
        yield Page(found.items, found.total, found.left)


def _beyond(client: Porters, asked: Asked, last: int) -> Answered | None:
    """Return the page behind an id; None if PORTERS does not take what that needs."""
    order = f"{asked.resource.key}:asc"
    if not last:
        return ordered(client, asked, order, wire.LARGEST_PAGE)
    if not (client.ways.has_order and client.ways.has_ranges):
        return None
    beyond = asked._replace(conditions={**asked.conditions, f"{asked.resource.key}:gt": str(last)})
    found = _unless_refused(client, beyond, order=order, count=wire.LARGEST_PAGE)
    if found is None and ordered(client, asked, order, 1):
        client.ways.refuse_ranges()
    return found


def _unless_refused(client: Porters, asked: Asked, **query: Any) -> Answered | None:
    """Return a page; None if PORTERS does not take a parameter."""
    try:
        return page(client, asked, **query)
    except Stopped as error:
        if error.code != NOT_TAKEN:
            raise
        return None


def ordered(client: Porters, asked: Asked, order: str, count: int) -> Answered | None:
    """Return a first page, in an order such as `Contact.P_Id:asc`; None if none is taken."""
    if not client.ways.has_order:
        return None
    found = _unless_refused(client, asked, order=order, count=count)
    if found is None:
        page(client, asked, count=1)  # if anything else is at fault, this is refused, too
        client.ways.refuse_order()
    return found


def _by_offsets(client: Porters, asked: Asked, last: int) -> Iterator[Page]:
    """Yield the pages with the rows of greater ids, each row once, in whatever order they come.

    Overlapping pages and the number of rows show that none is missing.
    """
    order = {"order": f"{asked.resource.key}:asc"} if client.ways.has_order else {}
    total: int

    def fetch(start: int) -> PageByOffset:
        nonlocal total
        found = page(client, asked, count=wire.LARGEST_PAGE, start=start, **order)
        total = found.total
        ids = ids_of(asked.resource, found.items)
        rows = [{ID: id_, ITEM: item} for id_, item in zip(ids, found.items, strict=True)]
        return PageByOffset(rows, total)

    listing = Listing(f"PORTERS: GET {asked.resource.path}", wire.LARGEST_PAGE, ID)
    with (
        ThreadPoolExecutor(1) as pool,
        closing(read_chunks(listing, Offsets(pool, fetch))) as chunks,
    ):
        for chunk in chunks:
            items = [row[ITEM] for row in chunk.records if row[ID] > last]
            yield Page(items, total, chunk.left, ascends=False)


def ids_of(resource: Resource, items: Sequence[_Element]) -> list[int]:
    """Return the ids of rows; raise Incomplete if one has none."""
    ids = [text(item, resource.key) for item in items]
    if not all(map(wire.ID.fullmatch, ids)):
        raise _broken(resource, "gave a row without an id")
    return [int(each) for each in ids]


def _broken(resource: Resource, answered: str) -> Incomplete:
    return Incomplete(f"PORTERS: GET {resource.path}: {answered}. Run again.")
