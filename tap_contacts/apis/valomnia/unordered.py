"""Read the contacts of Valomnia where it does not list them in the order of ids.

Whether `sort=id` is taken is not documented. No other order is one of all contacts: those that are
equal in it may stand in another order in each answer, and an offset may skip them. So the list is
read in one order after the other, until as many contacts have come as it counts. Where it counts
others, too, only a list of a single page is known to be complete.

Source: https://developers.valomnia.com/ref/Contacts/list.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_contacts.apis.valomnia.wire import LARGEST_PAGE
from tap_contacts.listing.pages import Incomplete, Page
from tap_contacts.transport.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from tap_contacts.apis.valomnia.client import Valomnia

SORTS = ("dateCreated", "lastName", "firstName", "email", "mobile", "lastUpdated")
"""Orders, beginning with one that no change of a contact changes."""

REFUSED = "%s: does not sort by id: contacts are read in other orders until all have come."
UNCOUNTED = (
    "does not sort by id, counts {} contacts and gave {} in all other orders. Run again at a "
    "quieter time. If that does not help, ask Valomnia for sort=id."
)


class Unordered(Exception):
    """The API does not list contacts in the order of ids."""


def by_id(client: Valomnia, filters: Mapping[str, str], start: int) -> Page:
    """Return the page from an offset on, in the order of ids.

    Raises:
        Refused: If what is asked for is refused whatever the order.
        Unordered: If only this order is.
    """
    if client.sorts_by_id is False:
        raise Unordered
    try:
        page = client.page({**filters, "sort": "id", "offset": start})
    except Refused:
        if client.sorts_by_id:
            raise
        client.page({**filters, "offset": start})
        _note_unordered(client)
        raise Unordered from None
    client.sorts_by_id = True
    return page._replace(total=-1) if counts_others(client, filters, page) else page


def counts_others(client: Valomnia, filters: Mapping[str, str], page: Page) -> bool:
    """Say whether the total of a page counts contacts that do not pass the filters, too.

    The API is asked at most once, and only where a total is more than the page holds.
    """
    return bool(filters) and page.total > len(page.rows) and not client.counts_matches


def _note_unordered(client: Valomnia) -> None:
    if client.sorts_by_id is None:
        client.sorts_by_id = False
        client.logger.warning(REFUSED, client.what)


def in_any_order(
    client: Valomnia, filters: Mapping[str, str]
) -> Generator[list[dict[str, Any]], None, None]:
    """Yield every contact that passes the filters once, page by page.

    Raises:
        Incomplete: If they do not come up to their number.
    """
    known: set[str] = set()
    count = _Count()
    for attempt in _attempts(client, filters, count):
        for page in attempt:
            count.add(page, is_hint=counts_others(client, filters, page))
            fresh = [row for row in page.rows if str(row["id"]) not in known]
            known.update(str(row["id"]) for row in fresh)
            yield fresh
        if count.is_reached:
            return
        count.begin()
    msg = f"{client.what}: {UNCOUNTED.format(count.total, len(count.ids))}"
    raise Incomplete(msg)


def _attempts(
    client: Valomnia, filters: Mapping[str, str], count: _Count
) -> Iterator[Iterator[Page]]:
    """Yield ways to read the list: by pages in some order, and once as a whole if it is short."""
    yield _pages(client, {**filters, "sort": SORTS[0]})
    if count.total <= LARGEST_PAGE:
        yield _whole(client, {**filters, "max": count.total})
    for sort in SORTS[1:]:
        yield _pages(client, {**filters, "sort": sort})


def _whole(client: Valomnia, query: Mapping[str, Any]) -> Iterator[Page]:
    """Yield one page of the size asked for, or a smaller one; none if that size is refused."""
    try:
        page = client.page(query)
    except Refused:
        return
    yield page


def _pages(client: Valomnia, query: Mapping[str, str]) -> Iterator[Page]:
    """Yield the pages of a list, the last of which is empty, or holds the rest of what is counted.

    A page that is not full does not prove that it was the last: the API may give fewer than asked.
    """
    start, total = 0, 1
    while start < total:
        try:
            page = client.page({**query, "offset": start})
        except Refused:  # perhaps of this order alone
            return
        yield page
        start, total = start + len(page.rows), page.total if page.rows else 0


class _Count:
    """Which contacts came since the API last counted another number of them."""

    def __init__(self) -> None:
        self.total = -1
        self.ids: set[str] = set()
        self._is_hint = False
        self.begin()

    def begin(self) -> None:
        self._pages = 0
        self._is_whole = False
        """Whether the order was read up to an empty page."""

    def add(self, page: Page, *, is_hint: bool) -> None:
        """Take note of a page: what came before a contact did or went proves nothing.

        Args:
            page: As it was answered.
            is_hint: Whether its total counts others, too.
        """
        if page.total != self.total:
            self.total, self.ids = page.total, set()
        self.ids.update(str(row["id"]) for row in page.rows)
        self._is_hint |= is_hint
        self._pages += bool(page.rows)
        self._is_whole = not page.rows

    @property
    def is_reached(self) -> bool:
        """Say whether as many came as are counted; if others count, whether one page is all."""
        if len(self.ids) >= self.total >= 0:
            return True
        return self._is_hint and self._is_whole and self._pages <= 1
