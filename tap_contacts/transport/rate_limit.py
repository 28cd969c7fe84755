"""Keep one account to its rate, over all threads, and learn from what throttles it.

Three things hold a request back: the documented or configured rate, which is never exceeded; the
pause or the quota that the API asks for; and a rate learned from throttles.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, NamedTuple, cast

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from tap_contacts.transport.adaptive_rate import MINUTE, LearnedRate
from tap_contacts.transport.circuit_breaker import POLL_SECONDS
from tap_contacts.transport.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_contacts.transport.circuit_breaker import CircuitBreaker
    from tap_contacts.transport.rate_headers import Quota

SPREAD_SECONDS = 1.0
"""How much longer one request may be on its way than another: rates hold where they arrive."""

LONGEST_WAIT = 900.0
"""Seconds an API may ask to wait before the run stops instead."""

SAME_RESET = 1.5
"""Resets, told in whole seconds, that differ by less are the same."""


class Ticket(NamedTuple):
    """Leave to send a request: its number, from 1 on, and the seconds it had to wait."""

    number: int = 0
    waited: float = 0.0


class FixedRate:
    """Rates a minute that are known, by HTTP method; "" stands for all others."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        """Take the most requests in any 60 seconds."""
        window = round((MINUTE + SPREAD_SECONDS) * 1000)
        self._buckets = {m: InMemoryBucket([Rate(n, window)]) for m, n in limits.items()}

    def claim(self, method: str, now: float) -> float:
        """Take a place in the window and return 0, or return the seconds until one is free."""
        bucket = self._bucket(method)
        item = RateItem(method, round(now * 1000))
        if not bucket or (bucket.leak(item.timestamp) >= 0 and bucket.put(item)):
            return 0.0
        return max(1, cast("int", bucket.waiting(item))) / 1000

    def lately(self, method: str, now: float) -> int:
        """Return the number of places that a method has in its window; 0 if it has no rate."""
        bucket = self._bucket(method)
        if not bucket:
            return 0
        bucket.leak(round(now * 1000))
        return sum(item.name == method for item in bucket.items)

    def _bucket(self, method: str) -> InMemoryBucket | None:
        return self._buckets.get(method) or self._buckets.get("")


class QuotaLeft:
    """The quota that the API tells: what it says is left, less what it may not have counted yet.

    Renewed, it is as large and as long as any that was told, until an answer tells better.
    """

    def __init__(self) -> None:
        """Know of none."""
        self._least: int | None = None
        self._before = self._renewed = float("-inf")
        self._sure = False
        self._uncounted = 0
        self._largest, self._longest = 0, 0.0

    def wait(self, flying: int, now: float) -> float:
        """Return the seconds until a request may be sent; or fewer, since those flying may tell."""
        if self._least is None:
            return 0.0
        if now >= self._renewed:
            self._before, self._renewed = self._renewed, now + self._longest
            self._least, self._uncounted, self._sure = self._largest, flying, False
        if self._least > self._uncounted:
            return 0.0
        return min(self._renewed - now, POLL_SECONDS if flying else float("inf"))

    def sent(self) -> None:
        """Take note of a request."""
        self._uncounted += 1

    def tell(self, told: Quota, others: int, now: float) -> None:
        """Take a quota from an answer; it may not have counted the others that are flying.

        Answers overtake each other: of several about one quota the least holds, and one about a
        quota that has been renewed since means nothing more.
        """
        left, renewed = told.remaining, now + told.reset
        self._largest = max(self._largest, left + 1)
        self._longest = max(self._longest, told.reset)
        if abs(renewed - self._before) < SAME_RESET:
            return
        if self._least is not None and self._sure and abs(renewed - self._renewed) < SAME_RESET:
            left, renewed = min(left, self._least), self._renewed
        self._least, self._renewed, self._sure = left, renewed, True
        self._uncounted = others


class RateLimiter:
    """Give all threads that send to one account their turn."""

    def __init__(self, title: str, outage: CircuitBreaker, limits: Mapping[str, int]) -> None:
        """Take the API's title, what waits and tells the time, and the known rates by method."""
        self._title, self._outage = title, outage
        self._fixed, self._learned, self._room = FixedRate(limits), LearnedRate(), QuotaLeft()
        self._lock = threading.Lock()
        self._quiet_until = 0.0
        self._sent = self._sent_before_throttle = 0
        self._flying = 0
        """Requests that are on their way or being answered."""
        self._proven = True
        """Whether the learned rate has got any answer but a throttle."""
        self.throttles = 0
        """How often the account was slowed down."""

    @contextlib.contextmanager
    def turn(self, method: str) -> Iterator[Ticket]:
        """Wait for a turn to send a request, and take note of its end.

        Raises:
            Stopped: If nothing more is to be sent, or the API asks for too long a wait.
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
            self._outage.wait(wait)
            waited += wait
            number, wait = self._claim(method)
        self._outage.sending()
        return Ticket(number, waited)

    def _claim(self, method: str) -> tuple[int, float]:
        """Return the number of a request that may be sent, or the seconds until one may be."""
        with self._lock:
            now = self._outage.now()
            room = self._room.wait(self._flying, now)
            wait = max(self._quiet_until - now, self._learned.wait(now), room)
            wait = wait if wait > 0 else self._fixed.claim(method, now)
            if wait <= 0:
                self._learned.sent(now)
                self._room.sent()
                self._sent += 1
                self._flying += 1
            return self._sent, wait

    def tell(self, told: Quota) -> None:
        """Take note of a quota that an answer tells, before its turn ends."""
        with self._lock:
            self._room.tell(told, self._flying - 1, self._outage.now())

    def answered(self, number: int) -> None:
        """Take note of an answer that is no throttle."""
        with self._lock:
            self._proven |= number > self._sent_before_throttle

    def rest(self, seconds: float) -> None:
        """Pause the whole account."""
        with self._lock:
            self._quiet_until = max(self._quiet_until, self._outage.now() + seconds)

    def throttled(self, number: int, asked: float | None) -> float | None:
        """Pause the whole account and halve its rate; return the new one a minute.

        None is returned where the rate stays: the request was sent before the last throttle, that
        was just before, or nothing but throttles came since, which growing waits are for.

        Args:
            number: That of the request that was throttled.
            asked: Seconds the API asks for, if it does.
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
        """Return the number of requests of a method in the last minute; 0 if it has no rate."""
        with self._lock:
            return self._fixed.lately(method, self._outage.now())

    @property
    def sent(self) -> int:
        """Return the number of requests sent so far."""
        return self._sent


def too_long(title: str, wait: float) -> Stopped:
    """Return the error of an API that asks for too long a wait."""
    answered = f"asks to wait {wait:.0f} s; a run waits no longer than {LONGEST_WAIT:.0f} s"
    return Stopped(title, "any request", answered, "Run again after that; nothing is lost.")
