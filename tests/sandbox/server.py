"""Serve one API on 127.0.0.1 with real sockets, a request log and faults to order.

A subclass states the rules of its API in `handle`; sockets, the log and the faults are here.
"""

from __future__ import annotations

import abc
import contextlib
import json
import selectors
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from tests.sandbox.readings import known

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from typing_extensions import Self


@dataclass(frozen=True)
class Request:
    """One HTTP request as it came off the wire; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    raw_path: str
    """Path and query exactly as sent, for signatures."""

    @property
    def content_type(self) -> str:
        """Return the media type without parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def holds(self, text: str) -> bool:
        """Say whether a text stands in the address or the body, percent-encoded or not."""
        sent = self.raw_path + "\n" + self.body.decode(errors="replace")
        return text in sent or text in unquote_plus(sent)

    def form(self) -> dict[str, str]:
        """Return the fields of an `application/x-www-form-urlencoded` body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=False))


@dataclass(frozen=True)
class Response:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(payload: object, status: int = 200, **headers: str) -> Response:
    """Build an answer with a JSON body."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": "application/json;charset=UTF-8", **headers})


def text_response(text: str) -> Response:
    """Build an answer that a person reads in a browser."""
    return Response(200, text.encode(), {"Content-Type": "text/plain;charset=UTF-8"})


def xml_response(body: bytes, status: int = 200, **headers: str) -> Response:
    """Build an answer with an XML body."""
    return Response(status, body, {"Content-Type": "application/xml;charset=UTF-8", **headers})


@dataclass
class Fault:
    """Disturb the requests it matches: `times` of them, after letting `after` pass.

    `cut` closes the connection: "before" the API carries the request out, "after" it did so but
    before the answer, or in the "half" of the answer's body. `status` (with `body` and `headers`)
    answers in the API's place, which carries nothing out unless `commit` is set. `expire` ends
    every sign-in first. `delay` waits so many seconds before the answer.
    """

    on: str = ""
    """Method and start of the path, such as "POST /v1/contact"; empty for every request."""
    holding: str = ""
    """Text that the request's address or body holds; empty for every request."""
    after: int = 0
    times: int = 1
    status: int | None = None
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    commit: bool = False
    cut: Literal["before", "after", "half"] | None = None
    delay: float = 0.0
    expire: bool = False

    def strikes(self, request: Request) -> bool:
        """Say whether this request is hit, counting it if it matches."""
        if not self._is_for(request) or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True

    def _is_for(self, request: Request) -> bool:
        is_on = f"{request.method} {request.path}".startswith(self.on)
        return is_on and (not self.holding or request.holds(self.holding))


@dataclass(frozen=True)
class Logged:
    """One line of the request log."""

    request: Request
    status: int | None
    """Status that was answered; None if the connection was cut without an answer."""
    executed: bool
    """Whether the API's rules saw the request."""
    at: float
    """Seconds of the monotonic clock when it arrived."""


