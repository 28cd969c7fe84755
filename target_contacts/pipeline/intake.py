"""Take in records: give each its key, and the hash that shows whether it has changed."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from target_contacts.delivery import keys
from target_contacts.delivery.planned import Received
from target_contacts.ledger.entry import CANONICAL, Keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.pipeline.prepare import Preparation
    from target_contacts.pipeline.stream import Stream
    from target_contacts.singer.lines import Line

VERSION = importlib.metadata.version("singer-contacts")

FORM = 2
"""Number of the translation. Raise it when the code translates records differently."""


class Intake:
    """Take in the records of one stream."""

    def __init__(  # noqa: PLR0913
        self,
        stream: Stream,
        preparation: Preparation,
        *,
        ledger: Ledger,
        outcomes: Outcomes,
        status_names: Mapping[str, str],
        settings: Mapping[str, Any],
        has_former_keys: bool,
    ) -> None:
        self._ledger, self._outcomes, self._preparation = ledger, outcomes, preparation
        self._keys, self._has_former_keys = stream.sorted_keys, has_former_keys
        self._translation = ledger.digest([VERSION, FORM, stream.schema, settings])
        """Hash of all that says how records are translated. A new one: all are translated anew."""
        self._names = status_names
        self._named = -1
        """Number of statuses in `_hash`."""
        self._key_of = keys.KeyReader(self._keys).read

    def received(self, line: Line, mapped: Mapping[str, Any] | None) -> Received:
        """Return a record with its key. In a stream without key, the payload is the key.

        Raises:
            Rejected: If the key has no value.
            Gone: If the stream has no key, and the record says that its contact is deleted.
        """
        record = line.record if mapped is None else CANONICAL.encode(mapped)
        key = self._key_of(line, record)
        if len(self._names) != self._named:
            self._named = len(self._names)
            self._hash = self._ledger.hash([self._translation, self._names])
        source = self._hash.copy()
        source.update(record)
        values = keys.texts(self._keys, key)
        if not key:
            values = [self._preparation.digest(line.fields if mapped is None else mapped)]
        return Received(
            self._ledger.digest(values),
            values,
            list(key) if self._has_former_keys else [],
            source.hexdigest(),
            self._outcomes.opened(),
            line,
            mapped,
        )


def know_keys(ledger: Ledger, stream: Stream) -> bool:
    """Remember the stream's key; return whether the ledger may know records by earlier ones.

    Raises:
        ConfigurationError: If the ledger knows the stream's records by other properties.
    """
    if stream.is_sample:
        return False
    names = stream.sorted_keys
    known, has_entries = ledger.stream_keys.of(stream.name), ledger.has_entries(stream.name)
    if known and has_entries and sorted(known.properties) != names:
        raise ConfigurationError(keys.other(stream.name, known.properties, names))
    has_former = known.has_former if known else has_entries
    now = Keys(names, has_former and has_entries)
    if known != now:
        ledger.stream_keys.put(stream.name, now)
    return now.has_former
