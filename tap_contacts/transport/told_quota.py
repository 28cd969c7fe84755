"""Keep to the quota that the API tells in its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.transport.circuit_breaker import POLL_SECONDS

if TYPE_CHECKING:
    from tap_contacts.transport.rate_headers import Quota

SAME_RESET = 1.5
"""Resets are told in whole seconds. Two that differ by less than this are the same."""


class ToldQuota:
    """What is left of the quota, less the requests that the API may not have counted yet.

    Once the quota is renewed, it is taken to be as large and as long as the largest and longest
    that were told, until an answer tells the new one.
    """

    def __init__(self) -> None:
        self._least = self._largest = self._uncounted = 0
        self._before = self._renewed = float("-inf")
        self._longest = 0.0
        self._sure = False

    def wait(self, flying: int, now: float) -> float:
        """Return the seconds until it is worth asking again; 0 if a request may be sent now.

        Answers to the requests that are `flying` may tell more.
        """
        if not self._largest:
            return 0.0
        if now >= self._renewed:
            self._before, self._renewed = self._renewed, now + self._longest
            self._least, self._uncounted, self._sure = self._largest, flying, False
        if self._least > self._uncounted:
            return 0.0
        return min(self._renewed - now, POLL_SECONDS if flying else float("inf"))

    def sent(self) -> None:
        """Count a request."""
        self._uncounted += 1

    def tell(self, told: Quota, others: int, now: float) -> None:
        """Take the quota that an answer tells.

        Answers overtake each other. Of several about the same quota the least counts. An answer
        about a quota that was renewed since is ignored.

        Args:
            told: The quota.
            others: Other requests that were sent, which the quota may not have counted.
            now: Seconds of the clock.
        """
        left, renewed = told.remaining, now + told.reset
        self._largest = max(self._largest, left + 1)
        self._longest = max(self._longest, told.reset)
        if renewed - self._before < SAME_RESET:
            return
        if self._sure and abs(renewed - self._renewed) < SAME_RESET:
            left, renewed = min(left, self._least), self._renewed
        self._least, self._renewed, self._sure = left, renewed, True
        self._uncounted = others
