"""The database a ledger stands in: open it, work in transactions, say what is wrong with it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import backoff
import sqlalchemy as sa
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BUSY_SECONDS = "30"
"""How long SQLite waits for another program's transaction; `?timeout=` of the URL goes first."""

WHERE = "where"
"""Key in an index's info: the condition of a partial one. Named for a dialect it would import it,
which costs each start a twentieth of a second."""

_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
"""What a URL without a driver means; SQLAlchemy's own choice changes between its versions."""


_PAGES = ("cache_size=-32768", "wal_autocheckpoint=8192")
"""Up to 32 MiB of the file in memory, and as much in its log: keys are hashes, so that what is
entered together stands apart, and each page would be read and written over and over."""


class LedgerError(ApiError):
    """The ledger cannot be used any more in this run; what is in it stays right.

    It is no `Stopped`: after that one, creates under way count as not sent. Here their outcome is
    what could not be entered, so their intents stay, and the next run looks them up.
    """


class _Trouble(NamedTuple):
    """Something that can be wrong, known by PostgreSQL's codes or by words of the error."""

    states: tuple[str, ...]
    words: tuple[str, ...]
    answered: str
    advice: str
    misused: bool = False
    """Whether it is a wrong setting rather than a failure, when it shows at the opening."""


_TROUBLES = (
    _Trouble(
        ("53100",),
        ("disk is full", "no space left", "quota exceeded"),
        "the disk is full",
        "Free some space, then run again.",
    ),
    _Trouble(
        (),
        ("disk i/o error", "file too large", "input/output error"),
        "the disk does not take what is written",
        "Check the disk, its quota and the limit of file sizes, then run again.",
    ),
    _Trouble(
        ("25006",),
        ("readonly", "read-only"),
        "it is read-only",
        "Let this user write the database and, for SQLite, its folder, then run again.",
    ),
    _Trouble(
        ("55P03", "40P01", "57014"),
        ("is locked",),
        "another program holds it locked for too long",
        "End that program, then run again.",
    ),
    _Trouble(
        (),
        ("not a database", "malformed"),
        "the file is no SQLite database, or damaged",
        "Check ledger_url, or restore the file from a backup.",
    ),
    _Trouble(
        ("42501",),
        ("unable to open", "permission denied", "no such file", "a directory"),
        "it cannot be opened or written",
        "Check that its folder or schema exists and that this user may write there.",
        misused=True,
    ),
    _Trouble(
        ("28P01", "28000", "3D000"),
        ("authentication failed", "does not exist", "pg_hba.conf"),
        "the server does not let this user into this database",
        "Check user, password and name of the database.",
        misused=True,
    ),
)


