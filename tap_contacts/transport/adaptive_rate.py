"""Learn from throttles how many requests an API takes.

A throttle halves the rate; from there it rises by steps, slowly near the rate that was too much.
"""

from __future__ import annotations

import bisect
from collections import deque

MINUTE = 60.0

STEP_SECONDS = 30.0
"""Time without a throttle after which the learned rate rises by a step."""

RATE_STEP, SMALL_RATE_STEP = 0.1, 0.02
"""What a step adds, far from the rate that was too much and near it, as a part of that rate."""

SAME_SECONDS = 10.0
"""Time after a halving in which further throttles count as the same."""

NEAR = 0.2
"""Up to which distance a rate is near, as a part of the rate that was too much."""

LEAST_RATE = 6 / MINUTE
"""Requests a second below which no throttle lowers the rate."""

MEMORY_SECONDS = 600.0
"""How long the best minute counts as what the API can take."""

LEAST_SAMPLE = 20
"""Least number of requests from which a rate over the pause asked for is worked out."""


class LearnedRate:
    """The rate that throttles taught, in requests a second; no limit before the first."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self._too_much = 0.0
        self._falls = self._rises = self._next = 0.0
        self._throttled = float("-inf")
        self._sent: deque[float] = deque()
        self._most, self._most_until = 0, 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may be sent."""
        return self._next - now

    def sent(self, now: float) -> None:
        """Count a request, and raise the rate by a step if one is due."""
        self._sent.append(now)
        while self._sent[0] <= now - MINUTE:
            self._sent.popleft()
        if len(self._sent) >= self._most or now > self._most_until:
            self._most, self._most_until = len(self._sent), now + MEMORY_SECONDS
        if self.rate and now >= self._rises:
            self._rise(self.rate, now)
        self._next = now + 1 / self.rate if self.rate else 0.0

    def refused(self) -> None:
        """Take back a request, since the API did not serve it."""
        if self._sent:
            self._sent.pop()

    def _rise(self, rate: float, now: float) -> None:
        """Raise the rate by a step; from twice the rate that was too much there is no limit."""
        near = abs(rate - self._too_much) <= NEAR * self._too_much
        rate += self._too_much * (SMALL_RATE_STEP if near else RATE_STEP)
        self.rate = rate if rate < 2 * self._too_much else None
        self._rises = now + STEP_SECONDS

    def throttled(self, now: float, asked: float | None) -> float | None:
        """Halve the rate and return it; None if that was done a moment ago.

        It never falls below half of what was sent in the best minute of late. So an API that
        throttles now and then for other reasons is not slowed down to nothing.
        """
        self._rises = now + (asked or 0.0) + STEP_SECONDS  # A pause proves nothing.
        measured, self._throttled = self._measured(now, asked), now
        if now < self._falls:
            return None
        allowed = self.rate or measured
        self._too_much = max(min(measured, allowed), min(self._most / MINUTE, 2 * allowed))
        self.rate = max(self._too_much / 2, LEAST_RATE)
        self._next, self._falls = now + 1 / self.rate, now + SAME_SECONDS
        return self.rate

    def _measured(self, now: float, asked: float | None) -> float:
        """Return the rate of late, measured over as long as the pause that the API asks for.

        Without a pause, or with too few requests in it, it is measured since the last throttle.
        """
        span = min(asked or 0.0, MINUTE)
        within = self._since(now - span)
        if len(within) >= LEAST_SAMPLE:  # without a pause there are none
            return len(within) / span
        flow = self._since(self._throttled) or [now - MINUTE]
        return len(flow) / max(now - flow[0], 0.001)

    def _since(self, moment: float) -> list[float]:
        sent = list(self._sent)
        return sent[bisect.bisect_right(sent, moment) :]
