"""Read the contacts of Valomnia where it does not list them in the order of ids.

Whether `sort=id` is taken is not documented. No other order is one of all contacts: those that are
equal in it may stand in another order in each answer, and an offset may skip them. So the list is
read in one order after the other, until as many contacts have come as it counts.

Source: https://developers.valomnia.com/ref/Contacts/list.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_contacts.listing.offsets import Incomplete, Page
from tap_contacts.transport.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from tap_contacts.apis.valomnia.client import Valomnia

SORTS = ("dateCreated", "lastName", "firstName", "email", "mobile", "lastUpdated")
"""Orders, beginning with one that no change of a contact changes."""

REFUSED = "%s: does not sort by id: contacts are read in other orders until all have come."
UNCOUNTED = "counts {} contacts and gave {} in all orders. Run again at a quieter time"


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
    return page


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
    for sort in SORTS:
        for page in _pages(client, {**filters, "sort": sort}):
            count.add(page)
            fresh = [row for row in page.rows if str(row["id"]) not in known]
            known.update(str(row["id"]) for row in fresh)
            yield fresh
        if count.is_reached:
            return
    msg = f"{client.what}: {UNCOUNTED.format(count.total, len(count.ids))}."
    raise Incomplete(msg)


def _pages(client: Valomnia, query: Mapping[str, str]) -> Iterator[Page]:
    """Yield the pages of a list, the last of which is empty, or holds the rest of what is counted.

    A page that is not full does not prove that it was the last: the API may give fewer than asked.
    """
    start, total = 0, 1
    while start < total:
        page = client.page({**query, "offset": start})
        yield page
        start, total = start + len(page.rows), page.total if page.rows else 0


class _Count:
    """Which contacts came since the API last counted another number of them."""

    def __init__(self) -> None:
        self.total = -1
        self.ids: set[str] = set()

    def add(self, page: Page) -> None:
        """Take note of a page: what came before a contact did or went proves nothing."""
        if page.total != self.total:
            self.total, self.ids = page.total, set()
        self.ids.update(str(row["id"]) for row in page.rows)

    @property
    def is_reached(self) -> bool:
        """Say whether as many came as are counted."""
        return len(self.ids) >= self.total