class Database:
    """One connection, kept for the whole run, so that a lock it holds stands and falls with it."""

    def __init__(self, url: str, tables: sa.MetaData) -> None:
        """Connect, and set the tables up where they are new.

        Raises:
            ConfigurationError: If the URL or what it names is wrong.
            LedgerError: If the database cannot be used now.
        """
        self._url = _parsed(url)
        self._one = threading.Lock()
        """Threads that look contacts up ask the ledger, too."""
        self.dialect = self._url.get_backend_name()
        self.title = f"Ledger {_name(self._url)}"
        with self.speaking("open", opening=True):
            _create_private(self._url)
            self._engine = self._connectable()
            self._connection = self._engine.connect()
            self._set_up(tables)

    @property
    def file(self) -> Path | None:
        """Return SQLite's file, whatever the ways to it; None if there is none."""
        if self.dialect != "sqlite":
            return None
        with self.transaction("open") as connection:
            path = connection.execute(sa.text("PRAGMA database_list")).one().file
        return Path(path) if path else None

    def sql(self, statement: sa.Insert, names: Sequence[str]) -> str:
        """Return a statement as the driver takes it, these columns in the order of their table.

        For many rows `Connection.exec_driver_sql` takes half the time of `Connection.execute`.
        """
        return str(statement.compile(dialect=self._engine.dialect, column_keys=list(names)))

    @contextlib.contextmanager
    def transaction(self, asked: str) -> Iterator[sa.Connection]:
        """Give the connection in a transaction that is on disk when the block is left.

        Raises:
            LedgerError: If something is wrong with the database; nothing of the block is entered.
        """
        with self._one, self.speaking(asked), self._connection.begin():
            yield self._connection

    @contextlib.contextmanager
    def speaking(self, asked: str, *, opening: bool = False) -> Iterator[None]:
        """Turn errors of the database and its files into one sentence, without URL or rows."""
        try:
            yield
        except (sa.exc.SQLAlchemyError, OSError) as error:
            trouble = _trouble(error)
        else:
            return
        if opening and trouble.misused:
            msg = f"ledger_url: the ledger cannot be opened: {trouble.answered}. {trouble.advice}"
            raise ConfigurationError(msg)
        raise LedgerError(self.title, asked, trouble.answered, trouble.advice)

    def close(self) -> None:
        """Close the connection; what is entered needs nothing more."""
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            self._connection.close()
        self._engine.dispose()

    def _connectable(self) -> sa.Engine:
        try:
            shared = {"check_same_thread": False} if self.dialect == "sqlite" else {}
            style = "qmark" if self.dialect == "sqlite" else "format"
            engine = sa.create_engine(self._url, connect_args=shared, paramstyle=style)
        except ImportError:
            msg = (
                f"ledger_url: the driver of {self._url.drivername} is not installed: "
                "pip install 'singer-contacts[postgres]' and let the URL start with "
                "postgresql+psycopg://."
            )
            raise ConfigurationError(msg) from None
        if self.dialect == "sqlite":
            sa.event.listen(engine, "connect", _durable)
        return engine

    def _set_up(self, tables: sa.MetaData) -> None:
        """Create what is missing; runs of other accounts may be doing the same right now."""
        indexes = [index for table in tables.sorted_tables for index in table.indexes]
        for index in (index for index in indexes if WHERE in index.info):
            index.dialect_kwargs[f"{self.dialect}_where"] = index.info[WHERE]
        with self._connection.begin():
            if self.dialect == "postgresql":
                one_by_one = sa.func.pg_advisory_xact_lock(sa.func.hashtext("target-contacts"))
                self._connection.execute(sa.select(one_by_one))
                tables.create_all(self._connection)
                self._add_columns(tables)
                return
            for table in tables.sorted_tables:
                self._connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            for index in indexes:
                self._connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
            self._add_columns(tables)

    def _add_columns(self, tables: sa.MetaData) -> None:
        """Add the columns that a ledger of an earlier version lacks; all of them may be null."""
        for table in tables.sorted_tables:
            there = {
                column["name"] for column in sa.inspect(self._connection).get_columns(table.name)
            }
            for column in table.columns:
                if column.name not in there:
                    kind = column.type.compile(self._engine.dialect)
                    add = f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"
                    self._connection.execute(sa.text(add))


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        msg = "ledger_url is no SQLAlchemy URL such as sqlite:///target-contacts.db."
        raise ConfigurationError(msg) from None
    if parsed.get_backend_name() not in _DRIVERS:
        msg = (
            f"ledger_url: {parsed.get_backend_name()} is not supported. "
            "Use sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE."
        )
        raise ConfigurationError(msg)
    if parsed.get_backend_name() == "sqlite" and "timeout" not in parsed.query:
        parsed = parsed.update_query_dict({"timeout": BUSY_SECONDS})
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def _name(url: sa.URL) -> str:
    """Name a database in messages: without user, password and options."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return f"PostgreSQL {url.host or 'localhost'}/{url.database or ''}"


def _create_private(url: sa.URL) -> None:
    """Create SQLite's file for its owner only; its journals take over the mode."""
    path = url.database or ":memory:"
    if url.get_backend_name() == "sqlite" and not path.startswith((":memory:", "file:")):
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _durable(connection: Any, _: object) -> None:
    """Make SQLite's commits survive a crash of the machine, and keep its pages at hand.

    Where several set up a new file at once, SQLite refuses the journal to some without waiting.
    """
    cursor = connection.cursor()
    milliseconds = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
    patiently = backoff.on_exception(
        backoff.constant,
        sqlite3.OperationalError,
        giveup=lambda error: "is locked" not in str(error),
        max_time=milliseconds / 1000,
        interval=0.05,
        logger=None,
    )
    for pragma in ("journal_mode=WAL", "synchronous=FULL", *_PAGES):
        patiently(cursor.execute)(f"PRAGMA {pragma}")
    cursor.close()


def _trouble(error: Exception) -> _Trouble:
    """Tell what is wrong; the error's own text, which may hold rows, stays here."""
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", None)
    told = "" if state else str(getattr(origin, "strerror", None) or origin).lower()
    for trouble in _TROUBLES:
        if state in trouble.states or any(words in told for words in trouble.words):
            return trouble
    return _unheard_of(origin, state)


def _unheard_of(origin: BaseException, state: str | None) -> _Trouble:
    """Take an error without a code as one of the network, where the server could not say more."""
    lost = (state or "").startswith(("08", "57P"))
    if lost or (state is None and type(origin).__module__.startswith("psycopg")):
        answered = "the connection to the server was lost or refused"
        return _Trouble((), (), answered, "Check that the server runs, then run again.")
    kind = f"{type(origin).__name__} {state or ''}".strip()
    return _Trouble((), (), f"it answered {kind}", "Mend what that names, then run again.")
