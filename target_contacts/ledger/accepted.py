"""What the ledger knows of all that an account accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from target_contacts.ledger.account_rows import AccountRows
from target_contacts.ledger.entry import WRITTEN
from target_contacts.ledger.tables import CONTACTS, READ_BACK, RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.ledger.entry import Entry


class Accepted(AccountRows):
    """Whether one account has ever accepted a contact."""

    table = RUNS

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._is_any: bool | None = None
        """None until it is asked."""

    def is_any(self) -> bool:
        """Say whether the account has ever accepted a contact, of any stream.

        A run asks before it enters anything: the entry of an update under way does not tell.
        """
        if self._is_any is None:
            self._is_any = self._asked()
        return self._is_any

    def _asked(self) -> bool:
        known = sa.select(RUNS.c.number).where(self._are_mine, RUNS.c.has_accepted)
        accepted = CONTACTS.c.status == WRITTEN, CONTACTS.c.payload.is_not(None)
        of_account = CONTACTS.c.account == self._account
        one = sa.select(CONTACTS.c.key).where(of_account, *accepted).limit(1)
        with self._database.transaction("read") as connection:
            return any(connection.execute(each).first() is not None for each in (known, one))

    def enter(self, connection: sa.Connection, entries: Sequence[Entry]) -> None:
        """Enter that the account has accepted a contact, if these entries are the first to tell."""
        if not self._is_any and any(map(_is_accepted, entries)):
            connection.execute(sa.update(RUNS).where(self._are_mine).values(has_accepted=True))

    def know(self, entries: Sequence[Entry]) -> None:
        """Take note of entries that are on disk now."""
        self._is_any = self._is_any or any(map(_is_accepted, entries))


class ReadBack(AccountRows):
    """The kinds of write whose first one arrived in one account as it was sent."""

    table = READ_BACK

    def kinds(self) -> set[str]:
        """Return all of them."""
        return {row.kind for row in self._read(["kind"])}

    def add(self, kind: str) -> None:
        """Enter a kind; what is there already stays as it is."""
        self._write(self._database.insert(READ_BACK).on_conflict_do_nothing(), [{"kind": kind}])


def _is_accepted(entry: Entry) -> bool:
    """Say whether an entry tells that the destination has accepted a payload."""
    return entry.status == WRITTEN and entry.payload is not None
