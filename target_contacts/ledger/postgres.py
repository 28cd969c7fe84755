"""PostgreSQL: what a session needs, which servers cannot hold a ledger, and how a wait ends."""

from __future__ import annotations

import contextlib
import select
import threading
import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport.database_troubles import POOLED
from target_contacts.ledger.errors import at_opening
from target_contacts.ledger.waiting import LAST_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

POLL_SECONDS = 0.25
BRIEF_SECONDS = 0.5
"""A transaction that has lasted no longer than this is not cancelled."""

PROBE_SECONDS = 5.0
"""How long a second connection is waited for: a pool may have none to give."""
PROBES = 3

CONNECT: Mapping[str, str] = {"client_encoding": "UTF8"}
"""Arguments of the driver: it reads a server's texts even where those have no encoding."""

_SETTINGS = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""The server notices within a minute that the host of a run is gone, and frees its lock."""

_ENCODING = (
    "ledger_url: the database keeps text as {}, which cannot hold every name and id. "
    "Use a database with UTF8: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0."
)


def get_ready(connection: sa.Connection, lock_seconds: float) -> None:
    """Set a new session up.

    Raises:
        ConfigurationError: If its server cannot hold a ledger.
    """
    _assert_not_pooled(connection)
    with connection.begin():
        encoding = connection.scalar(sa.text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise ConfigurationError(_ENCODING.format(encoding))
        for name, value in _SETTINGS.items():
            connection.execute(sa.select(sa.func.set_config(name, value, False)))  # noqa: FBT003
        unset = sa.func.current_setting("lock_timeout") == "0"
        limit = sa.func.set_config("lock_timeout", f"{lock_seconds}s", False)  # noqa: FBT003
        connection.execute(sa.select(limit).where(unset))


def _assert_not_pooled(connection: sa.Connection) -> None:
    """Raise ConfigurationError if transactions of this session are not all of one backend.

    A pool between here and the server is known by its telling another number for the backend than
    the backend itself. Whether it keeps the backend for this session, a second one shows: it gets
    the same, or drives this one to another.
    """
    driver: Any = connection.connection.driver_connection
    with _autocommitting(driver):
        mine = _backend(driver)
        if mine == driver.info.backend_pid:
            return
        for _ in range(PROBES):
            if _other_backend(connection.engine) == mine or _backend(driver) != mine:
                raise ConfigurationError(at_opening(POOLED))


@contextlib.contextmanager
def _autocommitting(driver: Any) -> Iterator[None]:
    driver.autocommit = True  # statement pooling takes no transactions
    try:
        yield
    finally:
        driver.autocommit = False


def _backend(driver: Any) -> int:
    return int(driver.execute("SELECT pg_backend_pid()", prepare=False).fetchone()[0])


def _other_backend(engine: sa.Engine) -> int | None:
    """Return the backend of a second connection; None if it gets none in time."""
    arguments, options = engine.dialect.create_connect_args(engine.url)
    second: Any = engine.dialect.connect(*arguments, **options)
    try:
        second.pgconn.send_query(b"SELECT pg_backend_pid()")
        poll, until = select.poll(), time.monotonic() + PROBE_SECONDS
        poll.register(second.pgconn.socket, select.POLLIN)
        while second.pgconn.is_busy():
            left = until - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                return None
            second.pgconn.consume_input()
        told = second.pgconn.get_result().get_value(0, 0)
        return int(told) if told else None
    finally:
        second.pgconn.finish()


class Canceller:
    """Cancels what waits for a lock once a signal asked for the end."""

    def __init__(self, driver: Any, halted: Callable[[], bool]) -> None:
        self._driver, self._halted = driver, halted
        self._began: float | None = None
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Watch what is done in the block."""
        self._began = time.monotonic()
        try:
            yield
        finally:
            self._began = None

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()

    def _watch(self) -> None:
        while not self._halted():
            if self._closed.wait(POLL_SECONDS):
                return
        self._closed.wait(LAST_SECONDS)
        while not self._closed.wait(POLL_SECONDS):
            began = self._began
            if began is not None and time.monotonic() - began > BRIEF_SECONDS:
                with contextlib.suppress(Exception):  # the server may be gone
                    self._driver.cancel_safe(timeout=LAST_SECONDS)
