"""A proxy between target and sandbox that disturbs single requests at the level of TCP or TLS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from tests.crash.people import numbers
from tests.support import tls

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_RESET = struct.pack("ii", 1, 0)
"""Makes closing a socket a reset, what was not sent yet being dropped."""


@dataclass(frozen=True)
class Seen:
    """A request that passed by."""

    number: int
    """Counted from 1 over all requests."""
    whole: bytes

    @property
    def line(self) -> str:
        """Return method and path, without query."""
        return re.split(rb"[ ?]HTTP/|\?", self.whole, maxsplit=1)[0].decode("latin-1").strip()

    @cached_property
    def numbers(self) -> set[int]:
        """Return the numbers of the contacts that it speaks of."""
        return numbers(self.whole.decode("latin-1"))


@dataclass(frozen=True)
class Rule:
    """What becomes of a request; without arguments it passes undisturbed."""

    commits: bool = True
    """Whether the API gets it."""
    part: float = 1.0
    """Share of the answer that comes through; after less than all of it the connection is closed,
    and for none at all reset."""
    answer: bytes = b""
    """Sent in place of the API's answer."""
    below: bytes = b""
    """Sent below the encryption after the part of the answer."""
    drip: bytes = b""
    """Sent again and again after the answer, until the target hangs up."""
    delay: float = 0.0
    """Seconds before the answer."""
    kill: Literal["", "on arrival", "after commit"] = ""
    """When the target is killed."""
    first: bytes = b""
    """An earlier request, which the API gets just before this one."""
    waits: bool = False
    """Whether the answer waits until the proxy is told to release it."""
    late: float = 0.0
    """Seconds after its answer at which the API gets the request; `commits` must be false."""


def page(status: int) -> bytes:
    """Return an answer as gateways and captive portals give it: HTML."""
    body = "<!DOCTYPE html><html><body><h1>Please wait</h1></body></html>"
    return reply(status, body, "text/html")


def reply(status: int, body: str, kind: str = "application/json") -> bytes:
    """Return a whole answer."""
    head = f"HTTP/1.1 {status} Any\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


PASS = Rule()
RESET_BEFORE = Rule(commits=False, part=0)
RESET_AFTER = Rule(part=0)
HALF = Rule(part=0.5)
KILLS = (
    Rule(commits=False, part=0, kill="on arrival"),
    Rule(part=0, kill="on arrival"),
    Rule(part=0, kill="after commit"),
)
"""Killed as the request arrives, which is carried out never or nevertheless; or just after."""


def mixed(hang: float) -> tuple[Rule, ...]:
    """Return one of each disturbance; `hang` is more than the target's time-out, in seconds."""
    refused = [Rule(commits=False, answer=page(status)) for status in (500, 502, 503, 504, 200)]
    lost = [Rule(answer=page(status)) for status in (502, 504)]
    return (*refused, *lost, RESET_BEFORE, RESET_AFTER, HALF, Rule(delay=hang))


class Proxy:
    """A server on 127.0.0.1 that passes requests on; a context manager that starts and stops."""

    def __init__(self, origin: str, *, secure: bool = False) -> None:
        """Take the origin of the API behind it, and whether to encrypt."""
        self._secure = secure
        self._port = int(origin.rpartition(":")[2])
        self.choose: Callable[[Seen], Rule] = lambda _: PASS
        """Says what becomes of a request; called for one at a time."""
        self.kill: Callable[[], None] = lambda: None
        """Kills the target."""
        self.release = threading.Event()
        """Lets answers go that wait for it."""
        self.refused_handshakes = 0
        """How many handshakes fail from now on."""
        self.refused_after_strike = 0
        """How many fail once a request was struck."""
        self.refused = 0
        """How many have failed."""
        self.seen: list[Seen] = []
        self.struck: list[tuple[Seen, Rule]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._late: set[asyncio.Future[None]] = set()
        self._open = 0
        self._idle = threading.Event()
        self.url = ""

    def __enter__(self) -> Self:
        """Start serving."""
        self._thread.start()
        context = self._context() if self._secure else None
        server = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self._server = asyncio.run_coroutine_threadsafe(server, self._loop).result()
        scheme = "https" if self._secure else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._idle.set()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _context(self) -> ssl.SSLContext:
        """Return what encrypts; the callback for names is called in every handshake."""
        context = tls.serving()
        context.sni_callback = lambda *_: self._refusal()
        return context

    def _refusal(self) -> int | None:
        """Return the alert that a handshake ends with, or None."""
        if self.refused_handshakes <= 0:
            return None
        self.refused_handshakes -= 1
        self.refused += 1
        return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR

    def wait_until_idle(self) -> None:
        """Wait until no connection is open: what a killed target sent has been carried out."""
        if not self._idle.wait(30):
            msg = "A connection stayed open."
            raise TimeoutError(msg)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self._idle.clear()
        try:
            while await self._pass_one(reader, writer):
                pass
        except (OSError, EOFError):
            pass  # the other side has hung up, or was killed
        finally:
            writer.close()
            self._closed()

    def _closed(self) -> None:
        """Take note that a connection is closed, or a late request carried out."""
        self._open -= 1
        if not self._open:
            self._idle.set()

    async def _pass_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Pass one request on and its answer back; say whether the connection is still good."""
        seen = Seen(len(self.seen) + 1, await _message(reader))
        self.seen.append(seen)
        rule = self.choose(seen)
        if rule != PASS:
            self.struck.append((seen, rule))
            self.refused_handshakes += self.refused_after_strike
            self.refused_after_strike = 0
        answer = await self._answer(seen, rule)
        await self._hold(rule)
        writer.write(answer[: int(len(answer) * rule.part)])
        await writer.drain()
        if rule.below:
            await _below(reader, writer, rule.below)
        if rule.drip:
            await _drip(writer, rule.drip)
        if not rule.part:
            _reset(writer)
        return rule.part == 1

    async def _hold(self, rule: Rule) -> None:
        """Let an answer wait as long as its rule says."""
        await asyncio.sleep(rule.delay)
        while rule.waits and not self.release.is_set():  # noqa: ASYNC110  # set by another thread
            await asyncio.sleep(0.01)

    def _forward_late(self, request: bytes, seconds: float) -> None:
        """Pass a request on later; until then this proxy is not idle."""
        self._open += 1
        self._late.add(asyncio.ensure_future(self._after(request, seconds)))

    async def _after(self, request: bytes, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._forward(request)
        self._closed()

    async def _answer(self, seen: Seen, rule: Rule) -> bytes:
        if rule.kill == "on arrival":
            self.kill()
        if rule.first:
            await self._forward(rule.first)
        if rule.late:
            self._forward_late(seen.whole, rule.delay + rule.late)
        answer = await self._forward(seen.whole) if rule.commits else b""
        if rule.kill == "after commit":
            self.kill()
        return rule.answer or answer

    async def _forward(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(request)
            return await _message(reader)
        finally:
            writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Read one request or answer; EOFError at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")


async def _below(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, what: bytes) -> None:
    """Send bytes past the encryption, then wait for the other side to hang up."""
    descriptor = writer.get_extra_info("socket").fileno()
    with socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.send(what)
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(reader.read(), 10)


async def _drip(writer: asyncio.StreamWriter, what: bytes) -> None:
    """Send the same again and again until the other side hangs up."""
    while not writer.is_closing():
        writer.write(what)
        await writer.drain()
        await asyncio.sleep(0.05)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
