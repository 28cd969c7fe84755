"""Write what became of each record as a Singer stream, which any loader takes.

The file names fields, but holds no value of a record. Records that are unchanged, and those that
are skipped before their key is read, have no line: they are counted in the last line of the file,
the only one of the stream `contact_runs`. A file without that line is of a run that did not end.
"""

from __future__ import annotations

import datetime
import os
from typing import TYPE_CHECKING, Any

import msgspec

from target_contacts.report import private_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

NAME = "outcomes.singer.jsonl"
OUTCOMES, RUNS = "contact_outcomes", "contact_runs"

AT_ONCE = 64 * 1024
"""Bytes that are written at once at most, unless a line is longer."""

_ENCODER = msgspec.json.Encoder()
_TEXT, _NUMBER = {"type": ["string", "null"]}, {"type": ["integer", "null"]}
_ID, _SEQUENCE = {"type": ["string"]}, {"type": ["integer"]}
_TIME = {"type": ["string", "null"], "format": "date-time"}
_NAMES = {"type": ["array", "null"], "items": {"type": "string"}}


class Outcome(msgspec.Struct, kw_only=True):
    """What became of one record: a RECORD of the stream `contact_outcomes`."""

    run_id: str
    sequence: int
    """Its number among the outcomes of the run, from 1."""
    time: str
    stream: str
    key_hash: str | None
    """Digest of the record's key, as the ledger has it; None if the key was not read."""
    remote_id: str | None
    action: str
    """created, updated, deleted, marked, rejected or skipped."""
    fields_sent: Sequence[str] | None
    """Fields of the destination for which values were sent, whether these are new there or not."""
    fields_cleared: Sequence[str] | None
    """Fields that had a value and were emptied."""
    code: str | None
    """Of a rejection: as in the rejects file."""
    reason: str | None
    """Why a record was skipped. That of a rejection may hold values, and is not here."""
    attempt: int
    """1, and 1 more for each time that the record was rejected before and piped in again."""
    destination_api: str
    destination_account: str | None


class _Message(msgspec.Struct):
    type: str
    stream: str
    record: Outcome | Mapping[str, Any]


class OutcomeFile:
    """Write the outcomes of one run. It never raises: a run goes on without its report.

    Raises:
        OSError: If the file cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        run_id: str,
        api: str,
        account: Callable[[], str | None],
        warn: Callable[[OSError], None],
    ) -> None:
        self._run_id, self._api, self._account = run_id, api, account
        self._warn, self._is_warned = warn, False
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        self._handle: int | None = private_files.private(str(folder / NAME), flags)
        self._lines: list[bytes] = []
        self._size = self._written = self._count = 0
        self._put(_schema(OUTCOMES, _OUTCOME_SCHEMA, ["run_id", "sequence"]))

    def add(  # noqa: PLR0913  # the columns of a line
        self,
        stream: str,
        action: str,
        key: str | None = None,
        *,
        remote_id: str | None = None,
        sent: Sequence[str] | None = None,
        cleared: Sequence[str] | None = None,
        code: str | None = None,
        reason: str | None = None,
        attempt: int = 1,
    ) -> None:
        """Add what became of one record; `flush` writes it."""
        self._count += 1
        outcome = Outcome(
            run_id=self._run_id,
            sequence=self._count,
            time=datetime.datetime.now(tz=datetime.timezone.utc).isoformat(),
            stream=stream,
            key_hash=key,
            remote_id=remote_id,
            action=action,
            fields_sent=sent,
            fields_cleared=cleared,
            code=code,
            reason=reason,
            attempt=attempt,
            destination_api=self._api,
            destination_account=self._account(),
        )
        self._put(_Message("RECORD", OUTCOMES, outcome))

    def end(self, run: Mapping[str, Any]) -> None:
        """Add the counts of the run as the last line, bring all to disk and close the file."""
        self._put(_schema(RUNS, _RUN_SCHEMA, ["run_id"]))
        told = {name: run.get(name, 0 if name in COUNTS else None) for name in _RUN_SCHEMA}
        self._put(_Message("RECORD", RUNS, {**told, "run_id": self._run_id}))
        self.flush()
        if self._handle is not None:
            self._tried(os.fsync, self._handle)
        self._close()

    def _put(self, message: Any) -> None:
        line = _ENCODER.encode(message) + b"\n"
        self._lines.append(line)
        self._size += len(line)
        if self._size >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what was added, in whole lines.

        If the disk does not take all of it, the file ends with the last line that it took whole.
        What a signal interrupts is written again, at the same place.
        """
        lines = b"".join(self._lines)
        if self._handle is None or not lines:
            self._forget()
        elif self._tried(_write_all, self._handle, lines, self._written):
            self._written += len(lines)
            self._forget()
        else:
            self._tried(os.ftruncate, self._handle, self._written)
            self._close()

    def _forget(self) -> None:
        self._lines.clear()
        self._size = 0

    def _tried(self, call: Callable[..., object], *given: object) -> bool:
        """Call something that writes; say whether it could, and warn once if not."""
        try:
            call(*given)
        except OSError as error:
            if not self._is_warned:
                self._is_warned = True
                self._warn(error)
            return False
        return True

    def _close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


def _write_all(handle: int, data: bytes, place: int) -> None:
    left = memoryview(data)
    while left:
        left = left[os.pwrite(handle, left, place + len(data) - len(left)) :]


def _schema(
    stream: str, properties: Mapping[str, Any], key_properties: Sequence[str]
) -> Mapping[str, Any]:
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": properties},
        "key_properties": key_properties,
    }


_OUTCOME_SCHEMA = {
    **dict.fromkeys(Outcome.__struct_fields__, _TEXT),
    "run_id": _ID,
    "sequence": _SEQUENCE,
    "attempt": _NUMBER,
    "time": _TIME,
    "fields_sent": _NAMES,
    "fields_cleared": _NAMES,
}
COUNTS = (
    *("read", "left", "created", "updated", "unchanged", "deleted", "marked", "rejected"),
    *("skipped", "requests", "repeated"),
)
"""The numbers of a run, by their names in the summary."""

_RUN_SCHEMA = {
    "run_id": _ID,
    **dict.fromkeys(("destination_api", "destination_account", "version"), _TEXT),
    **dict.fromkeys(("started_at", "ended_at"), _TIME),
    **dict.fromkeys(("exit_code", *COUNTS), _NUMBER),
    "waited_seconds": {"type": ["number", "null"]},
}
