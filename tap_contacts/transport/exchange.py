"""Bound each exchange in time and size, and know whether its request may have left.

The timeout of a socket is the longest wait for a single read, so that an answer that comes byte by
byte never ends. Here it is the longest wait for the whole answer.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from tap_contacts.transport import unsent
from tap_contacts.transport.errors import Cut, NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer's body, decompressed or not; more is refused before it is parsed."""

LARGEST_HEAD = 256 * 1024
"""Bytes of status line and headers, interim answers such as `100 Continue` included."""

_BEYOND_BODY = 1024 * 1024
"""Bytes that the sizes of chunks may take beside a body."""

AT_ONCE = 64 * 1024
"""Most bytes of one read."""

SLACK = 16
"""The part of the longest wait by which an answer may be late, 1/16.

To set the timeout of a socket takes a system call, so it is not set for each read."""

EXCHANGE_ERRORS = (OSError, HTTPError, http.client.HTTPException)
"""What an exchange raises if there is no answer; errors of `requests` are OSErrors."""


class TooLarge(http.client.HTTPException):
    """An answer is larger than any that makes sense."""


class _Sent(threading.local):
    """The state of a thread's exchange."""

    may_be = False
    """Whether bytes of the request may have left."""


SENT = _Sent()


def failure(error: BaseException, url: str) -> NoAnswer:
    """Return what it means that this thread's exchange with an address ended with an error."""
    causes = list(_causes(error))
    if not SENT.may_be:
        return unsent.failure(error, causes, url)
    for kinds, reason in _REASONS.items():
        if any(isinstance(cause, kinds) for cause in causes):
            return NoAnswer(reason, sent=True)
    return Cut("the connection broke before the answer was whole", sent=True)


_REASONS: dict[tuple[type[Exception], ...], str] = {
    (TooLarge,): "the answer is larger than any that makes sense",
    (TimeoutError, ReadTimeoutError): "no answer within timeout_seconds",
    (DecodeError,): "the answer cannot be decompressed",
}
"""What ends an exchange, other than a connection that breaks."""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


class _Source(socket.SocketIO):
    """The bytes of one answer, bounded in time and number; the timeout is that of the socket."""

    def __init__(self, sock: Any) -> None:
        super().__init__(sock, "r")
        sock._io_refs += 1  # noqa: SLF001  # so that it stays open for this, as for any such file
        self._waits = sock
        wait, now = sock.gettimeout() or float("inf"), time.monotonic()
        self._until = now + wait
        self._slack = wait / SLACK
        self._set = now + self._slack
        """Until when the timeout on the socket is near enough to the time that is left."""
        self.room = LARGEST_HEAD
        """Bytes that may still come."""

    def readinto(self, buffer: Buffer) -> int | None:
        """Read what is there, or wait for it for the time that is left."""
        now = time.monotonic()
        if now > self._set:
            self._waits.settimeout(_seconds_left(self._until))
            self._set = now + self._slack
        count = super().readinto(buffer)
        self.room -= count or 0
        if self.room < 0:
            raise TooLarge
        return count


def _seconds_left(until: float) -> float | None:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return None if left == float("inf") else left


class _Opened:
    """A socket that opens as one bounded answer."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        del mode
        return io.BufferedReader(_Source(self._sock), AT_ONCE)


class _Response(http.client.HTTPResponse):
    """An answer whose bytes are bounded in time and number."""

    def __init__(self, sock: Any, *what: Any, **how: Any) -> None:
        opened: Any = _Opened(sock)
        super().__init__(opened, *what, **how)

    def begin(self) -> None:
        """Read status line and headers, then allow as many bytes as a body may have."""
        file: Any = self.fp
        super().begin()
        file.raw.room = LARGEST_ANSWER + _BEYOND_BODY


class _Timed:
    """A socket whose timeout bounds all reads together, until it is set again.

    It stands below encryption within the encryption of a proxy, which reads several times for one
    read of its own.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.settimeout(sock.gettimeout())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    @property
    def _io_refs(self) -> int:
        """Return how many files use the socket, which stays open for them."""
        return int(self._sock._io_refs)  # noqa: SLF001

    @_io_refs.setter
    def _io_refs(self, count: int) -> None:
        self._sock._io_refs = count  # noqa: SLF001

    def settimeout(self, wait: float | None) -> None:
        self._until = float("inf") if wait is None else time.monotonic() + wait
        self._sock.settimeout(wait)

    def recv(self, *how: Any) -> Any:
        """Read what is there, or wait for it for the time that is left."""
        self._sock.settimeout(_seconds_left(self._until))
        return self._sock.recv(*how)


class _Bounded:
    """What `bounded` adds to a class of connections."""

    response_class = _Response
    sock: Any

    def request(self, *what: Any, **how: Any) -> None:
        """Connect, if need be, then note that bytes may have left, and send a request."""
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        SENT.may_be = True
        super().request(*what, **how)  # type: ignore[misc]

    def _connect_tls_proxy(self, *what: Any) -> _Timed:
        return _Timed(super()._connect_tls_proxy(*what))  # type: ignore[misc]


@lru_cache(maxsize=8)
def bounded(kind: type[Any]) -> type[Any]:
    """Return a class of connections of urllib3, its exchanges bounded."""
    if issubclass(kind, _Bounded):
        return kind
    return type(f"Bounded{kind.__name__}", (_Bounded, kind), {})
