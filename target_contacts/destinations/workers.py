"""Keep some processes going, until all destinations are done or a signal asks for the end."""

from __future__ import annotations

import logging
import os
import selectors
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

    from tap_contacts.plugin import signals
    from target_contacts.destinations.child import Child, Outcome
    from target_contacts.destinations.settings import Destination

LOG_SECONDS = 30.0
"""Time between two lines that say how far the run is."""

_PIECE = 64 * 1024

_LOG = logging.getLogger("contacts.destinations")


class Workers:
    """The processes of one command."""

    def __init__(
        self, most: int, start: Callable[[int, Destination], Child], watch: signals.Watch
    ) -> None:
        self._most, self._start, self._watch = most, start, watch
        self._ready = selectors.DefaultSelector()
        self._told: dict[int, bytearray] = {}
        """What came through the pipes of the processes under way, by their numbers."""
        self._signum = 0
        """The signal that asked for the end; 0 while there was none."""

    def outcomes(
        self, destinations: Iterable[tuple[int, Destination]], count: int
    ) -> Iterator[tuple[Destination, Outcome]]:
        """Yield what became of destinations as they end, without those not begun at a signal."""
        waiting, done = iter(destinations), 0
        due = time.monotonic() + LOG_SECONDS
        self._fill(waiting)
        while self._told:
            for ended in self._ended():
                done += 1
                yield ended
            self._fill(waiting)
            if time.monotonic() >= due:
                due = time.monotonic() + LOG_SECONDS
                _LOG.info("%d of %d destinations are done.", done, count)

    def stop(self, signum: int, frame: FrameType | None = None) -> None:
        """Begin no more, and ask those under way to end; a handler of signals."""
        del frame
        self._signum = self._signum or self._watch.first(signum)
        for pid in self._told:
            os.kill(pid, self._signum)

    def _is_asked(self) -> bool:
        return bool(self._signum)

    def _fill(self, waiting: Iterator[tuple[int, Destination]]) -> None:
        while len(self._told) < self._most and not self._is_asked():
            following = next(waiting, None)
            if following is None:
                return
            child = self._start(*following)
            self._told[child.pid] = bytearray()
            self._ready.register(child.results, selectors.EVENT_READ, child)
            if self._is_asked():  # it came before the process was known
                os.kill(child.pid, self._signum)

    def _ended(self) -> Iterator[tuple[Destination, Outcome]]:
        """Wait a second at most, and yield what has ended."""
        for key, _ in self._ready.select(1.0):
            child: Child = key.data
            if piece := os.read(child.results, _PIECE):
                self._told[child.pid] += piece
                continue
            self._ready.unregister(child.results)
            yield child.destination, child.ended(bytes(self._told.pop(child.pid)))
