"""Copy what a ledger knows of one account, and tell whether it is still the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_contacts.ledger.entry import CANONICAL
from target_contacts.ledger.tables import CONTACTS, METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_contacts.ledger.database import Database

AT_ONCE = 10_000
"""Rows that are copied together."""

_FIRST = [CONTACTS, *(table for table in METADATA.sorted_tables if table is not CONTACTS)]
"""The tables in the order in which they are read: what entries refer to is there before them."""

_TOLD = [column for column in CONTACTS.columns if column.name not in {"account", "changed_at"}]


def copy(source: Database, to: Database, account: str) -> None:
    """Copy all rows of an account. If another run writes, its entries come all or none."""
    for table in _FIRST:
        for rows in _parts(source, table, account):
            with to.transaction("write") as connection:
                connection.execute(sa.insert(table), rows)


def state_of(database: Database, account: str) -> str:
    """Return a hash of all entries of an account."""
    rows = sa.select(*_TOLD).where(CONTACTS.c.account == account)
    told = hashlib.blake2b(digest_size=16)
    with database.transaction("read") as connection:
        for row in connection.execute(rows.order_by(CONTACTS.c.stream, CONTACTS.c.key)):
            told.update(CANONICAL.encode(tuple(row)))
    return told.hexdigest()


def _parts(database: Database, table: sa.Table, account: str) -> Iterator[list[dict[str, Any]]]:
    rows = sa.select(table)
    if "account" in table.columns:
        rows = rows.where(table.c.account == account)
    with database.transaction("read") as connection:
        for part in connection.execute(rows).mappings().partitions(AT_ONCE):
            yield [dict(row) for row in part]
