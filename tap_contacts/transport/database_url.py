"""The settings that are URLs of databases: which one they name, and what they must not say."""

from __future__ import annotations

import sqlalchemy as sa
from singer_sdk.exceptions import ConfigurationError

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
"""What a URL without a driver means; SQLAlchemy's own choice changes between its versions."""

_NO_DRIVER = (
    "{}: the driver of {} is not installed: pip install 'singer-contacts[postgres]' and "
    "let the URL start with postgresql+psycopg://."
)
_NO_SUCH_DRIVER = "{}: {} is not supported. Use sqlite:///FILE."

_OPTIONS = frozenset(
    ("cached_statements", "check_same_thread", "detect_types", "isolation_level", "timeout", "uri")
)
"""What the driver of SQLite takes; of a file's URI, SQLite itself takes more."""

_LAST_PORT = 65535


def no_driver(url: sa.URL, setting: str) -> ConfigurationError:
    """Return the error of a URL whose driver is not installed."""
    return ConfigurationError(_NO_DRIVER.format(setting, url.drivername))


def parsed(url: str, setting: str = "ledger_url") -> sa.URL:
    """Return the parts of a URL.

    Raises:
        ConfigurationError: If it is none, or of a database that is not supported.
    """
    try:
        found = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        found = None
    if found is None or "\0" in url:
        msg = f"{setting} is no SQLAlchemy URL such as sqlite:///target-contacts.db."
        raise ConfigurationError(msg)
    kind = found.get_backend_name()
    if kind not in _DRIVERS:
        msg = (
            f"{setting}: {kind} is not supported. "
            "Use sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE."
        )
        raise ConfigurationError(msg)
    if found.drivername not in _DRIVERS:
        words = _NO_DRIVER if kind == "postgresql" else _NO_SUCH_DRIVER
        raise ConfigurationError(words.format(setting, found.drivername))
    _assert_options(kind, found, setting)
    return found.set(drivername=_DRIVERS[found.drivername])


def _assert_options(kind: str, url: sa.URL, setting: str) -> None:
    if url.port is not None and not 0 < url.port <= _LAST_PORT:
        msg = f"{setting}: the port must be a number from 1 to {_LAST_PORT}."
        raise ConfigurationError(msg)
    unknown = sorted(set(url.query) - _OPTIONS)
    if kind == "sqlite" and unknown and "uri" not in url.query:
        known = ", ".join(sorted(_OPTIONS))
        msg = f"{setting}: SQLite has no option {', '.join(unknown)}; it has {known}."
        raise ConfigurationError(msg)


def name(url: sa.URL) -> str:
    """Name a database in messages: without user, password and options."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return f"PostgreSQL {url.host or 'localhost'}/{url.database or ''}"
