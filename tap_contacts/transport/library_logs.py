"""Keep what is sent and stored out of the libraries' logs, whatever the log configuration is.

urllib3 logs every address with its query, which may hold sign-ins, at DEBUG, and some at WARNING;
http.client prints headers; SQLAlchemy logs parameters. A log configuration sets levels and handlers
anew, but leaves filters on loggers in place.
"""

from __future__ import annotations

import http.client
import logging

from urllib3.connection import HTTPConnection

_URLLIB3 = (
    *("", ".connection", ".connectionpool", ".poolmanager", ".response", ".util.retry"),
    *(".util.ssl_match_hostname", ".contrib.socks", ".contrib.pyopenssl", ".http2.connection"),
)
_SQLALCHEMY = (
    *("", ".engine", ".engine.Engine", ".pool", ".orm", ".dialects"),
    *(f".pool.impl.{kind}Pool" for kind in ("Null", "Queue", "SingletonThread", "Static")),
)

QUIET = {
    **{f"urllib3{name}": logging.ERROR for name in _URLLIB3},
    **{f"sqlalchemy{name}": logging.WARNING for name in _SQLALCHEMY},
    **dict.fromkeys(("requests", "http.client", "charset_normalizer"), logging.ERROR),
    "psycopg": logging.WARNING,
}
"""Loggers, and the lowest level that each may log."""


class _From(logging.Filter):
    """Let only records from a level on pass."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= self._level


def keep_quiet() -> None:
    """Let libraries log and print no address, header or parameter."""
    for name, level in QUIET.items():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.addFilter(_From(level))
    HTTPConnection.debuglevel = http.client.HTTPResponse.debuglevel = 0
