"""The file of an exported ledger: a header, a line for each row, and a seal over all of them.

It holds no values of records. Only its owner may read it, and a file that is there is never
written over.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING

import msgspec
from singer_sdk.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

FORM = 1
"""Number of the form of these files. Raise it when it changes."""

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of a line that are read."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: what was exported."""

    ledger: int = FORM
    api: str
    account: str
    """Hash of the account, as the ledger has it."""
    columns: dict[str, list[str]]
    """The columns of each table, in the order of the lines."""


class Seal(msgspec.Struct, frozen=True):
    """The last line."""

    seal: str
    rows: int


_NONE = "it is none, or was changed"
_CUT = "its end is missing"
_CHANGED = "it was changed since, and its seal does not fit it"
_START = b'{"seal":'


def write(path: Path, header: Header, lines: Iterable[bytes]) -> Seal:
    """Make a file, of which nothing stays if that fails; return its last line.

    Raises:
        ConfigurationError: If there is one already, or none can be made.
    """
    if os.path.lexists(path):
        msg = f"--file: {path} is there already. Name another file, or remove it."
        raise ConfigurationError(msg)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with _speaking(path, "written"), contextlib.ExitStack() as failed:
        handle = os.open(path, flags, 0o600)
        failed.callback(path.unlink, missing_ok=True)
        os.fchmod(handle, 0o600)  # whatever the umask takes away
        with os.fdopen(handle, "wb") as file:
            found = Seal(*_sealed(header, lines, file.write))
            file.write(msgspec.json.encode(found) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        failed.pop_all()
    return found


def _sealed(
    header: Header, lines: Iterable[bytes], take: Callable[[bytes], object]
) -> tuple[str, int]:
    """Hand the first line and all others on; return the hash of them and how many there were."""
    sealing, rows = hashlib.blake2b(digest_size=16), -1
    for line in _all(header, lines):
        sealing.update(line)
        take(line)
        rows += 1
    return sealing.hexdigest(), rows


def _all(header: Header, lines: Iterable[bytes]) -> Iterator[bytes]:
    yield msgspec.json.encode(header) + b"\n"
    yield from lines


class LedgerFile:
    """A file that was exported; it is read line by line.

    Raises:
        ConfigurationError: If it is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as file:
            first = file.readline(LONGEST_LINE)
        try:
            self.header = msgspec.json.decode(first, type=Header)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise self.broken(_NONE) from None
        if self.header.ledger != FORM:
            why = f"it has form {self.header.ledger}; this version reads form {FORM}"
            raise self.broken(why)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of rows; at the end, make sure that there were all.

        Raises:
            ConfigurationError: If it cannot be read, is cut off or was changed.
        """
        sealing, rows, last = hashlib.blake2b(digest_size=16), 0, b""
        with self._open() as file:
            sealing.update(file.readline(LONGEST_LINE))
            while line := file.readline(LONGEST_LINE):
                if last:
                    sealing.update(last)
                    rows += 1
                    yield last
                last = line
        if not last.startswith(_START) or not last.endswith(b"\n"):
            raise self.broken(_CUT)
        if msgspec.json.encode(Seal(sealing.hexdigest(), rows)) + b"\n" != last:
            raise self.broken(_CHANGED)

    def broken(self, why: str) -> ConfigurationError:
        """Return the error that the file is not as it was exported."""
        msg = f"--file: {self._path} is not as --ledger export wrote it: {why}. Nothing was entered"
        return ConfigurationError(f"{msg}.")

    @contextlib.contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        with _speaking(self._path, "read"), self._path.open("rb") as file:
            yield file


@contextlib.contextmanager
def _speaking(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        msg = f"--file: {path} cannot be {done}: {why}."
        raise ConfigurationError(msg) from None
