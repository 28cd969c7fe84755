"""The rejects file: refused records as received, each with the reason.

Each line is a Singer message, so the file can be piped back into the target.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_contacts.errors import Rejected

OWNER_ONLY = 0o600
"""The rights to the file."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Rejects:
    """Write the rejected records of one run. The first one creates the file."""

    def __init__(self, folder: str, api: str) -> None:
        self._folder = Path(folder)
        self._api = api
        self._file: BinaryIO | None = None
        self._schema: dict[str, Mapping[str, Any]] = {}
        self.path: Path | None = None

    def assert_writable(self) -> None:
        """Raise ConfigurationError if no file can be made in the folder; none is left there."""
        try:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                self._folder.lstat()
            folder = self._folder.absolute()
            there = next(filter(os.path.lexists, (folder, *folder.parents)))
            with tempfile.TemporaryFile(dir=there):
                pass
        except (OSError, ValueError) as error:
            raise self._unwritable(error) from None

    def add(self, schema: Mapping[str, Any], record: Mapping[str, Any], why: Rejected) -> None:
        """Append a RECORD message, after its SCHEMA message if that is not there yet."""
        stream = record["stream"]
        lines = [] if self._schema.get(stream) is schema else [schema]
        self._schema[stream] = schema
        rejection = {
            "reason": why.reason,
            "code": why.code,
            "http_status": why.http_status,
            "field": why.field,
            "attempts": _attempts(record) + 1,
            "rejected_at": datetime.datetime.now(tz=datetime.timezone.utc).isoformat(),
        }
        lines.append({**record, "rejection": rejection})
        file = self._file or self._open()
        with self._explained():
            file.write(_ENCODER.encode_lines(lines))

    def flush(self) -> None:
        """Bring what was added to disk."""
        with self._explained():
            if self._file:
                self._file.flush()
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Bring all to disk and close the file."""
        self.flush()
        with self._explained():
            if self._file:
                self._file.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn an error of the disk into an ApiError, so that no STATE is passed on."""
        try:
            yield
        except OSError as error:
            title, advice = f"Rejects {self.path}", "Free some space, then run again."
            raise ApiError(title, "write", str(error.strerror), advice) from None

    def _open(self) -> BinaryIO:
        """Create the file, readable by its owner only. A file that is there is never touched."""
        now = datetime.datetime.now(tz=datetime.timezone.utc)
        path = self._folder / f"{now:%Y%m%dT%H%M%S.%fZ}-{self._api}.singer.jsonl"
        try:
            _make(self._folder)
            self._file = open(path, "xb", opener=_private)  # noqa: SIM115
        except (OSError, ValueError) as error:
            raise self._unwritable(error) from None
        self.path = path
        return self._file

    def _unwritable(self, error: Exception) -> ConfigurationError:
        why = getattr(error, "strerror", None) or "it is no path"
        if isinstance(error, NotADirectoryError):
            why = "it is no folder"
        return ConfigurationError(f"rejects_dir: {self._folder} cannot be written to: {why}.")


def _private(path: str, flags: int) -> int:
    """Make a file for its owner only, whatever the umask takes away."""
    handle = os.open(path, flags, OWNER_ONLY)
    os.fchmod(handle, OWNER_ONLY)
    return handle


def _make(folder: Path) -> None:
    """Make a folder and those above it, for their owner only. One that is there stays as it is."""
    if not folder.exists():
        _make(folder.parent)
        folder.mkdir(mode=0o700)


def earlier(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return why a RECORD message was rejected before, when it came out of a rejects file."""
    rejection = record.get("rejection")
    return rejection if isinstance(rejection, dict) else {}


def _attempts(record: Mapping[str, Any]) -> int:
    """Return how often this record was rejected before."""
    attempts = earlier(record).get("attempts")
    return attempts if isinstance(attempts, int) else 0
