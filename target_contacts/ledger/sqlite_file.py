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
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from singer_sdk.exceptions import ConfigurationError

from target_contacts.ledger.errors import LedgerError

if TYPE_CHECKING:
    import sqlalchemy as sa

_ACCOUNTS, _NAMES = 1 << 60, 1 << 61
"""Where the bytes begin that stand for accounts and for names of the file: far beyond its end, and
beyond those that SQLite locks."""
_BYTES = 40
"""Bits of a byte's number among those."""

_FLOCK = "hhqqi4x"
_SET, _GET = getattr(fcntl, "F_OFD_SETLK", None), getattr(fcntl, "F_OFD_GETLK", None)
_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NO_WRITING = {errno.EACCES, errno.EPERM, errno.EROFS}
_HELD = {errno.EACCES, errno.EAGAIN}


class SqliteFile:
    """The file of a ledger, open from before SQLite opens it until after SQLite has closed it.

    Raises:
        OSError: If that cannot be done.
        ConfigurationError: If it is no file.
    """

    def __init__(self, asked: Asked, title: str) -> None:
        self._title = title
        self._path = Path(os.path.realpath(asked.path))
        self._handle = _created(self._path) if asked.is_new else _opened(self._path)
        if not stat.S_ISREG(os.fstat(self._handle).st_mode):
            msg = "ledger_url: the ledger cannot be opened: what stands there is no file."
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
        try:
            fcntl.fcntl(self._handle, _SET or 0, struct.pack(_FLOCK, kind, os.SEEK_SET, byte, 1, 0))
        except OSError as error:
            if error.errno not in _HELD:
                raise
            return False
        return True

    def _others(self, start: int, end: int) -> bool:
        if start == end:
            return False
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, start, end - start, 0)
        kind, *_ = struct.unpack(_FLOCK, fcntl.fcntl(self._handle, _GET or 0, asked))
        return bool(kind != fcntl.F_UNLCK)


class Asked(NamedTuple):
    """Which file SQLite will open."""

    path: str
    is_new: bool
    """Whether it may be a new one."""


def asked_of(url: sa.URL, engine: sa.Engine) -> Asked | None:
    """Return which file SQLite will open; None for a database in memory."""
    (name, *_), options = engine.dialect.create_connect_args(url)
    if not options.get("uri"):
        return None if name in {"", ":memory:"} else Asked(str(name), is_new=True)
    parts = urlsplit(name)
    mode = parse_qs(parts.query).get("mode", ["rwc"])[-1]
    path = unquote(parts.path)
    return (
        None
        if mode == "memory" or path in {"", ":memory:"}
        else Asked(path, mode not in {"ro", "rw"})
    )


def _created(path: Path) -> int:
    """Create a file for its owner only; open it if it is there already."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
    except FileExistsError:
        return _opened(path)
    os.fchmod(handle, 0o600)  # whatever the umask takes away
    return handle


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | _FLAGS)
    except OSError as error:
        if error.errno not in _NO_WRITING:
            raise
        return os.open(path, os.O_RDONLY | _FLAGS)
