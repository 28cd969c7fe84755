"""Let only what stands in a plan be sent."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_contacts.delivery.planned import Planned

UNPLANNED = "not as planned any more, so not sent"

Place = tuple[str, str]
"""Stream, and the record's key as the ledger has it."""


class Gate:
    """Which writes may be sent.

    Args:
        planned: Yields stream and key of each, its action, the contact's id (None: any), and a hash
            of what is sent; None: all may be sent.
    """

    def __init__(self, planned: Iterable[tuple[Place, str, str | None, str]] | None = None) -> None:
        self._is_open = planned is None
        self._left: defaultdict[Place, list[tuple[str, str | None, str]]] = defaultdict(list)
        for place, *what in planned or ():
            self._left[place].append((what[0] or "", what[1], what[2] or ""))
        self._sent: set[Place] = set()
        self.refused = 0
        """Writes that were not let through."""

    def admits(self, stream: str, item: Planned, digest: Callable[[object], str]) -> bool:
        """Say whether an item may be sent; what follows from one that was sent may be, too."""
        place = stream, item.key
        if self._is_open or (place in self._sent and item.intent is not None):
            return True
        sent = digest([item.payload, item.fallback])
        action = item.action.name.lower()
        for planned in self._left[place]:
            if planned in ((action, item.remote_id, sent), (action, None, sent)):
                self._left[place].remove(planned)
                self._sent.add(place)
                return True
        self.refused += 1
        return False
