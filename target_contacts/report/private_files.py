"""Make files and folders for their owner only, and say why that fails."""

from __future__ import annotations

import contextlib
import datetime
import os
import tempfile
from typing import TYPE_CHECKING, BinaryIO

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REJECTS, REPORTS = "rejects_dir", "report_dir"
"""The settings that name folders."""

OWNER_ONLY = 0o600
"""The rights to a file."""


def made(folder: Path, end: str) -> tuple[Path, BinaryIO]:
    """Create a file of `rejects_dir`, for its owner only. One that is there is never touched.

    Raises:
        ConfigurationError: If that is not possible.
    """
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    path = folder / f"{now:%Y%m%dT%H%M%S.%fZ}-{end}"
    try:
        make(folder)
        return path, open(path, "xb", opener=private)
    except (OSError, ValueError) as error:
        raise unwritable(REJECTS, folder, error) from None


def assert_writable(setting: str, folder: Path) -> None:
    """Raise ConfigurationError if no file can be made in a folder; none is left there."""
    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            folder.lstat()
        whole = folder.absolute()
        there = next(filter(os.path.lexists, (whole, *whole.parents)))
        with tempfile.TemporaryFile(dir=there):
            pass
    except (OSError, ValueError) as error:
        raise unwritable(setting, folder, error) from None


def unwritable(setting: str, folder: Path, error: Exception) -> ConfigurationError:
    """Return the error of a folder, which a setting names, in which no file can be made."""
    why = getattr(error, "strerror", None) or "it is no path"
    if isinstance(error, NotADirectoryError):
        why = "it is no folder"
    return ConfigurationError(f"{setting}: {folder} cannot be written to: {why}.")


@contextlib.contextmanager
def explained(path: Path | None) -> Iterator[None]:
    """Turn an error of the disk into an ApiError, so that no STATE is passed on."""
    try:
        yield
    except OSError as error:
        title, advice = f"Rejects {path}", "Free some space, then run again."
        raise ApiError(title, "write", str(error.strerror), advice) from None


def private(path: str, flags: int) -> int:
    """Make a file for its owner only, whatever the umask takes away."""
    handle = os.open(path, flags, OWNER_ONLY)
    os.fchmod(handle, OWNER_ONLY)
    return handle


def make(folder: Path) -> None:
    """Make a folder and those above it, for their owner only. One that is there stays as it is."""
    if not folder.exists():
        make(folder.parent)
        folder.mkdir(mode=0o700)
