"""Show how far a run is: on a terminal in a row that is kept up to date, elsewhere in the log.

It costs nothing per record: a thread reads now and then what is counted anyway.
"""

from __future__ import annotations

import contextlib
import logging
import math
import sys
import threading
import time
from typing import TYPE_CHECKING

from tap_contacts.plugin import metrics, status_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_contacts.transport.usage import Usage

LOG_SECONDS = 30.0
"""Time between two lines in the log."""

DRAW_SECONDS = 0.5
"""Time between two drawings of the row on a terminal."""

_logger = logging.getLogger("contacts.progress")


class Track:
    """The progress of one stream that is read, or of one account that is written."""

    def __init__(
        self,
        name: str,
        counts: Callable[[], Mapping[str, int]],
        usage: Callable[[], Usage],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start now; the rate is that of the first kind that `counts` returns."""
        self.name, self._counts, self._usage, self._clock = name, counts, usage, clock
        self._start, self._before = clock(), usage()
        self._left: int | None = None
        self._most, self._since = 0, 0.0

    def leaves(self, left: int | None) -> None:
        """Set how much is still to come, in any unit; None if that is unknown."""
        if left is None:
            return
        if self._left is None or left > self._left:
            self._most, self._since = left, self._clock()
        self._left = left

    def text(self) -> str:
        """Return the figures, and the time left if that is known."""
        left = self.seconds_left()
        return self.figures() + ("" if left is None else f", about {_duration(left)} left")

    def figures(self) -> str:
        """Return the numbers of records and requests, and the rate."""
        counts = self._counts()
        seconds = self._clock() - self._start
        parts = [f"{count:,} {what}" for what, count in counts.items()]
        if seconds >= 1:
            parts.append(f"{next(iter(counts.values())) / seconds:,.0f} a second")
        parts += (self._usage() - self._before).texts()
        return f"{self.name}: {', '.join(parts)}"

    def seconds_left(self) -> float | None:
        """Return the time left at this rate; None if that is unknown."""
        if not self._left or self._left >= self._most:
            return None
        return (self._clock() - self._since) * self._left / (self._most - self._left)


class Progress:
    """Show the tracks of a run, from a thread of its own.

    Each of two processes on one terminal has its own row, counted from 0.
    """

    def __init__(self, row: int = 0) -> None:
        self._row = row
        self._tracks: list[Track] = []
        self._accounts: dict[tuple[str, str], Callable[[], Usage]] = {}
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._screen = contextlib.ExitStack()
        self._draws = self._is_closed = False

    @contextlib.contextmanager
    def follows(self, track: Track) -> Iterator[Track]:
        """Show a track meanwhile."""
        self._tracks.append(track)
        try:
            yield track
        finally:
            self._tracks.remove(track)

    def counts(self, api: str, title: str, usage: Callable[[], Usage]) -> None:
        """Log in the end the requests of an API's account."""
        self._accounts[api, title] = usage

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Show the tracks meanwhile; logging must be set up before."""
        self.start()
        try:
            yield
        finally:
            self.close()

    def start(self) -> None:
        """Show the tracks from now on."""
        self._draws = status_line.is_terminal(sys.stderr) and not sys.stdout.isatty()
        self._screen.enter_context(status_line.logging_above())
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Show nothing more, and log the requests of the accounts."""
        if self._is_closed:  # a signal may come while this is done
            return
        self._is_closed = True
        self._ended.set()
        if self._thread:
            self._thread.join(DRAW_SECONDS)
        self._screen.close()
        for (api, title), usage in self._accounts.items():
            metrics.count_usage(api, usage())
            _log_usage(title, usage())

    def show(self) -> None:
        """Draw the newest track, or log all of them."""
        tracks = list(self._tracks)
        if not self._draws:
            for track in tracks:
                _logger.info("%s", track.text())
        elif tracks:
            status_line.draw(tracks[-1].text(), self._row)

    def _run(self) -> None:
        while not self._ended.wait(DRAW_SECONDS if self._draws else LOG_SECONDS):
            self.show()


def _log_usage(title: str, usage: Usage) -> None:
    calls = ", ".join(f"{count:,} {method}" for method, count in sorted(usage.calls.items()))
    text = "%s: %d requests (%s), %d repeated, %.0f s waited."
    _logger.info(
        text, title, sum(usage.calls.values()), calls or "none", usage.repeats, usage.waited
    )


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(math.ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"
