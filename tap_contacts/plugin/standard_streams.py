"""Make the standard streams of a command work, or say in one sentence why they do not.

Messages are UTF-8 whatever the locale is. A closed or full standard error does not end a run.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import FatalSyncError

if TYPE_CHECKING:
    from typing_extensions import Buffer

STANDARD_STREAMS = 3
"""Standard input, output and error are the file descriptors below this number."""


class OutputError(FatalSyncError):
    """The messages cannot be written."""


class Unread(OutputError):
    """Nobody reads the output any more; a run says what that means for it."""


class _Whole(io.FileIO):
    """A file that writes everything at once, and keeps nothing for later."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)

    def write(self, text: Buffer, /) -> int:
        left = memoryview(text).cast("B")
        size = len(left)
        while left:
            written: Any = super().write(left)
            if written is None:  # the stream was set to not block
                select.select([], [self], [])
            left = left[written or 0 :]
        return size


class _StandardOutput(_Whole):
    """Standard output, whose errors are one sentence."""

    def write(self, text: Buffer, /) -> int:
        """Write all of a text.

        Raises:
            Unread: If nobody reads it.
            OutputError: If the disk is full.
        """
        try:
            return super().write(text)
        except BrokenPipeError:
            msg = "Nobody reads the output any more."
            raise Unread(msg) from None
        except OSError as error:
            msg = f"The output cannot be written: {error.strerror}. Fix that, then run again."
            raise OutputError(msg) from None


class _StandardError(_Whole):
    """Standard error, which may be full or closed."""

    def write(self, text: Buffer, /) -> int:
        """Write all of a text, or as much as is possible."""
        with contextlib.suppress(OSError):
            super().write(text)
        return memoryview(text).nbytes


def prepare() -> bool:
    """Replace the standard streams by ones that work; say whether output is open."""
    _keep_numbers()
    is_open = sys.stdout is not None
    sys.stdout = _text_stream(_StandardOutput(1), "utf-8")
    sys.stderr = _text_stream(_StandardError(2), (sys.stderr and sys.stderr.encoding) or "utf-8")
    return is_open


def assert_open(*, is_open: bool) -> None:
    """Raise OutputError if the output is closed."""
    if not is_open:
        msg = (
            "The output is closed, so no message could be passed on; nothing was done. Open it, "
            "with >/dev/null if nobody needs it."
        )
        raise OutputError(msg)


def _keep_numbers() -> None:
    """Occupy the descriptors of closed standard streams, so that no other file gets one."""
    while (number := os.open(os.devnull, os.O_RDWR)) < STANDARD_STREAMS:
        pass
    os.close(number)


def _text_stream(file: _Whole, encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        file, encoding, "backslashreplace", line_buffering=True, write_through=True
    )
