"""One run at a time for each account of a ledger: a second one would double what the first creates.

The lock ends with the process that holds it, however that ends: the kernel or the server frees it.
"""

from __future__ import annotations

import datetime
import fcntl
import logging
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from target_contacts.database import LedgerError
from target_contacts.messages import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_contacts.database import Database

POLL_SECONDS = 0.25
"""Between two looks whether the other run has ended."""

_APPLICATION = "target-contacts"
_LONGEST_HOST = 30
"""Characters of the host in an application name, of which PostgreSQL keeps 63 in all."""

_HOLDER = sa.text(
    "SELECT application_name AS name, backend_start AS since"
    " FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " JOIN pg_database ON pg_database.oid = pg_locks.database"
    " WHERE pg_database.datname = current_database() AND locktype = 'advisory' AND granted"
    " AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = :number"
)

_SESSION = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""Lets the server notice within a minute that the host of a run is gone, and free its lock."""

_LOG = logging.getLogger("contacts.ledger")


class Lock(Protocol):
    """A lock that other runs respect."""

    def take(self) -> bool:
        """Take the lock if it is free, and say whether it was."""

    def holder(self) -> str:
        """Say which run holds the lock, as far as that is known."""

    def release(self) -> None:
        """Let the next run have it."""


def lock_of(database: Database, account: str) -> Lock | None:
    """Return the lock of an account; None where no other process can see the database."""
    if database.dialect == "postgresql":
        return AdvisoryLock(database, account)
    file = database.file
    return FileLock(database, Path(f"{file}.{account[:8]}.lock")) if file else None


def acquire(lock: Lock, title: str, wait: float, halted: Callable[[], bool]) -> None:
    """Take a lock, waiting so many seconds for the end of the run that holds it.

    Raises:
        LedgerError: If it is still held then; the message says by which run.
        Interrupted: If a signal asks for the end meanwhile.
    """
    until = time.monotonic() + wait
    announced = False
    while not lock.take():
        if halted():
            raise Interrupted
        if time.monotonic() >= until:
            answered = f"another run writes to the same account: {lock.holder()}"
            advice = "Run again when it has ended, or set lock_wait_seconds."
            raise LedgerError(title, "lock", answered, advice)
        if not announced:
            announced = True
            _LOG.info("Waiting for the end of another run: %s.", lock.holder())
        time.sleep(min(POLL_SECONDS, max(0.0, until - time.monotonic())))


class FileLock:
    """A lock on a file beside SQLite's; the file stays, with who locked it last."""

    def __init__(self, database: Database, path: Path) -> None:
        """Open the file."""
        self._database = database
        with database.speaking("lock"):
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> bool:
        """Take the lock if it is free, and say whether it was."""
        now = datetime.datetime.now(tz=datetime.timezone.utc)
        with self._database.speaking("lock"):
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, _run(_host(), str(os.getpid()), now).encode(), 0)
        return True

    def holder(self) -> str:
        """Return what the holder wrote into the file."""
        with self._database.speaking("lock"):
            return os.pread(self._handle, 200, 0).decode(errors="replace").strip() or "unknown"

    def release(self) -> None:
        """Close the file."""
        os.close(self._handle)


class AdvisoryLock:
    """A lock of PostgreSQL on the connection that the entries go through.

    Without the connection there is neither lock nor entry: a run that lost it cannot go on writing
    beside the run that has the lock next.
    """

    def __init__(self, database: Database, account: str) -> None:
        """Name this run to the server."""
        self._database = database
        self._number = int.from_bytes(bytes.fromhex(account)[:8], "big", signed=True)
        name = f"{_APPLICATION} {_host()[:_LONGEST_HOST]} {os.getpid()}"
        with database.transaction("lock") as connection:
            for setting, value in {"application_name": name, **_SESSION}.items():
                connection.execute(sa.select(sa.func.set_config(setting, value, False)))  # noqa: FBT003

    def take(self) -> bool:
        """Take the lock if it is free, and say whether it was."""
        with self._database.transaction("lock") as connection:
            number = sa.cast(self._number, sa.BigInteger)
            return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))))

    def holder(self) -> str:
        """Ask the server; it tells only about runs of the same user."""
        with self._database.transaction("lock") as connection:
            row = connection.execute(_HOLDER, {"number": self._number}).first()
        name = ((row.name if row else None) or "").split()
        if row is None or len(name) != 3 or name[0] != _APPLICATION:  # noqa: PLR2004
            return "unknown"
        return _run(name[1], name[2], row.since)

    def release(self) -> None:
        """Do nothing: the lock ends with the connection."""


def _host() -> str:
    return "-".join(socket.gethostname().split()) or "unknown"


def _run(host: str, pid: str, since: datetime.datetime) -> str:
    """Name a run in messages."""
    start = since.astimezone(datetime.timezone.utc)
    return f"pid {pid} on {host}, since {start:%Y-%m-%d %H:%M:%S} UTC"
