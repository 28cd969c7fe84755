"""Keep to rates that are documented or configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tap_contacts.transport.adaptive_rate import MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyrate_limiter import InMemoryBucket

SPREAD_SECONDS = 1.0
"""How much longer one request may be on its way than another: rates hold where they arrive."""


class FixedRate:
    """The most requests in any 60 seconds, by HTTP method; "" stands for all others."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._buckets = {method: _bucket_of(most) for method, most in limits.items()}

    def claim(self, method: str, now: float) -> float:
        """Take a place in the window and return 0, or return the seconds until one is free."""
        bucket = self._bucket(method)
        if bucket is None:
            return 0.0
        from pyrate_limiter import RateItem

        item = RateItem(method, round(now * 1000))
        if bucket.leak(item.timestamp) >= 0 and bucket.put(item):
            return 0.0
        return max(1, cast("int", bucket.waiting(item))) / 1000

    def lately(self, method: str, now: float) -> int:
        """Return the number of requests of a method in its window; 0 if it has no rate."""
        bucket = self._bucket(method)
        if not bucket:
            return 0
        bucket.leak(round(now * 1000))
        return sum(item.name == method for item in bucket.items)

    def _bucket(self, method: str) -> InMemoryBucket | None:
        return self._buckets.get(method) or self._buckets.get("")


def _bucket_of(most: int) -> InMemoryBucket:
    """Return what holds the requests of the last 60 seconds, of which there may be so many."""
    from pyrate_limiter import InMemoryBucket, Rate

    return InMemoryBucket([Rate(most, round((MINUTE + SPREAD_SECONDS) * 1000))])
