"""Note how many requests there were, and how long they waited, as a run goes on."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_contacts.transport.usage import Usage

MOST = 120
"""Parts of a run that are kept apart; longer ones follow when there are too many."""


class Bucket(msgspec.Struct, frozen=True):
    """A part of a run."""

    until: float
    """Seconds from the start of the run to the end of this part."""
    requests: int
    repeated: int
    waited_seconds: float
    """In which a request had to wait: for the rate, or to be repeated."""


class Timeline:
    """The requests of a run over time."""

    def __init__(
        self, usage: Callable[[], Usage], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._usage, self._clock, self._start = usage, clock, clock()
        self._sums = [Bucket(0.0, 0, 0, 0.0)]
        """The sums since the start."""
        self._every = 1.0
        """Seconds between two looks."""
        self._ended, self._one = threading.Event(), threading.Lock()

    def start(self) -> None:
        """Look now and then from now on, in a thread of its own."""
        threading.Thread(target=self._run, name="timeline", daemon=True).start()

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            self.look()

    def look(self) -> None:
        """Note how many requests there are now."""
        with self._one:
            usage = self._usage()
            took = self._clock() - self._start
            self._sums.append(Bucket(took, sum(usage.calls.values()), usage.repeats, usage.waited))
            if len(self._sums) > MOST:
                self._sums, self._every = self._sums[::2], self._every * 2

    def end(self) -> list[Bucket]:
        """Look for the last time, and return the parts of the run."""
        self._ended.set()
        self.look()
        sums = list(self._sums)
        return [
            Bucket(
                round(now.until, 3),
                now.requests - before.requests,
                now.repeated - before.repeated,
                round(now.waited_seconds - before.waited_seconds, 3),
            )
            for before, now in itertools.pairwise(sums)
        ]
