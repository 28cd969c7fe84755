"""Write contacts into cobai, one request a contact and one more to read what is to be kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

from tap_contacts.apis.cobai import reading
from tap_contacts.apis.cobai.client import Cobai
from tap_contacts.apis.cobai.wire import FIELDS as SENT_BACK
from tap_contacts.transport.errors import NotFound, Refused, Stopped
from target_contacts.errors import Rejected
from target_contacts.sinks.base import ApiSink
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.sinks.cobai import parents
from target_contacts.sinks.cobai.fields import FIELDS
from target_contacts.sinks.item import created
from target_contacts.values.basic import as_text, is_empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_contacts.contact.model import Contact
    from target_contacts.mapping.field import Field, Payload
    from target_contacts.sinks.context import Context
    from target_contacts.sinks.finder import Finder
    from target_contacts.sinks.item import Item


BUILT_IN = {"role": "ROLE_SHOP_USER", "ignoreAssortment": "false"}
"""What a new contact gets that neither record nor defaults give: an ordinary user's."""

CHOSEN = ("gender", "role", "ignoreAssortment", "webPassword")
"""Fields that no contact is without, so that none is cleared; a password cannot be, either."""

WITHOUT_LOGIN = ("customer", "firstName", "lastName", "officeMail")
"""What the contact of a lost create is looked for by if it has no user name."""

NO_SUCH_CALL = 405
NO_CONTACT = 404

NO_LIST = (
    "cobai does not tell a customer's contacts (its pages do not describe that call), so nobody "
    "can be looked up. To create all the same, if nobody is there already, set match_on to []."
)
UNPROVEN = (
    "cobai: contacts are changed without a password. Whether cobai keeps the old one then is not "
    "documented and cannot be read: try to sign in as one of them, or map password as well."
)


