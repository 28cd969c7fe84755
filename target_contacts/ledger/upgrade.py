"""Set the tables of a ledger up, and bring those of an earlier version up to date.

A ledger holds the number of its form. Ledgers of versions before the first number hold none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from singer_sdk.exceptions import ConfigurationError

from target_contacts.ledger.tables import METADATA, WHERE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

FORM = sa.Table(
    "ledger_form",
    sa.MetaData(),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
)
"""The number of the ledger's form, in one row; apart from the tables that are copied."""


def set_up(connection: Connection) -> None:
    """Create what is missing; runs of other accounts may be doing the same right now.

    Raises:
        ConfigurationError: If a later version has changed the ledger's form.
    """
    if _number(connection) == NUMBER:
        return
    _keep_others_out(connection)
    for step in STEPS[_number(connection) :]:
        step(connection)
    connection.execute(sa.delete(FORM))
    connection.execute(sa.insert(FORM).values(number=NUMBER))


def _number(connection: Connection) -> int:
    if not sa.inspect(connection).has_table(FORM.name):
        return 0
    number = connection.scalar(sa.select(sa.func.max(FORM.c.number))) or 0
    if number > NUMBER:
        msg = (
            f"ledger_url: the ledger has form {number}, and this version of singer-contacts knows "
            f"forms up to {NUMBER}. Install the version that wrote it, or a later one."
        )
        raise ConfigurationError(msg)
    return int(number)


def _keep_others_out(connection: Connection) -> None:
    """Wait until no other run is setting the ledger up; none begins before the transaction ends."""
    if connection.dialect.name == "postgresql":
        one_by_one = sa.func.pg_advisory_xact_lock(sa.func.hashtext("target-contacts"))
        connection.execute(sa.select(one_by_one))
    else:  # the driver begins a transaction no sooner than at the first row that is written
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _complete(connection: Connection) -> None:
    """Add the tables, indexes and columns that are missing; such columns may be null."""
    indexes = [index for table in METADATA.sorted_tables for index in table.indexes]
    for index in (index for index in indexes if WHERE in index.info):
        index.dialect_kwargs[f"{connection.dialect.name}_where"] = index.info[WHERE]
    for table in (*METADATA.sorted_tables, FORM):
        connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
    for index in indexes:
        connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
    for table in METADATA.sorted_tables:
        _add_columns(connection, table)


def _add_columns(connection: Connection, table: sa.Table) -> None:
    there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in there:
            kind = column.type.compile(connection.dialect)
            add = f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"
            connection.execute(sa.text(add))


STEPS: tuple[Callable[[Connection], None], ...] = (_complete,)
"""What brings a ledger of each number, from 0 on, to the next one. Who changes the tables adds a
step: `_complete` once more, or one that also changes entries."""

NUMBER = len(STEPS)
"""The form that this version writes."""
