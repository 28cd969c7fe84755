"""Write contacts into cobai, one request a contact and one more to read what is to be kept.

Fields: https://cobai.com/de/docs/api-v2/kunden/kontakte-anlegen, where the marks of required
fields are lost; roles: https://help.cobai.com/cobai-v2-api/benutzerrollen
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.cobai import Cobai
from tap_contacts.apis.cobai_wire import FIELDS, UUID
from tap_contacts.apis.errors import NotFound
from target_contacts import cells, values
from target_contacts.client import ContactSink
from target_contacts.contact import is_empty, line, text
from target_contacts.mapping import Field, Payload, matching
from target_contacts.rejects import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


ROLES = ("ROLE_SHOP_USER", "ROLE_SHOP_COSTCENTER_USER", "ROLE_RESTRICTED_SHOP_USER")

LONGEST_PASSWORD = 50

_uuid = matching(UUID, "the UUID of a customer of cobai")
_role = matching("|".join(ROLES), "one of " + ", ".join(ROLES))


def _customer(value: Any) -> str:
    return _uuid(value).lower()


def _line(value: Any) -> str:
    """Return text of one line; blanks alone are no value."""
    found = line(value)
    return found if found.strip() else ""


def _password(value: Any) -> str:
    """Return a password unchanged, or raise ValueError: one that is altered would not sign in."""
    found = text(value)
    if (isinstance(value, str) and found != value) or not found.strip():
        msg = "must be more than blanks, without control characters"
        raise ValueError(msg)
    return found


class CobaiSink(ContactSink[Cobai]):
    """Create contacts of a customer and change them; they never move to another customer.

    The remote id is "customer's UUID/contact's UUID": every call needs both.
    """

    client_class = Cobai
    identity: ClassVar[tuple[str, ...]] = ("customer", "webUserName")
    """A user name is taken to be unique in the whole system."""
    can_ask = True
    fields: ClassVar[Sequence[Field]] = (
        Field("customer_id", "customer", required="always", convert=_customer, identifier=True),
        Field("first_name", "firstName", required="always", max_length=35, convert=_line),
        Field("last_name", "lastName", required="always", max_length=35, convert=_line),
        Field(
            "email",
            "officeMail",
            required="always",
            max_length=200,
            convert=values.email,
            exact=True,
        ),
        Field(
            "user_name", "webUserName", required="always", max_length=80, convert=_line, exact=True
        ),
        Field(
            "password",
            "webPassword",
            required="create",
            max_length=LONGEST_PASSWORD,
            convert=_password,
            exact=True,
        ),
        Field("gender", "gender", required="always", convert=values.gender),
        Field("role", "role", required="always", convert=_role),
        Field("ignore_assortment", "ignoreAssortment", required="always", convert=values.flag_text),
        Field("phone", "officePhone", max_length=30, convert=cells.phone, exact=True),
        Field("fax", "officeFax", max_length=30, convert=cells.phone, exact=True),
        Field("mobile", "officeMobile", max_length=30, convert=cells.phone, exact=True),
    )

    def setup(self) -> None:
        """Set the default password apart.

        A default password is for creates only: it must never reset one that was changed since,
        and another default must not make contacts look changed.

        Raises:
            ConfigurationError: If the default password cannot be one.
        """
        super().setup()
        given = self.config.get("defaults") or {}
        self._default_password = _default(given.get("password", ""))
        self._known: dict[str | None, list[dict[str, str]]] = {}
        self._locks: dict[str | None, threading.Lock] = {}

    @property
    def mapping(self) -> Mapping[str, Any]:
        """Return the settings of the mapping, without the default password."""
        given = self.config.get("defaults") or {}
        defaults = {name: value for name, value in given.items() if name != "password"}
        return {**self.config, "defaults": defaults}

    def create(self, payload: Payload) -> str:
        """Create a contact."""
        customer = payload["customer"]
        try:
            return f"{customer}/{self.client.create(customer, _without_customer(payload))}"
        except NotFound as error:
            code, status = "not_found", error.http_status
            raise Rejected(str(error), code, field="customer", http_status=status) from None

    def update(self, remote_id: str, payload: Payload) -> None:
        """Replace a contact, sending back what it holds: what a left-out field means is unknown."""
        customer, _, uuid = remote_id.partition("/")
        if payload["customer"] != customer:
            reason = "the contact belongs to another customer at cobai, and no call moves it"
            raise Rejected(reason, "parent_changed", field="customer")
        stored = self.client.contact(customer, uuid)
        kept = {name: stored[name] for name in FIELDS if stored.get(name)}
        self.client.replace(customer, uuid, kept | _without_customer(payload))

    def find(self, wanted: Mapping[str, str]) -> list[str]:
        """Return the ids of the contacts that hold exactly these values in these fields."""
        customer = wanted.get("customer")
        if customer == "":
            return []
        values = _without_customer(wanted).items()
        return [
            _remote_id(contact)
            for contact in self._contacts(customer)
            if all(contact.get(name, "") == value for name, value in values)
        ]

    def forget(self) -> None:
        """Drop the contacts that were read."""
        self._known.clear()

    def finish(self, payload: Payload, attributes: Mapping[str, Any]) -> Payload:
        """Leave out a password without value: none can be cleared."""
        del attributes
        if is_empty(payload.get("webPassword")):
            payload.pop("webPassword", None)
        return payload

    def for_create(self, payload: Payload) -> Payload:
        """Add the default password."""
        return super().for_create({"webPassword": self._default_password, **payload})

    def _contacts(self, customer: str | None) -> list[dict[str, str]]:
        """Return the contacts of a customer, or of all, read once until they are forgotten."""
        with self._locks.setdefault(customer, threading.Lock()):
            if customer not in self._known:
                customers = [customer] if customer else self.client.all_customers()
                self._known[customer] = list(self.client.stored(customers, self._without_owner))
            return self._known[customer]

    def _without_owner(self, listed: list[dict[str, str]]) -> list[dict[str, str]]:
        """Leave out the stream's other contacts: each of the rest may cost a request."""
        owned = self.ledger.owned([_remote_id(contact) for contact in listed], self.stream_name)
        return [contact for contact in listed if _remote_id(contact) not in owned]


def _remote_id(contact: Mapping[str, str]) -> str:
    return f"{contact['customer_uuid']}/{contact['uuid']}"


def _default(password: Any) -> str:
    """Return the default password, or "" if there is none."""
    if is_empty(password):
        return ""
    try:
        found = _password(password)
    except ValueError as error:
        msg = f"defaults.password {error}."
        raise ConfigurationError(msg) from None
    if len(found) > LONGEST_PASSWORD:
        msg = f"defaults.password takes {LONGEST_PASSWORD} characters."
        raise ConfigurationError(msg)
    return found


def _without_customer(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what goes into the document; the customer stands in the address."""
    return {name: value for name, value in fields.items() if name != "customer"}
