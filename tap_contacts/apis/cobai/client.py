"""cobai, B2B commerce: settings and requests.

Source: https://cobai.com/de/docs/api-v2/kunden/kundenliste-abrufen
"""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.cobai import codes, facts, wire
from tap_contacts.apis.cobai.pages import Pages
from tap_contacts.apis.cobai.settings import ACCOUNT, ORIGIN, TITLE
from tap_contacts.apis.cobai.sign_in import CobSignature
from tap_contacts.apis.cobai.wire import CUSTOMERS, HEADERS
from tap_contacts.transport.call import Call
from tap_contacts.transport.client import ApiClient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_contacts.transport.facts import Fact
    from tap_contacts.transport.session import SignIn


class Cobai(ApiClient):
    """Read customers and contacts of one target system, and write its contacts."""

    api = "cobai"
    title = TITLE
    settings = ACCOUNT.settings
    known_by = ("access_key_id",)
    operational = (
        "access_key_id",
        "api_url",
        "customers",
        "customer_state",
        "sign_query",
        "page_parameter",
        "element_order",
    )
    judge = staticmethod(codes.judge)

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        super().__init__(settings, config)
        self.chosen = list(dict.fromkeys(map(str.lower, settings.get("customers") or [])))
        if not all(re.fullmatch(wire.UUID, uuid) for uuid in self.chosen):
            msg = "cobai.customers must hold UUIDs of customers."
            raise ConfigurationError(msg)
        self.customer_state: str | None = settings.get("customer_state")
        self.sign_query: bool = settings.get("sign_query") or False
        self._settings = settings
        page = settings.get("page_parameter")
        self.page_parameter: str = "page" if page is None else page
        self._pages = Pages(self, self.page_parameter)
        self.looks_up = config.get("match_on") != []
        """Whether a target would look contacts up."""
        self.is_written = "api" in config
        """Whether it is a target that asks, and not a tap."""
        self.default_customer = str((config.get("defaults") or {}).get("customer_id") or "").lower()
        """UUID of the customer for which a target creates contacts by default, or ""."""
        self._as_in_table = settings.get("element_order") == "table"
        self._said: set[str] = set()
        self._saying = threading.Lock()
        self.pool = ThreadPoolExecutor(self.concurrency)

    def address(self, settings: Mapping[str, Any]) -> str:
        """Return `api_url`."""
        return settings.get("api_url") or ORIGIN

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign with the access key."""
        key_id, secret = settings.get("access_key_id", ""), settings.get("secret_access_key", "")
        if not (secret and re.fullmatch("[!-9;-~]+", key_id)):
            msg = (
                "cobai needs access_key_id, in plain characters without blank or colon, "
                "and secret_access_key."
            )
            raise ConfigurationError(msg)
        return CobSignature(key_id, secret, sign_query=settings.get("sign_query") or False)

    def check(self) -> str:
        """Read the list of customers."""
        return f"{self.title} at {self.origin} answers; customers: {len(self.all_customers())}"

    def facts(self) -> Iterator[Fact]:
        """Yield what reading shows of assumptions that no document proves."""
        return facts.facts(self)

    def signature(self, *, sign_query: bool) -> SignIn:
        """Return what signs requests with their query, or without it."""
        return self.sign_in_with({**self._settings, "sign_query": sign_query})

    @property
    def harmless(self) -> Call:
        """Return the reading of the list of customers."""
        return Call("GET", CUSTOMERS)

    def all_customers(self, state: str | None = None) -> list[str]:
        """Return the UUIDs of all customers there are, or of those in a state."""
        query = {"state": state} if state else None
        return [item["uuid"] for item in self._items(CUSTOMERS, "customer", query)]

    def customer(self, uuid: str) -> dict[str, str]:
        """Return one customer as cobai tells it. No page describes this call."""
        root = self.call("GET", f"{CUSTOMERS}/{uuid}").xml
        return {} if root is None else wire.fields(root)

    def contact(self, customer: str, uuid: str) -> dict[str, str]:
        """Return one contact as cobai tells it, with `customer_uuid`."""
        return {**self.told(customer, uuid), "uuid": uuid, "customer_uuid": customer}

    def told(self, customer: str, uuid: str) -> dict[str, str]:
        """Return the fields of one contact that its document holds."""
        root = self.call("GET", f"{CUSTOMERS}/{customer}/contact/{uuid}").xml
        return {} if root is None else wire.fields(root)

    def held(self, customer: str, uuid: str) -> dict[str, str]:
        """Return the fields of a contact that a change has to send back."""
        root = self.call("GET", f"{CUSTOMERS}/{customer}/contact/{uuid}").xml
        return {} if root is None else wire.held(root)

    def warn_once(self, text: str) -> None:
        """Log a warning, once a run."""
        with self._saying:
            if text not in self._said:
                self._said.add(text)
                self.logger.warning("%s", text)

    def listed(self, customer: str) -> list[dict[str, str]]:
        """Return the contacts of a customer as their list tells them, with `customer_uuid`."""
        items = self._items(f"{CUSTOMERS}/{customer}/contact", "contact")
        return [{**item, "customer_uuid": customer} for item in items]

    def _items(
        self, path: str, kind: str, query: Mapping[str, str] | None = None
    ) -> list[dict[str, str]]:
        """Return the items of a listing, each once, of all pages if it has any."""
        return list(self._pages.items(path, kind, query or {}).values())

    def create(self, customer: str, fields: Mapping[str, str]) -> str:
        """Create a contact of a customer and return its UUID."""
        path = f"{CUSTOMERS}/{customer}/contact"
        body = wire.document(fields, as_in_table=self._as_in_table)
        answer = self.call("POST", path, repeatable=False, data=body, headers=HEADERS)
        return str(wire.created(answer))

    def replace(self, customer: str, uuid: str, fields: Mapping[str, str]) -> None:
        """Replace all fields of a contact but a password left out."""
        path = f"{CUSTOMERS}/{customer}/contact/{uuid}"
        self.call(
            "PUT", path, data=wire.document(fields, as_in_table=self._as_in_table), headers=HEADERS
        )
