"""Write what has changed, or read everything, over eight bare connections: nobody takes less.

    python -m tests.stock.limit write JOB
    python -m tests.stock.limit read URL

A file keeps a hash of each line and the id of its contact. What is read goes to standard output as
Singer messages. Nothing is checked, repeated, limited or kept safe.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from tests.stock.wire import CONNECTIONS, ZOHO_PATH, Call, Job, calls, headers, ids

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

Kept = dict[str, tuple[str, str]]
"""Hash of the line and id of the contact, by the record's key."""

PAGE = 50


class Connection:
    """One connection to a server."""

    def __init__(self, url: str, fields: dict[str, str]) -> None:
        """Take the server's address and the headers of every request."""
        self._at = urlsplit(url)
        named = {"Host": self._at.netloc, **fields}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in named.items())

    async def open(self) -> None:
        """Connect."""
        streams = await asyncio.open_connection(self._at.hostname, self._at.port)
        self._reader, self._writer = streams

    async def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Send a request and return the body of its answer."""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        told = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = told.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return await self._reader.readexactly(int(length))

    def close(self) -> None:
        """Disconnect."""
        self._writer.close()


async def over_all(url: str, fields: dict[str, str], work: Callable[..., Awaitable[None]]) -> None:
    """Do work over all connections at once."""
    connections = [Connection(url, fields) for _ in range(CONNECTIONS)]
    for connection in connections:
        await connection.open()
    await asyncio.gather(*(work(connection) for connection in connections))
    for connection in connections:
        connection.close()


async def write(job: Job) -> None:
    """Write the records whose lines have changed."""
    path = Path(job.folder) / "hashes"
    kept: Kept = {}
    with suppress(FileNotFoundError):
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
    changed = _changed(job.lines, kept)
    waiting = calls(job.api, [(record, kept.get(key, ("", ""))[1]) for key, _, record in changed])
    hashes = {key: digest for key, digest, _ in changed}

    async def send(connection: Connection) -> None:
        for call in waiting:
            answer = await connection.ask(call.method, call.path, call.body)
            _keep(kept, call, hashes, ids(job.api, answer))

    if job.sends:
        await over_all(job.url, headers(job.api, job.token), send)
    else:
        kept.update({key: (digest, "") for key, digest in hashes.items()})
    path.write_bytes(msgspec.json.encode(kept))


def _keep(kept: Kept, call: Call, hashes: dict[str, str], told: list[str]) -> None:
    kept.update({key: (hashes[key], each) for key, each in zip(call.keys, told, strict=True)})


def _changed(lines: str, kept: Kept) -> list[tuple[str, str, dict[str, Any]]]:
    known = {digest for digest, _ in kept.values()}
    decoder = msgspec.json.Decoder()
    found = []
    with Path(lines).open("rb") as messages:
        for line in messages:
            digest = hashlib.md5(line, usedforsecurity=False).hexdigest()
            if digest not in known and b'"RECORD"' in line[:20]:
                record = decoder.decode(line)["record"]
                found.append((record["id"], digest, record))
    return found


async def read(url: str) -> None:
    """Read all contacts of Zoho Voice."""
    fields, encoder = {"Authorization": "Zoho-oauthtoken t"}, msgspec.json.Encoder()
    pages = _pages()

    async def fetch(connection: Connection) -> None:
        for page in pages:
            answer = await connection.ask("GET", page)
            rows = msgspec.json.decode(answer)["contacts"]
            for row in rows:
                line = {"type": "RECORD", "stream": "zoho_voice_contacts", "record": row}
                sys.stdout.buffer.write(encoder.encode(line) + b"\n")
            if not rows:
                return

    await over_all(url, fields, fetch)


def _pages() -> Iterator[str]:
    start = 0
    while True:
        yield f"{ZOHO_PATH}?from={start}&size={PAGE}"
        start += PAGE


def main(what: str, told: str) -> None:
    """Write or read."""
    if what == "read":
        asyncio.run(read(told))
    else:
        asyncio.run(write(msgspec.json.decode(Path(told).read_bytes(), type=Job)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
