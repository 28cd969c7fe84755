"""Share the rate of an account with all processes that use it, through a database.

A process takes permits for a second at most, as many as it used lately, so that the database is
asked about once a second and not for each request. What is left of them is given back with the next
look. A process that dies leaves its permits to the others when the window is over.
"""

from __future__ import annotations

import contextlib
import math
import threading
import uuid
from typing import TYPE_CHECKING, TypeVar

import msgspec
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport.boots import boot
from tap_contacts.transport.database_troubles import LOCKED, Trouble
from tap_contacts.transport.errors import Stopped
from tap_contacts.transport.rate_lease import Lease, leased
from tap_contacts.transport.rate_loss import Loss
from tap_contacts.transport.rate_permits import LONGEST_LEASE, WINDOW, Account, Wish, limit_of
from tap_contacts.transport.rate_table import RateTable, Unusable

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

    from tap_contacts.transport.rate_permits import Limit
    from tap_contacts.transport.sharing import Sharing

SETTING = "rate_url"

LEASE_SECONDS = 1.0
"""How long permits may be used, unless the database is slow. So long a process may go on after
another one was asked to pause."""

PARTS = 20
"""A process has at most this part of a limit in permits that it has not used."""

LOOK_SECONDS = 5.0
"""Longest time between two looks whether there are permits."""

LEAST_WAIT = 0.001

TRIES = 50
"""How often a row is changed anew because other processes have changed it meanwhile."""

_NOT_READ = Trouble(
    (),
    (),
    "its table holds what this version does not understand",
    "Let all commands that share it be of one version.",
)

_T = TypeVar("_T")


class SharedRate:
    """The rate of one account; safe to share between threads."""

    def __init__(  # noqa: PLR0913
        self,
        table: RateTable,
        limits: Mapping[str, int],
        loss: Loss,
        clock: Callable[[], float],
        logger: logging.Logger,
        *,
        window: float = WINDOW,
    ) -> None:
        self._table, self._limits, self._loss = table, limits, loss
        self._now, self._logger, self._window = clock, logger, window
        self._owner = uuid.uuid4().hex[:8]
        self._lock, self._asking = threading.Lock(), threading.Lock()
        self._leases: dict[str, Lease] = {}
        self._not_before: dict[str, float] = {}
        """When it is worth asking again, by method."""
        self._lately: dict[str, int] = {}
        self._quiet_until = -math.inf
        self._number = 0
        self._trip = 0.0
        """Seconds that looks take, about."""

    def get_ready(self, method: str) -> None:
        """Ask for permits if there are none for a method and it is worth asking.

        Raises:
            ConfigurationError: The setting is wrong.
            Stopped: The database cannot be used.
        """
        if self._needs(method):
            with self._asking:
                if self._needs(method):
                    self._loss.watch(lambda: self._ask(method))

    def claim(self, method: str) -> float:
        """Use a permit and return 0, or return the seconds until it is worth asking again."""
        with self._lock:
            now, lease = self._now(), self._leases.get(method)
            if self._loss.is_alone:
                return 0.0
            if lease and lease.is_good(now):
                lease.take(now)
                return 0.0
            return max(self._not_before.get(method, now) - now, self._loss.wait(), LEAST_WAIT)

    def pause(self, seconds: float) -> None:
        """Let no process send anything for so long, as the API asked; it never fails."""
        if self._loss.is_alone:
            return
        self._quiet_until = max(self._quiet_until, self._now() + seconds)

        def pause(account: Account, now: float) -> None:
            account.pause(seconds, now, self._window)

        with self._asking, contextlib.suppress(Stopped, ConfigurationError):
            self._loss.watch(lambda: self._change(pause))

    def lately(self, method: str) -> int:
        """Return how many requests of a method all processes sent within a window.

        Permits that other processes have not used yet count, too.
        """
        with self._lock:
            return self._lately.get(method, 0) - self._leases.get(method, Lease()).unused

    def close(self) -> None:
        """Close the connection to the database."""
        with self._asking:
            self._table.close()

    def _needs(self, method: str) -> bool:
        with self._lock:
            now, lease = self._now(), self._leases.get(method)
            if self._loss.is_alone or self._loss.wait() > 0:
                return False
            return now >= self._not_before.get(method, now) and not (lease and lease.is_good(now))

    def _ask(self, method: str) -> None:
        """Take permits, or note when it is worth asking again."""
        limit, began = limit_of(method, self._limits), self._now()
        wish = self._wish(method, limit, began)
        given = self._change(lambda account, now: account.give(wish, limit, now, self._window))
        now = self._now()
        self._trip = max(now - began, self._trip / 2)
        with self._lock:
            self._lately[method] = given.lately
            self._leases[method] = leased(wish, given, limit, began)
            self._not_before[method] = now + min(given.wait, LOOK_SECONDS)
        if given.paused and now + given.paused > self._quiet_until + LEASE_SECONDS:
            self._quiet_until = now + given.paused
            text = "Another process was asked to send less: nothing is sent for %.0f s."
            self._logger.info(text, given.paused)

    def _wish(self, method: str, limit: Limit, now: float) -> Wish:
        last = self._leases.get(method, Lease())
        self._number += 1
        seconds = min(max(LEASE_SECONDS, 2 * self._trip), LONGEST_LEASE)
        count = last.next(limit.most / PARTS)
        return Wish(self._owner, self._number, method, count, seconds, last.used(now))

    def _change(self, change: Callable[[Account, float], _T]) -> _T:
        """Change the account's row, and return what the change returns."""
        for _ in range(TRIES):
            row = self._table.read()
            account = _account(row.state)
            account.go_on(row.boot, self._window)
            result = change(account, row.now)
            state = msgspec.json.encode(account).decode()
            if state == row.state or self._table.replace(row, state):
                return result
        raise Unusable(LOCKED)


def shared(sharing: Sharing, url: str, *, is_must: bool) -> SharedRate | None:
    """Return the rate of an account that is shared by a database, which is not opened yet.

    Args:
        sharing: The account.
        url: The URL of the database.
        is_must: Whether nothing may be sent without it. If not, nothing is shared where no rate is
            known, nor where the URL names no database that others can see.

    Raises:
        ConfigurationError: If the URL is wrong.
    """
    outage, logger = sharing.outage, sharing.logger
    try:
        table = RateTable(url, SETTING, sharing.account, boot=boot())
    except ConfigurationError:
        if is_must:
            raise
        return None  # whose URL it is will say what is wrong
    loss = Loss(sharing.title, table.title, outage, logger, is_must=is_must)
    shares = is_must or bool(sharing.limits)
    return SharedRate(table, sharing.limits, loss, outage.now, logger) if shares else None


def _account(state: str) -> Account:
    try:
        return msgspec.json.decode(state, type=Account)
    except msgspec.DecodeError:
        raise Unusable(_NOT_READ) from None
