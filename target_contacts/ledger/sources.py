"""Which records the destination has as they are, so that they need not be translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_contacts.ledger.account_rows import AccountRows
from target_contacts.ledger.entry import WRITTEN
from target_contacts.ledger.tables import CONTACTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MANY = 1000
"""Keys asked for at once that show that most of a stream is going to come."""

LARGEST_IN_MEMORY = 300_000
"""Entries of a stream that is read whole; each takes a quarter of a kilobyte of memory."""


class Sources(AccountRows):
    """The hashes of the records of one account that its destination has accepted."""

    table = CONTACTS

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._whole: dict[str, dict[str, str]] = {}
        """Those of streams that were read whole, by key."""

    def of(self, stream: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the hash of each record, by key, for what the destination has accepted.

        A stream with many records is read whole, once, which takes a third of the time of as many
        searches. What has changed since is missing then: ask for its entry.
        """
        if len(keys) >= MANY and stream not in self._whole:
            few = self._count(stream) <= LARGEST_IN_MEMORY
            self._whole[stream] = self._told(stream) if few else {}
        found = self._whole.get(stream)
        return found or self._told(stream, self._database.among(CONTACTS.c.key, keys))

    def forget(self, stream: str, keys: Iterable[str]) -> None:
        """Drop what was read of a whole stream, where it changes now."""
        whole = self._whole.get(stream) or {}
        for key in keys:
            whole.pop(key, None)

    def _told(self, stream: str, *which: sa.ColumnElement[bool]) -> dict[str, str]:
        accepted = CONTACTS.c.status == WRITTEN, CONTACTS.c.payload.is_not(None)
        known = CONTACTS.c.stream == stream, *accepted, CONTACTS.c.source.is_not(None)
        rows: Any = self._read(["key", "source"], *known, *which)
        return dict(rows)

    def _count(self, stream: str) -> int:
        count = sa.select(sa.func.count()).select_from(CONTACTS)
        mine = count.where(self._are_mine, CONTACTS.c.stream == stream)
        with self._database.transaction("read") as connection:
            return connection.execute(mine).scalar_one()
