"""The ledger's table of known ids: those of what contacts belong to, by hashes of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_contacts.ledger.tables import KNOWN_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import AbstractContextManager

    from target_contacts.ledger.database import Database


class KnownIds:
    """The rows of one account; every change is on disk when its method returns.

    Args:
        database: The ledger's.
        account: The account, as rows have it.
        writing: Gives a transaction in which this run may write.
    """

    def __init__(
        self,
        database: Database,
        account: str,
        writing: Callable[[], AbstractContextManager[sa.Connection]],
    ) -> None:
        self._database, self._account, self._writing = database, account, writing

    def of(self, kind: str, hashes: Collection[str]) -> dict[str, str]:
        """Return the ids of a kind by the hashes of these values, where they are known."""
        if not hashes:
            return {}
        among = self._database.among(KNOWN_IDS.c.value, list(hashes))
        columns = sa.select(KNOWN_IDS.c.value, KNOWN_IDS.c.remote_id)
        with self._database.transaction("read") as connection:
            rows = connection.execute(columns.where(self._of(kind), among))
            return {row.value: row.remote_id for row in rows}

    def put(self, kind: str, ids: Mapping[str, str]) -> None:
        """Enter or replace ids of a kind, by the hashes of values."""
        if not ids:
            return
        now = sa.func.current_timestamp()
        row = self._database.insert(KNOWN_IDS).values(found_at=now)
        entered = row.on_conflict_do_update(
            index_elements=list(KNOWN_IDS.primary_key),
            set_={name: row.excluded[name] for name in ("remote_id", "found_at")},
        )
        known = {"account": self._account, "kind": kind}
        rows = [{**known, "value": each, "remote_id": ids[each]} for each in ids]
        with self._writing() as connection:
            connection.execute(entered, rows)

    def drop(self, kind: str, hashes: Collection[str]) -> None:
        """Remove the ids of these values."""
        among = self._database.among(KNOWN_IDS.c.value, list(hashes))
        with self._writing() as connection:
            connection.execute(sa.delete(KNOWN_IDS).where(self._of(kind), among))

    def _of(self, kind: str) -> sa.ColumnElement[bool]:
        return sa.and_(KNOWN_IDS.c.account == self._account, KNOWN_IDS.c.kind == kind)
