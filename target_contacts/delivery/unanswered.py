"""Hold the creates that were never answered for as long as the API may still carry them out.

A gateway may answer, a time-out end or a connection break while the server behind goes on. Until
the wait is over, such a create is not sent a second time; other records go on meanwhile.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from target_contacts.sinks.item import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from target_contacts.delivery.planned import Planned

MOST_HELD = 1000
"""Creates that are held while others go on; their records are in memory."""


class Unanswered:
    """The unanswered creates of one stream, each with the time until which it may be carried out.

    Times are those of a monotonic clock, in seconds.

    Args:
        wait: Seconds after its answer was lost for which a create may still be carried out.
        clock: Returns the time.
        most: Creates that are held while others go on.
    """

    def __init__(
        self,
        wait: float,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST_HELD,
    ) -> None:
        self._wait, self._clock, self._most = wait, clock, most
        self._held: dict[str, Planned] = {}

    @property
    def keys(self) -> Collection[str]:
        """Return the keys of the creates that are held."""
        return self._held.keys()

    @property
    def held(self) -> Collection[Planned]:
        """Return the creates that are held."""
        return self._held.values()

    @property
    def are_many(self) -> bool:
        """Say whether too many are held to go on with others."""
        return len(self._held) >= self._most

    @property
    def left(self) -> float:
        """Return the seconds until none of them may be carried out any more."""
        return max((item.until for item in self._held.values()), default=0.0) - self._clock()

    def lost(self, item: Planned) -> Planned:
        """Return a create whose answer was lost just now, with the time until which it may land."""
        return replace(item, lost=item.lost + 1, until=self._clock() + self._wait)

    def hold(self, item: Planned) -> bool:
        """Hold a create that is not at the destination yet, if it may still get there.

        That is one that went unanswered, or one of a person for whom another stream's did.
        """
        if item.action is not Action.CREATE or item.until <= self._clock():
            return False
        self._held[item.key] = replace(item, doubtful=True)
        return True

    def of(self, key: str) -> Planned | None:
        """Return the create of a record that is held, if there is one."""
        return self._held.get(key)

    def take(self, key: str) -> Planned | None:
        """Return the create of a record that comes again, and hold it no longer."""
        return self._held.pop(key, None)

    def take_due(self) -> list[Planned]:
        """Return the creates that cannot land any more, and hold them no longer."""
        now = self._clock()
        return [self._held.pop(item.key) for item in [*self._held.values()] if item.until <= now]
