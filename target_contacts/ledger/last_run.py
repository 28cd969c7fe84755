"""What the row of an account says of its last run."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from target_contacts.ledger.tables import RUNS

if TYPE_CHECKING:
    from target_contacts.ledger.database import Database


class Run(NamedTuple):
    """What the row of an account says of its last run."""

    host: str | None
    pid: int | None
    kernel: str | None
    started_at: float
    ended: bool | None
    idle: float | None
    """Seconds since its last proof."""

    def is_over(self, kernel: str, *, is_free: bool) -> bool:
        """Say whether nothing that it sends may still leave.

        Args:
            kernel: What tells this start of this machine from all others, or "".
            is_free: Whether no process of this machine has the account's lock any more.
        """
        return bool(self.ended or (is_free and kernel and self.kernel == kernel))

    def __str__(self) -> str:
        start = datetime.datetime.fromtimestamp(self.started_at, tz=datetime.timezone.utc)
        return f"pid {self.pid} on {self.host}, since {start:%Y-%m-%d %H:%M:%S} UTC"


def last_run(database: Database, connection: sa.Connection, account: str) -> Run | None:
    """Return what is known of the last run that wrote to an account, if there was one."""
    columns = [RUNS.c[name] for name in Run._fields if name != "idle"]
    idle = (database.now - RUNS.c.proven_at).label("idle")
    row: Any = connection.execute(
        sa.select(*columns, idle).where(RUNS.c.account == account)
    ).first()
    return Run(*row) if row else None


def holder_in(database: Database, connection: sa.Connection, account: str) -> str:
    """Say which run holds an account, as far as its row tells."""
    run = last_run(database, connection, account)
    return "unknown" if run is None or run.ended else str(run)
