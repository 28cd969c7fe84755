"""Say whether a ledger is one that former runs have filled, and that the next one will find."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport import database_url as address

if TYPE_CHECKING:
    import logging

    from target_contacts.ledger.ledger import Ledger

_TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  # looked at, not written to

_IS_NEW = (
    "require_ledger: the ledger knows nothing of this account, so that all contacts would be "
    "looked up or created again. Check ledger_url, ledger_account and the account's address. For "
    "the first run set require_ledger to false."
)


def assert_used(ledger: Ledger) -> None:
    """Raise ConfigurationError if a ledger knows no record of the account, and close it."""
    if ledger.is_empty():
        ledger.close()
        raise ConfigurationError(_IS_NEW)


def warn_of_temporary(url: str, logger: logging.Logger) -> None:
    """Warn of a ledger whose path is relative to a temporary folder."""
    with contextlib.suppress(OSError):  # the working folder is gone; the ledger's opening says so
        path = _relative_path(url)
        if path and _is_temporary(path):
            text = (
                "The ledger is %s, in a temporary folder, since ledger_url is relative to the "
                "working folder. Once it is removed, the next run does not know what was written. "
                "Give ledger_url an absolute path, such as sqlite:////var/lib/contacts/ledger.db."
            )
            logger.warning(text, path)


def _relative_path(url: str) -> Path | None:
    """Return where a relative path of SQLite leads; None for anything else."""
    parts = address.parsed(url)
    name = (parts.database or "").removeprefix("file:")
    is_file = parts.get_backend_name() == "sqlite" and name not in {"", ":memory:"}
    in_memory = parts.query.get("mode") == "memory"
    return Path(os.path.realpath(name)) if is_file and not in_memory and name[0] != "/" else None


def _is_temporary(path: Path) -> bool:
    folders = {os.path.realpath(each) for each in (tempfile.gettempdir(), *_TEMPORARY)}
    return any(path.is_relative_to(folder) for folder in folders)
