"""Read lists of cobai completely, whether or not they come in pages, which no document says.

A link to the next page is taken at its query. Where a list has none, its second page is asked for:
what comes shows whether lists have pages. That is asked once a run and kind, if a list is long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.apis.cobai import wire
from tap_contacts.listing.offsets import Incomplete
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

KEYS_REFUSED, NO_SUCH_PAGE = {401, 403}, {404, 405}
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

    def items(self, path: str, kind: str, query: Mapping[str, str]) -> Items:
        """Return the items of a list by their UUIDs.

        Raises:
            Incomplete: If an item has no UUID, or a link leads to what was read already.
        """
        root, found = self._page(path, kind, query)
        asked = [dict(query)]
        while root is not None and (following := wire.next_page(root)):
            if following in asked:
                raise self._broken(path, "links to a next page that was read already")
            asked.append(following)
            root, more = self._page(path, kind, following)
            found |= more
        if len(asked) == 1 and len(found) >= SHORTEST_PAGE and kind not in self._without:
            found |= self._numbered(path, kind, query, found)
        return found

    def _numbered(self, path: str, kind: str, query: Mapping[str, str], first: Items) -> Items:
        """Return the items of the pages from the second on, if there are such."""
        found: Items = {}
        number, more = 2, self._second(path, kind, query)
        if more.keys() == first.keys():  # the parameter means nothing
            self._without.add(kind)
            return {}
        while more.keys() - first.keys() - found.keys():
            found |= more
            number += 1
            _, more = self._page(path, kind, {**query, self._parameter: str(number)})
        return found

    def _second(self, path: str, kind: str, query: Mapping[str, str]) -> Items:
        try:
            return self._page(path, kind, {**query, self._parameter: "2"})[1]
        except Refused:
            self._without.add(kind)
        except Stopped as error:
            self._assert_about_page(path, error)
            self._without.add(kind)
        return {}

    def _assert_about_page(self, path: str, error: Stopped) -> None:
        """Raise an error of other reasons than that a second page was asked for."""
        if error.http_status in KEYS_REFUSED:
            self._client.logger.warning(UNKNOWN, self._client.title, path, error.http_status)
        elif error.http_status not in NO_SUCH_PAGE:
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
