"""Run the target as a process of its own that may kill itself at a numbered step.

A step is one executed line of the modules on which nothing lost, nothing doubled depends. They are
counted by Python's tracing: no line of the target is changed for it.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tap_contacts
import target_contacts
from target_contacts.target import main
from tests.support.forked import open_streams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

_TARGET = Path(target_contacts.__file__).parent
_TRANSPORT = Path(tap_contacts.__file__).parent / "transport"
_ROOMS = ("commands", "delivery", "ledger", "pipeline", "sinks")
_FILES = (
    *(_TARGET / f"{name}.py" for name in ("report/rejects", "cli", "target")),
    *(_TARGET / "singer" / f"{name}.py" for name in ("checkpoints", "state_writer")),
    *(_TRANSPORT / f"{name}.py" for name in ("attempt", "client", "retry", "session")),
)
WATCHED = frozenset(
    map(str, [*(path for room in _ROOMS for path in (_TARGET / room).rglob("*.py")), *_FILES])
)
"""Files whose lines are counted: not those that only translate, count or declare."""


def missing() -> list[str]:
    """Return the names above that name nothing: what has moved would not be watched any more."""
    names = [*_FILES, *(_TARGET / room / "__init__.py" for room in _ROOMS)]
    return [str(path) for path in names if not path.exists()]


@dataclass(frozen=True)
class Job:
    """One run of the target in a folder that holds `target.json`."""

    folder: Path
    name: str
    """Start of the names of the run's files: NAME.in, NAME.out, NAME.log and NAME.steps."""
    kill_at: int | None = None
    """Number of the step at which the process kills itself; 0: only count; None: do not trace."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables to be added to the environment."""
    options: Sequence[str] = ()
    """Options of the command, beside its config."""

    def file(self, kind: str) -> Path:
        """Return the path of one of the run's files."""
        return self.folder / f"{self.name}.{kind}"


def run(job: Job) -> None:
    """Be the command `target-contacts` from here on, with files for its three streams."""
    os.chdir(job.folder)
    os.environ.update(job.environment)
    open_streams(job.file("in"), job.file("out"), job.file("log"))
    sys.argv = ["target-contacts", "--config", "target.json", *job.options]
    if job.kill_at is None:
        main()
        return
    steps = Steps(job.kill_at)
    threading.settrace(steps.trace)
    sys.settrace(steps.trace)
    try:
        main()
    finally:
        sys.settrace(None)
        job.file("steps").write_text(str(next(steps.numbers)))


class Steps:
    """Count steps over all threads, and kill the process at one of them."""

    def __init__(self, kill_at: int) -> None:
        """Take the number of the last step, or 0."""
        self.numbers = itertools.count(1)
        self._kill_at = kill_at

    def trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        """Look into a function that is called, if it is watched."""
        del event, arg
        return self._line if frame.f_code.co_filename in WATCHED else None

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        del frame, arg
        if event == "line" and next(self.numbers) == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return self._line
