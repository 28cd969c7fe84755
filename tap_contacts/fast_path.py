"""Find records that the SDK would write unchanged, so that they can skip its slow path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import SameRecordTransform

from tap_contacts.writer import MessageWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk import Stream
    from singer_sdk.singerlib.encoding.base import GenericSingerWriter

FLAG_TYPES = frozenset({bool, type(None)})
"""Types whose values are written unchanged if the schema demands a boolean."""

PLAIN_TYPES = FLAG_TYPES | {str, int}
"""Types whose values are written unchanged elsewhere."""

MOST_SHAPES = 10_000
"""Most shapes that are remembered as fitting."""

RecordShape = tuple[object, ...]
"""The names of a record's fields, followed by the types of their values."""


def is_open(stream: Stream, writer: GenericSingerWriter[Any, Any]) -> bool:
    """Say whether a stream's records are written unchanged if they fit its schema.

    No stream map, flattening, deselected field, batch or test may change them.
    """
    maps = stream.stream_maps
    return (
        isinstance(writer, MessageWriter)
        and len(maps) == 1
        and type(maps[0]) is SameRecordTransform
        and not maps[0].flattening_enabled
        and all(stream.mask.values())
        and stream.ABORT_AT_RECORD_COUNT is None
    )


class RecordForm:
    """The schema of a stream, as far as it decides whether records are written unchanged."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._properties: Mapping[str, Any] = schema.get("properties", {})
        self._flags = {name for name, rule in self._properties.items() if _is_flag(rule)}
        self._fitting: set[RecordShape] = set()

    def fits(self, records: Sequence[Mapping[str, Any]]) -> bool:
        """Say whether the SDK would write all these records unchanged."""
        return all(map(self._fits, records))

    def _fits(self, record: Mapping[str, Any]) -> bool:
        shape = (*record, *map(type, record.values()))
        if shape in self._fitting:
            return True
        fits = all(self._fits_at(name, value) for name, value in record.items())
        if (
            fits
            and PLAIN_TYPES.issuperset(shape[len(record) :])
            and len(self._fitting) < MOST_SHAPES
        ):
            self._fitting.add(shape)
        return fits

    def _fits_at(self, name: str, value: Any) -> bool:
        """Say whether a property is known and its value plain, or a list or object of such."""
        rule = self._properties.get(name)
        if rule is None:
            return False
        if isinstance(value, list):
            return all(type(each) is str for each in value)
        if isinstance(value, dict):
            return RecordForm(rule).fits([value])
        return type(value) in (FLAG_TYPES if name in self._flags else PLAIN_TYPES)


def _is_flag(rule: Mapping[str, Any]) -> bool:
    types = rule.get("type", ())
    listed = {types} if isinstance(types, str) else set(types)
    return "boolean" in listed and listed <= {"boolean", "null"}
