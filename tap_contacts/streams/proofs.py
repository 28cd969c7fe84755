"""See, before a first run reads anything, that it may read all that it is to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_contacts.streams.base import PROGRESS, ApiStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk import Tap


def prove(tap: Tap) -> None:
    """Have each stream prove that it may be read, the last one first, if this is the first run.

    A single one need not: its reading shows it.

    Raises:
        ApiError: If one may not be read.
        ConfigurationError: If a setting names what is not there.
    """
    streams = [] if _was_read(tap.state) else list(_selected(tap))
    for stream in streams if len(streams) > 1 else ():
        with stream.client.proving():
            stream.prove()


def _was_read(state: Mapping[str, Any]) -> bool:
    bookmarks = state.get("bookmarks", {}).values()
    return any({"replication_key_value", PROGRESS} & each.keys() for each in bookmarks)


def _selected(tap: Tap) -> Iterator[ApiStream[Any]]:
    """Yield the streams to be read, the last one first, without asking for their schemas."""
    catalog = tap.input_catalog
    for name, stream in reversed(tap.streams.items()):
        is_selected = catalog is None or (name in catalog and stream.selected)
        if is_selected and isinstance(stream, ApiStream):
            yield stream
