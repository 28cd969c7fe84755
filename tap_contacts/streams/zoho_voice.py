"""Streams of Zoho Voice; it tells no modification times, so both are full tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_contacts.apis.zoho_voice.client import ZohoVoice
from tap_contacts.listing.prefetch import Chunk
from tap_contacts.streams.base import ApiStream

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

_TEXTS = [
    "first_name",
    "last_name",
    "email",
    "mobile",
    "mobile1",
    "mobile2",
    "mobile3",
    "phone",
    "phone1",
    "phone2",
    "phone3",
    "company",
    "address",
    "state",
    "country",
    "contact_owner_id",
    "contact_owner_name",
]


class ZohoVoiceContacts(ApiStream[ZohoVoice]):
    """Contacts; `created_time` and `number` only with the setting `contact_details`.

    Fields: https://www.zoho.com/voice/api/get-all-contacts.html
    """

    name = "zoho_voice_contacts"
    client_class = ZohoVoice
    primary_keys = ("contact_id",)
    schema = th.PropertiesList(
        th.Property("contact_id", th.StringType, required=True),
        *(th.Property(name, th.StringType) for name in _TEXTS),
        th.Property("is_favourite", th.BooleanType),
        th.Property("is_spam", th.BooleanType),
        th.Property(
            "contact_status",
            th.ObjectType(
                th.Property("id", th.StringType), th.Property("display_value", th.StringType)
            ),
        ),
        th.Property("created_time", th.IntegerType, description="Epoch, in milliseconds."),
        th.Property("number", th.ArrayType(th.StringType)),
    ).to_dict()

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield every contact."""
        return self.client.read_contacts(progress)


class ZohoVoiceContactStatuses(ApiStream[ZohoVoice]):
    """Contact statuses; their ids are of one organisation.

    Fields: https://www.zoho.com/voice/api/get-all-contact-status.html
    """

    name = "zoho_voice_contact_statuses"
    client_class = ZohoVoice
    primary_keys = ("id",)
    schema = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("display_value", th.StringType),
    ).to_dict()

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield every contact status."""
        del progress
        yield Chunk(list(self.client.contact_statuses()))
