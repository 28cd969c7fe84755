"""The ledger's table of records that came out of rejects files, and when they were rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from target_contacts.ledger.account_rows import AccountRows
from target_contacts.ledger.tables import REPLAYED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Replay(NamedTuple):
    """A record that came out of a rejects file."""

    key: str
    source: str
    """Its hash, as an entry has it."""
    rejected_at: str
    """When it was rejected first, in UTC, as ISO 8601."""


class ReplayedRecords(AccountRows):
    """The records of one account that came out of rejects files."""

    table = REPLAYED

    def of(self, stream: str, keys: Sequence[str]) -> Mapping[str, Replay]:
        """Return the last record of each key of a stream, where there was one."""
        among = self._database.among(REPLAYED.c.key, keys)
        rows = self._read(Replay._fields, REPLAYED.c.stream == stream, among)
        return {row.key: Replay(row.key, row.source, row.rejected_at) for row in rows}

    def put(self, stream: str, several: Sequence[Replay]) -> None:
        """Enter or replace records of a stream."""
        if several:
            rows = [{"stream": stream, **each._asdict()} for each in several]
            self._replace(["source", "rejected_at"], rows)
