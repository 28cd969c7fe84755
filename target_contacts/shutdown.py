"""Keep whether a signal asked the run to end."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

GRACE_SECONDS = 7.0
"""Longest wait for answers to requests in flight, once a signal asked for the end."""


class Interrupted(BaseException):
    """A signal came while a line was awaited."""


class Shutdown:
    """Whether a signal asked the run to end, and how far the end has come."""

    def __init__(self) -> None:
        self.signum = 0
        """Number of the signal that asked for the end; 0 while there was none."""
        self.abandoned = False
        """Whether requests in flight were given up, since their answers took too long."""
        self._is_closing = False
        self._callbacks: list[Callable[[], None]] = []

    def is_asked(self) -> bool:
        """Say whether a signal asked for the end, so that nothing more may be sent."""
        return bool(self.signum)

    def assert_not_asked(self) -> None:
        """Raise Interrupted if a signal asked for the end."""
        if self.signum:
            raise Interrupted

    def when_asked(self, callback: Callable[[], None]) -> None:
        """Call this when a signal asks for the end."""
        self._callbacks.append(callback)

    def ask(self, signum: int) -> None:
        """Send nothing more, and give up requests in flight after `GRACE_SECONDS`."""
        signal.signal(signal.SIGALRM, self._abandon)
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)
        self.signum = signum
        for callback in self._callbacks:
            callback()

    def close(self) -> None:
        """Give up nothing any more: only files are left to be closed."""
        self._is_closing = True
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _abandon(self, signum: int, frame: FrameType | None) -> None:
        """Give up requests in flight; the next run looks up what they made."""
        del signum, frame
        if not self._is_closing:
            self.abandoned = True
            raise Interrupted


def leave(code: int) -> NoReturn:
    """End the process without waiting for its threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
