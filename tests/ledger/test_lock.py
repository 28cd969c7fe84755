"""How a run waits for the lock of its account."""

from __future__ import annotations

import os
import socket
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from target_contacts.ledger.database import Database
from target_contacts.ledger.errors import LedgerError
from target_contacts.ledger.lease import Lease
from target_contacts.ledger.lock import AdvisoryLock, FileLock, LockFile, acquire, lock_of
from target_contacts.shutdown import Interrupted
from tests.support.ledger_stores import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT, OTHER = "a" * 64, "b" * 64
WAITS = "Waiting for the end of another run"


class Held:
    """A lock that is free when it is asked for the n-th time."""

    is_sure = True

    def __init__(self, asks: int) -> None:
        """Take how often it is asked for until it is free."""
        self.left = asks

    def take(self) -> bool:
        """Say whether it is free now."""
        self.left -= 1
        return self.left == 0

    def release(self) -> None:
        """Do nothing."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Return an open file, of which a run of this process has the account."""
    made = Database(f"sqlite:///{tmp_path / 'ledger.db'}", lambda: False)
    Lease(made, ACCOUNT)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("asks", "wait", "gets"),
    [(1, 0, True), (1, 9, True), (2, 0, False), (2, 9, True), (3, 9, True), (99, 0.6, False)],
)
def test_a_lock_is_waited_for_as_long_as_was_told(
    database: Database, caplog: pytest.LogCaptureFixture, asks: int, wait: float, *, gets: bool
) -> None:
    """Four times a second it is asked for; that a run waits is said once, and for whom."""
    caplog.set_level("INFO")
    lock = Held(asks)
    holder = f"another run writes to the same account: pid {os.getpid()} on"
    began = time.monotonic()
    with nullcontext() if gets else pytest.raises(LedgerError, match=holder):
        acquire(lock, database, ACCOUNT, wait, lambda: False)
    took = time.monotonic() - began
    expected = 0.25 * (asks - 1) if gets else wait
    assert expected - 0.01 <= took < expected + 5
    waits = asks > 1 and wait > 0
    assert caplog.text.count(f"{WAITS}: pid {os.getpid()} on") == int(waits)
    if not gets:
        assert asks - lock.left in ({3, 4} if wait else {1})


@pytest.mark.parametrize("wait", [0, 9])
def test_a_signal_ends_the_wait_for_a_lock(database: Database, wait: float) -> None:
    """Before anything else is said; a lock that is free is taken all the same."""
    with pytest.raises(Interrupted):
        acquire(Held(99), database, ACCOUNT, wait, lambda: True)
    acquire(Held(1), database, ACCOUNT, wait, lambda: True)


def test_the_holder_is_not_known_before_it_has_entered_itself(database: Database) -> None:
    """It has the lock, but its lease is still to come."""
    with pytest.raises(LedgerError, match="writes to the same account: unknown"):
        acquire(Held(99), database, OTHER, 0, lambda: False)


def test_a_file_has_locks_of_its_own_and_memory_needs_none(database: Database) -> None:
    """Of one account each; no process of this machine can get in by another name."""
    lock = lock_of(database, ACCOUNT)
    assert isinstance(lock, FileLock)
    assert (lock.is_sure, lock.take(), lock_of(Database("sqlite://", lambda: False), OTHER)) == (
        True,
        True,
        None,
    )


def test_a_file_beside_the_ledger_is_its_owners_and_no_link(
    database: Database, tmp_path: Path
) -> None:
    """Where the ledger itself cannot be locked: what it holds is left as it is."""
    first = LockFile(database, tmp_path / "x.lock")
    assert ((tmp_path / "x.lock").stat().st_mode & 0o777, first.take()) == (0o600, True)
    (tmp_path / "y.lock").write_text("mine")
    second = LockFile(database, tmp_path / "y.lock")
    assert (second.take(), (tmp_path / "y.lock").read_text()) == (True, "mine")
    for lock in (first, second):
        lock.release()


def test_a_server_locks_an_account_as_long_as_a_connection_lasts() -> None:
    """For one run, and of that account alone; who looks for it finds host and process."""
    other_end = "ab" * 8 + "0" * 48
    with postgres() as store:
        first, second = (Database(store.url, lambda: False) for _ in range(2))
        locks = [AdvisoryLock(each, other_end) for each in (first, second)]
        assert [lock.take() for lock in locks] == [True, False]
        assert [AdvisoryLock(second, other).take() for other in ("ab" * 32, OTHER)] == [False, True]
        assert [lock.is_sure for lock in locks] == [False, False]
        assert isinstance(lock_of(first, ACCOUNT), AdvisoryLock)
        with second.transaction("read") as connection:
            names = connection.scalars(sa.text("SELECT application_name FROM pg_stat_activity"))
            host = "-".join(socket.gethostname().split())[:30]
            assert f"target-contacts {host} {os.getpid()}" in [*names]
        first.close()
        until = time.monotonic() + 10
        while not locks[1].take():
            assert time.monotonic() < until
        second.close()
