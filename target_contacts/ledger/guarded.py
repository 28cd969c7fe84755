"""The ledger's table of what guards counted since the last complete run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from target_contacts.ledger.tables import GUARDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from target_contacts.ledger.database import Database


class Guarded(NamedTuple):
    """A record that a guard counted."""

    guard: str
    stream: str
    attribute: str
    """The attribute that is emptied; "" if the guard counts none."""
    key: str
    is_held: bool = False
    """Whether it was held back when the guard ended a run; if not, it was let through."""


class GuardedRecords:
    """The rows of one account.

    Args:
        database: Where they stand.
        account: The account, as the rows have it.
        writing: Gives a transaction that enters something.
    """

    def __init__(
        self,
        database: Database,
        account: str,
        writing: Callable[[], AbstractContextManager[sa.Connection]],
    ) -> None:
        self._database, self._account, self._writing = database, account, writing

    def all(self) -> list[Guarded]:
        """Return all of them."""
        columns = [GUARDED.c[name] for name in Guarded._fields]
        with self._database.transaction("read") as connection:
            rows = connection.execute(sa.select(*columns).where(self._are_mine))
            return [Guarded(*row) for row in rows]

    def add(self, several: Iterable[Guarded]) -> None:
        """Enter records; what is there already stays as it is."""
        rows = [{"account": self._account, **each._asdict()} for each in several]
        if rows:
            added = self._database.insert(GUARDED).on_conflict_do_nothing()
            with self._writing() as connection:
                connection.execute(added, rows)

    def forget(self) -> None:
        """Remove all of them."""
        if self.all():
            with self._writing() as connection:
                connection.execute(sa.delete(GUARDED).where(self._are_mine))

    @property
    def _are_mine(self) -> sa.ColumnElement[bool]:
        return GUARDED.c.account == self._account
