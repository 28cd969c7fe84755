"""Limit the rate of one account's requests, over all threads.

Three things hold a request back: the documented or configured rate, which is never exceeded; the
pause or the quota that the API asks for; and a rate learned from throttles. The first, and pauses,
may be shared with other processes.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, NamedTuple

from tap_contacts.transport.adaptive_rate import MINUTE, LearnedRate
from tap_contacts.transport.circuit_breaker import Waits
from tap_contacts.transport.errors import Stopped
from tap_contacts.transport.fixed_rate import FixedRate
from tap_contacts.transport.told_quota import ToldQuota

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_contacts.transport.circuit_breaker import CircuitBreaker
    from tap_contacts.transport.rate_headers import Quota
    from tap_contacts.transport.shared_rate import SharedRate

LONGEST_WAIT = 900.0
"""Seconds an API may ask to wait before the run stops instead."""


class Ticket(NamedTuple):
    """A turn to send one request: its number, from 1 on, and the seconds it had to wait."""

    number: int
    waited: float


class RateLimiter:
    """Give turns to all threads that send to one account.

    The known rates are requests a minute, by HTTP method; "" stands for all others.
    """

    def __init__(self, title: str, outage: CircuitBreaker, limits: Mapping[str, int]) -> None:
        self._title, self._outage = title, outage
        self._fixed, self._learned, self._quota = FixedRate(limits), LearnedRate(), ToldQuota()
        self.shared: SharedRate | None = None
        """What is shared with other processes that use the account."""
        self._lock = threading.Lock()
        self.waits = Waits(outage.now)
        self._quiet_until = 0.0
        self._sent = self._sent_before_throttle = 0
        self._flying = 0
        """Requests that were sent and whose turn has not ended."""
        self._proven = True
        """Whether an answer that is no throttle has come since the last throttle."""
        self.throttles = 0
        """How often the account was slowed down."""

    @contextlib.contextmanager
    def turn(self, method: str) -> Iterator[Ticket]:
        """Wait for a turn to send a request; the block is the turn.

        Raises:
            Stopped: If nothing more is to be sent, or the API asks for too long a wait.
            ConfigurationError: If what is to be shared with other processes cannot be.
        """
        ticket = self._ticket(method)
        try:
            yield ticket
        finally:
            with self._lock:
                self._flying -= 1

    def _ticket(self, method: str) -> Ticket:
        waited = 0.0
        number, wait = self._claim(method)
        while wait > 0:
            if wait > LONGEST_WAIT:
                raise self._outage.give_up(too_long(self._title, wait))
            with self.waits.one():
                self._outage.wait(wait)
            waited += wait
            number, wait = self._claim(method)
        self._outage.sending()
        return Ticket(number, waited)

    def _claim(self, method: str) -> tuple[int, float]:
        """Return the number of a request that may be sent, or the seconds until one may be."""
        if self.shared:
            self.shared.get_ready(method)
        with self._lock:
            now = self._outage.now()
            quota = self._quota.wait(self._flying, now)
            wait = max(self._quiet_until - now, self._learned.wait(now), quota)
            wait = wait if wait > 0 else self._place(method, now)
            if wait <= 0:
                self._learned.sent(now)
                self._quota.sent()
                self._sent += 1
                self._flying += 1
            return self._sent, wait

    def _place(self, method: str, now: float) -> float:
        """Take a place in the windows and return 0, or return the seconds until one may be free."""
        wait = self.shared.claim(method) if self.shared else 0.0
        return wait if wait > 0 else self._fixed.claim(method, now)

    def tell(self, told: Quota) -> None:
        """Keep to the quota that an answer tells; call it before the turn ends."""
        with self._lock:
            self._quota.tell(told, self._flying - 1, self._outage.now())

    def answered(self, number: int) -> None:
        """Count an answer that is no throttle."""
        with self._lock:
            self._proven |= number > self._sent_before_throttle

    def rest(self, seconds: float) -> None:
        """Pause the whole account."""
        with self._lock:
            self._quiet_until = max(self._quiet_until, self._outage.now() + seconds)
        if self.shared and seconds > 0:
            self.shared.pause(seconds)

    def throttled(self, number: int, asked: float | None) -> float | None:
        """Pause the whole account and halve its rate; return the new one a minute.

        The rate stays, and None is returned, in three cases: the request was sent before the last
        throttle; the last throttle was a moment ago; or nothing but throttles came since, for which
        there are growing waits.

        Args:
            number: That of the request that was throttled.
            asked: Seconds that the API asks to wait, if it does.
        """
        self.rest(asked or 0.0)
        with self._lock:
            rate = None
            if self._proven and number > self._sent_before_throttle:
                self._sent_before_throttle, self._proven = self._sent, False
                self.throttles += 1
                rate = self._learned.throttled(self._outage.now(), asked)
            self._learned.refused()
            return rate and rate * MINUTE

    def lately(self, method: str) -> int:
        """Return the number of requests of a method in the last minute; 0 if it has no rate.

        It counts those of other processes, too, as far as they are known.
        """
        others = self.shared.lately(method) if self.shared else 0
        with self._lock:
            return max(others, self._fixed.lately(method, self._outage.now()))

    @property
    def sent(self) -> int:
        """Return the number of requests sent so far."""
        return self._sent


def too_long(title: str, wait: float) -> Stopped:
    """Return the error of an API that asks for too long a wait."""
    answered = f"asks to wait {wait:.0f} s; a run waits no longer than {LONGEST_WAIT:.0f} s"
    return Stopped(title, "any request", answered, "Run again after that; nothing is lost.")
