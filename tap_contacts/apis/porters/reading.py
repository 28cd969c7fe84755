"""Read contacts and clients of PORTERS (HRBC), completely, while they change.

A listing is walked by `P_Id:gt` instead of offsets, so that nothing shifts while it changes.

Sources: https://hrbcapi.porters.jp/hc/en-us/articles/20867963087129-Contact-Read,
https://hrbcapi.porters.jp/hc/en-us/articles/115008016927-Read-API-Parameters
"""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.listing.offsets import Incomplete
from tap_contacts.transport import xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.etree import _Element

    from tap_contacts.apis.porters.fields import Resource
    from tap_contacts.transport.client import ApiClient
    from tap_contacts.transport.session import Answer


class Asked(NamedTuple):
    """What is read of a resource."""

    resource: Resource
    fields: Sequence[str]
    conditions: Mapping[str, str] = {}
    """Alias and suffix to value, all to hold, such as `Contact.P_Name:full`."""
    state: Literal["existing", "deleted"] = "existing"


def contacts(
    client: ApiClient, fields: Sequence[str], conditions: Mapping[str, str] | None = None
) -> Iterator[dict[str, str]]:
    """Yield contacts by ascending id: `Contact.P_Id` and these fields, references as ids.

    Args:
        client: Speaks to the company database.
        fields: Aliases.
        conditions: Alias and suffix to value, all to hold, such as `Contact.P_Name:full`.
    """
    for root in pages(client, Asked(CONTACTS, fields, conditions or {})):
        yield from wire.flat_rows_of(root)


def few_contacts(
    client: ApiClient, fields: Sequence[str], conditions: Mapping[str, str], most: int
) -> Iterator[dict[str, str]] | None:
    """Return the contacts that meet conditions; None if they take more than so many pages.

    Args:
        client: Speaks to the company database.
        fields: As for `contacts`.
        conditions: As for `contacts`.
        most: Pages of 200 contacts.
    """
    roots = pages(client, Asked(CONTACTS, fields, conditions))
    first = next(roots)
    if wire.total(first) > most * wire.LARGEST_PAGE:
        return None
    return (row for root in chain([first], roots) for row in wire.flat_rows_of(root))


def pages(client: ApiClient, asked: Asked, after: int = 0) -> Iterator[_Element | None]:
    """Yield the pages of a listing by ascending id, each going on from the last id seen.

    Args:
        client: Speaks to the company database.
        asked: What is read.
        after: The last id that is not wanted any more.

    Raises:
        Incomplete: If the rows do not ascend, or are fewer than PORTERS counts.
    """
    key = f"{asked.resource.name}.P_Id"
    last, more = after, True
    while more:
        beyond = {f"{key}:gt": str(last)} if last else {}
        asked_now = asked._replace(conditions={**asked.conditions, **beyond})
        root = page(client, asked_now, f"{key}:asc", wire.LARGEST_PAGE).xml
        ids = [last, *_ids(asked.resource, items(root))]
        total = wire.total(root)
        more = total > len(ids) - 1
        if more and len(ids) == 1:
            raise _broken(asked.resource, f"counts {total} rows, gave none")
        if any(one >= other for one, other in pairwise(ids)):
            raise _broken(asked.resource, "gave rows that are not in the order of their ids")
        last = ids[-1]
        yield root


def items(root: _Element | None) -> list[_Element]:
    """Return the items of a page."""
    return [] if root is None else list(xml.children(root, "Item"))


def text(item: _Element, alias: str) -> str:
    """Return the text of a field; "" if it is not there."""
    return item.findtext(f"{{*}}{alias}") or ""


def _ids(resource: Resource, items: Sequence[_Element]) -> list[int]:
    ids = [text(item, f"{resource.name}.P_Id") for item in items]
    if not all(map(wire.ID.fullmatch, ids)):
        raise _broken(resource, "gave a row without an id")
    return [int(each) for each in ids]


def _broken(resource: Resource, answered: str) -> Incomplete:
    return Incomplete(f"PORTERS: GET {resource.path}: {answered}. Run again.")


def page(client: ApiClient, asked: Asked, order: str, count: int) -> Answer:
    """Return a first page, in an order such as `Contact.P_Id:asc`."""
    query = {
        "count": count,
        "field": ",".join(dict.fromkeys([f"{asked.resource.name}.P_Id", *asked.fields])),
        "order": order,
    }
    if asked.state != "existing":
        query["itemstate"] = asked.state
    if asked.conditions:
        query["condition"] = ",".join(f"{name}={value}" for name, value in asked.conditions.items())
    return client.call("GET", asked.resource.path, params=query, headers=wire.LINKS_TOO)
