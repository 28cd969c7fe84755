"""Say which database holds the rates of accounts, and connect to it.

It is a PostgreSQL database, or a file beside that of SQLite which a URL names. That file is only
for rates, so that writers of the two files do not wait for each other.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import sqlalchemy as sa
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport import database_url

SUFFIX = ".rates"
"""How the name of the file ends that holds the rates beside one of SQLite."""

BUSY_SECONDS = 2.0
"""How long SQLite waits for another process that writes."""

_PATIENCE = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "5000",
    "client_encoding": "UTF8",
    "prepare_threshold": None,
}
"""Arguments of PostgreSQL's driver, after those of the URL: a server that is gone is noticed within
seconds, and a pool may give each statement another session."""

_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL")


def connected(url: sa.URL, setting: str) -> sa.Connection:
    """Return a connection to the database of a URL, whose file is made if it is not there.

    Raises:
        ConfigurationError: If its driver is not installed; the setting is named.
    """
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "poolclass": sa.pool.NullPool}
    if url.get_backend_name() == "postgresql":
        options["connect_args"] = {n: v for n, v in _PATIENCE.items() if n not in url.query}
    else:
        _create(Path(str(url.database)))
        options["connect_args"] = {"check_same_thread": False, "timeout": BUSY_SECONDS}
    try:
        engine = sa.create_engine(url, **options)
    except ImportError:
        raise database_url.no_driver(url, setting) from None
    return engine.connect()


def set_pragmas(connection: sa.Connection) -> None:
    """Set what SQLite needs for several processes that write."""
    if connection.dialect.name == "sqlite":
        for pragma in _PRAGMAS:
            connection.exec_driver_sql(f"PRAGMA {pragma}")


def url_of_rates(url: str, setting: str) -> sa.URL:
    """Return the URL of the database that holds the rates.

    Raises:
        ConfigurationError: If it is in memory.
    """
    parts = database_url.parsed(url, setting)
    if parts.get_backend_name() != "sqlite":
        return parts
    path = _file(parts)
    if not path:
        msg = f"{setting}: a database in memory cannot be shared. Use sqlite:///FILE."
        raise ConfigurationError(msg)
    return sa.URL.create("sqlite", database=f"{os.path.realpath(path)}{SUFFIX}")


def _file(url: sa.URL) -> str:
    name = url.database or ""
    if "uri" in url.query:
        parts = urlsplit(name)
        name = "" if _is_in_memory(url, parts.query) else unquote(parts.path)
    return "" if name == ":memory:" else name


def _is_in_memory(url: sa.URL, query: str) -> bool:
    mode = url.query.get("mode") or parse_qs(query).get("mode", [""])[-1]
    return mode == "memory"


def _create(path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
