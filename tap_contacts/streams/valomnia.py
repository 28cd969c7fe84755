"""Streams of Valomnia; it tells when contacts were changed, but not which were deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_contacts.apis.valomnia import Valomnia
from tap_contacts.apis.valomnia_reading import read_all, read_changes
from tap_contacts.client import PROGRESS, ApiStream

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from tap_contacts.apis.ahead import Chunk

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


class ValomniaContacts(ApiStream[Valomnia]):
    """Contacts, the earliest change first; those of the bookmark's own second come again.

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

    @property
    def _is_incremental(self) -> bool:
        return self.replication_method == REPLICATION_INCREMENTAL

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield the contacts changed since the bookmark or start_date, or else every contact."""
        if not self._is_incremental:
            return read_all(self.client, progress)
        if self.replication_key != ValomniaContacts.replication_key:
            msg = f"The replication key of {self.name} must be {ValomniaContacts.replication_key}."
            raise ConfigurationError(msg)
        self.stream_state.pop(PROGRESS, None)
        return read_changes(self.client, self.get_starting_timestamp(None))

    def get_replication_key_signpost(self, context: Mapping[str, Any] | None = None) -> None:
        """Return nothing: no bookmark depends on the clock of this machine."""

    def _write_starting_replication_value(self, context: Mapping[str, Any] | None) -> None:
        """Note where to start: at the later of bookmark and start_date."""
        try:
            super()._write_starting_replication_value(context)
            self.get_starting_timestamp(context)
        except ValueError:
            msg = "start_date, and the bookmark in a state, must be like 2026-01-31T00:00:00Z."
            raise ConfigurationError(msg) from None

    def _write_chunks(self) -> None:
        self._write_starting_replication_value(None)
        super()._write_chunks()

    def _note(self, progress: Mapping[str, Any] | None) -> None:
        """Take note of what is written: all changes before the second that progress tells."""
        if not self._is_incremental:
            super()._note(progress)
            return
        if progress:
            self._increment_stream_state(dict(progress))
            self._tap.state_writer.write_state(self.tap_state)
        self._flush()
