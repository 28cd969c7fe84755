"""A run's right to write to an account, proven anew before its requests leave.

A lock that was taken once says nothing about now: a connection ends, a process sleeps, a file is
replaced. So each run gives itself the next number in the account's row, and proves that it is
still the last one, in the transactions that enter something and, if there was none for a while,
before a request. A run whose number is not the last any more never sends again.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_contacts.ledger.errors import LedgerError
from target_contacts.ledger.last_run import holder_in, last_run
from target_contacts.ledger.tables import RUNS
from target_contacts.shutdown import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_contacts.ledger.database import Database

LEASE_SECONDS = 1.0
"""How long after a proof requests may leave without another one."""

MARGIN_SECONDS = 1.0
"""Longest time from the look whether a proof is needed until the request has left."""

POLL_SECONDS = 0.1

_LOG = logging.getLogger("contacts.ledger")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_ADVICE = "This run sends nothing more. Let one run end before the next, then run again."
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> float:
    """Return the seconds on a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(_CLOCK)


class Unheld:
    """What a run has that writes nothing: no lease."""

    idle_seconds: float | None = None
    silent_seconds = 0.0

    def __init__(self, database: Database, why: LedgerError | None = None) -> None:
        self._database, self._why = database, why

    def prove(self) -> None:
        """Raise the reason, if there is one."""
        if self._why:
            raise self._why

    @contextlib.contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[sa.Connection]:
        """Give a transaction; see `Database.transaction`."""
        with self._database.transaction("write", synced=synced) as connection:
            yield connection

    def sync(self) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""


class Lease:
    """The lease of this run; safe to share between threads.

    Raises:
        ReadOnlyError: If nothing can be entered.
        LedgerError: If the database fails otherwise.
    """

    def __init__(self, database: Database, account: str) -> None:
        self._database, self._account = database, account
        self._lost: LedgerError | None = None
        self._proven = -math.inf
        with database.transaction("lock") as connection:
            self._number = _next_number(connection, account)
            self.former = last_run(database, connection, account) if self._number > 1 else None
            row = {"host": _host(), "pid": os.getpid(), "kernel": _kernel(), "ended": False}
            times = {"started_at": database.now, "proven_at": database.now}
            connection.execute(sa.update(RUNS).where(self._is_mine).values(**row, **times))
        self._taken = now()

    @property
    def idle_seconds(self) -> float | None:
        """Return how long ago, when this run took the lease, the former run last proved its own.

        Its last request left at most `LEASE_SECONDS` and `MARGIN_SECONDS` after that. None if
        there was no former run; 0.0 if its clock is ahead.
        """
        idle = self.former.idle if self.former else None
        return None if idle is None else max(0.0, idle)

    @property
    def silent_seconds(self) -> float:
        """Return for how long the former run has surely sent nothing; 0.0 if there was none."""
        return max(0.0, (self.idle_seconds or 0.0) - LEASE_SECONDS - MARGIN_SECONDS)

    def outwait(self, halted: Callable[[], bool], *, is_free: bool) -> None:
        """Wait until nothing that the former run may send any more can still leave.

        Args:
            halted: Whether a signal asked for the end, which also ends the waiting.
            is_free: Whether no process of this machine has the account's lock any more.

        Raises:
            Interrupted: If a signal asked for the end meanwhile.
        """
        former = self.former
        if former is None or former.is_over(_kernel(), is_free=is_free):
            return
        until = self._taken + LEASE_SECONDS + MARGIN_SECONDS
        text = "The former run did not end by itself (%s). Waiting %.0f s for what it still sends."
        _LOG.info(text, former, until - now())
        while (left := until - now()) > 0:
            if halted():
                raise Interrupted
            time.sleep(min(left, POLL_SECONDS))

    def prove(self) -> None:
        """Make sure that this run may still write; free within `LEASE_SECONDS` of a proof.

        Raises:
            LedgerError: If another run has taken over, the ledger fails, or this run has ended.
        """
        if self._is_due(now()):
            with self.writing():
                pass

    @contextlib.contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[sa.Connection]:
        """Give a transaction that is entered only if this run may still write.

        What `synced` says is told in `Database.transaction`. A proof is always on disk: the next
        run goes by it when it reckons until when creates of this one may still be carried out.
        """
        began = now()
        is_due = self._is_due(began)
        with self._transaction(synced=synced or is_due) as connection:
            if is_due:
                self._renew(connection)
            yield connection
        if is_due and not self._lost:
            self._proven = began

    def sync(self) -> None:
        """Have all that was entered so far survive a crash of the machine, by another proof."""
        if self._database.syncs.is_behind:
            with self._transaction() as connection:
                self._renew(connection)
            self._database.syncs.is_behind = False

    def end(self) -> None:
        """Let the next run know that this one sends nothing more."""
        if self._lost:
            return
        with contextlib.suppress(LedgerError, Interrupted), self._transaction() as connection:
            connection.execute(sa.update(RUNS).where(self._is_mine).values(ended=True))
        self._lose("this run has ended")

    @contextlib.contextmanager
    def _transaction(self, *, synced: bool = True) -> Iterator[sa.Connection]:
        if self._lost:
            raise self._lost
        with self._database.transaction("write", synced=synced) as connection:
            yield connection

    def _renew(self, connection: sa.Connection) -> None:
        proof = sa.update(RUNS).where(self._is_mine).values(proven_at=self._database.now)
        if not self._database.is_in_place:
            self._lose("the file was removed or replaced while this run wrote")
        elif not connection.execute(proof).rowcount:
            holder = holder_in(self._database, connection, self._account)
            self._lose(f"another run has taken over: {holder}")
        if self._lost:
            raise self._lost

    def _lose(self, answered: str) -> None:
        """Never write or prove again."""
        self._lost = LedgerError(self._database.title, "prove the lease", answered, _ADVICE)
        self._proven = -math.inf

    def _is_due(self, moment: float) -> bool:
        return moment - self._proven > LEASE_SECONDS

    @property
    def _is_mine(self) -> sa.ColumnElement[bool]:
        return sa.and_(RUNS.c.account == self._account, RUNS.c.number == self._number)


def _next_number(connection: sa.Connection, account: str) -> int:
    """Count the number of an account's row up, which keeps others from it until the commit."""
    row = RUNS.c.account == account
    counted = sa.update(RUNS).where(row).values(number=RUNS.c.number + 1)
    if not connection.execute(counted).rowcount:
        connection.execute(sa.insert(RUNS).values(account=account, number=1))
    return int(connection.execute(sa.select(RUNS.c.number).where(row)).scalar_one())


def _host() -> str:
    return "-".join(socket.gethostname().split())


def _kernel() -> str:
    """Return what tells this start of this machine from all others, if anything does."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
