"""Streams of Zoho Voice; it tells no modification times, so both are full tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_contacts.apis.zoho_voice import reading
from tap_contacts.apis.zoho_voice.client import ZohoVoice
from tap_contacts.streams.base import ApiStream, schema_of, texts
from tap_contacts.streams.short_list import StatusStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from tap_contacts.listing.prefetch import Chunk


class ZohoVoiceContacts(ApiStream[ZohoVoice]):
    """Contacts; `created_time` and `number` only with the setting `contact_details`.

    Fields: https://www.zoho.com/voice/api/get-all-contacts.html
    """

    name = "zoho_voice_contacts"
    client_class = ZohoVoice
    primary_keys = ("contact_id",)
    schema = schema_of(
        "contact_id",
        *texts("first_name", "last_name", "email", "mobile", "mobile1", "mobile2", "mobile3"),
        *texts("phone", "phone1", "phone2", "phone3", "company", "address", "state", "country"),
        *texts("contact_owner_id", "contact_owner_name"),
        th.Property("is_favourite", th.BooleanType),
        th.Property("is_spam", th.BooleanType),
        th.Property("contact_status", th.ObjectType(*texts("id", "display_value"))),
        th.Property("created_time", th.IntegerType, description="Epoch, in milliseconds."),
        th.Property("number", th.ArrayType(th.StringType)),
    )

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield every contact."""
        return reading.read_contacts(self.client, progress)


class ZohoVoiceContactStatuses(StatusStream[ZohoVoice]):
    """Contact statuses; their ids are of one organisation.

    Fields: https://www.zoho.com/voice/api/get-all-contact-status.html
    """

    name = "zoho_voice_contact_statuses"
    client_class = ZohoVoice

    def rows(self) -> Iterable[dict[str, Any]]:
        """Return every contact status."""
        return self.client.contact_statuses()


STREAMS = (ZohoVoiceContacts, ZohoVoiceContactStatuses)
