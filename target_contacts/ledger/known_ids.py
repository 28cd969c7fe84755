"""The ledger's table of known ids: those of what contacts belong to, by hashes of values."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from target_contacts.ledger.account_rows import AccountRows
from target_contacts.ledger.entry import Known
from target_contacts.ledger.tables import KNOWN_IDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class Row(NamedTuple):
    """An id that is known, for people."""

    kind: str
    value: str
    """Hash of the value."""
    remote_id: str
    found_at: datetime


class KnownIds(AccountRows):
    """The known ids of one account."""

    table = KNOWN_IDS

    def of(self, kind: str, hashes: Collection[str]) -> dict[str, Known]:
        """Return the ids of a kind by the hashes of these values, where they are known."""
        if not hashes:
            return {}
        among = self._database.among(KNOWN_IDS.c.value, list(hashes))
        return self._known(kind, among)

    def all(self, kind: str) -> dict[str, Known]:
        """Return all ids of a kind by the hashes of their values."""
        return self._known(kind)

    def _known(self, kind: str, *conditions: sa.ColumnElement[bool]) -> dict[str, Known]:
        rows = self._read(("value", *Known._fields), KNOWN_IDS.c.kind == kind, *conditions)
        return {row.value: Known(row.remote_id, row.name) for row in rows}

    def put(self, kind: str, ids: Mapping[str, Known]) -> None:
        """Enter or replace ids of a kind, by the hashes of values."""
        if ids:
            rows = [{"kind": kind, "value": e, **known._asdict()} for e, known in ids.items()]
            self._replace(Known._fields, rows, found_at=sa.func.current_timestamp())

    def drop(self, kind: str, hashes: Collection[str]) -> None:
        """Remove the ids of these values."""
        among = self._database.among(KNOWN_IDS.c.value, list(hashes))
        self._write(sa.delete(KNOWN_IDS).where(self._are_mine, KNOWN_IDS.c.kind == kind, among))

    def rows(self, *, values: Collection[str] = (), remote_id: str = "") -> list[Row]:
        """Return the ids of these hashes of values, or those that are this one, of all kinds."""
        of_values = self._database.among(KNOWN_IDS.c.value, list(values))
        which = KNOWN_IDS.c.remote_id == remote_id if remote_id else of_values
        found = self._read(Row._fields, which)
        return sorted(Row(row.kind, row.value, row.remote_id, row.found_at) for row in found)

    def forget(self, values: Collection[str]) -> None:
        """Remove the ids of these hashes of values, of all kinds."""
        among = self._database.among(KNOWN_IDS.c.value, list(values))
        self._write(sa.delete(KNOWN_IDS).where(self._are_mine, among))

    def oldest(self, kind: str) -> datetime | None:
        """Return since when the ids of a kind are taken for right; None: none is known."""
        rows = self._read(("found_at",), KNOWN_IDS.c.kind == kind)
        first: datetime | None = min((row.found_at for row in rows), default=None)
        return first.replace(tzinfo=first.tzinfo or timezone.utc) if first else None

    def confirm(self, kind: str) -> None:
        """Note that all ids of a kind are right now."""
        now = sa.func.current_timestamp()
        mine = sa.update(KNOWN_IDS).where(self._are_mine, KNOWN_IDS.c.kind == kind)
        self._write(mine.values(found_at=now))
