"""The permits and the pause of one account, as all processes that use it know them.

A process takes permits for some requests at once. A permit counts until a window after the moment
it was used, or could have been used at the latest. So no window holds more requests than permits.
All times are seconds on the clock of the database.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from tap_contacts.transport.adaptive_rate import MINUTE
from tap_contacts.transport.boots import Boot  # noqa: TC001  # msgspec reads the type
from tap_contacts.transport.fixed_rate import SPREAD_SECONDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

WINDOW = MINUTE + SPREAD_SECONDS
"""How long a request counts."""

LONGEST_LEASE = 20.0
"""Most seconds in which permits may be used."""

LONGEST_PAUSE = 900.0
"""Most seconds for which one process pauses the others."""

STEPS = 2
"""Into how many parts of a second the times of used permits are rounded up."""


class Permits(msgspec.Struct, frozen=True, array_like=True):
    """Permits that one process took for requests of one method."""

    owner: str
    number: int
    """Which of its permits they are, as long as it may use them; 0 once they were used."""
    method: str
    count: int
    free_at: float
    """When they count no more."""


class Used(msgspec.Struct, frozen=True):
    """What became of permits that a process took."""

    number: int
    count: int
    """How many of them were used."""
    ago: float
    """Seconds since the last of them was used."""


class Wish(msgspec.Struct, frozen=True):
    """What a process asks for."""

    owner: str
    number: int
    method: str
    count: int
    """How many permits it can use."""
    seconds: float
    """How long it may use them."""
    used: Used | None = None
    """What became of its last permits for the method."""


class Given(msgspec.Struct, frozen=True):
    """What a process gets."""

    count: int
    """How many permits."""
    wait: float
    """Seconds until it is worth asking again, if there are none."""
    lately: int
    """How many permits of the method, or of all that share its limit, count now."""
    paused: float = 0.0
    """Seconds for which nothing may be sent."""


class Limit(msgspec.Struct, frozen=True):
    """The most requests in a window."""

    most: float
    methods: Collection[str]
    """The methods whose requests count."""
    is_others: bool
    """Whether these are the methods whose requests do not count."""

    def counts(self, method: str) -> bool:
        """Say whether requests of a method count."""
        return (method in self.methods) is not self.is_others


def limit_of(method: str, limits: Mapping[str, int]) -> Limit:
    """Return the limit of a method, of those by method; "" stands for all others."""
    if method in limits:
        return Limit(limits[method], {method}, is_others=False)
    return Limit(limits.get("", math.inf), limits.keys(), is_others=True)


class Account(msgspec.Struct):
    """What is known of an account."""

    permits: list[Permits] = []
    paused_until: float = 0.0
    boot: Boot | None = None
    """The start of the machine whose clock all times are on; None: the clock is another one."""

    def go_on(self, boot: Boot | None, window: float) -> None:
        """Forget the times of a clock that has begun anew; what was sent before may still count.

        Args:
            boot: The start of the machine, if its clock is the one that counts.
            window: Seconds for which a request counts.
        """
        if boot and self.boot and self.boot.is_before(boot):
            self.permits, self.paused_until, self.boot = [], window, None
        self.boot = self.boot or boot

    def forget(self, now: float, window: float) -> None:
        """Drop what counts no more.

        An end that is too far away comes from a wrong clock. It is moved to the latest possible.
        """
        latest = now + LONGEST_LEASE + window
        kept = [each for each in self.permits if each.free_at > now]
        if any(each.free_at > latest for each in kept):
            kept = [
                msgspec.structs.replace(each, free_at=min(each.free_at, latest)) for each in kept
            ]
        self.permits = kept
        self.paused_until = min(self.paused_until, now + LONGEST_PAUSE)

    def give(self, wish: Wish, limit: Limit, now: float, window: float) -> Given:
        """Enter permits, as many of those wished for as there are, and return them."""
        self.forget(now, window)
        if wish.used:
            self._settle(wish, wish.used, now + window)
        counting = [each for each in self.permits if limit.counts(each.method)]
        taken = sum(each.count for each in counting)
        if self.paused_until > now:
            paused = self.paused_until - now
            return Given(0, paused, taken, paused)
        if limit.most == math.inf:
            return Given(1, 0.0, taken)
        count = int(max(0, min(wish.count, limit.most - taken)))
        if not count:
            soonest = min((each.free_at for each in counting), default=now)
            return Given(0, soonest - now, taken)
        until = now + wish.seconds + window
        self.permits.append(Permits(wish.owner, wish.number, wish.method, count, until))
        return Given(count, 0.0, taken + count)

    def pause(self, seconds: float, now: float, window: float) -> None:
        """Let no process send anything for so long."""
        self.forget(now, window)
        self.paused_until = max(self.paused_until, now + min(seconds, LONGEST_PAUSE))

    def _settle(self, wish: Wish, used: Used, end: float) -> None:
        """Give back what was not used of permits; the rest counts from its use on."""
        taken = next(self._mine(wish, used.number), None)
        if taken is None:
            return
        self.permits.remove(taken)
        free_at = min(taken.free_at, math.ceil((end - used.ago) * STEPS) / STEPS)
        self._add(Permits(wish.owner, 0, wish.method, used.count, free_at), wish)

    def _add(self, used: Permits, wish: Wish) -> None:
        """Add used permits, to those of the same moment if there are any."""
        if not used.count:
            return
        alike = next((each for each in self._mine(wish, 0) if each.free_at == used.free_at), None)
        if alike:
            self.permits.remove(alike)
            used = msgspec.structs.replace(used, count=used.count + alike.count)
        self.permits.append(used)

    def _mine(self, wish: Wish, number: int) -> Iterator[Permits]:
        """Yield the permits of the process that has this number."""
        for each in self.permits:
            if each.owner == wish.owner and each.number == number and each.method == wish.method:
                yield each
