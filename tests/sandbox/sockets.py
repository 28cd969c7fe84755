"""Serve APIs over real sockets of 127.0.0.1."""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from tests.sandbox.messages import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tests.sandbox.faults import Fault
    from tests.sandbox.messages import Response


class Api(Protocol):
    """What answers requests."""

    date: Callable[[], str | None]

    def answer(self, request: Request) -> tuple[Response | None, Fault | None]:
        """Return the answer, and what disturbs it; None means a cut connection."""


@contextlib.contextmanager
def served(servers: Collection[Server]) -> Iterator[None]:
    """Serve many at once, which one thread waits for: a thread each would do nothing else."""
    hears, tells = socket.socketpair()
    thread = threading.Thread(target=_serve, args=(servers, hears), daemon=True)
    thread.start()
    try:
        yield
    finally:
        tells.send(b"over")
        thread.join()
        hears.close()
        tells.close()
        for server in servers:
            server.server_close()


def _serve(servers: Collection[Server], over: socket.socket) -> None:
    """Take the connections of servers until it is told that all is over."""
    with selectors.DefaultSelector() as ready:
        ready.register(over, selectors.EVENT_READ)
        for server in servers:
            ready.register(server.socket, selectors.EVENT_READ, server)
        while None not in (found := [key.data for key, _ in ready.select()]):
            for server in found:
                server.handle_ready()


class Server(ThreadingHTTPServer):
    """Listen for one API; `served` takes its connections."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], api: Api) -> None:
        self.api = api
        super().__init__(address, _Handler)

    def handle_ready(self) -> None:
        """Take a connection that is there."""
        self._handle_request_noblock()  # type: ignore[attr-defined]  # as serve_forever does

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a client that hung up; show everything else."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        split = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=split.path,
            query=dict(parse_qsl(split.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
            raw_path=self.path,
        )
        response, fault = self.server.api.answer(request)
        if response is None:
            self._cut()
            return
        self._send(response, half=fault is not None and fault.cut == "half")

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815

    def _send(self, response: Response, *, half: bool) -> None:
        lines = [f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('',))[0]}"]
        date = self.server.api.date()
        headers = {} if date is None else {"Date": date}
        if response.status != HTTPStatus.NO_CONTENT:
            headers["Content-Length"] = str(len(response.body))
        headers |= response.headers
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        body = response.body[: len(response.body) // 2] if half else response.body
        self.wfile.write(head + body)
        if half:
            self._cut()

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet: the sandbox has a log of its own."""
