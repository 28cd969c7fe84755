"""Receive Singer messages: hand records to their sinks, drain these, pass on STATE."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Target

from tap_contacts.plugin import signals
from tap_contacts.plugin.base import ContactsPlugin
from tap_contacts.plugin.endings import InputError
from tap_contacts.plugin.stream_maps import Mapper
from target_contacts.delivery.versions import FILTERED, UNREADABLE
from target_contacts.errors import Rejected
from target_contacts.ledger.entry import CANONICAL
from target_contacts.pipeline.mapped_streams import change_nothing, keep_apart, transformed
from target_contacts.pipeline.purpose import Purpose
from target_contacts.shutdown import Interrupted, leave
from target_contacts.singer.lines import Line
from target_contacts.singer.reader import MessageReader
from target_contacts.singer.state_writer import StateWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from singer_sdk.mapper import StreamMap
    from singer_sdk.sinks import Sink

    from target_contacts.pipeline.run import Run
    from target_contacts.pipeline.stream_sink import StreamSink


class ReceivingTarget(ContactsPlugin, Target):
    """Pass on a STATE only when all before it is settled; the SDK does so when it drains."""

    message_reader_class = MessageReader
    message_reader: MessageReader
    this_run: Run
    watch: ClassVar = signals.Watch()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_parallelism = 1
        self._unmapped: dict[str, StreamSink] = {}
        """Sinks of the streams that no stream map changes."""
        self._told: set[tuple[str | None, str]] = set()
        """Streams whose ACTIVATE_VERSION was ignored, and why."""
        self.schemas: dict[str, Mapping[str, Any]] = {}
        """The schemas of the streams, after the stream maps."""
        self.message_reader.take = self._take
        self.states = StateWriter(self._stop_reading)

    def start(self, run: Run) -> None:
        """Take the run that the messages are received for."""
        self.this_run = run
        run.guards.when_tripped(self._stop_reading)
        self._set_due()

    def _stop_reading(self) -> None:
        """Read no more lines. What was read is settled."""
        self.message_reader.stop = True

    def setup_mapper(self) -> None:
        """Get ready to apply stream maps."""
        self.mapper = Mapper(plugin_config=dict(self.config), logger=self.logger)

    def get_sink(
        self,
        stream_name: str,
        *,
        record: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        key_properties: Sequence[str] | None = None,
    ) -> Sink:
        """Return the stream's sink; before a changed schema replaces it, it is drained."""
        if schema is not None:
            self.schemas[stream_name] = schema
            if self.sink_exists(stream_name):
                former = cast("StreamSink", self._sinks_active[stream_name])
                self.drain_one(former)
                former.settle_last()
        return super().get_sink(
            stream_name, record=record, schema=schema, key_properties=key_properties
        )

    # Messages.

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "schema"})
        schema = message_dict["schema"]
        properties = (schema.get("properties") or {}) if isinstance(schema, dict) else None
        if not isinstance(properties, dict):
            msg = f"The schema of stream {message_dict['stream']} has no properties. Check the tap."
            raise InputError(msg)
        self.this_run.schemas[message_dict["stream"]] = message_dict
        schema = {**schema, "properties": properties}
        super()._process_schema_message({**message_dict, "schema": schema})
        self._note_unmapped(message_dict["stream"])

    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"stream", "record"})
        whole = CANONICAL.encode(message_dict)
        record = CANONICAL.encode(message_dict["record"])
        version = message_dict.get("version")
        self._take(Line(message_dict["stream"], record, whole, version=version))

    def _take(self, line: Line) -> None:
        """Hand a RECORD message to its sink, as it is or mapped."""
        sink = self._unmapped.get(line.stream)
        if sink is None:
            self._map(line)
        else:
            self.this_run.books.read += 1
            self._give(sink, line, None)

    def _map(self, line: Line) -> None:
        if line.stream not in self.mapper.stream_maps:
            self._assert_sink_exists(line.stream)
        for stream_map in self.mapper.stream_maps[line.stream]:
            self.this_run.books.read += 1
            try:
                record = transformed(stream_map, line)
            except Rejected as why:
                self._miss(stream_map, UNREADABLE)
                self.this_run.outcomes(line.stream).refuse(line.message, why)
                continue
            if record is None:
                self._miss(stream_map, FILTERED)
                self.this_run.outcomes(line.stream).leave_out("filtered out by stream_maps")
            else:
                sink = cast("StreamSink", self.get_sink(stream_map.stream_alias))
                self._give(sink, line, record)

    def _miss(self, stream_map: StreamMap, reason: str) -> None:
        """Let a stream's sink know that a record does not get there."""
        if self.sink_exists(stream_map.stream_alias):
            cast("StreamSink", self._sinks_active[stream_map.stream_alias]).miss(reason)

    def _give(self, sink: StreamSink, line: Line, record: dict[str, Any] | None) -> None:
        if sink.receive(line, record):
            self.drain_one(sink)
        self._drain_if_due()

    def _note_unmapped(self, stream: str) -> None:
        self._unmapped.pop(stream, None)
        maps = self.mapper.stream_maps[stream]
        if change_nothing(maps):
            self._unmapped[stream] = cast("StreamSink", self.get_sink(maps[0].stream_alias))

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        self._assert_line_requires(message_dict, requires={"value"})
        self.this_run.checkpoints.saw(message_dict["value"])
        self.this_run.checkpoints.pass_on()
        self._drain_if_due()

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        stream = message_dict.get("stream")
        self._ignore(stream, self._activate(stream, message_dict.get("version")))

    def _ignore(self, stream: Any, reason: str) -> None:
        """Log why ACTIVATE_VERSION of a stream is ignored, unless it is not, or was logged."""
        if reason and (stream, reason) not in self._told:
            self._told.add((stream, reason))
            self.logger.info("ACTIVATE_VERSION of stream %s is ignored: %s.", stream, reason)

    def _activate(self, stream: Any, version: object) -> str:
        """Carry out an ACTIVATE_VERSION message; return why nobody is taken to have left, or ""."""
        maps = self.mapper.stream_maps.get(stream, ())
        if not keep_apart(stream, maps, self.config.get("stream_maps") or {}):
            return "stream_maps give its records to other streams" if maps else "it has no SCHEMA"
        sink = cast("StreamSink", self.get_sink(stream))
        self.drain_one(sink)
        return sink.activate(version)

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        msg = f"Stream {message_dict.get('stream')} sends BATCH messages; set its tap to records."
        raise InputError(msg)

    # Draining, STATE and the end.

    def _drain_if_due(self) -> None:
        if time.monotonic() >= self._due:
            self._settle_all()

    def _set_due(self) -> None:
        """Set when all that waits is written at the latest; a plan does not depend on time."""
        longest = math.inf if self.this_run.planned else self.this_run.settings.checkpoint_seconds
        self._due = time.monotonic() + longest

    def _settle_all(self, *, is_endofpipe: bool = False) -> None:
        self.drain_all(is_endofpipe=is_endofpipe)
        sinks = cast("Sequence[StreamSink]", [*self._sinks_active.values()])
        if is_endofpipe and not self.message_reader.stop:
            is_whole = self.this_run.checkpoints.ends_with_state
            for sink in sinks:
                self._ignore(sink.stream_name, sink.depart(is_whole=is_whole))
        for sink in sinks:
            sink.settle_last() if is_endofpipe else sink.settle_due()
        if is_endofpipe:
            self.this_run.first_writes.end()
        self.this_run.checkpoints.pass_on()
        self._set_due()

    def process_endofpipe(self) -> None:
        """Write all that waits, unless a signal asked for the end."""
        if self.this_run.shutdown.is_asked():
            self.this_run.checkpoints.pass_on()
        else:
            self._settle_all(is_endofpipe=True)

    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Pass on STATE. All that it covers is durable, unless the run is a dry or limited one.

        If nobody reads it, no more lines are read. What was read is settled before the run fails.
        """
        self.this_run.flush()
        if self.this_run.passes_on_state:
            self.states.write(state)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Ask for the end: at once while a line is awaited, else when requests are answered.

        A second signal changes nothing.
        """
        del frame
        first = self.watch.first(signum)
        if self.this_run.purpose is not Purpose.WRITE:
            leave(signals.code_of(first))
        if self.this_run.shutdown.is_asked():
            return
        self.this_run.shutdown.ask(first)
        self.message_reader.stop = True
        if self.message_reader.waiting:
            raise Interrupted
