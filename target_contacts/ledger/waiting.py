"""Wait for what another program holds locked in SQLite, in slices that a signal can end."""

from __future__ import annotations

import math
import sqlite3
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SLICE_SECONDS = 0.1
"""How long SQLite itself waits: a signal is not handled meanwhile."""

LAST_SECONDS = 2.0
"""How much longer is waited in all, once a signal asked for the end."""

_PAUSE_SECONDS = 0.02
"""After a refusal for which SQLite did not wait."""


class Patience:
    """How long to wait for a lock."""

    def __init__(self, seconds: float, halted: Callable[[], bool]) -> None:
        self._seconds, self._halted = seconds, halted
        self._last = math.inf

    def apply(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call until nothing is locked, or raise the last refusal."""
        until = time.monotonic() + self._seconds
        while True:
            try:
                return call(*arguments)
            except sqlite3.OperationalError as error:  # noqa: PERF203
                if "is locked" not in str(error) or time.monotonic() >= self._end(until):
                    raise
                time.sleep(_PAUSE_SECONDS)

    def _end(self, until: float) -> float:
        if self._halted():
            self._last = min(self._last, time.monotonic() + LAST_SECONDS)
        return min(until, self._last)

    @property
    def connection(self) -> type[sqlite3.Connection]:
        """Return the kind of connection whose statements and commits wait so."""
        apply = self.apply

        class Cursor(sqlite3.Cursor):
            def execute(self, *statement: Any) -> Any:
                return apply(super().execute, *statement)

            def executemany(self, *statement: Any) -> Any:
                return apply(super().executemany, *statement)

        class Connection(sqlite3.Connection):
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

            def commit(self) -> None:
                apply(super().commit)

        return Connection
