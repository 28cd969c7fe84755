"""Be one command after another in one process, as long as each leaves nothing behind.

A process that was a command is warm: to be the next one takes it half the time of a new process. It
puts back what the command changed. If it cannot, as after a thread that was given up or a file that
stays open, it ends as the command would, and the next command gets a new process.
"""

from __future__ import annotations

import itertools
import os
import sys
import traceback
from multiprocessing import Pipe
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.forked import CONTEXT, be, open_streams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from multiprocessing.connection import Connection

MOST = 100
"""Commands that one process may be, since each leaves a thread that waits for a signal."""


class Kept:
    """A process that is one command after another."""

    def __init__(self) -> None:
        self._asks, answers = Pipe()
        self._process = CONTEXT.Process(target=serve, args=(answers,))
        self._process.start()
        answers.close()
        # `atexit` would be too late in a process that itself is one of `multiprocessing`: at its
        # end that first waits for all that it started.
        Finalize(self, self._asks.close, exitpriority=1)
        self.is_there = True
        """Whether it can be another command."""

    def run(self, seconds: float, *command: object) -> int | None:
        """Be a command, as `be` takes it; return its exit code, or None if it takes too long."""
        self._asks.send(command)
        ready = wait([self._asks, self._process.sentinel], seconds)
        if self._asks in ready and (code := self._told()) is not None:
            return code
        self.is_there = False
        if not ready:
            self._process.kill()
        self._process.join()
        return self._process.exitcode if ready else None

    def _told(self) -> int | None:
        """Return the exit code that the process told; None if it has ended."""
        try:
            code: int = self._asks.recv()
        except (EOFError, ConnectionError):
            return None
        return code


_IDLE: list[Kept] = []


def run(
    seconds: float, command: str, options: Sequence[str], start: Path, env: Mapping[str, str]
) -> int | None:
    """Run a command in a process that waits for one, or else in a new one.

    Args:
        seconds: How long it may take; then it is killed.
        command: What to run, and how: as `be` takes it.
        options: See `command`.
        start: See `command`.
        env: See `command`.

    Returns:
        The exit code; None if it took too long.
    """
    try:
        kept = _IDLE.pop()
    except IndexError:
        kept = Kept()
    code = kept.run(seconds, command, options, start, env)
    if kept.is_there:
        _IDLE.append(kept)
    return code


def run_once(
    seconds: float, command: str, options: Sequence[str], start: Path, env: Mapping[str, str]
) -> int | None:
    """Run a command as `run` does, in a process that is nothing before and nothing after it."""
    process = CONTEXT.Process(target=be, args=(command, options, start, env))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
    return process.exitcode


def serve(asked: Connection) -> None:
    """Be one command after another, until nobody asks for one any more."""
    from tests.support.left_over import Found  # noqa: PLC0415  # imports both commands

    found = Found()
    for number in itertools.count(1):
        try:
            command = asked.recv()
        except EOFError:
            return
        code = code_of(be, *command)
        found.put_back()
        if number == MOST or not found.is_left():
            sys.exit(code)
        open_streams(*[Path(os.devnull)] * 3)
        asked.send(code)


def code_of(main: Callable[..., object], *given: object) -> int:
    """Be a command; return its exit code as a process would end with."""
    try:
        main(*given)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001  # as the interpreter would at the end of a process
        traceback.print_exc()
        return 1
    return 0
