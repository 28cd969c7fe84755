"""SQLite's file: made for its owner only, locked itself rather than a file beside it.

The locks are those of an open file description. They belong to the file, whatever the names it is
reached by, end with the process, and leave alone the locks by which SQLite itself works. Closing
any descriptor of the file drops those of the process: so this one is closed after SQLite's.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import struct
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from singer_sdk.exceptions import ConfigurationError

from target_contacts.troubles import LedgerError

if TYPE_CHECKING:
    import sqlalchemy as sa

_ACCOUNTS, _NAMES = 1 << 60, 1 << 61
"""Where the bytes begin that stand for accounts and for names of the file: far beyond its end, and
beyond those that SQLite locks."""
_BYTES = 40
"""Bits of a byte's number among those."""

_FLOCK = "hhqqi4x"
_SET, _GET = getattr(fcntl, "F_OFD_SETLK", None), getattr(fcntl, "F_OFD_GETLK", None)
_NO_WRITING = {errno.EACCES, errno.EPERM, errno.EROFS}
_HELD = {errno.EACCES, errno.EAGAIN}


class SqliteFile:
    """The file of a ledger, open from before SQLite opens it until after SQLite has closed it."""

    def __init__(self, path: str, title: str) -> None:
        """Open the file, or create it; a link leads to the file that is meant.

        Raises:
            OSError: If that cannot be done.
            ConfigurationError: If it is no file.
        """
        self._title = title
        self._path = Path(os.path.realpath(path))
        self._handle = _opened(self._path)
        if not stat.S_ISREG(os.fstat(self._handle).st_mode):
            msg = f"ledger_url: {title} is no file."
            raise ConfigurationError(msg)
        self.has_locks = self._knows_locks()
        """Whether the system has locks of this kind."""

    @property
    def is_in_place(self) -> bool:
        """Say whether its name still leads to it."""
        return self.is_at(self._path)

    def is_at(self, path: Path) -> bool:
        """Say whether a path leads to it."""
        try:
            return os.path.samestat(path.stat(), os.fstat(self._handle))
        except OSError:
            return False

    def beside(self, name: str) -> Path:
        """Return the path of a file that belongs to it."""
        return self._path.with_name(f"{self._path.name}.{name}")

    def claim_name(self) -> None:
        """Keep other runs from opening the file by another name, which would damage it.

        SQLite's log of changes stands beside the file and has its name: under two names there are
        two logs of one file.

        Raises:
            LedgerError: If a run has it open by another name.
        """
        if not self.has_locks:
            return
        folder = self._path.parent.stat()
        name = f"{folder.st_dev} {folder.st_ino} {self._path.name}"
        digest = hashlib.blake2b(os.fsencode(name), digest_size=_BYTES // 8).digest()
        mine, end = _NAMES + int.from_bytes(digest, "big"), _NAMES + (1 << _BYTES)
        self._lock(fcntl.F_RDLCK, mine)
        if self._others(_NAMES, mine) or self._others(mine + 1, end):
            answered = "another run has the file open by another name"
            advice = "Let all runs use one name of one folder: no hard links, no single file "
            advice += "mounted into a container, but its folder."
            raise LedgerError(self._title, "open", answered, advice)

    def lock(self, account: str) -> bool:
        """Take the lock of an account if it is free, and say whether it was."""
        number = int.from_bytes(bytes.fromhex(account)[: _BYTES // 8], "big")
        return self._lock(fcntl.F_WRLCK, _ACCOUNTS + number)

    def close(self) -> None:
        """Close it, which frees all its locks."""
        os.close(self._handle)

    def _knows_locks(self) -> bool:
        """Find out whether there are locks of open file descriptions; macOS has none.

        Raises:
            ConfigurationError: If the file system has no locks at all.
        """
        if _SET is None or _GET is None:
            return False
        try:
            self._others(_NAMES, _NAMES + 1)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return False
            msg = (
                f"ledger_url: the file system of {self._title} has no locks ({error.strerror}). "
                "Put the ledger on a local disk, or use PostgreSQL."
            )
            raise ConfigurationError(msg) from None
        return True

    def _lock(self, kind: int, byte: int) -> bool:
        """Lock one byte, and say whether that worked."""
        try:
            fcntl.fcntl(self._handle, _SET or 0, struct.pack(_FLOCK, kind, os.SEEK_SET, byte, 1, 0))
        except OSError as error:
            if error.errno not in _HELD:
                raise
            return False
        return True

    def _others(self, start: int, end: int) -> bool:
        """Say whether anybody else has locked one of these bytes."""
        if start == end:
            return False
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, start, end - start, 0)
        kind, *_ = struct.unpack(_FLOCK, fcntl.fcntl(self._handle, _GET or 0, asked))
        return bool(kind != fcntl.F_UNLCK)


def path_of(url: sa.URL, engine: sa.Engine) -> str | None:
    """Return the path of the file that SQLite will open; None for a database in memory."""
    (name, *_), options = engine.dialect.create_connect_args(url)
    if not options.get("uri"):
        return None if name in {"", ":memory:"} else str(name)
    parts = urlsplit(name)
    is_in_memory = parse_qs(parts.query).get("mode") == ["memory"]
    path = unquote(parts.path)
    return None if is_in_memory or path in {"", ":memory:"} else path


def _opened(path: Path) -> int:
    """Open a file for writing if that is allowed; create it, for its owner only, if it is new."""
    flags = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, 0o600)
    except FileExistsError:
        return _reopened(path, flags)
    os.fchmod(handle, 0o600)  # whatever the umask takes away
    return handle


def _reopened(path: Path, flags: int) -> int:
    try:
        return os.open(path, os.O_RDWR | flags)
    except OSError as error:
        if error.errno not in _NO_WRITING:
            raise
        return os.open(path, os.O_RDONLY | flags)
