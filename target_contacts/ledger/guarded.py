"""The ledger's table of what guards counted since the last complete run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_contacts.ledger.account_rows import AccountRows
from target_contacts.ledger.entry import Guarded
from target_contacts.ledger.tables import GUARDED

if TYPE_CHECKING:
    from collections.abc import Iterable


class GuardedRecords(AccountRows):
    """What guards counted for one account."""

    table = GUARDED

    def all(self) -> list[Guarded]:
        """Return all of them."""
        return [Guarded._make(row) for row in self._read(Guarded._fields)]

    def add(self, several: Iterable[Guarded]) -> None:
        """Enter records; what is there already stays as it is."""
        if rows := [each._asdict() for each in several]:
            self._write(self._database.insert(GUARDED).on_conflict_do_nothing(), rows)

    def forget(self) -> None:
        """Remove all of them."""
        if self.all():
            self._write(sa.delete(GUARDED).where(self._are_mine))
