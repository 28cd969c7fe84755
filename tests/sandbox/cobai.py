"""Play cobai, B2B commerce: the contacts of customers in XML, every request signed.

Pages: CREATE is help.cobai.com/cobai-v2-api/kontakte-anlegen, ROLES is .../benutzerrollen; AUTH is
cobai.com/de/docs/api-v2/einleitung/authentifizierung, CLIST is .../kunden/kundenliste-abrufen; VAR
is www.cobai.com/de/developer/api-v2/katalog/produktvarianten; S3 is the model that AUTH names.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lxml import etree

from tests.sandbox.cobai_readings import cut, order_of, paged, shaped
from tests.sandbox.cobai_wire import (
    Refused,
    check_request,
    check_signature,
    path_of,
    read_contact,
    serialize,
)
from tests.sandbox.messages import Request, Response, xml_response
from tests.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

ACCESS_KEY_ID, SECRET_ACCESS_KEY = "COBSANDBOXKEY", "sandbox-secret-access-key"
PASSWORD, CUSTOMER_UUID = "open-sesame", "b00de3c0-f685-42d5-92b5-c46f04803c8f"
RICO_UUID = "683aacec-1225-4fe5-a71b-cbb0010fe1eb"
RICO = (
    {"firstName": "Rico", "gender": "MALE", "ignoreAssortment": "false", "lastName": "Blaa"}
    | {"officeFax": "", "officeMail": "rico@blaa.de", "officeMobile": "", "officePhone": ""}
    | {"role": "ROLE_SHOP_COSTCENTER_USER", "webUserName": "rico"}
)
"""The vendor's sample, all fields that an answer holds (CREATE)."""

# Patterns of values (CREATE, ROLES). Silent in the documents; taken: a long one is not cut.
FIELDS = {
    **dict.fromkeys(("firstName", "lastName"), r"(?=.*\S).{1,35}"),
    **dict.fromkeys(("officeFax", "officeMobile", "officePhone"), r".{0,30}"),
    # Silent in the documents; taken: the form of an address is demanded.
    "officeMail": r"(?=.{1,200}\Z)[^@\s]+@[^@\s]+",
    "webUserName": r"(?=.*\S).{1,80}",
    "webPassword": r"(?=.*\S).{1,50}",
    # The list is lost; taken: the sample's code and its counterpart alone.
    "gender": "MALE|FEMALE",
    "role": "ROLE_SHOP_USER|ROLE_SHOP_COSTCENTER_USER|ROLE_RESTRICTED_SHOP_USER",
    "ignoreAssortment": "true|false",
}

# Ticks are lost; whoever demands more than is documented takes all but the numbers for mandatory,
# and a blank value for a missing one.
DEMANDED = set(FIELDS) - {"officeFax", "officeMobile", "officePhone"}

ATOM, LINK = "http://www.w3.org/2005/atom", "{http://www.w3.org/2005/atom}link"


