"""What is done with a single connection, beside sending whole messages."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import struct

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RESET = struct.pack("ii", 1, 0)
"""Makes closing a socket a reset, what was not sent yet being dropped."""


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """Read one request or answer; EOFError at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")


async def send_below(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, what: bytes
) -> None:
    """Send bytes past the encryption, then wait for the other side to hang up."""
    descriptor = writer.get_extra_info("socket").fileno()
    with socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.send(what)
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(reader.read(), 10)


async def drip(writer: asyncio.StreamWriter, what: bytes) -> None:
    """Send the same again and again until the other side hangs up."""
    while not writer.is_closing():
        writer.write(what)
        await writer.drain()
        await asyncio.sleep(0.05)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
