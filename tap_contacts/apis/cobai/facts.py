"""Tell what reading shows of what cobai's pages leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tap_contacts.apis.cobai import wire
from tap_contacts.apis.cobai.pages import KEYS_REFUSED, SHORTEST_PAGE
from tap_contacts.apis.cobai.wire import CUSTOMERS
from tap_contacts.transport import xml
from tap_contacts.transport.errors import Refused, Stopped
from tap_contacts.transport.facts import Fact, Seen, differs, fact, harms, holds, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.etree import _Element

    from tap_contacts.transport.session import Answer, SignIn

HTTPS = "cobai answers over https"
SIGNED = "A signature with the time of this machine and without headers of the vendor is taken"
QUERY = "A query is signed as sign_query says"
CUSTOMERS_WHOLE = "The list of customers comes whole"
LISTED = "The contacts of a customer can be listed"
CONTACTS_WHOLE = "The list of a customer's contacts comes whole"
DEFAULT = "The customer of defaults.customer_id is there"
SHOWN = "A contact can be read, and shows all its fields"

WRITES = {
    "An update without a password keeps it": (
        "after the first update sign in by hand as that contact, and if its "
        "password is lost, map password or set mode to create_only"
    ),
    "An update loses no field": (
        "an update sends back all that reading shows; the first update that is read back tells, "
        "field by field (setting canary)"
    ),
    "The fields that are sent are enough, and their values and order are taken": (
        "if cobai refuses the first contacts, its words say why: see defaults, "
        "field_map and cobai.element_order"
    ),
    "A webUserName is used once in all of cobai, not once for each customer": (
        "contacts are looked up within their customer, and one whose name is in "
        "use elsewhere is rejected with cobai's answer"
    ),
}
"""What only a write can tell, and what tells it."""

LOOKED_AT = 2
"""Customers whose contacts are listed, to find one who has any."""

NO_SUCH_PAGE = {400, 404, 405, 422}
"""Statuses by which a list may refuse a page that it does not have."""

NO_LIST = (
    "contacts cannot be read, and nobody can be looked up: to create all the same, if nobody is "
    "there already, set match_on to []"
)
NO_QUERY = (
    "it is refused either way: leave out the stream cobai_customers, and do not set customer_state"
)

ONLY_PAGES = "a target asks by a query only for second pages of lists, if there are any"


class Account(Protocol):
    """What is asked of the client."""

    origin: str
    chosen: list[str]
    sign_query: bool
    page_parameter: str
    looks_up: bool
    is_written: bool
    default_customer: str

    def all_customers(self) -> list[str]:
        """Return the UUIDs of all customers."""

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request."""

    def signature(self, *, sign_query: bool) -> SignIn:
        """Return what signs requests with their query, or without it."""


def facts(client: Account) -> Iterator[Fact]:
    """Yield what is seen of each assumption, with four to nine requests; customers were read."""
    over_https = client.origin.startswith("https:")
    yield Fact(HTTPS, holds() if over_https else unknown("cobai.api_url names plain http"))
    yield Fact(SIGNED, holds())
    yield fact(QUERY, lambda: _query(client))
    yield from _default_customer(client)
    yield from _Lists(client).facts()
    for what, tells in WRITES.items():
        yield Fact(what, unknown(tells))


def _default_customer(client: Account) -> Iterator[Fact]:
    """Yield that the customer is not there for whom contacts are created by default."""
    customer = client.default_customer
    if customer and customer not in client.all_customers():
        advice = f"cobai has no customer {customer}; set defaults.customer_id to the UUID of one"
        yield Fact(DEFAULT, harms(advice))


def _query(client: Account) -> Seen:
    """See whether a query is signed, or not signed, as cobai expects it."""
    if _takes_query(client, sign_query=client.sign_query):
        return holds(f"sign_query is {_spelt(client.sign_query)}")
    if not _takes_query(client, sign_query=not client.sign_query):
        return differs(NO_QUERY)
    advice = f"set cobai.sign_query to {_spelt(not client.sign_query)}"
    return differs(f"{advice}; {ONLY_PAGES}") if client.is_written else harms(advice)


