"""Let all SQLite databases of a process share the statements that were compiled.

SQLAlchemy compiles each once for each engine. A test's run has an engine of its own, and compiling
takes a fifth of it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite as Dialect
from sqlalchemy.util import LRUCache

_COMPILED: LRUCache[Any, Any] = LRUCache(1000)


def share() -> None:
    """Share them from now on, among databases whose parameters are written alike."""
    dialect: Any = Dialect
    dialect.__hash__, dialect.__eq__ = _hash, _are_alike
    if not sa.event.contains(sa.Engine, "engine_connect", _use):
        sa.event.listen(sa.Engine, "engine_connect", _use)


def _hash(dialect: Dialect) -> int:
    return hash(dialect.paramstyle)


def _are_alike(one: Dialect, other: object) -> bool:
    return type(one) is type(other) and one.paramstyle == getattr(other, "paramstyle", None)


def _use(connection: sa.Connection) -> None:
    connection.engine._compiled_cache = _COMPILED  # noqa: SLF001
