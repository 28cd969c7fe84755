"""Streams of Valomnia; it tells when contacts were changed, but not which were deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_contacts.apis.valomnia.changes import read_changed
from tap_contacts.apis.valomnia.client import Valomnia
from tap_contacts.apis.valomnia.reading import read_contacts
from tap_contacts.streams.base import PROGRESS, schema_of, texts
from tap_contacts.streams.incremental import IncrementalStream

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from tap_contacts.listing.prefetch import Chunk


class ValomniaContacts(IncrementalStream[Valomnia]):
    """Contacts, the earliest change first.

    Fields: https://developers.valomnia.com/ref/Contacts/show.html
    """

    name = "valomnia_contacts"
    client_class = Valomnia
    primary_keys = ("id",)
    replication_key = "lastUpdated"
    is_sorted = True
    check_sorted = False  # a bookmark in another zone's time is not later for being greater text
    schema = schema_of(
        "id",
        *texts("customerReference", "customer_id", "customer_reference"),
        th.Property("customer", th.ObjectType(*texts("id", "reference", "name", "href"))),
        *texts("firstName", "lastName", "mobile", "fax", "email", "fonction", "phone", "phone2"),
        *texts("comment", "country", "city", "postalCode", "address"),
        th.Property("isDecisionMaker", th.BooleanType),
        th.Property("photo", th.StringType, description="Address of the image."),
        th.Property("small_photo", th.StringType, description="Address of a small one."),
        th.Property("medium_photo", th.StringType, description="Address of a middling one."),
        th.Property("user", th.ObjectType(*texts("id", "reference", "href"))),
        th.Property("organization", th.StringType, description="The tenant."),
        th.Property("dateCreated", th.DateTimeType),
        th.Property("lastUpdated", th.DateTimeType),
    )

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield the contacts changed since the bookmark or start_date, or else every contact."""
        if not self.is_incremental:
            return read_contacts(self.client, progress)
        self.stream_state.pop(PROGRESS, None)
        return read_changed(self.client, self.bookmark)

    def _note(self, progress: Mapping[str, Any] | None) -> None:
        """Take note of what is written: the bookmark moves with it."""
        if not self.is_incremental:
            super()._note(progress)
            return
        if progress:
            self.bookmark.move(**progress)
        if progress is not None:
            self._tap.state_writer.write_state(self.tap_state)
        self._flush()


STREAMS = (ValomniaContacts,)
