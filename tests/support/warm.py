"""Start commands that have imported everything already, and talk with them through pipes.

Such a start takes a fifth of the time of a new process. What a test does with it is what it would
do with a `subprocess.Popen`: feed it, send it signals, and look at how it ended.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING

from tests.support.forked import Forked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Self

PIPE, NOTHING = subprocess.PIPE, subprocess.DEVNULL
Given = IO[bytes] | int


class Warm(Forked):
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
            super().__init__(command, options, folder, (into, out, log), dict(env or {}))

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
