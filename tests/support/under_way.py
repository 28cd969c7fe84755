"""A command under way, whose input and output are pipes: as `subprocess.Popen`, but forked.

Such a start takes a tenth of the time, since all that the command imports is there already.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from typing import TYPE_CHECKING

from tests.support.forked import CONTEXT, be_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path
    from typing import IO

    from typing_extensions import Self


class UnderWay:
    """A command under way; a context manager that waits for its end."""

    def __init__(self, command: str, options: Sequence[str], folder: Path) -> None:
        """Start it in a folder."""
        (stdin, ours), (out, stdout), (err, stderr) = (Pipe(duplex=False) for _ in range(3))
        given = command, options, folder, (stdin, stdout, stderr)
        self._process = CONTEXT.Process(target=be_in, args=given)
        self._process.start()
        for each in (stdin, stdout, stderr):
            each.close()
        self.stdin = os.fdopen(_taken(ours), "w", encoding="utf-8")
        self.stdout = os.fdopen(_taken(out), encoding="utf-8")
        self.stderr = os.fdopen(_taken(err), encoding="utf-8")
        self.args = command

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """Return the exit code, or less than 0 for a signal; None before its end."""
        return self._process.exitcode

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open, and wait for its end."""
        for each in (self.stdin, self.stdout, self.stderr):
            _close(each)
        self._process.join()

    def kill(self) -> None:
        """End it with SIGKILL, if it runs."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        """Return the exit code; None before its end."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, or raise TimeoutExpired after so many seconds."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

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
