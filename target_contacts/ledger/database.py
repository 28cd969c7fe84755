"""The database a ledger stands in: open it, work in transactions, say what is wrong with it."""

from __future__ import annotations

import contextlib
import importlib
import math
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport import database_troubles as troubles
from tap_contacts.transport import database_url as address
from target_contacts.ledger.errors import LedgerError, ReadOnlyError, at_opening
from target_contacts.ledger.postgres import CONNECT, Canceller, get_ready
from target_contacts.ledger.sqlite_file import SqliteFile, asked_of
from target_contacts.ledger.syncs import Syncs
from target_contacts.ledger.upgrade import set_up
from target_contacts.ledger.waiting import SLICE_SECONDS, Patience
from target_contacts.shutdown import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_contacts.transport.database_troubles import Trouble

BUSY_SECONDS = 30.0
"""How long another program's lock is waited for; `?timeout=` of an SQLite URL goes first."""

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32768", "wal_autocheckpoint=8192")
"""Commits survive a crash of the machine. Up to 32 MiB of the file in memory, and as much in its
log: keys are hashes, so that what is entered together stands apart, and each page would be read and
written over and over."""


_POSTGRES = {"paramstyle": "format", "connect_args": CONNECT}


class Database:
    """One connection, kept for the whole run, so that a lock it holds stands and falls with it.

    Args:
        url: The setting `ledger_url`.
        halted: Whether a signal asked for the end, which also ends all waiting for locks.

    Raises:
        ConfigurationError: If the URL or what it names is wrong.
        LedgerError: If the database cannot be used now.
        Interrupted: If a signal asked for the end while something was locked.
    """

    def __init__(self, url: str, halted: Callable[[], bool]) -> None:
        self._url = address.parsed(url)
        self._halted = halted
        self._one = threading.Lock()
        """Threads that look contacts up ask the ledger, too."""
        self._error: LedgerError | None = None
        self.dialect = self._url.get_backend_name()
        self.title = f"Ledger {address.name(self._url)}"
        self.file: SqliteFile | None = None
        """SQLite's file; None if there is none."""
        self._canceller: Canceller | None = None
        with self.speaking("open", opening=True):
            self._engine, self._connection = self._connected()
            self.syncs = Syncs(self._connection)
            self._assert_same_file()
            self._get_ready()
            with self._watched(), self._connection.begin():
                set_up(self._connection)

    @property
    def now(self) -> sa.ColumnElement[float]:
        """Return the seconds since 1970 on the clock that all runs share."""
        if self.dialect == "sqlite":
            return sa.literal(time.time(), sa.Double)
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)

    @property
    def is_in_place(self) -> bool:
        """Say whether another run that opens the database now gets this one."""
        return self.file is None or self.file.is_in_place

    def sql(self, statement: sa.Insert, names: Sequence[str]) -> str:
        """Return a statement as the driver takes it, these columns in the order of their table.

        For many rows `Connection.exec_driver_sql` takes half the time of `Connection.execute`.
        """
        return str(statement.compile(dialect=self._engine.dialect, column_keys=list(names)))

    def insert(self, table: sa.Table) -> Any:
        """Return a statement that enters rows, and may say what is done where they are there."""
        # The dialects are imported by name: each costs a twentieth of a second.
        return importlib.import_module(f"sqlalchemy.dialects.{self.dialect}").insert(table)

    def among(self, column: sa.Column[Any], values: Sequence[str]) -> sa.ColumnElement[bool]:
        """Return the condition that a column holds one of these values, however many they are."""
        listed = sa.literal(msgspec.json.encode(values).decode(), sa.Text)
        if self.dialect == "sqlite":
            each = sa.func.json_each(listed)
        else:
            each = sa.func.json_array_elements_text(sa.cast(listed, sa.JSON))
        return column.in_(sa.select(each.table_valued("value").c.value))

    @contextlib.contextmanager
    def transaction(self, asked: str, *, synced: bool = True) -> Iterator[sa.Connection]:
        """Give the connection in a transaction that is on disk when the block is left.

        Args:
            asked: What is done, in one word.
            synced: False: a crash of the machine, though not of the process, may take it back until
                the next one that enters something is on disk. PostgreSQL always waits.

        Raises:
            LedgerError: If something is wrong with the database, or was before; nothing of the
                block is entered.
            Interrupted: If a signal asked for the end while something was locked.
        """
        with self._one:
            if self._error:  # SQLAlchemy would connect again, and the lock be another run's
                raise self._error
            with self.speaking(asked), self._watched():
                if asked != "read":
                    self.syncs.set(synced=synced)
                with self._connection.begin():
                    yield self._connection

    @contextlib.contextmanager
    def speaking(self, asked: str, *, opening: bool = False) -> Iterator[None]:
        """Turn errors of the database and its files into one sentence, without URL or rows."""
        try:
            yield
        except (sa.exc.SQLAlchemyError, OSError) as error:
            trouble = troubles.trouble_of(error)
        else:
            return
        if opening and trouble.misused:
            raise ConfigurationError(at_opening(trouble))
        raise self._failure(asked, trouble)

    def _failure(self, asked: str, trouble: Trouble) -> BaseException:
        """Return what follows from a trouble: mostly that this run can do without no longer."""
        if trouble is troubles.LOCKED and self._halted():
            return Interrupted()
        words = (self.title, asked, trouble.answered, trouble.advice)
        if trouble is troubles.READ_ONLY:
            return ReadOnlyError(*words)
        self._error = LedgerError(*words)
        return self._error

    def close(self) -> None:
        """Close the connection; what is entered needs nothing more."""
        if self._canceller:
            self._canceller.close()
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            self._connection.close()
        self._engine.dispose()
        if self.file:
            self.file.close()

    def _connected(self) -> tuple[sa.Engine, sa.Connection]:
        try:
            engine = self._connectable()
            self._open_file(engine)
            return engine, engine.connect()
        except (TypeError, ValueError, OverflowError, sa.exc.ArgumentError):
            raise ConfigurationError(at_opening(troubles.OPTIONS)) from None

    def _connectable(self) -> sa.Engine:
        try:
            options = self._sqlite() if self.dialect == "sqlite" else _POSTGRES
            engine = sa.create_engine(self._url, **options)
        except ImportError:
            raise address.no_driver(self._url, "ledger_url") from None
        if self.dialect == "sqlite":
            sa.event.listen(engine, "connect", _durable)
        return engine

    def _sqlite(self) -> dict[str, Any]:
        """Return how to connect to SQLite, waiting for locks in slices."""
        seconds = _seconds(self._url.query.get("timeout", BUSY_SECONDS))
        self._url = self._url.update_query_dict({"timeout": str(SLICE_SECONDS)})
        kind = Patience(seconds, self._halted).connection
        return {
            "paramstyle": "qmark",
            "connect_args": {"check_same_thread": False, "factory": kind},
        }

    def _get_ready(self) -> None:
        """Set PostgreSQL's session up; SQLite needs nothing more."""
        if self.dialect == "postgresql":
            get_ready(self._connection, BUSY_SECONDS)
            driver = self._connection.connection.driver_connection
            self._canceller = Canceller(driver, self._halted)

    def _watched(self) -> contextlib.AbstractContextManager[None]:
        return self._canceller.watched() if self._canceller else contextlib.nullcontext()

    def _open_file(self, engine: sa.Engine) -> None:
        """Open SQLite's file before SQLite does, so that no other run has it by another name."""
        asked = asked_of(self._url, engine) if self.dialect == "sqlite" else None
        if asked:
            self.file = SqliteFile(asked, self.title)
            self.file.claim_name()

    def _assert_same_file(self) -> None:
        """Raise LedgerError if SQLite has opened another file than the one that is locked."""
        if self.file:
            found = self._connection.exec_driver_sql("PRAGMA database_list").one().file
            self._connection.rollback()
            if not self.file.is_at(Path(found)):
                answered = "the file was replaced while it was opened"
                raise LedgerError(self.title, "open", answered, "Run again.")


def _seconds(given: Any) -> float:
    """Return the option `timeout` of an SQLite URL.

    Raises:
        ConfigurationError: If it is no number of seconds.
    """
    with contextlib.suppress(TypeError, ValueError):
        seconds = float(given)
        if 0 <= seconds < math.inf:
            return seconds
    msg = "ledger_url: the option timeout must be a number of seconds."
    raise ConfigurationError(msg)


def _durable(connection: Any, _: object) -> None:
    """Make SQLite's commits survive a crash of the machine, and keep its pages at hand."""
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
