"""Serve canned contacts of Zoho Voice and cobai, so cheaply that the reader is what is measured.

    python -m tests.stock.server

A process of its own on 127.0.0.1 that prints its port. `GET /count?latency=0.05&contacts=20000&
customers=2000` sets all that up anew and tells the requests so far and the seconds from the
first one's arrival to the last one's answer.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import msgspec

from tests.sandbox.cobai import RICO

FIRST_ID = 58399000000003017
ZOHO, COBAI = "/rest/json/zv/contacts", "/v2/customer"
EMPTY = (
    "email mobile1 mobile2 mobile3 phone phone1 phone2 phone3 address state is_spam is_favourite"
)


class Canned:
    """What is served, and how much of it was asked for."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.latency = 0.0
        self.requests, self.first, self.last = 0, 0.0, 0.0
        self._rows: list[bytes] = []
        self._customers: list[str] = []

    def count(self, query: dict[str, str]) -> bytes:
        """Tell the counts and set everything up anew."""
        told = {"requests": self.requests, "seconds": self.last - self.first}
        self.latency = float(query.get("latency", 0))
        self.requests, self.first, self.last = 0, 0.0, 0.0
        if "contacts" in query:
            self._rows = [_zoho_contact(number) for number in range(int(query["contacts"]))]
        if "customers" in query:
            self._customers = [str(UUID(int=n)) for n in range(int(query["customers"]))]
        return msgspec.json.encode(told)

    def body(self, path: str, query: dict[str, str]) -> bytes:
        """Return the body of an answer."""
        if path == ZOHO:
            start, size = int(query["from"]), int(query["size"])
            rows = b",".join(self._rows[start : start + size])
            total = str(len(self._rows)).encode()
            head = b'{"code":"200","meta":{"total":' + total + b'},"contacts":['
            return head + rows + b'],"status":"SUCCESS"}'
        if path.startswith(ZOHO):
            return b'{"code":"200","contact_status":[],"status":"SUCCESS"}'
        return self._cobai(path, query)

    def _cobai(self, path: str, query: dict[str, str]) -> bytes:
        parts = path.removeprefix(COBAI).split("/")[1:]
        if not parts:
            return _uuids("customer", [] if query else self._customers)
        if parts[-1] == "contact":
            return _uuids("contact", parts[:1])
        fields = "".join(f"<{name}>{value}</{name}>" for name, value in RICO.items())
        return f"<contact>{fields}<uuid>{parts[-1]}</uuid></contact>".encode()


def _zoho_contact(number: int) -> bytes:
    owner = {"display_value": "Agent", "id": "58399000000003015"}
    names = {"first_name": f"First {number}", "last_name": f"Last {number}"}
    more = {"mobile": f"+49151{number:08}", "company": "Müller & Söhne", "country": "DE"}
    identity = {"contact_id": str(FIRST_ID + 2 * number), "contact_owner": owner}
    return msgspec.json.encode({**identity, **names, **more, **dict.fromkeys(EMPTY.split(), "")})


def _uuids(kind: str, uuids: list[str]) -> bytes:
    items = "".join(f"<{kind}><uuid>{uuid}</uuid></{kind}>" for uuid in uuids)
    return f"<{kind}IdList>{items}</{kind}IdList>".encode()


class _Connection(asyncio.Protocol):
    """One connection; requests have no body."""

    def __init__(self, canned: Canned) -> None:
        self._canned, self._read = canned, b""

    def connection_made(self, transport: Any) -> None:
        """Keep what answers go to."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request after the latency."""
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, self._read = self._read.partition(b"\r\n\r\n")
            self._answer(head.split(b" ", 2)[1].decode())

    def _answer(self, address: str) -> None:
        split = urlsplit(address)
        query = dict(parse_qsl(split.query))
        if split.path == "/count":
            self._send(self._canned.count(query))
            return
        self._canned.requests += 1
        self._canned.first = self._canned.first or time.monotonic()
        body = self._canned.body(split.path, query)
        if self._canned.latency:
            asyncio.get_running_loop().call_later(self._canned.latency, self._send, body)
        else:
            self._send(body)

    def _send(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self._transport.write(head + body)
        self._canned.last = time.monotonic()


async def main() -> None:
    """Serve until ended."""
    canned = Canned()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(canned), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
