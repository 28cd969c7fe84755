"""A command under way, whose input and output are pipes: as `subprocess.Popen`, but forked.

Such a start takes a tenth of the time, since all that the command imports is there already.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from typing import TYPE_CHECKING

from tests.support.forked import Forked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path
    from typing import IO

    from typing_extensions import Self


class UnderWay(Forked):
    """A command under way; a context manager that waits for its end."""

    def __init__(self, command: str, options: Sequence[str], folder: Path) -> None:
        """Start it in a folder."""
        (stdin, ours), (out, stdout), (err, stderr) = (Pipe(duplex=False) for _ in range(3))
        theirs = stdin, stdout, stderr
        super().__init__(command, options, folder, [each.fileno() for each in theirs], {})
        for each in theirs:
            each.close()
        self.stdin = os.fdopen(_taken(ours), "w", encoding="utf-8")
        self.stdout = os.fdopen(_taken(out), encoding="utf-8")
        self.stderr = os.fdopen(_taken(err), encoding="utf-8")

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open, and wait for its end."""
        for each in (self.stdin, self.stdout, self.stderr):
            _close(each)
        self._process.join()

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """End its input; return what else it writes until its end, and what else it logs."""
        _close(self.stdin)
        with ThreadPoolExecutor(2) as pool:
            told = [pool.submit(_rest, each) for each in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        return told[0].result(), told[1].result()


def _taken(pipe: Connection) -> int:
    """Return the descriptor of an end of a pipe, which is ours alone from now on."""
    with pipe:
        return os.dup(pipe.fileno())


def _rest(stream: IO[str]) -> str:
    """Return what is left in a stream; nothing if it is closed."""
    return "" if stream.closed else stream.read()


def _close(stream: IO[str]) -> None:
    """Close a stream, though nobody may read any more what is left in it."""
    with contextlib.suppress(BrokenPipeError):
        stream.close()
