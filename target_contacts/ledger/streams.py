"""The ledger's tables of streams: by what their records are known, and which versions began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from target_contacts.ledger.account_rows import AccountRows
from target_contacts.ledger.entry import Keys
from target_contacts.ledger.tables import STREAMS, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence


class _StreamRows(AccountRows):
    """One row for each stream of one account."""

    def _of(self, stream: str, *columns: str) -> Sequence[sa.Row[Any]]:
        return self._read(columns, self.table.c.stream == stream)

    def _put(self, stream: str, **values: Any) -> None:
        row = {"account": self._account, "stream": stream, **values}
        with self._writing() as connection:
            which = self._are_mine, self.table.c.stream == stream
            connection.execute(sa.delete(self.table).where(*which))
            connection.execute(sa.insert(self.table).values(row))


class StreamKeys(_StreamRows):
    """By what the records of each stream of one account are known."""

    table = STREAMS

    def of(self, stream: str) -> Keys | None:
        """Return by what the records of a stream were known so far; None for a new stream."""
        rows = self._of(stream, "key_properties", "has_former_keys")
        if not rows:
            return None
        names = msgspec.json.decode(rows[0].key_properties)
        return Keys(names, bool(rows[0].has_former_keys))

    def put(self, stream: str, keys: Keys) -> None:
        """Enter or replace by what the records of a stream are known."""
        properties = msgspec.json.encode(keys.properties).decode()
        self._put(stream, has_former_keys=keys.has_former, key_properties=properties)


class StreamVersions(_StreamRows):
    """The highest version of each stream of one account of which a record has come."""

    table = VERSIONS

    def begun(self, stream: str) -> int | None:
        """Return the highest version of a stream of which a record has come, if one has."""
        return next((int(row.begun) for row in self._of(stream, "begun")), None)

    def begin(self, stream: str, version: int) -> None:
        """Enter that a record of a version of a stream has come."""
        self._put(stream, begun=version)
