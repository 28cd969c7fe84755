"""The folder of a run's report, and those of the runs before it."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from target_contacts.report import outcome_file, private_files

if TYPE_CHECKING:
    from collections.abc import Iterator

FACTS, PAGE = "run.json", "run.html"
_UNFINISHED = "unfinished"
"""A file that is being written, before it takes its name."""

_FILES = frozenset((FACTS, PAGE, outcome_file.NAME, _UNFINISHED))
_OURS = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[a-z_]+-([0-9a-f]{8})")
_SHORT = 8
"""Digits of a run's id in the name of its folder."""

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of an earlier run.json that is read."""


class Counts(msgspec.Struct):
    """The counts of an earlier run, as far as they are compared."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0
    skipped: int = 0
    requests: int = 0
    waited_seconds: float = 0.0


class Past(msgspec.Struct):
    """What the run.json of an earlier run tells, as far as it is compared."""

    run_id: str
    started_at: str
    api: str
    ended: str
    exit_code: int | None = None
    seconds: float | None = None
    summary: Counts = msgspec.field(default_factory=Counts)


class RunFolder:
    """The folder of one run."""

    def __init__(self, above: str, api: str) -> None:
        self._above, self.started = Path(above), datetime.datetime.now(tz=datetime.timezone.utc)
        self.run_id = uuid.uuid4().hex
        name = f"{self.started:%Y%m%dT%H%M%S.%fZ}-{api}-{self.run_id[:_SHORT]}"
        self.path = self._above / name

    def make(self) -> None:
        """Make it, for its owner only; raise ConfigurationError if that fails."""
        try:
            private_files.make(self._above)
            self.path.mkdir(mode=0o700)
            self.path.chmod(0o700)
        except (OSError, ValueError) as error:
            raise private_files.unwritable(private_files.REPORTS, self._above, error) from None

    def put(self, name: str, content: bytes) -> None:
        """Write a file; whoever reads it finds all of it or what was there before."""
        unfinished = self.path / _UNFINISHED
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()
        with open(unfinished, "xb", opener=private_files.private) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path / name)

    def past(self) -> Iterator[tuple[Path, Past]]:
        """Yield the other runs with a run.json that can be read, the newest first."""
        for folder in self._others():
            if past := _told(folder):
                yield folder, past

    def prune(self, keep: int) -> None:
        """Delete the oldest runs, so that this many stay; only folders that surely are of runs.

        One is if its name is that of a run, its run.json is of that run and says how it ended, and
        it holds nothing else than reports do.
        """
        for folder in self._others()[keep - 1 :]:
            past = _told(folder)
            if past and past.exit_code is not None and _holds_no_more(folder):
                _delete(folder)

    def _others(self) -> list[Path]:
        names = (each.name for each in self._above.iterdir() if not each.is_symlink())
        ours = sorted(filter(_OURS.fullmatch, names), reverse=True)
        return [self._above / name for name in ours if name != self.path.name]


def _told(folder: Path) -> Past | None:
    """Return what the run.json of a run tells; None if that is broken, or of another run."""
    path = folder / FACTS
    try:
        if path.is_symlink() or path.stat().st_size > MOST_BYTES:
            return None
        past = msgspec.json.decode(path.read_bytes(), type=Past)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return past if folder.name.endswith(f"-{past.run_id[:_SHORT]}") else None


def _holds_no_more(folder: Path) -> bool:
    return {each.name for each in folder.iterdir()} <= _FILES


def _delete(folder: Path) -> None:
    """Delete a folder whose files are known by name; leave the rest to whoever may."""
    with contextlib.suppress(OSError):
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()
