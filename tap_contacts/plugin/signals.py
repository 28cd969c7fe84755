"""End a command in time after a signal, whatever its main thread does.

Python runs signal handlers only in the main thread, between two of its steps. That thread may be
looking up an address, or waiting for a reader or a lock. So another thread learns of the signal at
once, and ends the process if the main thread has not done so in time.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

STDERR = 2
"""File descriptor of standard error."""


def code_of(signum: int) -> int:
    """Return the exit code of a run that a signal ended."""
    return 128 + signum


def at_once() -> None:
    """Let signals end the process at once, while there is nothing to finish."""
    for number in SIGNALS:
        signal.signal(number, _exit_at_once)


def _exit_at_once(signum: int, frame: FrameType | None) -> NoReturn:
    del frame
    os._exit(code_of(signum))


class Watch:
    """Remember the first signal, and end the process in time after it."""

    def __init__(self) -> None:
        self.signum = 0
        """Number of the first signal; 0 while there was none."""
        self._heard = threading.Event()
        self._is_on = False

    def start(self, name: str, seconds: float) -> None:
        """Watch from now on, in the process of a command.

        From the first signal on, it may take so many seconds to end.
        """
        at_once()
        hears, tells = os.pipe()
        os.set_blocking(tells, False)
        signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
        self._is_on = True
        threading.Thread(
            target=self._run, args=(hears, name, seconds), name="ending", daemon=True
        ).start()

    def first(self, signum: int) -> int:
        """Return the first signal that came; `signum` is the one that is being handled."""
        if self._is_on:
            self._heard.wait(1)  # handlers are called by number, not in the order of arrival
        return self.signum or signum

    def _run(self, hears: int, name: str, seconds: float) -> None:
        while not self.signum:
            number = os.read(hears, 1)[0]
            self.signum = number if number in SIGNALS else 0
        self._heard.set()
        time.sleep(seconds)
        _say(f"{name} did not end by itself within {seconds:.0f} s of the signal and was ended.\n")
        os._exit(code_of(self.signum))


def _say(text: str) -> None:
    """Write to standard error if that does not block."""
    with contextlib.suppress(OSError, ValueError):
        if select.select([], [STDERR], [], 0)[1]:
            os.write(STDERR, text.encode())


@contextlib.contextmanager
def coded(watch: Watch) -> Iterator[None]:
    """After a signal, exit with the code of that signal, however the block ends."""
    try:
        yield
    finally:
        if watch.signum:
            sys.exit(code_of(watch.signum))
