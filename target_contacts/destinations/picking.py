"""Decide which destinations a record goes to, by the setting `only`.

The destinations that ask for the same attributes stand in one table, by the values that they ask
for. So a record is read once, however many destinations there are.
"""

from __future__ import annotations

import fnmatch
import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from tap_contacts.plugin import printable
from tap_contacts.plugin.endings import InputError
from tap_contacts.plugin.same_name import alike
from target_contacts.contact.paths import Failure, FieldPath, MappedFields
from target_contacts.contact.phone_fields import Slots
from target_contacts.contact.reader import ContactReader
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.destinations.settings import ONLY, Destination, wrong
from target_contacts.errors import Rejected
from target_contacts.parents.names import are_parents
from target_contacts.pipeline.written import is_written, mapped
from target_contacts.sinks.stream_names import StreamNames
from target_contacts.values.basic import compared

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from target_contacts.singer.lines import Line
    from target_contacts.sinks.base import ApiSink

_READ_BY = ("api", "streams", "field_map", "parents", "stream_maps")
"""Settings by which a stream is written, or read for names."""


class Picker:
    """Say which of the destinations with `only` take a line.

    Args:
        destinations: All destinations; their numbers are their places among these.
        kinds: The sink of each API.
    """

    def __init__(
        self, destinations: Sequence[Destination], kinds: Mapping[str, type[ApiSink[Any]]]
    ) -> None:
        self._destinations = destinations
        self._groups: dict[tuple[str, ...], _Group] = {}
        for number, each in enumerate(destinations):
            if each.only:
                self._group_of(each, kinds).add(number, each.only)
        self._attributes = {name for group in self._groups.values() for name in group.names}
        self._reader = _reader() if self._attributes & ATTRIBUTES.keys() else None
        self._is_all_read = any(not each.only for each in destinations)
        self._fields: set[str] = set()
        """Fields of all streams."""
        self.left = Counter[str]()
        """Records that no destination takes, by stream."""

    @property
    def is_needed(self) -> bool:
        """Say whether any destination takes some records only."""
        return bool(self._groups)

    def know(self, stream: str, schema: Mapping[str, Any]) -> None:
        """Take note of a SCHEMA message."""
        self._fields |= set(schema.get("properties") or ())
        for group in self._groups.values():
            group.know(stream, schema)

    def takers(self, line: Line) -> Iterable[int] | None:
        """Return the numbers of the destinations with `only` that take a record; None for all.

        All take what cannot be read, so that none of them believes that it has left the source.
        """
        try:
            record = line.fields
        except (Rejected, InputError):
            return None
        attributes = self._reader.read(record).attributes if self._reader else {}
        found = {name: _values(name, record, attributes) for name in self._attributes}
        takers = [n for group in self._groups.values() for n in group.takers(line.stream, found)]
        if not (takers or self._is_all_read):
            self.left[line.stream] += 1
        return takers

    def assert_known(self) -> None:
        """Raise ConfigurationError if `only` names what no record can have."""
        for each in self._destinations:
            for name in each.only:
                starts = FieldPath(name).fields
                if name not in ATTRIBUTES and self._fields and self._fields.isdisjoint(starts):
                    shown = printable.name(name)
                    why = f"{ONLY} names {shown}, which is no attribute and no field of a stream"
                    raise wrong(each.name, why)

    def _group_of(
        self, destination: Destination, kinds: Mapping[str, type[ApiSink[Any]]]
    ) -> _Group:
        names = tuple(sorted(destination.only))
        reads = {name: destination.config.get(name) for name in _READ_BY}
        key = (*names, msgspec.json.encode(reads).decode())
        if key not in self._groups:
            self._groups[key] = _Group(names, destination.config, kinds)
        return self._groups[key]


class _Group:
    """The destinations that ask for the same attributes, and read the same streams."""

    def __init__(
        self,
        names: tuple[str, ...],
        config: Mapping[str, Any],
        kinds: Mapping[str, type[ApiSink[Any]]],
    ) -> None:
        self.names, self._config = names, config
        self._mapped = mapped(kinds[config["api"]], config.get("field_map") or {})
        self._of_statuses = StreamNames(kinds).ends_of_statuses
        self._takers: dict[tuple[str, ...], list[int]] = {}
        self._all: list[int] = []
        self._whole: set[str] = set()
        """Streams that are only read for names, and so go to all."""

    def add(self, number: int, only: Mapping[str, Collection[str]]) -> None:
        self._all.append(number)
        for values in itertools.product(*(only[name] for name in self.names)):
            self._takers.setdefault(values, []).append(number)

    def know(self, stream: str, schema: Mapping[str, Any]) -> None:
        self._whole.discard(stream)
        if self._is_for_names(stream) and not self._is_written(stream, schema):
            self._whole.add(stream)

    def takers(self, stream: str, found: Mapping[str, Sequence[str]]) -> Iterable[int]:
        if stream in self._whole:
            return self._all
        sets = itertools.product(*(found[name] for name in self.names))
        return {number for values in sets for number in self._takers.get(values, ())}

    def _is_for_names(self, stream: str) -> bool:
        if stream.endswith(self._of_statuses):
            return True
        return bool(self._config.get("parents")) and are_parents(stream)

    def _is_written(self, stream: str, schema: Mapping[str, Any]) -> bool:
        maps = self._config.get("stream_maps") or {}
        if any(fnmatch.fnmatchcase(stream, glob) for glob in maps):
            return True
        return is_written(stream, schema, self._config.get("streams"), self._mapped)


def _reader() -> ContactReader:
    """Return what reads the attributes of a record, whatever the destination has fields for."""
    return ContactReader(MappedFields({}, ()), {}, slots=Slots(ATTRIBUTES.keys()))


def _values(name: str, record: Mapping[str, Any], attributes: Mapping[str, Any]) -> Sequence[str]:
    value = attributes.get(name) if name in ATTRIBUTES else None
    value = FieldPath(name).value(record, {}) if value in (None, "") else value
    several = value if isinstance(value, list) else [value]
    plain = (each for each in several if not isinstance(each, Failure))
    return [text for each in plain if (text := alike(compared(each)))]
