"""Take contacts as Zoho Voice and BAS-IP do, so cheaply that the writer is what is measured.

    python -m tests.stock.writes

A process of its own on 127.0.0.1 that prints its port. `GET /count?latency=0.05` sets the latency
and tells the requests so far and the seconds from the first one's arrival to the last answer.
"""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec


class Canned:
    """What is answered, and how much was asked for."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.latency = 0.0
        self.requests, self.first, self.last = 0, 0.0, 0.0
        self._ids = 0

    def count(self, query: dict[str, str]) -> bytes:
        """Tell the counts and set everything up anew."""
        told = {"requests": self.requests, "seconds": self.last - self.first}
        self.latency = float(query.get("latency", 0))
        self.requests, self.first, self.last = 0, 0.0, 0.0
        return msgspec.json.encode(told)

    def answer(self, path: str, body: bytes) -> bytes:
        """Return the body of an answer."""
        if path.endswith("/login"):
            return b'{"token":"t","account_type":"admin"}'
        if path.endswith("/api/v0/contacts"):
            items = msgspec.json.decode(body)["list_items"]
            done = {"success": True, "extended_info": "created"}
            return msgspec.json.encode(
                {"result": [{"link_id": i["link_id"], **done} for i in items]}
            )
        self._ids += 1
        head = f'{{"code":"200","status":"SUCCESS","contacts":{{"contact_id":{self._ids}}}}}'
        return head.encode()


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
        split = urlsplit(address)
        if split.path == "/count":
            self._send(self._canned.count(dict(parse_qsl(split.query))))
            return
        self._canned.requests += 1
        self._canned.first = self._canned.first or time.monotonic()
        answer = self._canned.answer(split.path, body)
        asyncio.get_running_loop().call_later(self._canned.latency, self._send, answer)

    def _send(self, body: bytes) -> None:
        status = f"HTTP/1.1 {HTTPStatus.OK.value} OK\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(status.encode() + body)
        self._canned.last = time.monotonic()


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(x.split(b":")[1]) for x in lines if x.startswith(b"content-length")), 0)


async def main() -> None:
    """Serve until ended."""
    canned = Canned()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(canned), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
