"""The table in which processes share the rates of accounts: one row for each account.

A row is changed only if nobody else has changed it since it was read. No row holds a name or a
secret.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from singer_sdk.exceptions import SingerSDKError

from tap_contacts.transport import database_url
from tap_contacts.transport.database_troubles import LOCKED, Trouble, trouble_of
from tap_contacts.transport.frozen_server import given_up_after
from tap_contacts.transport.rate_database import connected, set_pragmas, url_of_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_contacts.transport.boots import Boot

ANSWER_SECONDS = 30.0
"""How long PostgreSQL may take to answer; later the connection is taken for lost."""

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
        self._url, self._account, self._clock = url_of_rates(url, setting), account, clock
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
        connection = connected(self._url, self._setting)
        with self._answered(connection):
            set_pragmas(connection)
            self._make(connection)
        return connection

    def _make(self, connection: sa.Connection) -> None:
        """Make the table, unless it is there."""
        try:
            connection.execute(self._read, {"account": ""})
        except sa.exc.DBAPIError:
            with contextlib.suppress(sa.exc.IntegrityError):  # another process is creating it, too
                connection.exec_driver_sql(_CREATE)