class Sandbox(abc.ABC):
    """An API on 127.0.0.1, as strict as its documents; a context manager that starts and stops."""

    api: ClassVar[str]
    """Base name of the API, as in the `api` setting."""

    def __init__(
        self, *, port: int = 0, latency: float = 0.0, readings: Collection[str] = ()
    ) -> None:
        """Set up a server on the port (0: any free one), answering after `latency` seconds.

        `readings` are names of `tests.sandbox.readings`; ValueError for a name of none.
        """
        self.readings = known(self.api, readings)
        self.latency = latency
        self.log: list[Logged] = []
        self.faults: list[Fault] = []
        self.date: Callable[[], str | None] = self.told
        """What answers tell as their `Date`; by default what this server's own clock says."""
        self._rules = threading.RLock()
        self._server = _Server(("127.0.0.1", port), self)
        self._serving = contextlib.ExitStack()

    @property
    def url(self) -> str:
        """Return the bare origin of the server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def writes(self) -> list[Logged]:
        """Return the requests that asked for a change of contacts and reached the API."""
        return [line for line in self.log if line.executed and self.is_write(line.request)]

    @property
    @abc.abstractmethod
    def contacts(self) -> list[dict[str, Any]]:
        """Return the contacts held, oldest first, under the API's own field names."""

    def add(self, **fields: Any) -> int | str:
        """Put in a contact, under the API's own field names, and return its id."""
        raise NotImplementedError

    @abc.abstractmethod
    def target_config(self) -> dict[str, Any]:
        """Return a complete `target-contacts` config for this server."""

    def told(self) -> str:
        """Return the time as answers tell it."""
        return format_datetime(self.time().astimezone(timezone.utc), usegmt=True)

    def time(self) -> datetime:
        """Return what this server's clock says."""
        return datetime.now(timezone.utc)

    def tap_config(self) -> dict[str, Any] | None:
        """Return this API's object of a `tap-contacts` config, or None if it is no source."""
        return None

    def person(self) -> Mapping[str, str]:
        """Return what a person answers to `--sign-in`, by question; nothing if it asks nothing.

        What is not the same each time is the address of a page that shows it.
        """
        return {}

    @abc.abstractmethod
    def handle(self, request: Request) -> Response:
        """Answer a request as the documents say; called with the rules' lock held."""

    @abc.abstractmethod
    def is_write(self, request: Request) -> bool:
        """Say whether the request asks for a change of contacts."""

    @abc.abstractmethod
    def expire_sign_ins(self) -> None:
        """End every session and token, as if their time had run out; a key has no end."""

    @abc.abstractmethod
    def seed(self) -> None:
        """Put in the sample contacts of the vendor's own documents."""

    def fault(self, **settings: Any) -> Fault:
        """Order a fault; see `Fault`."""
        ordered = Fault(**settings)
        self.faults.append(ordered)
        return ordered

    def start(self) -> Self:
        """Serve in the background until `stop`."""
        self._serving.enter_context(served([self]))
        return self

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._serving.close()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Start serving."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self.stop()

    def answer(self, request: Request) -> tuple[Response | None, Fault | None]:
        """Answer a request with the first fault that strikes it; None means a cut connection."""
        arrived = time.monotonic()
        with self._rules:
            fault = next((each for each in self.faults if each.strikes(request)), None)
            response, executed = self._execute(request, fault)
            status = response.status if response else None
            self.log.append(Logged(request, status, executed, arrived))
        wait = self.latency + (fault.delay if fault else 0.0)
        if wait:
            time.sleep(wait)
        return response, fault

    def _execute(self, request: Request, fault: Fault | None) -> tuple[Response | None, bool]:
        if fault is None:
            return self.handle(request), True
        if fault.expire:
            self.expire_sign_ins()
        executed = fault.cut != "before" and (fault.status is None or fault.commit)
        response = self.handle(request) if executed else None
        if fault.status is not None:
            response = Response(fault.status, fault.body.encode(), fault.headers)
        return (None if fault.cut == "after" else response), executed


@contextlib.contextmanager
def served(sandboxes: Collection[Sandbox]) -> Iterator[None]:
    """Serve many at once, which one thread waits for: a thread each would do nothing else."""
    servers = [each._server for each in sandboxes]  # noqa: SLF001
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


def _serve(servers: Collection[_Server], over: socket.socket) -> None:
    """Take the connections of servers until it is told that all is over."""
    with selectors.DefaultSelector() as ready:
        ready.register(over, selectors.EVENT_READ)
        for server in servers:
            ready.register(server.socket, selectors.EVENT_READ, server)
        while None not in (found := [key.data for key, _ in ready.select()]):
            for server in found:
                server.handle_ready()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_ready(self) -> None:
        """Take a connection that is there."""
        self._handle_request_noblock()  # type: ignore[attr-defined]  # as serve_forever does

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a client that hung up; show everything else."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
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
        response, fault = self.server.sandbox.answer(request)
        if response is None:
            self._cut()
            return
        self._send(response, half=fault is not None and fault.cut == "half")

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815

    def _send(self, response: Response, *, half: bool) -> None:
        lines = [f"HTTP/1.1 {response.status} {self.responses.get(response.status, ('',))[0]}"]
        date = self.server.sandbox.date()
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
