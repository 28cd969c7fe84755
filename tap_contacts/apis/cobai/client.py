"""cobai, B2B commerce: settings, reading, and writing one contact.

Source: https://cobai.com/de/docs/api-v2/kunden/kundenliste-abrufen
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.cobai import wire
from tap_contacts.apis.cobai.bookmark import Reading
from tap_contacts.apis.cobai.sign_in import KEYS_REFUSED, CobSignature, codes
from tap_contacts.apis.cobai.wire import CUSTOMERS
from tap_contacts.listing.offsets import Incomplete
from tap_contacts.listing.prefetch import AFRESH, LOST, Chunk, in_order
from tap_contacts.listing.vanished import Vanished
from tap_contacts.transport import forms, xml
from tap_contacts.transport.call import Call
from tap_contacts.transport.client import (
    DONE,
    RATE,
    ApiClient,
    Judgement,
    foreign,
)
from tap_contacts.transport.errors import NotFound
from tap_contacts.transport.origin import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from tap_contacts.transport.session import Answer, SignIn

HEADERS = {"Content-Type": "application/xml"}

SETTINGS = th.ObjectType(
    th.Property(
        "access_key_id",
        forms.text(empty=False),
        required=True,
        description="Access key id, generated in the target system.",
    ),
    th.Property(
        "secret_access_key",
        forms.text(empty=False),
        required=True,
        secret=True,
        description="Its secret.",
    ),
    th.Property(
        "api_url",
        forms.text(),
        default="https://api.cobai.com",
        description="Origin of the API.",
    ),
    th.Property(
        "customers",
        th.ArrayType(th.StringType),
        description="UUIDs of the customers to read. Default: all.",
    ),
    th.Property(
        "customer_state",
        th.StringType,
        allowed_values=["new"],
        description="Read only the customers in this state; new are the self-registered.",
    ),
    th.Property(
        "sign_query",
        th.BooleanType,
        default=False,
        description="Whether signatures cover the query, too: the documents do not say.",
    ),
    RATE,
)


Listed = list[dict[str, str]]
"""Contacts of one customer, as its list tells them."""

GONE = Chunk([], gone=1)
"""What stands for a contact that was deleted after it had been listed."""


class Cobai(ApiClient):
    """Read customers and contacts of one target system, and write its contacts."""

    api = "cobai"
    title = "cobai"
    settings = SETTINGS
    operational = ("access_key_id", "api_url", "customers", "customer_state", "sign_query")

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Take the API's settings and the plugin's config."""
        super().__init__(settings, config)
        self._wanted = list(dict.fromkeys(map(str.lower, settings.get("customers") or [])))
        if not all(re.fullmatch(wire.UUID, uuid) for uuid in self._wanted):
            msg = "cobai.customers must hold UUIDs of customers."
            raise ConfigurationError(msg)
        self._state: str | None = settings.get("customer_state")
        concurrency = config.get("concurrency") or 4
        self._pool, self._ahead = ThreadPoolExecutor(concurrency), 2 * concurrency

    def address(self, settings: Mapping[str, Any]) -> str:
        """Return `api_url`."""
        return origin("cobai.api_url", settings.get("api_url") or "https://api.cobai.com")

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

    def judge(self, answer: Answer) -> Judgement:
        """Judge by request, status and body together."""
        if wire.is_success(answer):
            return DONE
        known = codes(answer.request).get(answer.status)
        if known and wire.is_refusal(answer):
            return known._replace(detail=wire.words(answer.body))
        if known and answer.status in KEYS_REFUSED:
            return known._replace(sure=False)
        return foreign(answer.status)

    def check(self) -> str:
        """Read the list of customers."""
        return f"{self.title} at {self.origin} answers; customers: {len(self.all_customers())}"

    @property
    def harmless(self) -> Call:
        """Return the reading of the list of customers."""
        return Call("GET", CUSTOMERS)

    # Reading.

    def customers(self) -> Iterator[dict[str, Any]]:
        """Yield `uuid` and `is_new` of each customer; nothing else is told of them."""
        new = set(self.all_customers("new"))
        for uuid in self.customer_uuids():
            yield {"uuid": uuid, "is_new": uuid in new}

    def all_customers(self, state: str | None = None) -> list[str]:
        """Return the UUIDs of all customers there are, or of those in a state."""
        query = {"state": state} if state else None
        return [item["uuid"] for item in self._items(CUSTOMERS, "customer", query)]

    def customer_uuids(self) -> list[str]:
        """Return the UUIDs of the customers that the settings choose.

        Raises:
            ConfigurationError: If one that they name is no customer.
        """
        listed = self.all_customers(self._state)
        if not self._wanted:
            return listed
        known = set(listed)
        missing = [uuid for uuid in self._wanted if uuid not in known]
        if missing and self._state:
            everybody = set(self.all_customers())
            missing = [uuid for uuid in missing if uuid not in everybody]
        if missing:
            msg = f"cobai.customers names {', '.join(missing)}; cobai has no such customer."
            raise ConfigurationError(msg)
        return [uuid for uuid in self._wanted if uuid in known]

    def read_contacts(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield the contacts of the chosen customers, normalised, but those read earlier.

        Args:
            progress: Progress of the last chunk that an earlier run wrote, if it did not end.
        """
        reading = Reading(self.customer_uuids(), progress)
        if reading.is_lost:
            self.logger.warning(LOST, f"{self.title}: GET {CUSTOMERS}")
            yield AFRESH
        with closing(self._marked(reading)) as listed, closing(self._whole(listed)) as contacts:
            for contact in contacts:
                yield contact if isinstance(contact, Chunk) else Chunk([normal(contact)])

    def stored(
        self, customers: Iterable[str], wanted: Callable[[Listed], Listed] = list
    ) -> Iterator[dict[str, str]]:
        """Yield the contacts of these customers as cobai tells them, with `customer_uuid`.

        Args:
            customers: UUIDs.
            wanted: Returns those of a customer's list that are wanted: the others are not read.
        """
        with closing(in_order(self._pool, self._listed, customers, self._ahead)) as lists:
            listed = chain.from_iterable(map(wanted, lists))
            with closing(self._whole(listed)) as contacts:
                yield from (contact for contact in contacts if isinstance(contact, dict))

    def _marked(self, reading: Reading) -> Generator[dict[str, str] | Chunk, None, None]:
        """Yield what is listed of the customers left, and the progress now and then."""
        listed_of = partial(self._listed_or_gone, Vanished(self.all_customers), time.monotonic())
        with closing(in_order(self._pool, listed_of, reading.left, self._ahead)) as lists:
            for listed in lists:
                yield from [GONE] if listed is None else _together(listed)
                if progress := reading.progress():
                    yield Chunk([], progress, reading.to_come)

    def _listed_or_gone(self, gone: Vanished, listed_at: float, customer: str) -> Listed | None:
        """Return a customer's contacts; None if the customer is not there any more."""
        try:
            return self._listed(customer)
        except NotFound:
            if not gone.has(customer, listed_at):
                raise
            return None

    def _whole(
        self, listed: Iterable[dict[str, str] | Chunk]
    ) -> Generator[dict[str, str] | Chunk, None, None]:
        """Yield listed contacts with all their fields, and what else there is between them.

        What a list tells of contacts is not documented: what it leaves out is read one by one.
        """
        reading = in_order(self._pool, self._read, listed, self._ahead, _is_whole)
        with closing(reading) as contacts:
            yield from contacts

    def _read(self, listed: Any) -> dict[str, str] | Chunk:
        """Return a contact of a list; GONE if it was deleted since, or its customer."""
        customer, uuid = listed["customer_uuid"], listed["uuid"]
        try:
            return self.contact(customer, uuid)
        except NotFound:
            if self._is_listed(customer, uuid):
                raise
            return GONE

    def _is_listed(self, customer: str, uuid: str) -> bool:
        try:
            return any(item["uuid"] == uuid for item in self._listed(customer))
        except NotFound:
            if customer in self.all_customers():
                raise
            return False

    def contact(self, customer: str, uuid: str) -> dict[str, str]:
        """Return one contact as cobai tells it, with `customer_uuid`."""
        root = self.call("GET", f"{CUSTOMERS}/{customer}/contact/{uuid}").xml
        found = {} if root is None else wire.fields(root)
        return {**found, "uuid": uuid, "customer_uuid": customer}

    def _listed(self, customer: str) -> list[dict[str, str]]:
        items = self._items(f"{CUSTOMERS}/{customer}/contact", "contact")
        return [{**item, "customer_uuid": customer} for item in items]

    def _items(
        self, path: str, kind: str, query: Mapping[str, str] | None = None
    ) -> list[dict[str, str]]:
        """Return the items of a listing, each once; nothing is documented of further pages."""
        root = self.call("GET", path, params=query).xml
        items: dict[str, dict[str, str]] = {}
        for item in () if root is None else xml.children(root, kind):
            uuid = wire.uuid_of(item, kind)
            if uuid is None:
                msg = f"{self.title}: GET {path}: lists a {kind} without UUID. Ask cobai's support."
                raise Incomplete(msg)
            items[uuid] = {**wire.fields(item), "uuid": uuid}
        return list(items.values())

    # Writing.

    def create(self, customer: str, fields: Mapping[str, str]) -> str:
        """Create a contact of a customer and return its UUID."""
        path = f"{CUSTOMERS}/{customer}/contact"
        body = wire.document(fields)
        answer = self.call("POST", path, repeatable=False, data=body, headers=HEADERS)
        return str(wire.created(answer))

    def replace(self, customer: str, uuid: str, fields: Mapping[str, str]) -> None:
        """Replace all fields of a contact but a password left out."""
        path = f"{CUSTOMERS}/{customer}/contact/{uuid}"
        self.call("PUT", path, data=wire.document(fields), headers=HEADERS)


def _together(listed: Listed) -> Iterable[dict[str, str] | Chunk]:
    """Return the contacts of a list as one chunk if none of them needs a further request."""
    is_whole = listed and all(map(_is_whole, listed))
    return [Chunk([normal(contact) for contact in listed])] if is_whole else listed


def _is_whole(item: Any) -> Any:
    """Return what needs no further request: a contact with all fields, or no contact."""
    return item if isinstance(item, Chunk) or set(wire.FIELDS) <= item.keys() else None


def normal(contact: Mapping[str, str]) -> dict[str, Any]:
    """Give a contact's values their types: "" is None, ignoreAssortment is a boolean."""
    record: dict[str, Any] = {name: text or None for name, text in contact.items()}
    if flag := record.get("ignoreAssortment"):
        record["ignoreAssortment"] = flag.strip().lower() in {"true", "1"}
    return record
