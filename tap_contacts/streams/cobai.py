"""Streams of cobai; it tells no modification times, so both are full tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_contacts.apis.cobai.client import Cobai
from tap_contacts.listing.prefetch import Chunk
from tap_contacts.streams.base import ApiStream

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping


class CobaiCustomers(ApiStream[Cobai]):
    """Customers, of whom cobai tells no more than the UUID; new are the self-registered.

    Fields: https://cobai.com/de/docs/api-v2/kunden/kundenliste-abrufen
    """

    name = "cobai_customers"
    client_class = Cobai
    primary_keys = ("uuid",)
    schema = th.PropertiesList(
        th.Property("uuid", th.StringType, required=True),
        th.Property("is_new", th.BooleanType),
    ).to_dict()

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield every customer."""
        del progress
        yield Chunk(list(self.client.customers()))


class CobaiContacts(ApiStream[Cobai]):
    """Contacts of all customers, each with the `customer_uuid` of its own.

    Fields: https://cobai.com/de/docs/api-v2/kunden/kontakte-anlegen
    """

    name = "cobai_contacts"
    client_class = Cobai
    primary_keys = ("uuid",)
    schema = th.PropertiesList(
        th.Property("uuid", th.StringType, required=True),
        th.Property("customer_uuid", th.StringType, required=True),
        th.Property("gender", th.StringType),
        th.Property("firstName", th.StringType),
        th.Property("lastName", th.StringType),
        th.Property("officePhone", th.StringType),
        th.Property("officeFax", th.StringType),
        th.Property("officeMobile", th.StringType),
        th.Property("officeMail", th.StringType),
        th.Property("webUserName", th.StringType),
        th.Property("role", th.StringType),
        th.Property("ignoreAssortment", th.BooleanType),
    ).to_dict()

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield every contact."""
        return self.client.read_contacts(progress)
