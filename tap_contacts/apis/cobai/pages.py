"""Read lists of cobai completely, whether or not they come in pages, which no document says.

A link to the next page is taken at its query. Where a list has none, its second page is asked for:
what comes shows whether lists have pages. A list that has no second page tells nothing of longer
ones: servers may refuse a page behind the last, or answer with the last one again. So that is asked
again for a list that is longer than those that were whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.apis.cobai import wire
from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport import xml
from tap_contacts.transport.errors import Refused, Stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

    from tap_contacts.transport.client import ApiClient

Items = dict[str, dict[str, str]]
"""Fields of customers or contacts, by UUID."""

SHORTEST_PAGE = 10
"""Items from which on a list may be one of several pages."""

MOST_BARREN = 10
"""Pages in a row without a new item, each with a link to a further one, that are read at most."""

KEYS_REFUSED, GONE, NOT_TAKEN = {401, 403}, 404, 405
UNKNOWN = (
    "%s: GET %s: the second page was asked for and refused (HTTP %s), as if the signature were "
    "wrong. So it is not known whether lists have pages, of which this run reads the first only. "
    "Switch cobai.sign_query; or compare the number of rows with the screen, and if all are there, "
    "set cobai.page_parameter to nothing."
)


class Pages:
    """The lists of one account."""

    def __init__(self, client: ApiClient, parameter: str) -> None:
        """Take what sends requests, and the name of the parameter; "" if none is to be sent."""
        self._client, self._parameter = client, parameter
        self._without: set[str] = set() if parameter else {"customer", "contact"}
        """Kinds of which lists have no pages but those that links lead to."""
        self._whole: dict[str, int] = {}
        """By kind, from how many items on a list may have a second page; shorter ones are whole."""

    def items(self, path: str, kind: str, query: Mapping[str, str]) -> Items:
        """Return the items of a list by their UUIDs.

        Raises:
            Incomplete: If an item has no UUID, or a link leads to what was read already, on and on
                to pages with nothing new, or to a page that has no query.
        """
        root, found = self._page(path, kind, query)
        if root is None:
            return found
        if wire.next_page(root) is not None:
            return found | self._linked(path, kind, query, root)
        is_long = len(found) >= self._whole.get(kind, SHORTEST_PAGE)
        if is_long and kind not in self._without:
            found |= self._numbered(path, kind, query, found)
        return found

    def _linked(self, path: str, kind: str, query: Mapping[str, str], first: _Element) -> Items:
        """Return the items of the pages to which links lead, one after the other."""
        found: Items = {}
        root: _Element | None = first
        asked, barren = [dict(query)], 0
        while root is not None and (following := wire.next_page(root)) is not None:
            if wrong := _wrong(following, asked, barren):
                raise self._broken(path, wrong)
            asked.append(following)
            root, more = self._page(path, kind, following)
            barren = 0 if more.keys() - found.keys() else barren + 1
            found |= more
        return found

    def _numbered(self, path: str, kind: str, query: Mapping[str, str], first: Items) -> Items:
        """Return the items of the pages from the second on, if there are such."""
        found: Items = {}
        number, before, more = 2, first, self._second(path, kind, query, len(first))
        if more.keys() == first.keys():  # the parameter means nothing, or this was the last page
            self._is_whole(kind, len(first))
            return {}
        while more.keys() - first.keys() - found.keys():
            found |= more
            number += 1
            following = {**query, self._parameter: str(number)}
            is_shorter, before = len(more) < len(before), more
            more = self._further(path, kind, following, behind_shorter=is_shorter)
        return found

    def _is_whole(self, kind: str, length: int) -> None:
        """Note that a list may have a second page only if it has so many items or more."""
        self._whole[kind] = max(length, self._whole.get(kind, SHORTEST_PAGE))

    def _second(self, path: str, kind: str, query: Mapping[str, str], length: int) -> Items:
        try:
            return self._page(path, kind, {**query, self._parameter: "2"})[1]
        except Refused as error:
            # 404 may mean that this list has no such page; others, that the parameter is not known.
            self._is_whole(kind, length if error.http_status == GONE else length + 1)
        except Stopped as error:
            if error.http_status == GONE:
                self._is_whole(kind, length)
                return {}
            self._assert_about_page(path, error)
            self._without.add(kind)
        return {}

    def _further(
        self, path: str, kind: str, query: Mapping[str, str], *, behind_shorter: bool
    ) -> Items:
        """Return the items of a page; none if it is refused, since the one before was the last."""
        try:
            return self._page(path, kind, query)[1]
        except (Refused, Stopped) as error:
            if error.http_status == GONE or (behind_shorter and isinstance(error, Refused)):
                return {}
            raise

    def _assert_about_page(self, path: str, error: Stopped) -> None:
        """Raise an error of other reasons than that a second page was asked for."""
        if error.http_status in KEYS_REFUSED:
            self._client.logger.warning(UNKNOWN, self._client.title, path, error.http_status)
        elif error.http_status != NOT_TAKEN:
            raise error

    def _page(
        self, path: str, kind: str, query: Mapping[str, str]
    ) -> tuple[_Element | None, Items]:
        root = self._client.call("GET", path, params=query or None).xml
        items: Items = {}
        for item in () if root is None else xml.children(root, kind):
            uuid = wire.uuid_of(item, kind)
            if uuid is None:
                raise self._broken(path, f"lists a {kind} without UUID")
            items[uuid] = {**wire.fields(item), "uuid": uuid}
        return root, items

    def _broken(self, path: str, answered: str) -> Exception:
        msg = f"{self._client.title}: GET {path}: {answered}. Ask cobai's support."
        return Incomplete(msg)


def _wrong(following: Mapping[str, str], asked: list[dict[str, str]], barren: int) -> str:
    """Return what is wrong with the query of a link to a next page, or nothing."""
    if not following:
        return "links to a next page that has no query"
    if following in asked:
        return "links to a next page that was read already"
    return f"{barren} pages in a row hold nothing new, and link on" if barren >= MOST_BARREN else ""
