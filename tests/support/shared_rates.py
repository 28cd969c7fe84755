"""Processes that share a rate: on one simulated clock, or processes indeed."""

from __future__ import annotations

import bisect
import heapq
import itertools
import logging
import time
from typing import TYPE_CHECKING

from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.rate_loss import Loss
from tap_contacts.transport.rate_table import ANSWER_SECONDS, RateTable
from tap_contacts.transport.shared_rate import SharedRate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tap_contacts.transport.boots import Boot
    from tests.support.plain import Clock

ACCOUNT = "a" * 64
LOGGER = logging.getLogger("contacts.shared")


def rate(  # noqa: PLR0913
    url: str,
    clock: Clock,
    limits: Mapping[str, int],
    *,
    is_must: bool = True,
    ahead: float = 0.0,
    trip: Callable[[], float] = float,
    boot: Boot | None = None,
    patience: float = ANSWER_SECONDS,
) -> SharedRate:
    """Return the shared rate of a process.

    Args:
        url: The database.
        clock: The clock of the machine, which for SQLite is that of all.
        limits: By method.
        is_must: Whether nothing may be sent without the database.
        ahead: Seconds by which the clock of this process is ahead of the machine's.
        trip: Returns the seconds that the database takes to answer.
        boot: The start of the machine.
        patience: Seconds of real time after which a server that does not answer is given up.
    """

    def own() -> float:
        return clock.now + ahead

    def late() -> float:
        clock.sleep(trip())
        now = clock.now
        clock.sleep(trip())
        return now

    outage = CircuitBreaker(own, clock.sleep)
    table = RateTable(url, "rate_url", ACCOUNT, late, boot)
    table.answer_seconds = patience
    loss = Loss("API", table.title, outage, LOGGER, is_must=is_must)
    return SharedRate(table, limits, loss, own, LOGGER)


class Sender:
    """A process that sends requests.

    Args:
        shared: Its rate.
        pauses: The seconds from one request to the next.
        method: Of its requests.
        ends: When it is killed, if it is.
    """

    def __init__(
        self,
        shared: SharedRate,
        pauses: Iterator[float],
        method: str = "POST",
        ends: float = float("inf"),
    ) -> None:
        """Take what it does."""
        self.shared, self._pauses, self._method, self.ends = shared, pauses, method, ends
        self.times: list[float] = []

    def act(self, clock: Clock) -> float:
        """Send a request if that may be; return the seconds until it acts again."""
        self.shared.get_ready(self._method)
        wait = self.shared.claim(self._method)
        if wait > 0:
            return wait
        self.times.append(clock.now)
        return next(self._pauses)


def run(senders: Sequence[Sender], clock: Clock, until: float) -> None:
    """Let processes send until a moment of the clock."""
    number = itertools.count()
    due = [(clock.now, next(number), each) for each in senders]
    while due:
        at, _, sender = heapq.heappop(due)
        if at >= min(until, sender.ends):
            continue
        clock.now = max(clock.now, at)
        wait = sender.act(clock)
        heapq.heappush(due, (clock.now + wait, next(number), sender))
    clock.now = max(clock.now, until)
    for each in senders:
        each.shared.close()


def most_in_a_window(times: Sequence[float], seconds: float = 60.0) -> int:
    """Return the most requests that any window held."""
    ordered = sorted(times)
    return max(
        (bisect.bisect_left(ordered, at + seconds) - n for n, at in enumerate(ordered)), default=0
    )


def send(url: str, limit: int, window: float, seconds: float, report: Path) -> None:
    """Be a process that sends as many requests as it may, and writes down when."""
    outage = CircuitBreaker()
    loss = Loss("API", "the database", outage, LOGGER, is_must=True)
    table = RateTable(url, "rate_url", ACCOUNT)
    shared = SharedRate(table, {"POST": limit}, loss, outage.now, LOGGER, window=window)
    until = time.monotonic() + seconds
    with report.open("a", buffering=1, encoding="utf-8") as lines:
        while time.monotonic() < until:
            shared.get_ready("POST")
            wait = shared.claim("POST")
            if wait > 0:
                time.sleep(min(wait, 0.2))
            else:
                print(time.monotonic(), file=lines)


def told(report: Path) -> list[float]:
    """Return when a process sent requests."""
    lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    return [float(line) for line in lines]
