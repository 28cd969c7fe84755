"""Servers on 127.0.0.1 that say exactly what they are told to, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from tests.support import tls

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Wire:
    """One connection to a client."""

    def __init__(self, raw: socket.socket) -> None:
        """Take a connection that was just accepted."""
        self.raw = raw
        """The socket below any encryption."""
        self.sock = raw
        self._read = b""

    def encrypt(self) -> None:
        """Take part in a handshake; what was below can still be written to."""
        below = self.raw.dup()
        self.sock = tls.serving().wrap_socket(self.raw, server_side=True)
        self.raw = below

    def request(self) -> bytes:
        """Return the head of the next request; the bytes of its body are not told apart."""
        while b"\r\n\r\n" not in self._read:
            got = self.sock.recv(65536)
            if not got:
                raise EOFError
            self._read += got
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        return head

    def send(self, *parts: bytes) -> None:
        """Send bytes, encrypted if the connection is."""
        for part in parts:
            self.sock.sendall(part)

    def close(self) -> None:
        """Hang up."""
        self.raw.close()
        self.sock.close()


class Peer:
    """A server that speaks with each client in a thread; a context manager."""

    def __init__(self, talk: Callable[[Wire], None], *, secure: bool = False) -> None:
        """Take what is done with a connection, and whether a handshake goes before it."""
        self._talk, self._secure = talk, secure
        self._server = socket.create_server(("127.0.0.1", 0))
        self._wires: list[Wire] = []
        self.over = threading.Event()
        """Set once the test is over."""

    @property
    def url(self) -> str:
        """Return the origin."""
        scheme = "https" if self._secure else "http"
        return f"{scheme}://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Start serving."""
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up everywhere."""
        self.over.set()
        self._server.close()
        for wire in self._wires:
            wire.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                wire = Wire(self._server.accept()[0])
                self._wires.append(wire)
                threading.Thread(target=self._speak, args=(wire,), daemon=True).start()

    def _speak(self, wire: Wire) -> None:
        with contextlib.suppress(OSError, EOFError, ValueError), contextlib.closing(wire):
            if self._secure:
                wire.encrypt()
            self._talk(wire)

    def trickle(self, send: Callable[[bytes], None], part: bytes, every: float = 0.02) -> None:
        """Send the same part again and again until the test is over or the client hangs up."""
        while not self.over.wait(every):
            send(part)
