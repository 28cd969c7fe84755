"""Let all SQLite databases of a process share the statements that were compiled.

SQLAlchemy compiles each statement once for each engine. A test's run has an engine of its own, and
compiling takes a fifth of it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

MOST = 2000
"""Statements that are kept; there are some hundred."""


class _Statements(dict[Any, Any]):
    """Compiled statements, by all that makes them differ but the engine's own dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) < MOST:
            super().__setitem__(key[1:], compiled)


_BY_STYLE: defaultdict[str, _Statements] = defaultdict(_Statements)
"""By the way in which parameters are written."""


def share() -> None:
    """Share them from now on."""
    if not sa.event.contains(sa.Engine, "engine_connect", _use):
        sa.event.listen(sa.Engine, "engine_connect", _use)


def _use(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.execution_options(compiled_cache=_BY_STYLE[connection.dialect.paramstyle])
