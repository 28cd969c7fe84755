"""What stream maps make of the messages of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import SameRecordTransform

from tap_contacts.plugin.stream_maps import EXPRESSION_ERRORS
from target_contacts.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk.mapper import StreamMap

    from target_contacts.singer.lines import Line


def change_nothing(maps: Sequence[StreamMap]) -> bool:
    """Say whether records come out of the maps of a stream as they are."""
    is_same = [type(each) for each in maps] == [SameRecordTransform]
    return is_same and not maps[0].flattening_enabled


def keep_apart(stream: str, maps: Sequence[StreamMap], setting: Mapping[str, Any]) -> bool:
    """Say whether all records of a stream go to the stream of this name, and no others."""
    given = (each for each in setting.values() if isinstance(each, dict))
    takes_others = any(each.get("__alias__") == stream for each in given)
    return [each.stream_alias for each in maps] == [stream] and not takes_others


def transformed(stream_map: StreamMap, line: Line) -> dict[str, Any] | None:
    """Return the record that a stream map makes of a message; None if it filters it out.

    Raises:
        Rejected: If the record cannot be read, or an expression of the map fails.
    """
    try:
        return stream_map.transform(line.fields)
    except EXPRESSION_ERRORS:
        reason = "an expression of stream_maps fails on this record"
    raise Rejected(reason, "stream_map")
