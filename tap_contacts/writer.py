"""Write Singer messages in few, large pieces."""

from __future__ import annotations

import datetime
import sys
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.messages import Message, RecordMessage, StateMessage

from tap_contacts.plugin.standard_streams import OutputError, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

UNREAD = "Nobody reads the output any more: see why the target ended, then run both again."
"""Message of the error if nothing reads from the pipe any more."""

LARGEST_PIECE = 65536
"""Most bytes of records that are kept back."""

SEPARATORS = {char.encode(): rf"\u{ord(char):04x}".encode() for char in "\x85\u2028\u2029"}
"""Characters that some readers take for the end of a line, and how they are escaped."""

_ENCODER = msgspec.json.Encoder(enc_hook=str)


class _Record(msgspec.Struct, omit_defaults=True):
    """A RECORD message, its parts in the order of the SDK's own."""

    type: str
    stream: str
    record: Mapping[str, Any]
    version: int | None = None
    time_extracted: str = ""


class MessageWriter(GenericSingerWriter[bytes, Message]):
    """Keep records back until `flush`, another kind of message, or 64 KiB of them."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = bytearray()
        self._is_writing = False
        self._then: Callable[[], None] | None = None

    def serialize_message(self, message: Message) -> bytes:
        """Return a message as a line."""
        if isinstance(message, StateMessage):  # frequent, and the SDK makes a deep copy
            return _escaped(_ENCODER.encode({"type": "STATE", "value": message.value})) + b"\n"
        content = message.to_dict()
        if time := content.get("time_extracted"):
            content["time_extracted"] = time.isoformat()
        return _escaped(_ENCODER.encode(content)) + b"\n"

    def write_message(self, message: Message) -> None:
        """Write a message; records are kept back while there are few."""
        self._kept += self.format_message(message)
        if not isinstance(message, RecordMessage) or len(self._kept) > LARGEST_PIECE:
            self.flush()

    def write_records(
        self, stream: str, records: Iterable[Mapping[str, Any]], version: int | None = None
    ) -> None:
        """Write records that are in their final form."""
        time = datetime.datetime.now(tz=datetime.timezone.utc).isoformat()
        lines = [_Record("RECORD", stream, record, version, time) for record in records]
        self._kept += _escaped(_ENCODER.encode_lines(lines))
        if len(self._kept) > LARGEST_PIECE:
            self.flush()

    def flush(self) -> None:
        """Write what was kept back.

        Raises:
            OutputError: If nobody reads it, or the disk is full.
        """
        if not self._kept:
            return
        self._is_writing = True  # until False, `between_lines` defers its call
        kept, self._kept = self._kept, bytearray()
        try:
            sys.stdout.buffer.write(kept)
            sys.stdout.buffer.flush()
        except Unread:
            raise OutputError(UNREAD) from None
        self._is_writing = False
        then, self._then = self._then, None
        if then:
            then()

    def between_lines(self, call: Callable[[], None]) -> None:
        """Call at once; in a signal handler that interrupted writing, call after that."""
        if self._is_writing:
            self._then = call
        else:
            call()


def _escaped(json: bytes) -> bytes:
    for char, escape in SEPARATORS.items():
        if char[:1] in json:  # to look for one byte is fast
            json = json.replace(char, escape)
    return json
