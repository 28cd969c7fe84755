"""Tell what reading shows of what Zoho's pages leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tap_contacts.apis.zoho_voice.wire import LARGEST_PAGE
from tap_contacts.listing.pages import Page
from tap_contacts.listing.seen_keys import SeenKeys
from tap_contacts.transport.errors import Barred, Refused
from tap_contacts.transport.facts import Fact, Seen, Standing, differs, fact, harms, holds, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOST = "The host of the data centre serves the API"
READ = "The contacts can be listed with this token"
TOTAL = "The list tells, with totalCount, how many contacts there are"
SIZE = "A page holds as many contacts as page_size asks for"
OFFSET = "The parameter from counts contacts, the first of which is 0"
ORDER = "The list has the same order each time"
ASCENDING = "New contacts come last in the list"
STATUS = "Reading a contact shows its contact_status"
RATE = "The rate of contacts is that of sibling calls, 30 a minute"

FIRST_WRITE = "the first create that is read back tells, field by field (setting canary)"
WRITES = {
    "The token may create and update contacts": (
        "a write that is refused names the scope that the token lacks, "
        "zohovoice.contacts.CREATE or zohovoice.contacts.UPDATE"
    ),
    "A contact is taken where contact_as puts it": (
        "if the first write is refused with ZVT010, set zoho_voice.contact_as to the other of "
        "form and query"
    ),
    "is_favourite and is_spam are written as true and false": FIRST_WRITE,
    "The + of numbers and letters beyond ASCII arrive as they are sent": FIRST_WRITE,
    "An update loses no field": (
        "an update sends back all that reading shows; the first update that is read back tells, "
        "field by field (setting canary)"
    ),
}
"""What only a write can tell, and what tells it."""

NONE = "too few contacts were listed"
CHANGED = "contacts were added or removed in the meantime; run --check again"
LOOKED_AT = 2
"""Contacts that are read one by one, to see whether a status is shown."""


class Account(Protocol):
    """What is asked of the client."""

    page_size: int

    @property
    def limits(self) -> Mapping[str, int]:
        """Return the requests a minute that are kept to."""

    def page(self, start: int) -> Page:
        """Return the page of contacts that starts at an offset."""

    def contact(self, contact_id: str) -> dict[str, Any]:
        """Return one contact."""


def facts(client: Account) -> Iterator[Fact]:
    """Yield what is seen of each assumption, with at most seven requests; statuses were read."""
    yield Fact(HOST, holds())
    yield from _List(client).facts()
    for what, tells in WRITES.items():
        yield Fact(what, unknown(tells))
    yield Fact(RATE, _rate(client.limits.get("")))


class _List:
    """The list of contacts: two pages that overlap by one contact, each asked for twice."""

    def __init__(self, client: Account) -> None:
        self._client = client
        self._first = self._second = Page([], -1)

    def facts(self) -> Iterator[Fact]:
        yield fact(READ, self._readable)
        for what, see, least in (
            (TOTAL, self._counted, 1),
            (SIZE, self._sized, 1),
            (OFFSET, self._overlapping, 2),
            (ORDER, self._repeated, 2),
            (ASCENDING, self._ascending, 2),
            (STATUS, self._status, 1),
        ):
            enough = len(self._first.rows) >= least
            yield fact(what, see) if enough else Fact(what, unknown(NONE))

    def _readable(self) -> Seen:
        try:
            self._first = self._client.page(0)
        except (Refused, Barred) as error:
            return harms(str(error).rstrip("."))
        return holds()

    def _counted(self) -> Seen:
        if self._first.total < 0:
            return differs("reading goes on up to an empty page, and shows no time left")
        return holds(f"{self._first.total}")

    def _sized(self) -> Seen:
        size, got, total = self._client.page_size, len(self._first.rows), self._first.total
        if got == size:
            return holds(f"{size}")
        if got > size or got < total:
            fits = min(max(got, 2), LARGEST_PAGE)
            return differs(f"it holds {got} of {size}; set zoho_voice.page_size to {fits}")
        return unknown(f"there are no more than {got} contacts, and {size} are asked for")

    def _overlapping(self) -> Seen:
        last = len(self._first.rows) - 1
        self._second = self._client.page(last)
        if _ids(self._second)[:1] == _ids(self._first)[last:]:
            return holds()
        if set(_ids(self._second)) & set(_ids(self._first)):
            return differs("pages overlap all the same, so that no contact is passed over")
        return harms(
            f"the page from {last} on has no contact of the one before: the list cannot be read "
            "completely; ask Zoho's support"
        )

    def _repeated(self) -> Seen:
        again = self._client.page(0), self._client.page(len(self._first.rows) - 1)
        pairs = zip((self._first, self._second), again, strict=True)
        return max((_compared(_ids(old), _ids(new)) for old, new in pairs), key=_weight)

    def _ascending(self) -> Seen:
        if SeenKeys(_ids(self._first)).ascend:
            return holds("by their ids")
        return differs("after an interruption the next run reads from the first contact again")

    def _status(self) -> Seen:
        """See whether one of a few contacts shows a status, first of all those listed with one."""
        rows = sorted(self._first.rows, key=_has_status, reverse=True)
        ids = [str(row["contact_id"]) for row in rows[:LOOKED_AT]]
        for contact_id in ids:
            if _has_status(self._client.contact(contact_id)):
                return holds()
        return unknown(
            f"none of {len(ids)} contacts shows one; if contacts have a status on the screen, map "
            "status or give it in defaults, since an update may clear it"
        )


def _compared(old: list[str], new: list[str]) -> Seen:
    """Return what two readings of a page show: an order, none, or a change of the list."""
    if old == new:
        return holds()
    kept, stayed = [i for i in old if i in set(new)], [i for i in new if i in set(old)]
    if kept == stayed and len(kept) * 2 > len(old):
        return unknown(CHANGED)
    return harms(
        "the same page came in another order, so that the list cannot be read completely; ask "
        "Zoho's support"
    )


def _weight(seen: Seen) -> int:
    """Return how much a reading says against an assumption."""
    return [Standing.HOLDS, Standing.UNKNOWN, Standing.HARMS].index(seen.standing)


def _has_status(contact: Mapping[str, Any]) -> bool:
    status = contact.get("contact_status")
    return bool(status.get("id") if isinstance(status, dict) else status)


def _ids(page: Page) -> list[str]:
    return [str(row["contact_id"]) for row in page.rows]


def _rate(limit: int | None) -> Seen:
    if limit:
        return unknown(f"no request tries it; at most {limit} requests a minute are sent")
    return unknown(
        "no request tries it, since too many lock the address for ten minutes; with "
        "requests_per_minute set to 25 the rate of sibling calls is kept to"
    )
