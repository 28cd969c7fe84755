"""Read contacts and clients of PORTERS (HRBC), completely, while they change.

A listing is walked by `P_Id:gt` instead of offsets, so that nothing shifts while it changes.
Whether PORTERS takes an order and such a range for contacts is only inferred.

Sources: https://hrbcapi.porters.jp/hc/en-us/articles/20867963087129-Contact-Read,
https://hrbcapi.porters.jp/hc/en-us/articles/115008016927-Read-API-Parameters
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.apis.porters.one_page import Answered, Asked, page, text
from tap_contacts.listing.offsets import read_chunks
from tap_contacts.listing.pages import Incomplete, Listing
from tap_contacts.listing.pages import Page as PageByOffset
from tap_contacts.listing.prefetch import Offsets
from tap_contacts.transport.errors import Refused, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


def contacts(
    client: Porters, fields: Sequence[str], conditions: Mapping[str, str] | None = None
) -> Iterator[dict[str, str]]:
    """Yield contacts: `Contact.P_Id` and these fields, references as ids.

    Args:
        client: Speaks to the company database.
        fields: Aliases.
        conditions: Alias and suffix to value, all to hold, such as `Contact.P_Name:full`.
    """
    for each in pages(client, Asked(CONTACTS, fields, conditions or {})):
        yield from wire.flat_rows(each.items)


def few_contacts(
    client: Porters, fields: Sequence[str], conditions: Mapping[str, str], most: int
) -> Iterator[dict[str, str]] | None:
    """Return the contacts that meet conditions; None if they take more than so many pages."""
    found = pages(client, Asked(CONTACTS, fields, conditions))
    first = next(found)
    if first.total > most * wire.LARGEST_PAGE:
        return None
    return (row for each in chain([first], found) for row in wire.flat_rows(each.items))


def one_contact(client: Porters, fields: Sequence[str], contact_id: str) -> dict[str, str] | None:
    """Return the contact with this id; None if it is not found.

    Whether PORTERS takes an id as a condition is only inferred.
    """
    asked = Asked(CONTACTS, fields, {CONTACTS.key: contact_id})
    rows = wire.flat_rows(page(client, asked, count=1).items)
    return next((row for row in rows if row[CONTACTS.key] == contact_id), None)


def several_contacts(
    client: Porters, fields: Sequence[str], ids: Sequence[str]
) -> Iterator[dict[str, str]]:
    """Yield the contacts of these ids that are there, and perhaps others, as `filled_rows` does.

    200 are asked for in one request. Whether PORTERS takes several ids in a condition is only
    inferred. For what it does not tell so, each request is for the 200 contacts from one that is
    wanted on.
    """
    left = set(ids)
    for start in range(0, len(ids), wire.LARGEST_PAGE):
        found = _by_ids(client, fields, ids[start : start + wire.LARGEST_PAGE])
        rows = wire.filled_rows(found)
        left.difference_update(row[CONTACTS.key] for row in rows)
        yield from rows
    yield from _from_each(client, Asked(CONTACTS, fields), sorted(map(int, left)))


def _by_ids(client: Porters, fields: Sequence[str], ids: Sequence[str]) -> list[_Element]:
    """Return the contacts of at most 200 ids; none if PORTERS takes no several ids."""
    if not client.ways.has_several:
        return []
    asked = Asked(CONTACTS, fields, {f"{CONTACTS.key}:or": ":".join(ids)})
    try:
        return page(client, asked, count=wire.LARGEST_PAGE).items
    except (Refused, Stopped):
        page(client, Asked(CONTACTS, fields), count=1)  # if anything else is at fault, this fails
        client.ways.has_several = False
    return []


def _from_each(client: Porters, asked: Asked, ids: Sequence[int]) -> Iterator[dict[str, str]]:
    """Yield contacts in the order of their ids, passing over what is between those wanted."""
    left = deque(ids)
    while left:
        for found in pages(client, asked, left[0] - 1):
            yield from wire.filled_rows(found.items)
            last = max(_ids(asked.resource, found.items), default=left[-1])
            _drop_until(left, last)
            if found.ascends and (not left or left[0] > last + 1):
                break
        else:
            return


def _drop_until(ids: deque[int], last: int) -> None:
    while ids and ids[0] <= last:
        ids.popleft()


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
        ids = [last, *_ids(asked.resource, found.items)]
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
        ids = _ids(asked.resource, found.items)
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


def _ids(resource: Resource, items: Sequence[_Element]) -> list[int]:
    ids = [text(item, resource.key) for item in items]
    if not all(map(wire.ID.fullmatch, ids)):
        raise _broken(resource, "gave a row without an id")
    return [int(each) for each in ids]


def _broken(resource: Resource, answered: str) -> Incomplete:
    return Incomplete(f"PORTERS: GET {resource.path}: {answered}. Run again.")
