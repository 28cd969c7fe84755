"""Read a short file or pipe, such as one that holds a secret, without waiting for ever."""

from __future__ import annotations

import os
import select
import stat
import time
from pathlib import Path

from tap_contacts.plugin.json_files import Unreadable, decoded, why_not

LARGEST = 1_000_000
"""Bytes that are read."""

PIPE_SECONDS = 10.0
"""How long a pipe, as of a shell's `<(…)`, may take to give all that it holds."""


def content(path: str, seconds: float = PIPE_SECONDS) -> str:
    """Return the text in a file or pipe.

    Raises:
        Unreadable: If it is neither, is too long or cannot be read as UTF-8.
    """
    try:
        body = _body(path, seconds)
    except Unreadable:
        raise
    except (OSError, ValueError) as error:  # a name may hold what none can
        raise why_not(error) from None
    if len(body) > LARGEST:
        msg = f"has more than {LARGEST} bytes"
        raise Unreadable(msg)
    return decoded(body)


def _body(path: str, seconds: float) -> bytes:
    """Return at most one byte more than may be read."""
    _assert_kind(Path(path).stat().st_mode)  # opening a device may do something to it
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if stat.S_ISFIFO(os.fstat(handle).st_mode):
            return _piped(handle, time.monotonic() + seconds)
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(LARGEST + 1)
    finally:
        os.close(handle)


def _assert_kind(mode: int) -> None:
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        msg = "is neither a file nor a pipe"
        raise Unreadable(msg)


def _piped(handle: int, until: float) -> bytes:
    """Return what comes until the writer closes the pipe; there may be no writer yet."""
    body, has_writer = b"", False
    while len(body) <= LARGEST:
        part = _part(handle, LARGEST + 1 - len(body))
        if part == b"" and (body or has_writer):
            break
        body += part or b""
        if not part:
            has_writer = _is_ready(handle, until)
    return body


def _part(handle: int, most: int) -> bytes | None:
    """Return what is there, b"" at the end or without writer; None if a writer is silent."""
    try:
        return os.read(handle, most)
    except BlockingIOError:
        return None


def _is_ready(handle: int, until: float) -> bool:
    """Wait for a writer; raise Unreadable if it takes too long."""
    waiting = select.poll()
    waiting.register(handle, select.POLLIN)
    if not waiting.poll(max(0.0, until - time.monotonic()) * 1000):
        msg = "is a pipe whose writer does not come or does not end"
        raise Unreadable(msg)
    return True