class Contacts:
    """The customers and contacts of one target system, and the rules of their fields."""

    def __init__(self, *, inferred_fields: bool = False, readings: Collection[str] = ()) -> None:
        """Start with one customer, which is not new, and no contact.

        Args:
            inferred_fields: Whether fields are demanded that are only inferred to be mandatory.
            readings: Readings of the documents, by their names.
        """
        demanding = inferred_fields or "more_required" in readings
        self._demanded = DEMANDED if demanding else set()
        self._shares_names = "user_name_shared" in readings
        self._cuts = "cut_values" in readings
        self.customers: dict[str, dict[str, dict[str, str]]] = {CUSTOMER_UUID: {}}
        self.new_customers: list[str] = []
        self.numbers: dict[str, str] = {}
        """ERP numbers of customers, by UUID."""
        self.passwords: dict[str, str] = {}  # SHA-256 in hex: only a hash is kept (CREATE).
        self._by_uuid: dict[str, dict[str, str]] = {}
        self._user_names: dict[str, str] = {}

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """Return the contacts, oldest first, with `uuid` and `customer_uuid`, without password."""
        return [contact.copy() for contact in self._by_uuid.values()]

    def seed(self) -> None:
        """Put in the vendor's sample (CREATE), with a password of ours."""
        self.put(CUSTOMER_UUID, RICO_UUID, {**RICO, "webPassword": PASSWORD})

    def add_customer(self, number: str = "", *, new: bool = False) -> str:
        """Put in a customer, self-registered if `new`, and return its UUID."""
        uuid = str(uuid4())
        self.customers[uuid] = {}
        self.numbers[uuid] = number
        self.new_customers.extend([uuid] if new else [])
        return uuid

    def add(self, *, customer_uuid: str = CUSTOMER_UUID, **fields: str) -> str:
        """Put in a contact and return its UUID."""
        return self.put(customer_uuid, str(uuid4()), fields)

    def change(self, uuid: str, **fields: str) -> None:
        """Change some fields of a contact."""
        held = self._by_uuid[uuid]
        kept = {name: held[name] for name in RICO}
        self.put(held["customer_uuid"], uuid, kept | fields)

    def remove(self, uuid: str) -> None:
        """Take out a contact."""
        contact = self._by_uuid.pop(uuid)
        del self.customers[contact["customer_uuid"]][uuid]
        self.passwords.pop(uuid, None)
        self._user_names.pop(contact["webUserName"].casefold(), None)

    def put(self, customer: str, uuid: str, fields: Mapping[str, str]) -> str:
        """Put in a contact, or replace all of one but a password left out; return its UUID."""
        fields = cut(fields) if self._cuts else fields
        before = self.customers[customer].get(uuid, {})
        self._check({"webPassword": PASSWORD, **fields} if before else fields, uuid)
        self._user_names.pop(before.get("webUserName", "").casefold(), None)
        if name := fields.get("webUserName"):
            self._user_names[name.casefold()] = uuid
        if password := fields.get("webPassword"):
            self.passwords[uuid] = hashlib.sha256(password.encode()).hexdigest()
        # Silent in the documents; taken: a field left out is cleared.
        values = {name: fields.get(name, "") for name in RICO}
        contact = {"uuid": uuid, "customer_uuid": customer, **values}
        self._by_uuid[uuid] = self.customers[customer][uuid] = contact
        return uuid

    def _check(self, fields: Mapping[str, str], uuid: str) -> None:
        texts = [
            # Silent in the documents; taken: a refusal quotes the value, personal data or not.
            f"{name}: '{fields.get(name, '')}' is not allowed"
            for name in {**FIELDS, **fields}
            if fields.get(name) or name in self._demanded or name not in FIELDS
            if not re.fullmatch(FIELDS.get(name, "(?!)"), fields.get(name, ""), re.DOTALL)
        ]
        # Silent in the documents; taken: unique system-wide, whatever the letters' case.
        holder = self._user_names.get(fields.get("webUserName", "").casefold(), uuid)
        if holder != uuid and not self._shares_names:
            texts.append(f"webUserName: '{fields['webUserName']}' is in use")
        if texts:
            raise Refused(400, *texts)


