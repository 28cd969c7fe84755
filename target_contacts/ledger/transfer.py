"""Move what a ledger knows of one account to another database, line by line.

The lines are the same from whichever database they come: rows are ordered by their keys, times are
in UTC. So two ledgers that know the same have the same lines, but for the first one.
"""

from __future__ import annotations

import contextlib
import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from target_contacts.ledger import line_values
from target_contacts.ledger.tables import CONTACTS, FILLED, METADATA, RUNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from target_contacts.ledger.database import Database

AT_ONCE = 5_000
"""Rows that are read or entered together."""

_LEFT_OUT = {RUNS.name}
"""Tables of what is about one database alone."""

_FIRST = 2
"""Number of the first line with a row; the header stands before it."""

_LINE = msgspec.json.Decoder(list[Any])


class WrongLineError(Exception):
    """A line is none of a ledger's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Transfer:
    """The rows of one account, as lines."""

    def __init__(
        self,
        database: Database,
        account: str,
        writing: Callable[[], AbstractContextManager[sa.Connection]],
    ) -> None:
        self._database, self._account, self._writing = database, account, writing

    @property
    def columns(self) -> dict[str, list[str]]:
        """Return the columns of each table that is moved, in the order of their lines."""
        return {str(table.name): [str(c.name) for c in _moved(table)] for table in _tables()}

    @contextlib.contextmanager
    def lines(self) -> Iterator[Iterator[bytes]]:
        """Give all rows: the name of the table, then the values of its columns."""
        with self._database.transaction("read") as connection:
            yield (line for table in _tables() for line in self._lines(connection, table))

    def _lines(self, connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
        rows = sa.select(*_moved(table)).where(self._are_mine(table)).order_by(*self._order(table))
        found = connection.execution_options(yield_per=AT_ONCE).execute(rows)
        for part in found.partitions():
            for row in part:
                yield msgspec.json.encode([str(table.name), *map(_told, row)]) + b"\n"

    def is_empty(self) -> bool:
        """Say whether nothing is known of the account."""
        with self._database.transaction("read") as connection:
            counts = (
                sa.select(sa.literal(1)).select_from(table).where(self._are_mine(table)).limit(1)
                for table in _tables()
            )
            return all(connection.execute(each).first() is None for each in counts)

    def enter(self, columns: dict[str, list[str]], lines: Iterable[bytes]) -> int:
        """Enter rows, all or none; return how many there were.

        Args:
            columns: The columns of their tables, in the order of the lines.
            lines: The rows. What they raise ends all, and nothing is entered.

        Raises:
            WrongLineError: If a line is none of these tables'.
        """
        count = 0
        with self._writing() as connection:
            for table, rows in _parts(columns, lines):
                entered = self._database.insert(METADATA.tables[table]).on_conflict_do_nothing()
                connection.execute(entered, [self._row(table, row) for row in rows])
                count += len(rows)
        return count

    def _row(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        kinds = METADATA.tables[table].c
        mine = {"account": self._account} if "account" in kinds else {}
        return {**mine, **{name: self._value(kinds[name], row[name]) for name in row}}

    def _value(self, column: sa.Column[Any], value: Any) -> Any:
        if not isinstance(column.type, sa.DateTime) or value is None:
            return value
        at = datetime.datetime.fromisoformat(value)
        return at.replace(tzinfo=None) if self._database.dialect == "sqlite" else at

    def _are_mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        if "account" in table.c:
            return table.c.account == self._account
        mine = sa.select(CONTACTS.c.filled).where(CONTACTS.c.account == self._account)
        return FILLED.c.id.in_(mine)

    def _order(self, table: sa.Table) -> Iterator[sa.ColumnElement[Any]]:
        """Yield the key's columns; texts are ordered by their bytes, as SQLite orders them."""
        for column in table.primary_key:
            is_text = isinstance(column.type, sa.String) and self._database.dialect != "sqlite"
            yield sa.collate(column, "C") if is_text else column


def _tables() -> list[sa.Table]:
    """Return the tables that are moved; what entries refer to stands before them."""
    others = (t for t in METADATA.sorted_tables if t.name not in {*_LEFT_OUT, FILLED.name})
    return [FILLED, *sorted(others, key=lambda table: table.name)]


def _moved(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.c if column.name != "account"]


def _told(value: Any) -> Any:
    """Return a value as a line tells it; SQLite tells times without their zone."""
    if not isinstance(value, datetime.datetime):
        return value
    utc = datetime.timezone.utc
    aware = value if value.tzinfo else value.replace(tzinfo=utc)
    return aware.astimezone(utc).isoformat(timespec="microseconds")


def _parts(
    columns: dict[str, list[str]], lines: Iterable[bytes]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    table, rows = "", list[dict[str, Any]]()
    for number, line in enumerate(lines, _FIRST):
        name, row = _row_of(columns, line, number)
        if rows and (name != table or len(rows) >= AT_ONCE):
            yield table, rows
            rows = []
        table = name
        rows.append(row)
    if rows:
        yield table, rows


def _row_of(columns: dict[str, list[str]], line: bytes, number: int) -> tuple[str, dict[str, Any]]:
    try:
        name, *values = _LINE.decode(line)
        row = dict(zip(columns[name], values, strict=True))
        if line_values.fit(METADATA.tables[name], row):
            return name, row
    except (ValueError, KeyError, TypeError):
        pass
    raise WrongLineError(number)
