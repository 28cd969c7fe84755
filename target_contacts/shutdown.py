"""The end of a run that a signal asked for: the one place that knows whether a run is to end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

GRACE_SECONDS = 7.0
"""How long a run that was told to end waits for answers to what is in flight."""


class Interrupted(BaseException):
    """A signal came while a line was awaited."""


class Shutdown:
    """Whether the run is to end, and how far it has come with that."""

    def __init__(self) -> None:
        """Know of no signal."""
        self.signum = 0
        """Number of the signal that asked for the end; 0 while there was none."""
        self.abandoned = False
        """Whether requests in flight were given up, since their answers took too long then."""
        self._is_closing = False
        self._told: list[Callable[[], None]] = []

    def is_asked(self) -> bool:
        """Say whether a signal asked for the end, so that nothing more may be sent."""
        return bool(self.signum)

    def assert_not_asked(self) -> None:
        """Raise Interrupted if a signal asked for the end."""
        if self.signum:
            raise Interrupted

    def tell(self, told: Callable[[], None]) -> None:
        """Call this once a signal asks for the end."""
        self._told.append(told)

    def ask(self, signum: int) -> None:
        """Send nothing more, and wait for what is in flight for some seconds only."""
        signal.signal(signal.SIGALRM, self._abandon)
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        self.signum = signum
        for told in self._told:
            told()

    def close(self) -> None:
        """Give nothing up any more: all that is left to be done is to close the files."""
        self._is_closing = True
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _abandon(self, signum: int, frame: FrameType | None) -> None:
        """Wait no longer for what is in flight; the next run looks it up."""
        del signum, frame
        if not self._is_closing:
            self.abandoned = True
            raise Interrupted
