"""Let commits into SQLite wait for the disk only where something depends on it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa


class Syncs:
    """Whether the commits of one connection wait until they are on the disk.

    All do at first, and those into PostgreSQL always. So do those of an SQLite file without
    write-ahead log: only of a log a crash of the machine can take back no more than the end.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._are_on = True
        self.is_behind = False
        """Whether something was entered that a crash of the machine may take back."""

    def set(self, *, synced: bool) -> None:
        """Say of the next commit whether it has to wait."""
        if synced is not self._are_on and self._has_log:
            self._connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            self._connection.rollback()
            self._are_on = synced
        self.is_behind |= not self._are_on

    @cached_property
    def _has_log(self) -> bool:
        if self._connection.dialect.name != "sqlite":
            return False
        mode = self._connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        self._connection.rollback()
        return bool(mode == "wal")
