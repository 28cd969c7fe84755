"""The bases of streams whose whole list is read at once."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

from tap_contacts.listing.prefetch import Chunk
from tap_contacts.streams.base import ApiStream, ClientT, schema_of, texts

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping


class ShortListStream(ApiStream[ClientT]):
    """A stream of a short list, which is read from its start in every run."""

    @abc.abstractmethod
    def rows(self) -> Iterable[dict[str, Any]]:
        """Return all records."""

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield all records in one chunk."""
        del progress
        yield Chunk(list(self.rows()))


class StatusStream(ShortListStream[ClientT]):
    """The statuses that a contact can have: id, and name on the screens."""

    primary_keys = ("id",)
    schema = schema_of("id", *texts("display_value"))
