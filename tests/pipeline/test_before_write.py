"""What is due right before a write is done then: after all waiting, that to connect included."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.rate_limit import RateLimiter
from tap_contacts.transport.session import Transport
from target_contacts.ledger.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Listener:
    """A server that notes, connection by connection, what it receives; it keeps them open."""

    def __init__(self) -> None:
        """Listen."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self.received: list[bytes] = []
        self.closed = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.received.append(b"")
            with connection:
                while got := connection.recv(65536):
                    self.received[-1] += got
                    connection.sendall(ANSWER)
            self.closed.set()

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Return a server."""
    made = Listener()
    yield made
    made.close()


@pytest.fixture
def transport() -> Transport:
    """Return what sends, in no haste and without a rate."""
    return Transport(5, RateLimiter("API", CircuitBreaker(), {}))


def test_it_is_called_before_each_write_and_after_each_connecting(
    listener: Listener, transport: Transport
) -> None:
    """A read on an open connection needs nothing; making one may have taken long."""
    calls: list[int] = []
    transport.before_write = lambda: calls.append(len(calls))
    counts = []
    for method in ("POST", "GET", "PUT", "DELETE"):
        transport.send(method, listener.url)
        counts.append(len(calls))
    assert (counts, len(listener.received)) == ([2, 2, 3, 4], 1)


@pytest.mark.parametrize("last", [1, 2], ids=["before it connects", "when it has connected"])
def test_nothing_leaves_if_it_raises(listener: Listener, transport: Transport, last: int) -> None:
    """The error is passed on as it is, and the server has seen not one byte."""
    calls = 0

    def prove() -> None:
        nonlocal calls
        calls += 1
        if calls >= last:
            title, asked = "Ledger x", "prove the lease"
            raise LedgerError(title, asked, "another run has taken over", "Run again.")

    transport.before_write = prove
    with pytest.raises(LedgerError, match="another run has taken over"):
        transport.send("POST", listener.url, data="x")
    if last > 1:
        assert listener.closed.wait(5)
    assert b"".join(listener.received) == b""


def test_without_it_nothing_is_called(listener: Listener, transport: Transport) -> None:
    """A tap has nothing to prove."""
    assert transport.send("POST", listener.url).status == 200