def _takes_query(client: Account, *, sign_query: bool) -> bool:
    signature = client.signature(sign_query=sign_query)
    try:
        client.call("GET", CUSTOMERS, params={"state": "new"}, auth=signature)
    except Stopped as error:
        if error.http_status not in KEYS_REFUSED:
            raise
        return False
    return True


class _Lists:
    """The lists of customers and of the contacts of one of them."""

    def __init__(self, client: Account) -> None:
        self._client = client
        self._customers: list[str] = []
        self._path = ""
        self._contacts: _Element | None = None
        """The list of the contacts of a customer who has any."""

    def facts(self) -> Iterator[Fact]:
        yield fact(CUSTOMERS_WHOLE, self._customers_whole)
        yield fact(LISTED, self._listed)
        if self._contacts is None:
            none = unknown(f"no contact was found; customers looked at: {len(self._looked_at)}")
            yield from (Fact(what, none) for what in (CONTACTS_WHOLE, SHOWN))
            return
        found = self._contacts
        yield fact(CONTACTS_WHOLE, lambda: _whole(self._client, self._path, "contact", found))
        yield fact(SHOWN, self._shown)

    def _customers_whole(self) -> Seen:
        root = self._client.call("GET", CUSTOMERS).xml
        listed = _uuids(root, "customer")
        self._customers = [uuid for uuid in self._client.chosen if uuid in listed] or listed
        return _whole(self._client, CUSTOMERS, "customer", root)

    @property
    def _looked_at(self) -> list[str]:
        return self._customers[:LOOKED_AT]

    def _listed(self) -> Seen:
        if not self._customers:
            return unknown("no customer was found")
        for customer in self._looked_at:
            self._path = f"{CUSTOMERS}/{customer}/contact"
            try:
                root = self._client.call("GET", self._path).xml
            except Refused as error:
                return self._without_list(error)
            if _uuids(root, "contact"):
                self._contacts = root
                break
        return holds()

    def _without_list(self, error: Refused) -> Seen:
        told = harms if self._client.looks_up else differs
        return told(f"it is refused, {error.answered}; {NO_LIST}")

    def _shown(self) -> Seen:
        (uuid, *_) = _uuids(self._contacts, "contact")
        try:
            root = self._client.call("GET", f"{self._path}/{uuid}").xml
        except Refused as error:
            return harms(
                f"it is refused, {error.answered}; contacts cannot be updated: set mode to "
                "create_only"
            )
        shown = {} if root is None else wire.fields(root)
        lacking = [name for name in wire.FIELDS if name not in shown]
        if not lacking:
            return holds()
        return differs(
            f"one is shown without {', '.join(lacking)}: if the screen shows these filled, a "
            "change may lose them, so set mode to create_only"
        )


def _whole(client: Account, path: str, kind: str, root: _Element | None) -> Seen:
    """See whether a list has pages; the second one is asked for if there may be one."""
    if root is not None and wire.next_page(root) is not None:
        return differs("it has pages, which are found by their links")
    uuids = _uuids(root, kind)
    may_have = client.page_parameter and len(uuids) >= SHORTEST_PAGE
    if may_have and not set(_second(client, path, kind)) <= set(uuids):
        return differs(f"it has pages, which are found by the parameter {client.page_parameter}")
    return unknown(
        f"number listed: {len(uuids)}, no second page known; compare it with the screen before you "
        "delete what is not listed"
    )


def _second(client: Account, path: str, kind: str) -> Sequence[str]:
    """Return what stands on the second page of a list; nothing if it has none."""
    try:
        return _uuids(client.call("GET", path, params={client.page_parameter: "2"}).xml, kind)
    except (Refused, Stopped) as error:
        if error.http_status not in NO_SUCH_PAGE:
            raise
        return ()


def _uuids(root: _Element | None, kind: str) -> list[str]:
    items = [] if root is None else xml.children(root, kind)
    return [uuid for item in items if (uuid := wire.uuid_of(item, kind))]


def _spelt(value: bool) -> str:  # noqa: FBT001
    return str(value).lower()
