"""Start commands that have imported everything already, and talk with them through pipes.

Such a start takes a fifth of the time of a new process. What a test does with it is what it would
do with a `subprocess.Popen`: feed it, send it signals, and look at how it ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from multiprocessing.reduction import DupFd
from typing import IO, TYPE_CHECKING, Any

from tests.support.forked import CONTEXT, MAINS

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Self

PIPE, NOTHING = subprocess.PIPE, subprocess.DEVNULL
Given = IO[bytes] | int


class Warm:
    """A command that runs; a context manager that ends it."""

    def __init__(  # noqa: PLR0913  # what a process is made of
        self,
        folder: Path,
        command: str,
        options: Sequence[str],
        *,
        stdin: Given = PIPE,
        stdout: Given = PIPE,
        stderr: Given = PIPE,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start it.

        Args:
            folder: Where it works.
            command: Its name.
            options: What follows the name.
            stdin: A file, its number, or `PIPE` for one end of a pipe; the same below.
            stdout: See `stdin`.
            stderr: See `stdin`.
            env: Variables beside those of the test.
        """
        with ExitStack() as its:
            into, self.stdin = self._input(stdin, its)
            out, self.stdout = self._output(stdout, its)
            log, self.stderr = self._output(stderr, its)
            streams = [_Number(each) for each in (into, out, log)]
            more = dict(env or {})
            self._process = CONTEXT.Process(
                target=_be, args=(command, options, folder, more, streams)
            )
            self._process.start()
        self.pid = self._process.pid or 0

    def _input(self, given: Given, its: ExitStack) -> tuple[int, IO[bytes] | None]:
        if given != PIPE:
            return _number(given, its), None
        number, end = os.pipe()
        its.callback(os.close, number)
        return number, os.fdopen(end, "wb")

    def _output(self, given: Given, its: ExitStack) -> tuple[int, IO[bytes] | None]:
        if given != PIPE:
            return _number(given, its), None
        end, number = os.pipe()
        its.callback(os.close, number)
        return number, os.fdopen(end, "rb")

    def __enter__(self) -> Self:
        """Return it; it runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and close its pipes."""
        self.kill()
        self._process.join()
        for end in (self.stdin, self.stdout, self.stderr):
            _close(end)

    @property
    def returncode(self) -> int | None:
        """Return the exit code, the negative number of the signal that killed it, or None."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the same."""
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to what has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def wait(self, seconds: float) -> int:
        """Wait until it has ended; raise TimeoutExpired if that takes longer."""
        self._process.join(seconds)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self._process.name, seconds)
        return self.returncode

    def communicate(self, given: bytes = b"", timeout: float = 60) -> tuple[bytes, None]:
        """Give it the rest of its input; return its output when it has ended."""
        if self.stdin:
            self.stdin.write(given)
            self.stdin.close()
        out = self.stdout.read() if self.stdout else b""
        self.wait(timeout)
        return out, None


Process = Warm | subprocess.Popen[bytes]
"""A command under way."""


def _number(given: Given, its: ExitStack) -> int:
    if given == NOTHING:
        number = os.open(os.devnull, os.O_RDWR)
        its.callback(os.close, number)
        return number
    return given if isinstance(given, int) else given.fileno()


def _close(end: IO[bytes] | None) -> None:
    """Close a pipe, also one into which something was written that nobody reads any more."""
    if end:
        try:
            end.close()
        except BrokenPipeError:
            return


class _Number:
    """The number of an open file, which is another one in another process."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Any, ...]:
        """Hand the file over, and become its number there."""
        return _received, (DupFd(self._number),)


def _received(handle: Any) -> int:
    number: int = handle.detach()
    return number


def _be(
    command: str,
    options: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    streams: Sequence[int],
) -> None:
    """Be a command from here on."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
    os.chdir(folder)
    os.environ.update(env)
    sys.argv = [command, *options]
    MAINS[command]()
