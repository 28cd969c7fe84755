"""Permits that this process holds, and may use for a short time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tap_contacts.transport.rate_permits import Used

if TYPE_CHECKING:
    from tap_contacts.transport.rate_permits import Given, Limit, Wish


class Lease:
    """Permits for requests of one method, which this process may use until a moment."""

    def __init__(self, number: int = 0, count: float = 0, until: float = -math.inf) -> None:
        self.number = number
        """Which of the process's leases it is; 0 if nobody has to know of its use."""
        self._count, self._until = count, until
        self._used, self._last = 0, 0.0

    def is_good(self, now: float) -> bool:
        """Say whether a permit is left."""
        return self._used < self._count and now < self._until

    def take(self, now: float) -> None:
        """Use a permit."""
        self._used, self._last = self._used + 1, now

    @property
    def unused(self) -> int:
        """Return how many permits were entered for this process and not used."""
        return int(self._count) - self._used if self.number else 0

    def used(self, now: float) -> Used | None:
        """Return what became of the permits, if somebody has to know."""
        return Used(self.number, self._used, now - self._last) if self.number else None

    def next(self, most: float) -> int:
        """Return how many permits will be needed next, as far as these tell."""
        is_spent = self._used >= self._count
        return int(max(1, min(2 * self._used if is_spent else self._used, most)))


def leased(wish: Wish, given: Given, limit: Limit, began: float) -> Lease:
    """Return the lease of what was given; where there is no limit it needs no permits."""
    if not given.count:
        return Lease()
    until = began + wish.seconds
    if limit.most == math.inf:
        return Lease(0, math.inf, until)
    return Lease(wish.number, given.count, until)
