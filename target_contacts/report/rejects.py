"""The rejects file: refused records as received, each with the reason.

Each line is a Singer message, so the file can be piped back into the target.
"""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from target_contacts.report.private_files import REJECTS, assert_writable, explained, made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.errors import Rejected

ACCEPTED, FIRST_AT = "accepted", "first_rejected_at"
"""Keys of a rejection: the hash of the record of the same key that the destination had accepted
last; when the record was rejected first."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Rejects:
    """Write the rejected records of one run. The first one creates the file."""

    def __init__(self, folder: str, api: str, *, kept: bool = True) -> None:
        self._folder, self._api, self._kept = Path(folder), api, kept
        self._file: BinaryIO | None = None
        self._schema: dict[str, Mapping[str, Any]] = {}
        self.path: Path | None = None

    def assert_writable(self) -> None:
        """Raise ConfigurationError if no file can be made in the folder; none is left there."""
        assert_writable(REJECTS, self._folder)

    def add(self, schema: Mapping[str, Any], record: Mapping[str, Any], why: Rejected) -> None:
        """Append a RECORD message, after its SCHEMA message if that is not there yet."""
        if not self._kept:
            return
        stream = record["stream"]
        lines = [] if self._schema.get(stream) is schema else [schema]
        self._schema[stream] = schema
        now = datetime.datetime.now(tz=datetime.timezone.utc).isoformat()
        before = earlier(record)
        rejection = {
            "reason": why.reason,
            "code": why.code,
            "http_status": why.http_status,
            "field": why.field,
            "attempts": attempts(record) + 1,
            "rejected_at": now,
            FIRST_AT: before.get(FIRST_AT, now),
        }
        if ACCEPTED in before:
            rejection[ACCEPTED] = before[ACCEPTED]
        lines.append({**record, "rejection": rejection})
        file = self._file or self._open()
        with explained(self.path):
            file.write(_ENCODER.encode_lines(lines))

    def flush(self) -> None:
        """Bring what was added to disk."""
        with explained(self.path):
            if self._file:
                self._file.flush()
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Bring all to disk and close the file."""
        self.flush()
        with explained(self.path):
            if self._file:
                self._file.close()

    def _open(self) -> BinaryIO:
        """Create the file, readable by its owner only. A file that is there is never touched."""
        self.path, self._file = made(self._folder, f"{self._api}.singer.jsonl")
        return self._file


def earlier(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return why a RECORD message was rejected before, when it came out of a rejects file."""
    rejection = record.get("rejection")
    return rejection if isinstance(rejection, dict) else {}


def attempts(record: Mapping[str, Any]) -> int:
    """Return how often the record of a RECORD message was rejected before."""
    before = earlier(record).get("attempts")
    return before if isinstance(before, int) else 0
