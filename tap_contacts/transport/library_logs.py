"""Keep what is sent and stored out of the log of the libraries, whoever sets the log up.

At DEBUG urllib3 logs every address with its query, sign-ins among them, at WARNING those of answers
with malformed headers; http.client prints headers; SQLAlchemy logs parameters. Filters on their
loggers outlast a log configuration, which sets levels and handlers anew.
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
"""Loggers, and from which level on they may speak."""


class _From(logging.Filter):
    """Let only what is grave enough pass."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= self._level


def keep_quiet() -> None:
    """Have libraries log no address, header or parameter, and print none."""
    for name, level in QUIET.items():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.addFilter(_From(level))
    HTTPConnection.debuglevel = http.client.HTTPResponse.debuglevel = 0
