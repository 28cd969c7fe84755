"""The target: which APIs it writes, and the order of reading, writing and passing on STATE."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import signal
import sys
import time
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

import click
import msgspec
from singer_sdk import Target
from singer_sdk.exceptions import (
    ConfigurationError,
    MapExpressionError,
    RecordsWithoutSchemaException,
)
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.mapper import SameRecordTransform

from tap_contacts.apis.errors import Stopped
from tap_contacts.apis.plugin import ContactsPlugin, InputError, exit_codes
from target_contacts import settings
from target_contacts.checkpoints import Checkpoints
from target_contacts.client import ContactSink, PassedOverSink, StreamSink
from target_contacts.destination import Destination
from target_contacts.ledger import CANONICAL
from target_contacts.messages import Interrupted, Line, MessageReader
from target_contacts.rejects import Rejected
from target_contacts.sinks.bas_ip import BasIpSink
from target_contacts.sinks.cobai import CobaiSink
from target_contacts.sinks.porters import PortersSink
from target_contacts.sinks.valomnia import ValomniaSink
from target_contacts.sinks.zoho_voice import ZohoVoiceSink

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from singer_sdk.plugin_base import _ConfigInput
    from singer_sdk.sinks import Sink

SINKS: dict[str, type[ContactSink[Any]]] = {
    kind.client_class.api: kind
    for kind in (BasIpSink, CobaiSink, PortersSink, ValomniaSink, ZohoVoiceSink)
}
"""The sink of each API that can be written."""

TOO_MANY_REJECTED = 3
"""Exit code of a run that is done but rejected more than `max_rejects`."""

GRACE_SECONDS = 7.0
"""How long a run that was told to end waits for answers to what is in flight."""

_STATE = msgspec.json.Encoder(decimal_format="number")


class TargetContacts(ContactsPlugin, Target):
    """Write contact records into PORTERS, cobai, Valomnia, BAS-IP monitors or Zoho Voice."""

    name = "target-contacts"
    config_jsonschema: ClassVar = settings.schema(kind.client_class for kind in SINKS.values())
    capabilities: ClassVar = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.VALIDATE_RECORDS,
    ]
    message_reader_class = MessageReader
    message_reader: MessageReader

    def __init__(self, **kwargs: Any) -> None:
        """Take the arguments of the SDK's `Target`."""
        super().__init__(**kwargs)
        self.max_parallelism = 1
        kind = SINKS[self.config["api"]].client_class
        self.destination = Destination(kind, self.config, Checkpoints(self._write_state_message))
        self._drained_at = time.monotonic()
        self._checkpoint_seconds = float(self.config["checkpoint_seconds"])
        self._unmapped: dict[str, StreamSink] = {}
        """Sinks of the streams that no stream map changes."""
        self.message_reader.take = self._take

    def check_settings(self) -> None:
        """Demand the settings of the API that is to be written."""
        api = self.config["api"]
        if not isinstance(self.config.get(api), dict):
            msg = f"api is {api}: give the settings of its account under {api}."
            raise ConfigurationError(msg)

    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """Return the destination's sink, or one that passes the stream over."""
        globs = self.config["streams"]
        name = stream_name.lower()
        written = any(fnmatch.fnmatchcase(name, glob.lower()) for glob in globs)
        if not written:
            return PassedOverSink
        self.destination.open()
        return SINKS[self.config["api"]]

    def get_sink(
        self,
        stream_name: str,
        *,
        record: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        key_properties: Sequence[str] | None = None,
    ) -> Sink:
        """Return the stream's sink; before a changed schema replaces it, it is drained."""
        if schema is not None and self.sink_exists(stream_name):
            self.drain_one(self._sinks_active[stream_name])
        return super().get_sink(
            stream_name, record=record, schema=schema, key_properties=key_properties
        )

    # Messages.

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "schema"})
        schema = message_dict["schema"]
        properties = schema.get("properties") if isinstance(schema, dict) else None
        if not isinstance(properties, dict):
            msg = f"The schema of stream {message_dict['stream']} has no properties. Check the tap."
            raise InputError(msg)
        self.destination.schemas[message_dict["stream"]] = message_dict
        super()._process_schema_message(message_dict)
        self._note_unmapped(message_dict["stream"])

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "record"})
        whole = CANONICAL.encode(message_dict)
        record = CANONICAL.encode(message_dict["record"])
        self._take(Line(message_dict["stream"], record, whole))

    def _take(self, line: Line) -> None:
        """Hand a RECORD message to its sink, as it is or mapped."""
        sink = self._unmapped.get(line.stream)
        if sink is None:
            self._map(line)
        else:
            self.destination.books.read += 1
            self._give(sink, line, None)

    def _map(self, line: Line) -> None:
        """Hand the records that the stream maps make of a message to their sinks."""
        if line.stream not in self.mapper.stream_maps:
            self._assert_sink_exists(line.stream)
        for stream_map in self.mapper.stream_maps[line.stream]:
            self.destination.books.read += 1
            message = line.message
            try:
                record = stream_map.transform(message["record"])
            except MapExpressionError:
                reason = "an expression of stream_maps fails on this record"
                self.destination.reject(line.stream, message, Rejected(reason, "stream_map"))
                continue
            if record is None:
                self.destination.books.skip(line.stream, "filtered out by stream_maps")
            else:
                sink = cast("StreamSink", self.get_sink(stream_map.stream_alias))
                self._give(sink, line, record)

    def _give(self, sink: StreamSink, line: Line, record: dict[str, Any] | None) -> None:
        sink.receive(line, record)
        if sink.current_size >= sink.max_size:
            self.drain_one(sink)
        self._drain_if_due()

    def _note_unmapped(self, stream: str) -> None:
        """Note whether a stream's records go to their sink as they are."""
        self._unmapped.pop(stream, None)
        maps = self.mapper.stream_maps[stream]
        if [type(each) for each in maps] == [SameRecordTransform] and not maps[
            0
        ].flattening_enabled:
            self._unmapped[stream] = cast("StreamSink", self.get_sink(maps[0].stream_alias))

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"value"})
        self.destination.checkpoints.saw(message_dict["value"])
        self.destination.checkpoints.pass_on()
        self._drain_if_due()

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        text = "ACTIVATE_VERSION of stream %s is ignored: this target does not delete."
        self.logger.info(text, message_dict.get("stream"))

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        msg = f"Stream {message_dict.get('stream')} sends BATCH messages; set its tap to records."
        raise InputError(msg)

    # Draining, STATE and the end.

    def _drain_if_due(self) -> None:
        if time.monotonic() - self._drained_at >= self._checkpoint_seconds:
            self._settle_all()

    def _settle_all(self, *, is_endofpipe: bool = False) -> None:
        """Write all that waits, and pass on the STATE that is safe then."""
        self.drain_all(is_endofpipe=is_endofpipe)
        self.destination.checkpoints.pass_on()
        self._drained_at = time.monotonic()

    def process_endofpipe(self) -> None:
        """Write all that waits, unless a signal asked for the end."""
        if self.destination.halted:
            self.destination.checkpoints.pass_on()
        else:
            self._settle_all(is_endofpipe=True)

    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Pass on STATE, what it covers being durable; a dry run has settled nothing."""
        self.destination.rejects.flush()
        if not self.config["dry_run"] and not self.destination.offline:
            sys.stdout.write(_STATE.encode(state).decode() + "\n")
            sys.stdout.flush()

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Ask for the end: at once while a line is awaited, else when what is in flight is done."""
        del frame
        self.destination.halt(signum)
        self.message_reader.stop = True
        if self.message_reader.waiting:
            raise Interrupted
        signal.signal(signal.SIGALRM, self._abandon)
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)

    def _abandon(self, signum: int, frame: FrameType | None) -> None:
        """Wait no longer for what is in flight; the next run looks it up."""
        del signum, frame
        self.destination.abandoned = True
        raise Interrupted

    # The command.

    def run(self, file_input: IO[str] | None = None) -> int:
        """Read and write everything; report; return the exit code."""
        try:
            with contextlib.suppress(Interrupted):
                self._listen(file_input)
        except Stopped:
            if not self.destination.halted:
                raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.destination.close()
            self.destination.report(self.logger)
        if self.destination.halted:
            return 128 + self.destination.halted
        rejected = self.destination.books.bins["rejected"]
        return TOO_MANY_REJECTED if rejected > self.config["max_rejects"] >= 0 else 0

    def _listen(self, file_input: IO[str] | None) -> None:
        try:
            self.listen(file_input)
        except (InputError, RecordsWithoutSchemaException):
            self._settle_all()
            raise

    @classmethod
    def invoke(
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
        **only: bool,
    ) -> None:
        """Run the command with its options, and exit."""
        super(Target, cls).invoke(about=about, about_format=about_format)
        target = cls(
            config=config.config if config else {},
            parse_env_config=bool(config and config.parse_env),
        )
        if only.get("check"):
            sys.exit(target.check())
        if only.get("explain"):
            sys.exit(target.explain(file_input))
        code = target.run(file_input)
        if target.destination.abandoned:
            _leave(code)
        sys.exit(code)

    def check(self) -> int:
        """Sign in, make one harmless read and say which account answered."""
        click.echo(self.destination.client.check())
        return 0

    def explain(self, file_input: IO[str] | None = None) -> int:
        """Read everything and print what would become of it, without asking or keeping anything."""
        self.destination.offline = True
        self.listen(file_input)
        for explainer in self.destination.explainers:
            explainer.show(sys.stdout)
        return 0

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Add `--check` and `--explain` to the SDK's command."""
        command = super().get_singer_command()
        text = "Sign in, make one harmless read and say which account answered."
        command.params.append(click.Option(["--check"], is_flag=True, help=text))
        text = "Read a stream and print which of its fields go where; nothing is sent or kept."
        command.params.append(click.Option(["--explain"], is_flag=True, help=text))
        return command

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Leave out the SDK's settings that mean nothing for contacts."""
        super().append_builtin_config(config_jsonschema)
        for name in ("load_method", "add_record_metadata"):
            config_jsonschema["properties"].pop(name, None)


def _leave(code: int) -> None:
    """End the process without waiting for threads that wait for answers."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Run the command `target-contacts`."""
    with exit_codes(TargetContacts.logger):
        TargetContacts.cli()
