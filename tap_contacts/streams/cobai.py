"""Streams of cobai; it tells no modification times, so both are full tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_contacts.apis.cobai import reading
from tap_contacts.apis.cobai.client import Cobai
from tap_contacts.streams.base import ApiStream, schema_of, texts
from tap_contacts.streams.short_list import ShortListStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from tap_contacts.listing.prefetch import Chunk


class CobaiCustomers(ShortListStream[Cobai]):
    """Customers, of whom cobai tells no more than the UUID; new are the self-registered.

    Fields: https://cobai.com/de/docs/api-v2/kunden/kundenliste-abrufen
    """

    name = "cobai_customers"
    client_class = Cobai
    primary_keys = ("uuid",)
    schema = schema_of("uuid", th.Property("is_new", th.BooleanType))

    def rows(self) -> Iterable[dict[str, Any]]:
        """Return every customer."""
        return reading.customers(self.client)


class CobaiContacts(ApiStream[Cobai]):
    """Contacts of all customers, each with the `customer_uuid` of its own.

    Fields: https://cobai.com/de/docs/api-v2/kunden/kontakte-anlegen
    """

    name = "cobai_contacts"
    client_class = Cobai
    primary_keys = ("uuid",)
    schema = schema_of(
        "uuid",
        th.Property("customer_uuid", th.StringType, required=True),
        *texts("gender", "firstName", "lastName", "officePhone", "officeFax", "officeMobile"),
        *texts("officeMail", "webUserName", "role"),
        th.Property("ignoreAssortment", th.BooleanType),
    )

    def prove(self) -> None:
        """See that the customers are there that the settings name."""
        reading.chosen_customers(self.client)

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield every contact."""
        return reading.read_contacts(self.client, progress)


STREAMS = (CobaiCustomers, CobaiContacts)
