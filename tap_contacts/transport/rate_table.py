"""The table in which processes share the rates of accounts: one row for each account.

It stands in a PostgreSQL database, or in a file beside that of SQLite which a URL names. That file
is only for rates, so that writers of the two files do not wait for each other. A row is changed
only if nobody else has changed it since it was read. No row holds a name or a secret.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import sqlalchemy as sa
from singer_sdk.exceptions import ConfigurationError, SingerSDKError

from tap_contacts.transport import database_url
from tap_contacts.transport.database_troubles import LOCKED, Trouble, trouble_of
from tap_contacts.transport.frozen_server import given_up_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_contacts.transport.boots import Boot

SUFFIX = ".rates"
"""How the name of the file ends that holds the rates beside one of SQLite."""

ANSWER_SECONDS = 30.0
"""How long PostgreSQL may take to answer; later the connection is taken for lost."""

BUSY_SECONDS = 2.0
"""How long SQLite waits for another process that writes."""

_PATIENCE = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "5000",
    "client_encoding": "UTF8",
    "prepare_threshold": None,
}
"""Arguments of PostgreSQL's driver, after those of the URL: a server that is gone is noticed within
seconds, and a pool may give each statement another session."""

_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL")

_CREATE = (
    "CREATE TABLE IF NOT EXISTS contacts_rates (account VARCHAR(64) PRIMARY KEY, "
    "version BIGINT NOT NULL, state TEXT NOT NULL)"
)
_ENTER = sa.text(
    "INSERT INTO contacts_rates (account, version, state) VALUES (:account, 0, '{}') "
    "ON CONFLICT DO NOTHING"
)
_READ = "SELECT version, state, {} FROM contacts_rates WHERE account = :account"
_REPLACE = sa.text(
    "UPDATE contacts_rates SET version = version + 1, state = :state "
    "WHERE account = :account AND version = :version"
)
_NOW = {
    "sqlite": "0",
    "postgresql": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)",
}


class Unusable(SingerSDKError):
    """The table cannot be read or changed now."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"{trouble.answered}. {trouble.advice}")
        self.trouble = trouble


class Row(NamedTuple):
    """What is known of an account."""

    version: int
    state: str
    now: float
    """Seconds on the clock of the database, or of the machine for SQLite."""
    boot: Boot | None
    """The start of the machine, if its clock is meant."""


class RateTable:
    """The row of one account; opened when it is first read.

    For SQLite, `clock` counts seconds on a clock that all processes of the machine share, from the
    start `boot`, as far as that is known.

    Raises:
        ConfigurationError: If the URL is wrong, or names no database that others can see.
    """

    def __init__(
        self,
        url: str,
        setting: str,
        account: str,
        clock: Callable[[], float] = time.monotonic,
        boot: Boot | None = None,
    ) -> None:
        self._url, self._account, self._clock = _shared(url, setting), account, clock
        self._setting, self._boot = setting, boot
        self.answer_seconds = ANSWER_SECONDS
        self._read = sa.text(_READ.format(_NOW[self._url.get_backend_name()]))
        self._connection: sa.Connection | None = None

    @property
    def title(self) -> str:
        """Return the name of the database in messages."""
        return database_url.name(self._url)

    def read(self) -> Row:
        """Return what is known of the account.

        Raises:
            Unusable: If the database fails.
        """
        with self._speaking() as connection:
            row = connection.execute(self._read, {"account": self._account}).first()
            if row is None:
                connection.execute(_ENTER, {"account": self._account})
                row = connection.execute(self._read, {"account": self._account}).one()
            if connection.dialect.name == "postgresql":
                return Row(row[0], row[1], row[2], None)
            return Row(row[0], row[1], self._clock(), self._boot)

    def replace(self, row: Row, state: str) -> bool:
        """Change what is known, and say whether nobody else did so since the row was read.

        Raises:
            Unusable: If the database fails.
        """
        with self._speaking() as connection:
            given = {"account": self._account, "version": row.version, "state": state}
            return bool(connection.execute(_REPLACE, given).rowcount)

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                connection.close()
            connection.engine.dispose()

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[sa.Connection]:
        """Give the connection; turn errors into words without URL."""
        try:
            if self._connection is None:
                self._connection = self._opened()
            with self._answered(self._connection):
                yield self._connection
        except (sa.exc.SQLAlchemyError, OSError, TypeError, ValueError, OverflowError) as error:
            trouble = trouble_of(error)
            if trouble is not LOCKED:
                self.close()
            raise Unusable(trouble) from None

    def _answered(self, connection: sa.Connection) -> contextlib.AbstractContextManager[None]:
        """Return a context that ends with an error if a server does not answer in it."""
        if connection.dialect.name != "postgresql":
            return contextlib.nullcontext()
        return given_up_after(self.answer_seconds, connection)

    def _opened(self) -> sa.Connection:
        options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "poolclass": sa.pool.NullPool}
        if self._url.get_backend_name() == "postgresql":
            asked = self._url.query
            options["connect_args"] = {n: v for n, v in _PATIENCE.items() if n not in asked}
        else:
            _create(Path(str(self._url.database)))
            options["connect_args"] = {"check_same_thread": False, "timeout": BUSY_SECONDS}
        try:
            engine = sa.create_engine(self._url, **options)
        except ImportError:
            raise database_url.no_driver(self._url, self._setting) from None
        connection = engine.connect()
        with self._answered(connection):
            self._set_up(connection)
        return connection

    def _set_up(self, connection: sa.Connection) -> None:
        if connection.dialect.name == "sqlite":
            for pragma in _PRAGMAS:
                connection.exec_driver_sql(f"PRAGMA {pragma}")
        try:
            connection.execute(self._read, {"account": ""})
        except sa.exc.DBAPIError:
            with contextlib.suppress(sa.exc.IntegrityError):  # another process is creating it, too
                connection.exec_driver_sql(_CREATE)


def _shared(url: str, setting: str) -> sa.URL:
    """Return the URL of the database that holds the rates.

    Raises:
        ConfigurationError: If it is in memory.
    """
    parts = database_url.parsed(url, setting)
    if parts.get_backend_name() != "sqlite":
        return parts
    path = _file(parts)
    if not path:
        msg = f"{setting}: a database in memory cannot be shared. Use sqlite:///FILE."
        raise ConfigurationError(msg)
    return sa.URL.create("sqlite", database=f"{os.path.realpath(path)}{SUFFIX}")


def _file(url: sa.URL) -> str:
    name = url.database or ""
    if "uri" in url.query:
        parts = urlsplit(name)
        name = "" if _is_in_memory(url, parts.query) else unquote(parts.path)
    return "" if name == ":memory:" else name


def _is_in_memory(url: sa.URL, query: str) -> bool:
    mode = url.query.get("mode") or parse_qs(query).get("mode", [""])[-1]
    return mode == "memory"


def _create(path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
