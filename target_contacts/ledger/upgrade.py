"""Set the tables of a ledger up, and bring those of an earlier version up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_contacts.ledger.tables import METADATA, WHERE

if TYPE_CHECKING:
    from sqlalchemy import Connection


def set_up(connection: Connection) -> None:
    """Create what is missing; runs of other accounts may be doing the same right now."""
    dialect = connection.dialect.name
    indexes = [index for table in METADATA.sorted_tables for index in table.indexes]
    for index in (index for index in indexes if WHERE in index.info):
        index.dialect_kwargs[f"{dialect}_where"] = index.info[WHERE]
    if dialect == "postgresql":
        one_by_one = sa.func.pg_advisory_xact_lock(sa.func.hashtext("target-contacts"))
        connection.execute(sa.select(one_by_one))
        METADATA.create_all(connection)
    else:
        for table in METADATA.sorted_tables:
            connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
        for index in indexes:
            connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
    _add_columns(connection)


def _add_columns(connection: Connection) -> None:
    """Add the columns that a ledger of an earlier version lacks; all of them may be null."""
    for table in METADATA.sorted_tables:
        there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                kind = column.type.compile(connection.dialect)
                add = f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"
                connection.execute(sa.text(add))
