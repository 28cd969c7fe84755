"""The rows that one account has in a table of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from target_contacts.ledger.database import Database


class AccountRows:
    """The rows of one account; every change is on disk when its method returns."""

    table: ClassVar[sa.Table]

    def __init__(
        self,
        database: Database,
        account: str,
        writing: Callable[[], AbstractContextManager[sa.Connection]],
    ) -> None:
        self._database, self._account, self._writing = database, account, writing

    def _read(
        self, columns: Sequence[str], *conditions: sa.ColumnElement[bool]
    ) -> Sequence[sa.Row[Any]]:
        asked = sa.select(*(self.table.c[name] for name in columns)).where(
            self._are_mine, *conditions
        )
        with self._database.transaction("read") as connection:
            return connection.execute(asked).all()

    def _write(self, statement: sa.Executable, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        with self._writing() as connection:
            given = [{"account": self._account, **each} for each in rows]
            connection.execute(statement, given or None)

    def _replace(
        self, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], **times: Any
    ) -> None:
        """Enter rows; of those that are there already, replace these columns and times."""
        row = self._database.insert(self.table)
        row = row.values(**times) if times else row
        entered = row.on_conflict_do_update(
            index_elements=list(self.table.primary_key),
            set_={name: row.excluded[name] for name in (*columns, *times)},
        )
        self._write(entered, rows)

    @property
    def _are_mine(self) -> sa.ColumnElement[bool]:
        return self.table.c.account == self._account
