"""Read Singer messages from bytes, never showing a line that cannot be read."""

from __future__ import annotations

import decimal
import sys
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader

from tap_contacts.apis.plugin import InputError
from target_contacts.rejects import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=decimal.Decimal)


class Interrupted(BaseException):
    """A signal came while a line was awaited."""


class MessageReader(GenericSingerReader[bytes]):
    """Hand the messages of a stream to their callbacks, until it ends or `stop` is set."""

    def __init__(self) -> None:
        """Start before the first line."""
        super().__init__()
        self.stop = False
        self.waiting = False
        """Whether a line is awaited: only then may a signal interrupt."""
        self._line = 0

    @property
    def default_input(self) -> IO[bytes]:
        """Return the bytes of standard input."""
        return sys.stdin.buffer

    def process_lines(
        self,
        file_input: IO[bytes] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        """Read every line and call back by its type; return how many of each type there were."""
        counts: Counter[str] = Counter()
        for line in self._lines(file_input or self.default_input):
            message = self.deserialize_json(line)
            callback = callbacks.get(message.get("type", ""))
            if callback is None:
                msg = "has no type that Singer knows"
                raise self._unreadable(msg)
            callback(message)
            counts[message["type"]] += 1
        return counts

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Return the message in a line."""
        try:
            return _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, decimal.DecimalException):
            msg = "is not a JSON object"
            raise self._unreadable(msg) from None

    def assert_line_requires(self, line_dict: dict[str, Any], requires: set[str]) -> None:  # type: ignore[override]
        """Raise an InputError if a message lacks a key; the SDK's own would show the message."""
        missing = sorted(requires - set(line_dict))
        if missing:
            msg = f"lacks {', '.join(missing)}"
            raise self._unreadable(msg)

    def _lines(self, stream: IO[bytes]) -> Iterator[bytes]:
        while not self.stop:
            try:
                self.waiting = True
                line = stream.readline()
            except Interrupted:
                return
            finally:
                self.waiting = False
            if not line:
                return
            self._line += 1
            if line.strip():
                yield line

    def _unreadable(self, reason: str) -> InputError:
        msg = (
            f"Input line {self._line} {reason}. Everything before it is settled. "
            "Check that only a tap writes to this pipe, then run both again."
        )
        return InputError(msg)


class RecordValidator:
    """Check records against the stream's own schema, naming places but no values."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Compile the schema.

        Raises:
            InputError: If it is not a JSON schema.
        """
        try:
            self._validator = jsonschema_rs.validator_for(dict(schema))
        except (jsonschema_rs.ValidationError, ValueError):
            msg = "A SCHEMA message is not a valid JSON schema. Check the tap."
            raise InputError(msg) from None

    def check(self, record: Mapping[str, Any]) -> None:
        """Raise Rejected if the record breaks its schema."""
        error = next(self._validator.iter_errors(record), None)
        if error is None:
            return
        path = [str(part) for part in error.instance_path]
        rule = "/".join(str(part) for part in error.schema_path)
        where = ".".join(path) or "record"
        reason = f"{where} breaks the rule {rule} of the stream's own schema"
        raise Rejected(reason, "schema", field=path[0] if path else None)
