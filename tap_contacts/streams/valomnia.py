"""Streams of Valomnia; it tells when contacts were changed, but not which were deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_contacts.apis.valomnia.changes import read_changed
from tap_contacts.apis.valomnia.client import Valomnia
from tap_contacts.apis.valomnia.reading import read_all
from tap_contacts.streams.base import PROGRESS
from tap_contacts.streams.incremental import IncrementalStream

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from tap_contacts.listing.prefetch import Chunk

_TEXTS = [
    "firstName",
    "lastName",
    "mobile",
    "fax",
    "email",
    "fonction",
    "phone",
    "phone2",
    "comment",
    "country",
    "city",
    "postalCode",
    "address",
]


def _object(*names: str) -> th.ObjectType:
    return th.ObjectType(*(th.Property(name, th.StringType) for name in names))


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
    schema = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("customerReference", th.StringType),
        th.Property("customer_id", th.StringType),
        th.Property("customer_reference", th.StringType),
        th.Property("customer", _object("id", "reference", "name", "href")),
        *(th.Property(name, th.StringType) for name in _TEXTS),
        th.Property("isDecisionMaker", th.BooleanType),
        th.Property("photo", th.StringType, description="Address of the image."),
        th.Property("small_photo", th.StringType, description="Address of a small one."),
        th.Property("medium_photo", th.StringType, description="Address of a middling one."),
        th.Property("user", _object("id", "reference", "href")),
        th.Property("organization", th.StringType, description="The tenant."),
        th.Property("dateCreated", th.DateTimeType),
        th.Property("lastUpdated", th.DateTimeType),
    ).to_dict()

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield the contacts changed since the bookmark or start_date, or else every contact."""
        if not self.is_incremental:
            return read_all(self.client, progress)
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
