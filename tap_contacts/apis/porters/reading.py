"""Read contacts of PORTERS (HRBC): all of them, or some.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/20867963087129-Contact-Read
"""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import TYPE_CHECKING

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.by_id import ids_of, pages
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.apis.porters.one_page import Asked, page
from tap_contacts.transport.errors import Refused, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.etree import _Element

    from tap_contacts.apis.porters.client import Porters


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
            last = max(ids_of(asked.resource, found.items), default=left[-1])
            _drop_until(left, last)
            if found.ascends and (not left or left[0] > last + 1):
                break
        else:
            return


def _drop_until(ids: deque[int], last: int) -> None:
    while ids and ids[0] <= last:
        ids.popleft()
