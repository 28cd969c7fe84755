"""While an API does not answer, send one request at a time, then seldom, and none once given up."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from tap_contacts.transport.errors import OutcomeUnknown, Refused, Retry, Stopped
from tap_contacts.transport.fair_lock import FairLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAILED_IN_OUTAGE = 3
"""Failures in a row, over all threads, that make an outage."""

FIRST_SECONDS = 60.0
"""How long an outage lasts before requests become seldom."""

SELDOM_SECONDS = 30.0
"""Least time from one request to the next from then on."""

POLL_SECONDS = 0.2


class Waits:
    """The time in which at least one thread waited, by a clock in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._threads, self._since, self._before = 0, 0.0, 0.0
        self._lock = threading.RLock()  # a signal may ask while its own thread counts

    @property
    def seconds(self) -> float:
        """Return the seconds so far."""
        with self._lock:
            return self._before + (self._clock() - self._since if self._threads else 0.0)

    @property
    def go_on(self) -> bool:
        """Say whether a thread waits now."""
        return self._threads > 0

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Count the time of a thread that waits."""
        with self._lock:
            self._since = self._since if self._threads else self._clock()
            self._threads += 1
        try:
            yield
        finally:
            with self._lock:
                self._before, self._since = self.seconds, self._clock()
                self._threads -= 1


class CircuitBreaker:
    """What all threads know of how an API answers; clock and sleep count in seconds."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.now, self._sleep = clock, sleep
        self.waits = Waits(clock)
        self._failures = 0
        self._since = self._last = clock()
        self._turns = FairLock()
        """Taken in an outage. A request that fails again and again does not keep others from it."""
        self._over: Stopped | None = None

    def give_up(self, error: Stopped) -> Stopped:
        """Let every further request fail with this error, without being sent; return it."""
        self._over = error
        return error

    def wait(self, seconds: float) -> None:
        """Wait, unless the API is given up meanwhile.

        Raises:
            Stopped: If the API was given up.
        """
        if seconds > 0:
            with self.waits.one():
                self._wait(seconds)
        if self._over:
            raise self._over

    def _wait(self, seconds: float) -> None:
        until = self.now() + seconds
        while (left := until - self.now()) > 0 and not self._over:
            self._sleep(min(left, POLL_SECONDS))

    def sending(self) -> None:
        """Note that a request leaves now; its turn may have begun long before."""
        self._last = self.now()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn to send a request; the block is the turn, and its end is noted.

        Raises:
            Stopped: If the API was given up.
        """
        is_outage = self._failures >= FAILED_IN_OUTAGE
        with self._turns.one() if is_outage else contextlib.nullcontext():
            self.wait(self._pause())
            self.sending()
            try:
                yield
            except (Retry, OutcomeUnknown):
                self._failures += 1
                raise
            except Refused:
                self._answered()
                raise
            self._answered()

    def _answered(self) -> None:
        """Note an answer that makes sense. A refusal is one, too: that is no outage."""
        self._failures, self._since = 0, self.now()

    def _pause(self) -> float:
        """Return the seconds that the next request has to wait, since an outage lasts."""
        lasts = self._failures >= FAILED_IN_OUTAGE and self.now() - self._since > FIRST_SECONDS
        return self._last + SELDOM_SECONDS - self.now() if lasts else 0.0
