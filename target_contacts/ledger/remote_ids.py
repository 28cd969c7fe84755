"""Whose contacts are: which ids of the destination belong to records already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_contacts.ledger.account_rows import AccountRows
from target_contacts.ledger.tables import CONTACTS, HAS_ID

if TYPE_CHECKING:
    from collections.abc import Sequence


class RemoteIds(AccountRows):
    """The ids of contacts that belong to records of one account."""

    table = CONTACTS

    def owned(self, remote_ids: Sequence[str], stream: str | None = None) -> set[str]:
        """Return those of the ids that belong to a record of a stream, or of any, already."""
        if not remote_ids:
            return set()
        owners = () if stream is None else (CONTACTS.c.stream == stream,)
        theirs = HAS_ID, self._database.among(CONTACTS.c.remote_id, remote_ids)
        return {row.remote_id for row in self._read(["remote_id"], *owners, *theirs)}

    def shared(self, remote_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that belong to several records, of whatever streams."""
        if not remote_ids:
            return set()
        theirs = HAS_ID, self._database.among(CONTACTS.c.remote_id, remote_ids)
        several = sa.select(CONTACTS.c.remote_id).where(self._are_mine, *theirs)
        several = several.group_by(CONTACTS.c.remote_id).having(sa.func.count() > 1)
        with self._database.transaction("read") as connection:
            return set(connection.scalars(several))
