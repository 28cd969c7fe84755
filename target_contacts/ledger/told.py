"""The ledger's table of what an API told of an account."""

from __future__ import annotations

import sqlalchemy as sa

from target_contacts.ledger.account_rows import AccountRows
from target_contacts.ledger.tables import TOLD


class Told(AccountRows):
    """What an API told of one account, by subject."""

    table = TOLD

    def lately(self, subject: str, seconds: float) -> str | None:
        """Return what was told of a subject in the last seconds, if it was."""
        age = self._database.now - TOLD.c.told_at
        told = self._read(["text"], TOLD.c.subject == subject, age >= 0, age < seconds)
        return told[0].text if told else None

    def put(self, subject: str, text: str) -> None:
        """Enter or replace what was told of a subject, which was just now."""
        rows = [{"subject": subject, "text": text}]
        self._replace(["text"], rows, told_at=self._database.now)

    def forget(self, subject: str) -> None:
        """Remove what was told of a subject."""
        self._write(sa.delete(TOLD).where(self._are_mine, TOLD.c.subject == subject))
