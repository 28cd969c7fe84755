"""Start the target as a process that can be killed, and read what it left behind."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from tests.crash.launch import Job, run
from tests.support import kept
from tests.support.commands import Finished, singer
from tests.support.forked import CONTEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

    from tests.support.commands import Message

KILLED = -9
"""Exit code of a process that SIGKILL ended."""


class Running:
    """A target under way."""

    def __init__(self, job: Job) -> None:
        """Start it."""
        self._job = job
        self.process: ForkServerProcess = CONTEXT.Process(target=run, args=(job,))
        self.process.start()

    def kill(self) -> None:
        """End it with SIGKILL, as a power failure or the kernel would."""
        self.process.kill()

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self.process.pid or 0

    @property
    def log(self) -> str:
        """Return what it has logged so far."""
        return _text(self._job.file("log"))

    def killed_after(self, seconds: float) -> Finished:
        """Kill it after so many seconds, if it has not ended before."""
        self.process.join(seconds)
        self.kill()
        return self.ended()

    def ended(self, within: float = 60) -> Finished:
        """Return what it wrote, once it has ended; a line of STATE cut in the middle is none."""
        self.process.join(within)
        code = self.process.exitcode
        if code is None:
            self.kill()
        return _finished(self._job, code, within)

    @property
    def steps(self) -> int:
        """Return the number of steps it took; it must have been counted and have ended itself."""
        return int(self._job.file("steps").read_text())


class Runs:
    """The runs of one target in one folder: one config, one ledger."""

    def __init__(
        self, folder: Path, config: Mapping[str, Any], environment: Mapping[str, str] | None = None
    ) -> None:
        """Take an empty folder, the target's config, and what to add to its environment."""
        self.folder, self._environment = folder, environment or {}
        self._names = itertools.count(1)
        (folder / "target.json").write_text(json.dumps(config), encoding="utf-8")

    def start(
        self, messages: Iterable[Message], kill_at: int | None = None, options: Sequence[str] = ()
    ) -> Running:
        """Start a run on messages; `kill_at` and `options` as for `Job`."""
        return Running(self._made(messages, kill_at, options))

    def run(
        self, messages: Iterable[Message], options: Sequence[str] = (), within: float = 60
    ) -> Finished:
        """Run on messages to the end: nobody is to kill it, so its process may be one before."""
        job = self._made(messages, None, options)
        ended = kept.run_once if self._environment else kept.run
        words = ["--config", "target.json", *options]
        start = job.folder / job.name
        code = ended(within, "target-contacts", words, start, self._environment)
        return _finished(job, code, within)

    def _made(
        self, messages: Iterable[Message], kill_at: int | None, options: Sequence[str]
    ) -> Job:
        job = Job(self.folder, f"run{next(self._names)}", kill_at, self._environment, options)
        job.file("in").write_text(singer(messages), encoding="utf-8")
        return job

    def rejected(self) -> str:
        """Return the text of all rejects files."""
        return "".join(map(_text, sorted(self.folder.glob("rejects/*"))))

    def lose_ledger(self) -> None:
        """Remove the ledger."""
        for path in self.folder.glob("target-contacts.db*"):
            path.unlink()


def _finished(job: Job, code: int | None, within: float) -> Finished:
    """Return what a run wrote; raise TimeoutError if it has no exit code."""
    if code is None:
        msg = f"The target still ran after {within} seconds."
        raise TimeoutError(msg)
    out, cut, _ = _text(job.file("out")).rpartition("\n")
    return Finished(code, out + cut, _text(job.file("log")))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
