"""Be one of the commands, in a process forked from one that has imported both.

A start takes a twentieth of a second instead of one and a half. The process is a command's in all
else: its own arguments, folder, environment, streams and exit code.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from multiprocessing.reduction import DupFd
from typing import TYPE_CHECKING, Any

import tap_contacts.tap
import target_contacts.target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.process import BaseProcess
    from pathlib import Path

MAINS = {"tap-contacts": tap_contacts.tap.main, "target-contacts": target_contacts.target.main}

TEST = "PYTEST_CURRENT_TEST"
"""Variable in which pytest names the test that runs."""

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.support.ready"])


def be(command: str, options: Sequence[str], start: Path, env: Mapping[str, str]) -> None:
    """Be a command from here on.

    Args:
        command: Name of the command.
        options: What follows it.
        start: Folder to work in, and start of the names of the files in, out and log.
        env: Variables to be added to the environment.
    """
    os.chdir(start.parent)
    os.environ.update(env)
    _name_test()
    sys.path[:0] = [path for path in [env.get("PYTHONPATH", "")] if path]
    open_streams(*(start.with_suffix(kind) for kind in (".in", ".out", ".log")))
    sys.argv = [command, *options]
    MAINS[command]()


def started(command: str, options: Sequence[str], start: Path, stdin: str = "") -> BaseProcess:
    """Return a process that will be a command, as `be` takes it, once it is started."""
    start.with_suffix(".in").write_text(stdin, encoding="utf-8")
    return CONTEXT.Process(target=be, args=(command, options, start, {}))


def _name_test() -> None:
    """Tell coverage for which test it measures, if it does."""
    if "coverage" in sys.modules and (measuring := sys.modules["coverage"].Coverage.current()):
        measuring.switch_context(os.environ.get(TEST, ""))


def open_streams(stdin: Path, stdout: Path, stderr: Path) -> None:
    """Put files in the place of the three streams."""
    new = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, path, flags in ((0, stdin, os.O_RDONLY), (1, stdout, new), (2, stderr, new)):
        handle = os.open(path, flags, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    _open_text()


def be_in(
    command: str,
    options: Sequence[str],
    folder: Path,
    streams: Sequence[int],
    env: Mapping[str, str],
) -> None:
    """Be a command in a folder, with open files in the place of the three streams."""
    os.chdir(folder)
    os.environ.update(env)
    _name_test()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    _open_text()
    sys.argv = [command, *options]
    MAINS[command]()


class Forked:
    """A command under way in a forked process.

    Args:
        command: Its name.
        options: What follows the name.
        folder: Where it works.
        streams: The numbers of three open files; they stay open here.
        env: Variables beside those of the test.
    """

    def __init__(
        self,
        command: str,
        options: Sequence[str],
        folder: Path,
        streams: Sequence[int],
        env: Mapping[str, str],
    ) -> None:
        files = [_File(each) for each in streams]
        self._process = CONTEXT.Process(target=be_in, args=(command, options, folder, files, env))
        self._process.start()
        self.pid = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """Return the exit code, the negative number of the signal that killed it, or None."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the same."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to what has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; raise TimeoutExpired after so many seconds."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self.returncode


class _File:
    """The number of an open file, which is another one in another process."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> tuple[Any, ...]:
        """Hand the file over, and become its number there."""
        return _received, (DupFd(self._number),)


def _received(handle: Any) -> int:
    number: int = handle.detach()
    return number


def _open_text() -> None:
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