class CobaiSink(ApiSink[Cobai]):
    """Create contacts of a customer and change them; they never move to another customer.

    Which fields are required the documents do not say: what is lacking is left to cobai's answer,
    but for the customer, whose UUID stands in the address.

    The remote id is "customer's UUID/contact's UUID": every call needs both.
    """

    client_class = Cobai
    id_form = f"{ApiSink.id_form}/{ApiSink.id_form}"
    capabilities: ClassVar = Capabilities(
        identity=("customer", "webUserName"),  # a user name is taken to be unique in all of cobai
        own=("webUserName", "firstName", "lastName", "officeMail"),
        expected=("webPassword",),
        built_in=BUILT_IN,
        can_list=True,
        most_look_ups=float("inf"),  # customers are listed one by one
        asks_by=frozenset(("customer",)),
        lookups={"parents": ("reference",)},
    )
    fields: ClassVar[Sequence[Field]] = FIELDS

    def __init__(self, client: Cobai, context: Context) -> None:
        super().__init__(client, context)
        self._learning = threading.Lock()
        self._lists = False
        """Whether cobai has told the contacts of a customer, which no page describes."""
        self._without_lists: Stopped | None = None
        """Why it does not."""

    @classmethod
    def finder(cls, client: Cobai, setting: str, lookup: str) -> Finder | None:
        """Return what finds customers."""
        return parents.finder(client, lookup) if setting == "parents" else None

    def create(self, payload: Payload) -> str:
        """Create a contact."""
        customer = payload["customer"]
        try:
            return f"{customer}/{self.client.create(customer, _without_customer(payload))}"
        except NotFound as error:
            code, status = "not_found", error.http_status
            raise Rejected(str(error), code, field="customer", http_status=status) from None

    def update(self, remote_id: str, payload: Payload, defaults: Payload) -> None:
        """Replace a contact, sending back what it holds: what a left-out field means is unknown."""
        customer, _, uuid = remote_id.partition("/")
        if payload.get("customer", customer) != customer:
            reason = "the contact belongs to another customer at cobai, and no call moves it"
            raise Rejected(reason, "parent_changed", field="customer")
        if "webPassword" not in payload:
            self.client.warn_once(UNPROVEN)
        kept = self.client.held(customer, uuid)
        empty = {name: value for name, value in defaults.items() if name in SENT_BACK}
        self.client.replace(customer, uuid, empty | kept | _without_customer(payload))

    def is_gone(self, remote_id: str, error: Rejected | Refused) -> bool:
        """Look for the contact in its customer's list: 404 may be said of the call as well."""
        if error.http_status != NO_CONTACT:
            return False
        customer, _, uuid = remote_id.partition("/")
        return all(held["uuid"] != uuid for held in self.client.listed(customer))

    def missing_parent(self, error: Rejected | Refused) -> str | None:
        """Return the customer, if it is what was not found."""
        of_customer = isinstance(error, Rejected) and error.field == "customer"
        return "customer" if of_customer and error.code == "not_found" else None

    def read_back(self, remote_id: str) -> Mapping[str, Any]:
        """Return one contact; its password cannot be read."""
        customer, _, uuid = remote_id.partition("/")
        return {**self.client.told(customer, uuid), "customer": customer}

    def id_of(self, contact: Mapping[str, Any]) -> str | None:
        """Return customer and contact, the latter as its document says."""
        uuid = contact.get("uuid")
        return f"{contact['customer'].lower()}/{uuid}" if uuid else None

    def scope(self, contact: Mapping[str, Any]) -> str | None:
        """Return the customer of a contact."""
        return contact.get("customer")

    def within(self, scope: str, most: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Return the contacts of a customer; there is no other way to look one up.

        Raises:
            Stopped: If cobai does not tell them, so that nobody would be found.
        """
        del most
        if not self._lists:
            with self._learning:
                if not self._lists:
                    return iter(self._first_held(scope))
        return self._held([scope])

    def _first_held(self, customer: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the contacts of the first customer that is asked for, or the one after it."""
        if self._without_lists:
            raise self._without_lists
        try:
            found = list(self._held([customer]))
        except Refused as error:
            if self.context.settings.match_on == [] or not self._is_without_list(customer, error):
                raise
            self._without_lists = _no_list(error)
            raise self._without_lists from None
        self._lists = True
        return found

    def _is_without_list(self, customer: str, error: Refused) -> bool:
        if isinstance(error, NotFound):
            return customer in self.client.all_customers()
        return error.http_status == NO_SUCH_CALL

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield every contact of every customer."""
        try:
            yield from self._held(self.client.all_customers())
        except Refused as error:
            raise _no_list(error) from None

    def finish(self, payload: Payload, contact: Contact) -> Payload:
        """Leave out what has no value and cannot be cleared."""
        del contact
        return {w: value for w, value in payload.items() if w not in CHOSEN or not is_empty(value)}

    @property
    def identities(self) -> Sequence[Sequence[str]]:
        """Return the fields by which lost creates are looked for."""
        return [self.capabilities.identity, WITHOUT_LOGIN]

    def looked_for(self, item: Item) -> dict[str, str]:
        """Return the identity; without a user name, name and e-mail in its place."""
        wanted = super().looked_for(item)
        if wanted["webUserName"]:
            return wanted
        sent = created(item)
        return {wire: as_text(sent.get(wire)) for wire in WITHOUT_LOGIN}

    def _held(self, customers: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for contact in reading.stored(self.client, customers, self._without_owner):
            yield _remote_id(contact), {**contact, "customer": contact["customer_uuid"]}

    def _without_owner(self, listed: list[dict[str, str]]) -> list[dict[str, str]]:
        """Leave out the stream's other contacts: each of the rest may cost a request."""
        owned = self.context.owned([_remote_id(contact) for contact in listed])
        return [contact for contact in listed if _remote_id(contact) not in owned]


def _no_list(error: Refused) -> Stopped:
    words = (Cobai.title, "look-up of contacts", error.answered, NO_LIST)
    return Stopped(*words, code=error.code, http_status=error.http_status)


def _remote_id(contact: Mapping[str, str]) -> str:
    return f"{contact['customer_uuid']}/{contact['uuid']}"


def _without_customer(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what goes into the document; the customer stands in the address."""
    return {name: value for name, value in fields.items() if name != "customer"}
