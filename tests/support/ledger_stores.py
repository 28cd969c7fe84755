"""The two databases a ledger may stand in, as the tests need them: empty, readable, breakable."""

from __future__ import annotations

import abc
import atexit
import contextlib
import os
import sqlite3
import uuid
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVER = "TEST_POSTGRES_URL"
"""Environment variable with the URL of a PostgreSQL in which databases may be created."""

NO_SERVER = f"{SERVER} names no PostgreSQL; .ci/run starts one"


class Store(abc.ABC):
    """An empty database for one test."""

    url: str
    lost: str
    """Words of the message when it fails in mid-run."""

    def rows(self) -> list[tuple[object, ...]]:
        """Return all that a ledger has entered."""
        engine = sa.create_engine(self.url)
        with engine.connect() as connection:
            found = connection.execute(sa.text("SELECT * FROM contacts")).all()
        engine.dispose()
        return [tuple(row) for row in found]

    def end_runs(self) -> None:
        """Enter that all runs have ended: a test that has seen it need not wait for them."""
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE runs SET ended = (1 = 1)"))
        engine.dispose()

    @abc.abstractmethod
    def fail(self) -> None:
        """Make it fail for the runs that have it open."""

    @abc.abstractmethod
    def mend(self) -> None:
        """Make it work again."""


class SqliteStore(Store):
    """A file, which fails by being locked."""

    lost = "another program holds it locked for too long"

    def __init__(self, path: Path) -> None:
        """Take the path of a file that is not there yet."""
        self._path = path
        self.url = f"sqlite:///{path}?timeout=0.1"
        self._other: sqlite3.Connection | None = None

    def fail(self) -> None:
        """Lock the file from a second connection."""
        self._other = sqlite3.connect(self._path, check_same_thread=False)
        self._other.execute("BEGIN IMMEDIATE")

    def mend(self) -> None:
        """End the second connection."""
        if self._other:
            self._other.close()


class PostgresStore(Store):
    """A database, which fails by the server's ending of all its connections."""

    lost = "the connection to the server was lost or refused"

    def __init__(self, server: sa.URL) -> None:
        """Create the database."""
        self.name = f"ledger_{uuid.uuid4().hex}"
        self.url = server.set(database=self.name).render_as_string(hide_password=False)
        self._engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
        self._execute(f"CREATE DATABASE {self.name}")

    def fail(self) -> None:
        """End the connections."""
        self._execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"  # noqa: S608
            f" WHERE datname = '{self.name}'"
        )

    def mend(self) -> None:
        """Do nothing: the next run connects anew."""

    def empty(self) -> None:
        """End all connections and remove all tables."""
        self.fail()
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
                connection.execute(sa.text(statement))
        engine.dispose()

    def drop(self) -> None:
        """Remove the database."""
        self._execute(f"DROP DATABASE {self.name} WITH (FORCE)")
        self._engine.dispose()

    def _execute(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(sa.text(statement))


_EMPTY: list[PostgresStore] = []
"""Databases that no test uses now: to empty one takes a tenth of the time of making one."""


@contextlib.contextmanager
def postgres() -> Iterator[PostgresStore]:
    """Give an empty database on the server of the environment, or skip the test."""
    if SERVER not in os.environ:
        pytest.skip(NO_SERVER)
    made = _EMPTY.pop() if _EMPTY else PostgresStore(sa.make_url(os.environ[SERVER]))
    try:
        yield made
    finally:
        made.empty()
        _EMPTY.append(made)


def drop_all() -> None:
    """Remove the databases that were made."""
    while _EMPTY:
        _EMPTY.pop().drop()


atexit.register(drop_all)  # where no test session ends, as in a trial
