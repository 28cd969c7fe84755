"""The file of a plan: a header, a line for each write, and a seal over all of them.

It holds personal data, so that only its owner may read it. A file that is there is never touched.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from typing import IO, TYPE_CHECKING

import msgspec
from singer_sdk.exceptions import ConfigurationError

from target_contacts.planning.planned_write import Brief, PlannedWrite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORM = 1
"""Number of the form of plans. Raise it when it changes."""

_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)
_WRITE = msgspec.json.Decoder(PlannedWrite)


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a plan: what it was made of."""

    plan: int = FORM
    version: str
    api: str
    account: str
    """Hash of the account, as the ledger has it."""
    settings: dict[str, str]
    """Hashes of the settings that matter, by name."""
    ledger: str
    """Hash of what the ledger knew."""
    limit: int | None
    counts: dict[str, int]
    """What would become of the records."""
    writes: int


class Seal(msgspec.Struct, frozen=True):
    """The last line of a plan."""

    seal: str


class PlanFile:
    """Write a plan. Its file is there when all of it is.

    Raises:
        ConfigurationError: If there is one already, or none can be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if os.path.lexists(path):
            msg = f"--plan: {path} is there already. Name another file, or remove it."
            raise ConfigurationError(msg)
        self.writes = 0
        with self._speaking():
            self._lines: IO[bytes] = tempfile.TemporaryFile(dir=path.absolute().parent)  # noqa: SIM115

    def add(self, write: PlannedWrite) -> None:
        """Take one write."""
        self.writes += 1
        with self._speaking():
            self._lines.write(_ENCODER.encode(write) + b"\n")

    def close(self, header: Header) -> None:
        """Write the file."""
        sealed = _sealing(header.account)
        with self._speaking(), self._made() as file:
            for line in self._whole(header):
                sealed.update(line)
                file.write(line)
            file.write(_ENCODER.encode(Seal(sealed.hexdigest())) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _whole(self, header: Header) -> Iterator[bytes]:
        yield _ENCODER.encode(header) + b"\n"
        self._lines.seek(0)
        yield from self._lines

    def _made(self) -> IO[bytes]:
        """Make the file, readable by its owner only."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        handle = os.open(self._path, flags, 0o600)
        os.fchmod(handle, 0o600)  # whatever the umask takes away
        return os.fdopen(handle, "wb")

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is no path"
            msg = f"--plan: {self._path} cannot be written: {why}."
            raise ConfigurationError(msg) from None


class Plan(msgspec.Struct, frozen=True):
    """A plan that was read."""

    header: Header
    writes: list[Brief]


def read(path: Path) -> Plan:
    """Return the plan in a file.

    Raises:
        ConfigurationError: If there is none, or not all of one, or if it was changed.
    """
    try:
        with path.open("rb") as file:
            return _plan(file)
    except OSError as error:
        msg = f"--apply: {path} cannot be read: {error.strerror}."
        raise ConfigurationError(msg) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, _BrokenError) as error:
        why = str(error) if isinstance(error, _BrokenError) else "it is no plan, or was changed"
        msg = f"--apply: {path} is not as --plan wrote it: {why}. Make a new plan."
        raise ConfigurationError(msg) from None


class _BrokenError(Exception):
    """A plan is not whole."""


def brief_of(write: PlannedWrite) -> Brief:
    """Return what has to be the same of a write, just as if it came out of a file."""
    return _WRITE.decode(_ENCODER.encode(write)).brief()


def _plan(file: IO[bytes]) -> Plan:
    first = file.readline()
    header = msgspec.json.decode(first, type=Header)
    if header.plan != FORM:
        msg = f"it has form {header.plan}, and this version reads form {FORM}"
        raise _BrokenError(msg)
    sealing, last, writes = _sealing(header.account), b"", list[Brief]()
    sealing.update(first)
    for line in file:
        if last:
            sealing.update(last)
            writes.append(_WRITE.decode(last).brief())
        last = line
    _assert_sealed(last, sealing.hexdigest())
    if len(writes) != header.writes:
        msg = f"it holds {len(writes)} writes, and its head says {header.writes}"
        raise _BrokenError(msg)
    return Plan(header, writes)


def _assert_sealed(last: bytes, seal: str) -> None:
    if not last.startswith(b'{"seal"') or not last.endswith(b"\n"):
        msg = "its end is missing"
        raise _BrokenError(msg)
    if msgspec.json.decode(last, type=Seal).seal != seal:
        msg = "it was changed since, and its seal does not fit it"
        raise _BrokenError(msg)


def _sealing(account: str) -> hashlib.blake2b:
    """Return a hash of an account's plan that lines can be added to."""
    return hashlib.blake2b(digest_size=16, key=account.encode()[:64])
