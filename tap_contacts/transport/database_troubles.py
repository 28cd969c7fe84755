"""What can be wrong with a database, in words without URL or rows."""

from __future__ import annotations

import re
from typing import NamedTuple


class Trouble(NamedTuple):
    """Something that can be wrong, known by PostgreSQL's codes or by patterns of the error."""

    states: tuple[str, ...]
    words: tuple[str, ...]
    answered: str
    advice: str
    misused: bool = False
    """Whether it is a wrong setting rather than a failure, when it shows at the opening."""

    def at_opening(self, setting: str, what: str) -> str:
        """Return the sentence on a wrong setting."""
        return f"{setting}: {what} cannot be opened: {self.answered}. {self.advice}"


READ_ONLY = Trouble(
    ("25006",),
    ("readonly", "read-only"),
    "it is read-only",
    "Let this user write the database and, for SQLite, its folder, then run again.",
)
LOCKED = Trouble(
    ("55P03", "40P01", "57014"),
    ("is locked",),
    "another program holds it locked for too long",
    "End that program, then run again.",
)
POOLED = Trouble(
    (),
    ("statement pooling",),
    "a connection pool (such as PgBouncer with pool_mode transaction or statement) gives each "
    "transaction another session, so that no lock lasts",
    "Use pool_mode session, or the server's own address.",
    misused=True,
)
OPTIONS = Trouble(
    ("42704", "22023"),
    (
        "connection option",
        r"invalid (\w+ )?value",
        "bad value",
        "invalid port",
        "invalid connection",
        "invalid command-line argument",
        "unrecognized configuration parameter",
        "definition of service",
        "certificate file",
        "private key file",
        "network address",
        "does not support ssl",
        "no such (access mode|vfs)",
    ),
    "the driver or the server does not take one of its options",
    "Check what stands behind the question mark, and the port.",
    misused=True,
)
LOST = Trouble(
    (),
    (),
    "the connection to the server was lost or refused",
    "Check that the server runs, then run again.",
)

_TROUBLES = (
    POOLED,
    OPTIONS,
    Trouble(
        ("53100",),
        ("disk is full", "no space left", "quota exceeded"),
        "the disk is full",
        "Free some space, then run again.",
    ),
    Trouble(
        (),
        ("disk i/o error", "file too large", "input/output error"),
        "the disk does not take what is written",
        "Check the disk, its quota and the limit of file sizes, then run again.",
    ),
    READ_ONLY,
    LOCKED,
    Trouble(
        (),
        ("not a database", "malformed"),
        "the file is no SQLite database, or damaged",
        "Check the URL, or restore the file from a backup; if it ends with .rates, delete it.",
    ),
    Trouble(
        ("42501", "3F000"),
        (
            "unable to open",
            "permission denied",
            "no such file",
            "a directory",
            "no such device",
            "name too long",
            "levels of symbolic links",
        ),
        "it cannot be opened or written",
        "Check that its folder or schema exists and that this user may write there.",
        misused=True,
    ),
    Trouble(
        ("28P01", "28000", "3D000"),
        ("authentication failed", "does not exist", "pg_hba.conf"),
        "the server does not let this user into this database",
        "Check user, password and name of the database.",
        misused=True,
    ),
)


_OF_POOLS = "08P01"
"""PostgreSQL's code that PgBouncer gives whatever it refuses itself."""


def trouble_of(error: Exception) -> Trouble:
    """Return what is wrong; the error's own text, which may hold rows, stays here."""
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", None)
    told = (
        ""
        if state not in {None, _OF_POOLS}
        else str(getattr(origin, "strerror", None) or origin).lower()
    )
    for trouble in _TROUBLES:
        if state in trouble.states or any(re.search(words, told) for words in trouble.words):
            return trouble
    return _unheard_of(origin, state)


def _unheard_of(origin: BaseException, state: str | None) -> Trouble:
    """Take an error without a code as one of the network, where the server could not say more."""
    lost = (state or "").startswith(("08", "57P"))
    if lost or (state is None and type(origin).__module__.startswith("psycopg")):
        return LOST
    if isinstance(origin, (TypeError, ValueError)):
        return OPTIONS
    kind = f"{type(origin).__name__} {state or ''}".strip()
    return Trouble((), (), f"it answered {kind}", "Fix what that names, then run again.")
