"""End a command in time once a signal asks for it, whatever its main thread does.

Python hands signals to the main thread only, between two of its steps. A thread of its own hears
of them at once, and ends the process when the main thread has not done so in time: it may look up
an address, wait for a reader or a lock, or be in a loop.
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
"""What asks for the end."""

STDERR = 2
"""Number of standard error."""


def code_of(signum: int) -> int:
    """Return the exit code of a run that a signal ended."""
    return 128 + signum


def at_once() -> None:
    """Let signals end the process without a word while there is nothing to be finished."""
    for number in SIGNALS:
        signal.signal(number, _exit_at_once)


def _exit_at_once(signum: int, frame: FrameType | None) -> NoReturn:
    del frame
    os._exit(code_of(signum))


class Watch:
    """Know the first signal that asked for the end, and see to it that the end comes."""

    def __init__(self) -> None:
        """Start without having heard of any."""
        self.signum = 0
        """Number of the first signal; 0 while there was none."""
        self._heard = threading.Event()
        self._is_on = False

    def start(self, name: str, seconds: float) -> None:
        """Watch from now on, in the process of a command.

        Args:
            name: The command.
            seconds: How long it may take to end, counted from the first signal.
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
        """Return the first signal that asked for the end, this one if it is the first."""
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
    """Write to standard error if that can be done at once."""
    with contextlib.suppress(OSError, ValueError):
        if select.select([], [STDERR], [], 0)[1]:
            os.write(STDERR, text.encode())


@contextlib.contextmanager
def coded(watch: Watch) -> Iterator[None]:
    """Let a process that a signal asked to end have that signal's exit code, however it ends."""
    try:
        yield
    finally:
        if watch.signum:
            sys.exit(code_of(watch.signum))
