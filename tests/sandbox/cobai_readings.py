"""Answer as cobai may do where its pages leave room; names as in `readings`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from lxml import etree

from tests.sandbox.messages import Response

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Order = Callable[[Iterable[str]], list[str]]
PAGE_SIZE = 20
PAGES = {"pages_link", "pages_number", "pages_404", "pages_again"}
LENGTHS = {
    "firstName": 35,
    "lastName": 35,
    "officePhone": 30,
    "officeFax": 30,
    "officeMobile": 30,
} | {"officeMail": 200, "webUserName": 80, "webPassword": 50}
"""Most characters of each text (CREATE)."""
_TABLE = (
    "gender firstName lastName officePhone officeFax officeMobile officeMail webUserName "
    "webPassword role ignoreAssortment"
)
TABLE = tuple(_TABLE.split())
"""The fields in the order of the table of CREATE."""


def cut(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields with overlong values cut."""
    return {name: value[: LENGTHS.get(name)] for name, value in fields.items()}


def order_of(readings: Collection[str]) -> Order:
    """Return what gives names of elements in the order that is demanded."""
    if "any_order" in readings:
        return list
    return _as_in_table if "table_order" in readings else sorted


def _as_in_table(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: TABLE.index(name) if name in TABLE else len(TABLE))


def without_page(readings: Collection[str], query: str) -> str:
    """Return a query without its `page`, where lists have pages."""
    if not PAGES.intersection(readings):
        return query
    named = parse_qsl(query, keep_blank_values=True)
    return urlencode([each for each in named if each[0] != "page" or not each[1].isdecimal()])


def paged(
    readings: Collection[str], uuids: list[str], query: Mapping[str, str]
) -> tuple[list[str], str]:
    """Return a page, and the query of the next one if there is a link to it, or else nothing."""
    if not PAGES.intersection(readings):
        return uuids, ""
    # Silent in the documents; taken: pages count from 1, and one behind the last is empty.
    number = int(query.get("page", 1))
    if "pages_again" in readings:
        number = min(number, -(-len(uuids) // PAGE_SIZE) or 1)
    end = number * PAGE_SIZE
    linked = "pages_link" in readings and end < len(uuids)
    following = urlencode({**query, "page": number + 1})
    return uuids[max(end - PAGE_SIZE, 0) : end], f"?{following}" if linked else ""


def shaped(readings: Collection[str], answer: Response) -> Response:
    """Return a refusal, at status 400 as plain text if that is its form."""
    if "bad_request_text" not in readings or answer.status != 400:
        return answer
    texts = etree.fromstring(answer.body).itertext()
    plain = {"Content-Type": "text/plain;charset=UTF-8"}
    return Response(400, "\n".join(map(str, texts)).encode(), plain)
