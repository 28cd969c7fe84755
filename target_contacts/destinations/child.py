"""Run one destination in a process of its own, forked from the command.

Nothing is open there that the command has open but the input and the pipes. The process ends with
the command, however that ends.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import signal
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from tap_contacts.plugin import printable, signals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_contacts.destinations.settings import Destination

FAILED = 1


class Outcome(NamedTuple):
    """What became of a run."""

    code: int
    counts: Mapping[str, int]
    """Records by bin, and requests."""
    said: str
    """What it wrote to standard output: the last STATE, or all that a person reads."""


class Child(NamedTuple):
    """A process under way."""

    destination: Destination
    pid: int
    results: int
    """Descriptor of the pipe that its outcome comes through."""

    def ended(self, told: bytes) -> Outcome:
        """Return its outcome, once its pipe is at its end."""
        os.close(self.results)
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        try:
            return Outcome(*json.loads(told))
        except ValueError:
            return Outcome(code if code > 0 else FAILED, {}, "")


class CommandEnd:
    """Lets processes that are forked end when the command ends."""

    def __init__(self) -> None:
        self._reads, self._writes = os.pipe()

    def await_it(self) -> None:
        """End this process when the command has ended; call it in a process that was forked."""
        os.close(self._writes)
        threading.Thread(target=self._wait, name="command's end", daemon=True).start()

    def _wait(self) -> NoReturn:
        os.read(self._reads, 1)
        os._exit(FAILED)


def fork(destination: Destination, work: Callable[[], Outcome], begin: Callable[[], None]) -> Child:
    """Start a process. `begin` gets ready for signals, which are held back until then."""
    reads, writes = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, signals.SIGNALS)
    with warnings.catch_warnings():
        # The other thread of the command waits for a signal, and holds no lock.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if not pid:
        os.close(reads)
        _be(destination.name, work, begin, writes)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.SIGNALS)
    os.close(writes)
    return Child(destination, pid, reads)


def _be(
    name: str, work: Callable[[], Outcome], begin: Callable[[], None], results: int
) -> NoReturn:
    """Do the work and end; nothing of the command is done any more."""
    code = FAILED
    try:
        begin()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.SIGNALS)
        _name_lines(name)
        outcome = work()
        code = outcome.code
        with open(results, "wb") as pipe:
            pipe.write(json.dumps(outcome).encode())
    finally:
        os._exit(code)


def _name_lines(name: str) -> None:
    """Begin each line of the log with a destination's name."""
    make, start = logging.getLogRecordFactory(), printable.text(name)

    def record(*args: Any, **more: Any) -> logging.LogRecord:
        made = make(*args, **more)
        with contextlib.suppress(TypeError, ValueError):  # its handler reports that
            made.msg, made.args = f"{start}: {made.getMessage()}", ()
        return made

    logging.setLogRecordFactory(record)


class LastLine(io.StringIO):
    """Standard output of which the last line alone is kept: later STATEs cover earlier ones."""

    def write(self, text: str, /) -> int:
        """Keep a line."""
        self.seek(0)
        self.truncate()
        return super().write(text)


def printed_apart(*, keeps_all: bool) -> contextlib.AbstractContextManager[io.StringIO]:
    """Keep what is written to standard output meanwhile."""
    return contextlib.redirect_stdout(io.StringIO() if keeps_all else LastLine())


def code_of(perform: Callable[[], int], watch: signals.Watch, speaking: Any) -> int:
    """Return the exit code that a command would have."""
    try:
        with signals.coded(watch), speaking:
            sys.exit(perform())
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
