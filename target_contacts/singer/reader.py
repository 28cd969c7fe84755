"""Read the messages of a stream. An error never shows a line."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

from singer_sdk.singerlib.encoding.base import GenericSingerReader

from tap_contacts.plugin.endings import InputError
from target_contacts.shutdown import Interrupted
from target_contacts.singer import too_deep
from target_contacts.singer.lines import (
    DECODER,
    LONGEST_LINE,
    NOT_JSON,
    Line,
    is_name,
    is_object,
    is_text,
    record_line,
    unreadable,
)
from target_contacts.singer.too_deep import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PIPE_BYTES = 1024 * 1024
"""Size of the pipe, if the system allows: the tap goes on while a batch is written."""

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""How lines in UTF-16 begin, and those in UTF-32 of the same order of bytes."""
LONGEST_START = 4
"""Bytes of a line that show its encoding if it has no byte order mark."""


def _are_names(value: object) -> bool:
    if not isinstance(value, list):
        return value is None
    return all(map(is_text, value)) and len(set(value)) == len(value)


_FORMS: dict[str, tuple[Callable[[object], bool], str]] = {
    "type": (is_text, "text"),
    "stream": (is_name, "a name in at most 255 printable characters"),
    "record": (is_object, "an object"),
    "key_properties": (_are_names, "a list of names, each of them once"),
}
"""Forms of the parts of messages, if these are there."""


class MessageReader(GenericSingerReader[bytes]):
    """Hand the messages of a stream to their callbacks, until it ends or `stop` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = False
        self.waiting = False
        """Whether a line is awaited. Only then may a signal interrupt."""
        self.take: Callable[[Line], None] | None = None
        """Takes each RECORD message, if it is set."""
        self._line = 0

    @property
    def default_input(self) -> IO[bytes]:
        """Return the bytes of standard input.

        Raises:
            InputError: If it is closed.
        """
        if sys.stdin is None:
            msg = "The input is closed: pipe a tap into the target, or name a file by --input."
            raise InputError(msg)
        with contextlib.suppress(OSError, AttributeError):  # no pipe, or not Linux
            fcntl.fcntl(sys.stdin.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        return sys.stdin.buffer

    def has_input(self, file_input: IO[bytes] | None) -> bool:
        """Wait for the first byte; say whether there may be one. Nothing is taken out.

        Whatever is wrong with the input is raised when it is read.
        """
        with contextlib.suppress(Interrupted, InputError, OSError, ValueError):
            peek = getattr(file_input or self.default_input, "peek", None)
            try:
                self.waiting = True
                return peek is None or bool(peek(1))
            finally:
                self.waiting = False
        return False

    def process_lines(
        self,
        file_input: IO[bytes] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        """Read every line and call back by its type; return how many of each type there were."""
        counts: Counter[str] = Counter()
        taken = 0
        for line in self._lines(file_input or self.default_input):
            if self.take and (record := record_line(line, self._line)):
                self.take(record)
                taken += 1
                continue
            message = self.deserialize_json(line)
            self._assert_form(message)
            callback = callbacks.get(message.get("type", ""))
            if callback is None:
                msg = "has no type that Singer knows"
                raise self._unreadable(msg)
            callback(message)
            counts[message["type"]] += 1
        counts["RECORD"] += taken
        return counts

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Return the message in a line."""
        if len(line) >= LONGEST_LINE:
            msg = f"has {LONGEST_LINE} bytes or more"
            raise self._unreadable(msg)
        try:
            message: dict[str, Any] = DECODER.decode(line)
        except NOT_JSON:
            msg = "is not a JSON object"
            raise self._unreadable(msg) from None
        if too_deep.may_be(line) and too_deep.cut(line) is not line:
            msg = f"nests deeper than {DEEPEST} levels"
            raise self._unreadable(msg)
        return message

    def assert_line_requires(self, line_dict: dict[str, Any], requires: set[str]) -> None:  # type: ignore[override]
        """Raise an InputError if a message lacks a key; the SDK's own would show the message."""
        missing = sorted(requires - set(line_dict))
        if missing:
            msg = f"lacks {', '.join(missing)}"
            raise self._unreadable(msg)

    def _lines(self, stream: IO[Any]) -> Iterator[bytes]:
        while not self.stop and (line := self._next(stream)):
            self._line += 1
            if line[:1] == b"{" and line[1:2] != b"\x00":
                yield line
            elif not line.isspace():
                yield self._utf8(line)

    def _next(self, stream: IO[Any]) -> Any:
        """Return the next line; nothing at the end, or if a signal comes."""
        try:
            self.waiting = True
            return stream.readline(LONGEST_LINE)
        except Interrupted:
            return None
        finally:
            self.waiting = False

    def _utf8(self, line: str | bytes) -> bytes:
        """Return a line without byte order mark. Files with one may have been put together.

        Raises:
            InputError: If it is in another encoding.
        """
        whole = line.encode() if isinstance(line, str) else line  # `--input` opens text
        start = whole[:LONGEST_START]
        if start.startswith(UTF_16) or (b"\x00" in start and b"{" in start):
            msg = (
                "is UTF-16 or UTF-32, not UTF-8, as PowerShell writes files: let the tap write "
                "into the pipe or the file itself, as UTF-8"
            )
            raise self._unreadable(msg)
        return whole.removeprefix(codecs.BOM_UTF8)

    def _assert_form(self, message: Mapping[str, Any]) -> None:
        for name, (is_right, words) in _FORMS.items():
            if name in message and not is_right(message[name]):
                msg = f"has a {name} that is not {words}"
                raise self._unreadable(msg)

    def _unreadable(self, reason: str) -> InputError:
        return unreadable(self._line, reason)
