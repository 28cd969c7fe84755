"""Keep a row below the log of a terminal up to date, for two processes that share the terminal.

A tap and the target it feeds mostly share one. Each has a row of its own, and whoever logs clears
both rows first; they are drawn again soon. No library does that, since each clears its own rows
only. Tried with two processes on a pty: with `tqdm` (`position`, `logging_redirect_tqdm`) rests of
the other's row stay behind the lines of the log, and `rich.live` erases lines the other has logged.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CLEAR = "\r\x1b[J"
"""Clears the cursor's row and all below it."""

NO_ROWS = {"dumb", "unknown"}
"""Kinds of terminals that only print line by line."""


def is_terminal(stream: IO[str] | None) -> bool:
    """Say whether rows can be drawn on a stream; None is a closed one."""
    return (
        stream is not None and stream.isatty() and os.environ.get("TERM", "").lower() not in NO_ROWS
    )


def make_way() -> None:
    """Clear the rows before a line of output, if output and log go to the terminal."""
    if sys.stdout.isatty() and is_terminal(sys.stderr):
        _write_now(CLEAR)


class _LogAboveRows:
    """A stream for log handlers that clears the rows before each piece of text."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(CLEAR + text)

    def flush(self) -> None:
        self._stream.flush()


@contextlib.contextmanager
def logging_above() -> Iterator[None]:
    """Let log lines stand above the rows, and clear the rows in the end."""
    handlers = _handlers() if is_terminal(sys.stderr) else []
    for handler in handlers:
        handler.setStream(_LogAboveRows(sys.stderr))
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(sys.stderr)
            _write_now(CLEAR)


def _handlers() -> list[logging.StreamHandler[Any]]:
    streams = (h for h in logging.getLogger().handlers if isinstance(h, logging.StreamHandler))
    return [handler for handler in streams if handler.stream is sys.stderr]


def draw(line: str, row: int) -> None:
    """Draw a line, cut to the terminal's width, `row` rows below the cursor."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stderr)
    with console.capture() as captured:
        console.print(Text(line), no_wrap=True, overflow="ellipsis", end="")
    up = f"\x1b[{row}A" if row else ""
    _write_now("\n" * row + "\r\x1b[2K" + captured.get() + up + "\r")


def _write_now(text: str) -> None:
    """Write in one piece, past the buffers, so that no other thread writes in between."""
    with contextlib.suppress(OSError):  # the terminal was closed
        os.write(sys.stderr.fileno(), text.encode())
