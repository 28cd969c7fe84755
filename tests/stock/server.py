"""Serve canned answers, so cheaply that who asks is what is measured.

A process of its own on 127.0.0.1 that prints its port. `GET /count?latency=0.05` sets all up anew
and tells the requests so far, the bytes of their bodies, and the seconds from the first one's
arrival to the last one's answer.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec


class Canned:
    """What is answered, and how much was asked for."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.latency = 0.0
        self.requests, self.bytes, self.first, self.last = 0, 0, 0.0, 0.0

    def count(self, query: dict[str, str]) -> bytes:
        """Tell the counts and set everything up anew."""
        told = {
            "requests": self.requests,
            "bytes": self.bytes,
            "seconds": self.last - self.first,
        }
        self.latency = float(query.get("latency", 0))
        self.requests, self.bytes, self.first, self.last = 0, 0, 0.0, 0.0
        self.set_up(query)
        return msgspec.json.encode(told)

    def set_up(self, query: dict[str, str]) -> None:
        """Take what else `GET /count` says; by default nothing."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> bytes:
        """Return the body of an answer."""
        raise NotImplementedError


class _Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self, canned: Canned) -> None:
        self._canned, self._read = canned, b""

    def connection_made(self, transport: Any) -> None:
        """Keep what answers go to."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request after the latency."""
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, rest = self._read.partition(b"\r\n\r\n")
            length = _length(head)
            if len(rest) < length:
                return
            body, self._read = rest[:length], rest[length:]
            self._answer(head.split(b" ", 2)[1].decode(), body)

    def _answer(self, address: str, body: bytes) -> None:
        split, canned = urlsplit(address), self._canned
        query = dict(parse_qsl(split.query))
        if split.path == "/count":
            self._send(canned.count(query))
            return
        canned.requests += 1
        canned.bytes += len(body)
        canned.first = canned.first or time.monotonic()
        answer = canned.answer(split.path, query, body)
        if canned.latency:
            asyncio.get_running_loop().call_later(canned.latency, self._send, answer)
        else:
            self._send(answer)

    def _send(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self._transport.write(head + body)
        self._canned.last = time.monotonic()


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(x.split(b":")[1]) for x in lines if x.startswith(b"content-length")), 0)


def serve(canned: Canned) -> None:
    """Serve until ended."""
    asyncio.run(_serve(canned))


async def _serve(canned: Canned) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(canned), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
