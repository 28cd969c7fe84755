"""The ledger's table of filled fields: which were filled, and from which properties."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa

from target_contacts.ledger.entry import CANONICAL
from target_contacts.ledger.tables import FILLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_contacts.ledger.database import Database
    from target_contacts.ledger.entry import Entry, Fill


class Fills:
    """The rows of the table; many entries share one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Fill] = {}
        self._new: dict[str, str] = {}
        """Those that may not be on disk, as they are written."""

    def id_of(self, fill: Fill) -> str:
        """Return the id of filled fields; they are entered with the first entry that names it."""
        text = CANONICAL.encode(fill)
        found = hashlib.blake2b(text, digest_size=16).hexdigest()
        if found not in self._known:
            self._known[found] = fill
            self._new[found] = text.decode()
        return found

    def of(self, ids: Iterable[str]) -> Mapping[str, Fill]:
        """Return the filled fields by these ids, and perhaps others."""
        missing = list(set(ids) - self._known.keys())
        if missing:
            columns = sa.select(FILLED.c.id, FILLED.c.fields)
            with self._database.transaction("read") as connection:
                among = self._database.among(FILLED.c.id, missing)
                for row in connection.execute(columns.where(among)):
                    self._known[row.id] = msgspec.json.decode(row.fields)
        return self._known

    def enter(self, connection: sa.Connection, entries: Sequence[Entry]) -> None:
        """Enter what the filled fields of entries are, where that is new."""
        new = {entry.filled for entry in entries} & self._new.keys()
        if new:
            rows = [{"id": each, "fields": self._new[each]} for each in filter(None, new)]
            connection.execute(self._database.insert(FILLED).on_conflict_do_nothing(), rows)

    def know(self, entries: Sequence[Entry]) -> None:
        """Take note that what was entered with these is on disk."""
        for entry in entries if self._new else ():
            self._new.pop(entry.filled or "", None)
