"""Read one page of PORTERS (HRBC), in several requests if it has too many fields for one.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115008016927-Read-API-Parameters
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lxml import etree

from tap_contacts.apis.porters import wire
from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport import xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.etree import _Element

    from tap_contacts.apis.porters.fields import Resource
    from tap_contacts.transport.client import ApiClient

LONGEST_FIELDS = 6_000
"""Bytes of a request's fields. Usual servers take lines of 8,190; PORTERS takes about 15,000."""

MOST_READ = 5
"""How often a page is read at most until its parts agree."""


class Asked(NamedTuple):
    """What is read of a resource."""

    resource: Resource
    fields: Sequence[str]
    conditions: Mapping[str, str] = {}
    """Alias and suffix to value, all to hold, such as `Contact.P_Name:full`."""
    state: Literal["existing", "deleted"] = "existing"


class Answered(NamedTuple):
    """A page as it was answered."""

    items: list[_Element]
    total: int
    """Rows in all, from this page on; -1 if that is not told."""
    date: str | None
    """The header `Date`."""

    @property
    def left(self) -> int | None:
        """Return how many rows come after the page; None if that is not told."""
        return None if self.total < 0 else max(0, self.total - len(self.items))


def page(client: ApiClient, asked: Asked, **query: Any) -> Answered:
    """Return a page, its rows joined from as many requests as its fields need.

    If a row has changed between two of them, or is gone, all of them are sent again. Times of
    changes are in seconds: what changes twice within one is read again by the next run, which reads
    the last minute again.

    Raises:
        Incomplete: If rows change again and again.
    """
    for _ in range(MOST_READ):
        first, *others = _parts(asked)
        found = _read(client, asked, first, query)
        if all(_join(asked.resource, found, _read(client, asked, o, query)) for o in others):
            return found
    msg = f"PORTERS: GET {asked.resource.path}: changes faster than it can be read. Run again."
    raise Incomplete(msg)


def _parts(asked: Asked) -> Iterator[list[str]]:
    """Yield the fields of each request: with several, each has id and time of change."""
    key, date = asked.resource.key, asked.resource.date
    fields = [key, *asked.fields]
    if len(",".join(fields)) > LONGEST_FIELDS:
        fields = [key, date, *asked.fields]
    part: dict[str, None] = {}
    size = 0
    for field in dict.fromkeys(fields):
        if size + len(field) + 1 > LONGEST_FIELDS:
            yield list(part)
            part = dict.fromkeys([key, date])
            size = len(key) + len(date) + 2
        part[field] = None
        size += len(field) + 1
    yield list(part)


def _read(client: ApiClient, asked: Asked, fields: list[str], query: Mapping[str, Any]) -> Answered:
    params = {**query, "field": ",".join(fields)}
    if asked.state != "existing":
        params["itemstate"] = asked.state
    if asked.conditions:
        conditions = asked.conditions.items()
        params["condition"] = ",".join(f"{name}={value}" for name, value in conditions)
    answer = client.call("GET", asked.resource.path, params=params, headers=wire.LINKS_TOO)
    root = answer.xml
    items = [] if root is None else list(xml.children(root, "Item"))
    return Answered(items, wire.total(root), answer.headers.get("Date"))


def _join(resource: Resource, found: Answered, other: Answered) -> bool:
    """Add to each row its further fields; return False if one has changed meanwhile, or is gone."""
    further = {text(item, resource.key): item for item in other.items}
    told = {resource.key, resource.date}
    for item in found.items:
        same = further.get(text(item, resource.key))
        if same is None or text(same, resource.date) != text(item, resource.date):
            return False
        fields = [each for each in same.iterchildren(etree.Element) if xml.local(each) not in told]
        item.extend(fields)
    return True


def text(item: _Element, alias: str) -> str:
    """Return the text of a field; "" if it is not there."""
    return item.findtext(f"{{*}}{alias}") or ""
