"""Read Singer messages. An error never shows a line."""

from __future__ import annotations

import codecs
import contextlib
import decimal
import fcntl
import functools
import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any, TypeVar

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader

from tap_contacts.plugin.base import InputError
from target_contacts.errors import Rejected
from target_contacts.shutdown import Interrupted
from target_contacts.singer import repair, too_deep
from target_contacts.singer.too_deep import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")

PIPE_BYTES = 1024 * 1024
"""Size of the pipe, if the system allows: the tap goes on while a batch is written."""

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of an input line that are read."""

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""How lines in UTF-16 begin, and those in UTF-32 of the same order of bytes."""
LONGEST_START = 4
"""Bytes of a line that show its encoding if it has no byte order mark."""

_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=decimal.Decimal)


class _Envelope(msgspec.Struct):
    """The parts of any message that are needed at once. A record is not decoded."""

    type: Any = None
    stream: str = ""
    record: msgspec.Raw = msgspec.Raw()


_ENVELOPE = msgspec.json.Decoder(_Envelope)


class Line(msgspec.Struct, gc=False):
    """A RECORD message, decoded only where that is needed. No part refers back to it."""

    stream: str
    record: bytes
    """The record as JSON."""
    whole: bytes
    """The message as JSON."""
    number: int = 0
    """Its number among the lines of the input."""
    is_cut: bool = False
    """Whether it nested too deep, so that a part is left out."""

    @property
    def message(self) -> dict[str, Any]:
        """Return the message as received, or what is left of one that JSON cannot hold.

        Raises:
            InputError: If it cannot be read at all.
        """
        try:
            message: dict[str, Any] = _DECODER.decode(self.whole)
        except _NOT_JSON:
            message = repair.message_of(self.whole)
        if message is None:
            raise _unreadable(self.number, "is not a JSON object")
        return message

    @property
    def fields(self) -> dict[str, Any]:
        """Return the record as received.

        Raises:
            Rejected: As for `decoded`.
            InputError: As for `message`.
        """
        fields: dict[str, Any] = self.decoded(_DECODER, self.record)
        return fields

    def decoded(self, decoder: msgspec.json.Decoder[T], part: bytes) -> T:
        """Return what is in a part of the line.

        Raises:
            Rejected: If the message holds what JSON cannot, or nests too deep.
            InputError: As for `message`.
        """
        if self.is_cut:
            raise Rejected(too_deep.REASON, "too_deep")
        try:
            return decoder.decode(part)
        except _NOT_JSON:
            _ = self.message
        raise Rejected(repair.REASON, "unreadable")


_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, decimal.DecimalException, RecursionError)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= 255  # noqa: PLR2004


_is_known = functools.lru_cache(maxsize=256)(_is_name)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _are_names(value: object) -> bool:
    if not isinstance(value, list):
        return value is None
    return all(map(_is_text, value)) and len(set(value)) == len(value)


_FORMS: dict[str, tuple[Callable[[object], bool], str]] = {
    "type": (_is_text, "text"),
    "stream": (_is_name, "a name in at most 255 printable characters"),
    "record": (_is_object, "an object"),
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

    def process_lines(
        self,
        file_input: IO[bytes] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        """Read every line and call back by its type; return how many of each type there were."""
        counts: Counter[str] = Counter()
        taken = 0
        for line in self._lines(file_input or self.default_input):
            if self.take and (record := _record(line, self._line)):
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
            message: dict[str, Any] = _DECODER.decode(line)
        except _NOT_JSON:
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
        """Raise an InputError if a part of a message is not what it must be."""
        for name, (is_right, words) in _FORMS.items():
            if name in message and not is_right(message[name]):
                msg = f"has a {name} that is not {words}"
                raise self._unreadable(msg)

    def _unreadable(self, reason: str) -> InputError:
        return _unreadable(self._line, reason)


def _unreadable(number: int, reason: str) -> InputError:
    """Return what is wrong with a line."""
    msg = (
        f"Input line {number} {reason}. Everything before it is settled. "
        "Check that only a tap writes to this pipe, then run both again."
    )
    return InputError(msg)


def _record(line: bytes, number: int) -> Line | None:
    """Return the RECORD message in a line; None if it is none, or anything is wrong."""
    whole = too_deep.cut(line) if too_deep.may_be(line) else line
    try:
        if not line.isascii():
            line.decode()  # the envelope does not check the parts that it passes over
        found = _ENVELOPE.decode(whole)
    except _NOT_JSON:
        found = _left(whole)
    record = bytes(found.record)
    if found.type != "RECORD" or not record.startswith(b"{") or not _is_known(found.stream):
        return None
    if len(line) >= LONGEST_LINE:
        return None
    return Line(found.stream, record, whole, number, whole is not line)


def _left(line: bytes) -> _Envelope:
    """Return the parts of a message that JSON cannot hold. Its record cannot be decoded."""
    left = repair.message_of(line)
    if not isinstance(left, dict) or not _is_object(left.get("record")):
        return _Envelope()
    stream = left.get("stream")
    name = stream if isinstance(stream, str) else ""
    return _Envelope(left.get("type"), name, msgspec.Raw(b"{"))
