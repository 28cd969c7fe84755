"""The base of streams of records that tell when they were changed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_contacts.listing.bookmarks import Bookmark
from tap_contacts.streams.base import ApiStream, ClientT

if TYPE_CHECKING:
    from collections.abc import Mapping


class IncrementalStream(ApiStream[ClientT]):
    """A stream that is read from its bookmark on, unless a catalog demands all of it.

    `read` moves the bookmark; the SDK's own ways of moving it do nothing.
    """

    @property
    def is_incremental(self) -> bool:
        """Say whether the stream is read from its bookmark on."""
        return self.replication_method == REPLICATION_INCREMENTAL

    @cached_property
    def bookmark(self) -> Bookmark:
        """Return from when on to read; a full table has a bookmark without time.

        Raises:
            ConfigurationError: If the bookmark, start_date or replication key is none.
        """
        key = str(type(self).replication_key)
        if not self.is_incremental:
            return Bookmark(self.name, key, {})
        if self.replication_key != key:
            msg = f"The replication key of {self.name} must be {key}."
            raise ConfigurationError(msg)
        return Bookmark(self.name, key, self.stream_state, self.config.get("start_date"))

    def get_replication_key_signpost(self, context: Mapping[str, Any] | None = None) -> None:
        """Return no limit of the bookmark."""

    def _write_starting_replication_value(self, context: Mapping[str, Any] | None) -> None:
        """Leave the STATE as it is."""

    def _increment_stream_state(
        self, latest_record: Mapping[str, Any], *, context: Mapping[str, Any] | None = None
    ) -> None:
        """Leave the bookmark where it is."""