class Cobai(Contacts, Sandbox):
    """Serve cobai's REST API v2 as far as contacts go."""

    api = "cobai"

    def __init__(
        self,
        *,
        access_key_id: str = ACCESS_KEY_ID,
        secret_access_key: str = SECRET_ACCESS_KEY,
        inferred_calls: bool = True,
        inferred_fields: bool = False,
        **server: Any,
    ) -> None:
        """Take one access key, and whether the calls exist that are only inferred from others.

        So may be which fields are demanded: see `Contacts`.
        """
        Sandbox.__init__(self, **server)
        Contacts.__init__(self, inferred_fields=inferred_fields, readings=self.readings)
        self._key, self._secret = access_key_id, secret_access_key
        # The samples say v1 although v2 was asked (CREATE, CLIST).
        self._base = f"{self.url}/v1/customer/"
        contacts = "/v2/customer/([^/]+)/contact"
        self._calls: dict[str, dict[str, Callable[..., Response]]] = {
            "/v2/customer": {"GET": self._list_customers},
            contacts: {"POST": self._create},
        }
        if inferred_calls:
            self._calls[contacts]["GET"] = self._list_contacts
            self._calls["/v2/customer/([^/]+)"] = {"GET": self._read_customer}
            self._calls[f"{contacts}/([^/]+)"] = {"GET": self._read, "PUT": self._replace}
        if "no_contact_list_405" in self.readings:
            del self._calls[contacts]["GET"]

    def expire_sign_ins(self) -> None:
        """Do nothing: every request is signed for itself, no sign-in lasts."""

    def is_write(self, request: Request) -> bool:
        """Say whether the request asks for a change."""
        return request.method not in {"GET", "HEAD"}

    def tap_config(self) -> dict[str, Any]:
        """Return the settings that reach this server."""
        signing = {"sign_query": True} if "signed_query" in self.readings else {}
        keys = {"access_key_id": self._key, "secret_access_key": self._secret}
        return {**keys, "api_url": self.url, **signing}

    def target_config(self) -> dict[str, Any]:
        """Return a config with defaults for what records of other systems lack, and a user name."""
        return {
            "api": "cobai",
            "cobai": self.tap_config(),
            "defaults": {"customer_id": CUSTOMER_UUID, "password": PASSWORD, "gender": "MALE"},
            "field_map": {"webUserName": "email"},
        }

    def handle(self, request: Request) -> Response:
        """Check the signature, find the call and carry it out."""
        try:
            check_signature(request, self._key, self._secret, self.readings)
            return self._call(request)
        except Refused as refused:
            return shaped(self.readings, refused.response())
        except KeyError:
            # Silent in the documents; taken: 404 for a UUID that nothing has, as in VAR.
            return Refused(404, "No such customer or contact.").response()

    def _call(self, request: Request) -> Response:
        for path, calls in self._calls.items():
            if found := re.fullmatch(path, path_of(request)):
                check_request(request, calls, self.readings)
                return calls[request.method](request, *found.groups())
        raise Refused(404, "No such resource.")

    def _list_customers(self, request: Request) -> Response:
        is_new = "state" in request.query
        return self._ids(request, "customer", "", self.new_customers if is_new else self.customers)

    def _read_customer(self, _: Request, uuid: str) -> Response:
        # No page is there; taken: what a customer is created with, as a contact is shown.
        found = {"externalAccountId1": self.numbers.get(uuid, ""), "uuid": uuid}
        if uuid not in self.customers:
            raise KeyError(uuid)
        root = etree.Element("customer", nsmap={"atom": ATOM})
        for name, text in found.items():
            etree.SubElement(root, name).text = text
        etree.SubElement(root, LINK, rel="self", href=f"{self._base}{uuid}")
        return xml_response(serialize(root))

    def _list_contacts(self, request: Request, customer: str) -> Response:
        if "no_contact_list_404" in self.readings:
            raise Refused(404, "No such resource.")
        # Silent in the documents; taken: ids alone, as in the list of customers (CLIST).
        folder = f"{customer}/contact/"
        return self._ids(request, "contact", folder, self.customers[customer])

    def _ids(self, request: Request, kind: str, folder: str, uuids: Collection[str]) -> Response:
        root = etree.Element(f"{kind}IdList", nsmap={"atom": ATOM})
        shown, following = paged(self.readings, list(uuids), request.query)
        if "pages_404" in self.readings and not shown and "page" in request.query:
            raise Refused(404, "No such page.")
        for uuid in shown:
            item = etree.SubElement(root, kind)
            etree.SubElement(item, "uuid").text = uuid
            etree.SubElement(item, LINK, rel="self", href=f"{self._base}{folder}{uuid}")
        if following:
            href = f"{self._base}{folder}".rstrip("/") + following
            etree.SubElement(root, LINK, rel="next", href=href)
        return xml_response(serialize(root))

    def _create(self, request: Request, customer: str) -> Response:
        uuid = self.put(customer, str(uuid4()), self._sent(request))
        location = f"{self._base}{customer}/contact/{uuid}"
        return xml_response(self._read(request, customer, uuid).body, 201, Location=location)

    def _replace(self, request: Request, customer: str, uuid: str) -> Response:
        held, fields = self.customers[customer][uuid], self._sent(request)
        is_silent = "webPassword" not in fields
        if is_silent and "put_needs_password" in self.readings:
            raise Refused(400, "webPassword: '' is not allowed")
        kept = {name: held[name] for name in RICO} if "put_merges" in self.readings else {}
        self.put(customer, uuid, {**kept, **fields})
        if is_silent and "put_resets_password" in self.readings:
            self.passwords.pop(uuid, None)
        if "put_200" in self.readings:
            return self._read(request, customer, uuid)
        return Response(204)  # Silent in the documents; taken: as in VAR.

    def _sent(self, request: Request) -> dict[str, str]:
        return read_contact(request.body, order_of(self.readings))

    def _read(self, _: Request, customer: str, uuid: str) -> Response:
        contact = self.customers[customer][uuid]
        root = etree.Element("contact", nsmap={"atom": ATOM})
        for name in sorted([*RICO, "uuid"]):
            if name == "uuid":  # The sample has the link here.
                href = f"{self._base}{customer}/contact/{uuid}"
                etree.SubElement(root, LINK, rel="self", href=href)
            etree.SubElement(root, name).text = contact[name]
        return xml_response(serialize(root))
