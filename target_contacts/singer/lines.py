"""Take single lines apart: RECORD messages, decoded only where that is needed."""

from __future__ import annotations

import decimal
import functools
from typing import Any, TypeVar

import msgspec

from tap_contacts.plugin.endings import InputError
from target_contacts.errors import Rejected
from target_contacts.singer import repair, too_deep

T = TypeVar("T")

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of an input line that are read."""

DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=decimal.Decimal)


class _Envelope(msgspec.Struct):
    """The parts of any message that are needed at once. A record is not decoded."""

    type: Any = None
    stream: str = ""
    record: msgspec.Raw = msgspec.Raw()
    version: Any = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


class Line(msgspec.Struct, gc=False):
    """A RECORD message, decoded only where that is needed. No part refers back to it."""

    stream: str
    record: bytes
    whole: bytes
    number: int = 0
    """Its number among the lines of the input."""
    is_cut: bool = False
    """Whether it nested too deep, so that a part is left out."""
    version: Any = None
    """The version of its stream that it belongs to, if the tap says so."""

    @property
    def message(self) -> dict[str, Any]:
        """Return the message as received, or what is left of one that JSON cannot hold.

        Raises:
            InputError: If it cannot be read at all.
        """
        try:
            message: dict[str, Any] = DECODER.decode(self.whole)
        except NOT_JSON:
            message = repair.message_of(self.whole)
        if message is None:
            raise unreadable(self.number, "is not a JSON object")
        return message

    @property
    def fields(self) -> dict[str, Any]:
        """Return the record as received.

        Raises:
            Rejected: As for `decoded`.
            InputError: As for `message`.
        """
        fields: dict[str, Any] = self.decoded(DECODER, self.record)
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
        except NOT_JSON:
            _ = self.message
        raise Rejected(repair.REASON, "unreadable")


NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, decimal.DecimalException, RecursionError)


def is_text(value: object) -> bool:
    """Say whether a value is text."""
    return isinstance(value, str)


def is_name(value: object) -> bool:
    """Say whether a value can be the name of a stream."""
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= 255  # noqa: PLR2004


_is_known = functools.lru_cache(maxsize=256)(is_name)


def is_object(value: object) -> bool:
    """Say whether a value is an object."""
    return isinstance(value, dict)


def unreadable(number: int, reason: str) -> InputError:
    """Return what is wrong with a line."""
    msg = (
        f"Input line {number} {reason}. Everything before it is settled. "
        "Check that only a tap writes to this pipe, then run both again."
    )
    return InputError(msg)


def record_line(line: bytes, number: int) -> Line | None:
    """Return the RECORD message in a line; None if it is none, or anything is wrong."""
    whole = too_deep.cut(line) if too_deep.may_be(line) else line
    try:
        if not line.isascii():
            line.decode()  # the envelope does not check the parts that it passes over
        found = _ENVELOPE.decode(whole)
    except NOT_JSON:
        found = _left(whole)
    record = bytes(found.record)
    if found.type != "RECORD" or not record.startswith(b"{") or not _is_known(found.stream):
        return None
    if len(line) >= LONGEST_LINE:
        return None
    return Line(found.stream, record, whole, number, whole is not line, found.version)


def _left(line: bytes) -> _Envelope:
    """Return the parts of a message that JSON cannot hold. Its record cannot be decoded."""
    left = repair.message_of(line)
    if not isinstance(left, dict) or not is_object(left.get("record")):
        return _Envelope()
    stream = left.get("stream")
    name = stream if isinstance(stream, str) else ""
    return _Envelope(left.get("type"), name, msgspec.Raw(b"{"), left.get("version"))
