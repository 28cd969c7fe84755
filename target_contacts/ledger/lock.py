"""One run at a time for each account of a ledger: a second one would double what the first creates.

The lock ends with the process that holds it, however that ends: the kernel or the server frees it.
Whether a run may still write is proven by its lease, not by the lock.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import time
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from target_contacts.ledger.errors import LedgerError
from target_contacts.ledger.last_run import holder_in
from target_contacts.shutdown import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_contacts.ledger.database import Database
    from target_contacts.ledger.sqlite_file import SqliteFile

POLL_SECONDS = 0.25
"""Between two looks whether the other run has ended."""

_LONGEST_HOST = 30
"""Characters of the host in an application name, of which PostgreSQL keeps 63 in all."""

_LOG = logging.getLogger("contacts.ledger")


class Lock(Protocol):
    """A lock that other runs respect."""

    is_sure: bool
    """Whether no other process of this machine can have it, whatever happens to files."""

    def take(self) -> bool:
        """Take the lock if it is free, and say whether it was."""

    def release(self) -> None:
        """Let the next run have it."""


def lock_of(database: Database, account: str) -> Lock | None:
    """Return the lock of an account; None where no other process can see the database."""
    if database.dialect == "postgresql":
        return AdvisoryLock(database, account)
    file = database.file
    if file is None:
        return None
    if file.has_locks:
        return FileLock(database, file, account)
    return LockFile(database, file.beside(f"{account[:8]}.lock"))


def acquire(
    lock: Lock, database: Database, account: str, wait: float, halted: Callable[[], bool]
) -> None:
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
            answered = f"another run writes to the same account: {_holder(database, account)}"
            advice = "Run again when it has ended, or set lock_wait_seconds."
            raise LedgerError(database.title, "lock", answered, advice)
        if not announced:
            announced = True
            _LOG.info("Waiting for the end of another run: %s.", _holder(database, account))
        time.sleep(min(POLL_SECONDS, max(0.0, until - time.monotonic())))


class FileLock:
    """A lock on SQLite's file itself."""

    is_sure = True

    def __init__(self, database: Database, file: SqliteFile, account: str) -> None:
        self._database, self._file, self._account = database, file, account

    def take(self) -> bool:
        """Take the lock if it is free, and say whether it was."""
        with self._database.speaking("lock"):
            return self._file.lock(self._account)

    def release(self) -> None:
        """Do nothing: the lock ends with the file's descriptor."""


class LockFile:
    """A lock on a file beside SQLite's, where the system has no better one; the file stays."""

    is_sure = False

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        with database.speaking("lock"):
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._handle = os.open(path, flags, 0o600)

    def take(self) -> bool:
        """Take the lock if it is free, and say whether it was."""
        with self._database.speaking("lock"):
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def release(self) -> None:
        """Close the file."""
        os.close(self._handle)


class AdvisoryLock:
    """A lock of PostgreSQL on the connection that the entries go through."""

    is_sure = False

    def __init__(self, database: Database, account: str) -> None:
        self._database = database
        self._number = int.from_bytes(bytes.fromhex(account)[:8], "big", signed=True)
        host = "-".join(socket.gethostname().split())[:_LONGEST_HOST]
        name = f"target-contacts {host} {os.getpid()}"
        setting = sa.func.set_config("application_name", name, False)  # noqa: FBT003
        with database.transaction("lock") as connection:
            connection.execute(sa.select(setting))

    def take(self) -> bool:
        """Take the lock if it is free, and say whether it was."""
        with self._database.transaction("lock") as connection:
            number = sa.cast(self._number, sa.BigInteger)
            return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(number))))

    def release(self) -> None:
        """Do nothing: the lock ends with the connection."""


def _holder(database: Database, account: str) -> str:
    with database.transaction("lock") as connection:
        return holder_in(database, connection, account)
