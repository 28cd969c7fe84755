"""The SDK's sink of a stream, and the one for streams that are not written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.sinks import BatchSink

from target_contacts.parents.names import are_parents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk import Target

    from target_contacts.pipeline.run import Run
    from target_contacts.singer.lines import Line


class StreamSink(BatchSink):
    """A sink of one stream in one run."""

    def __init__(
        self,
        target: Target,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
        *,
        run: Run,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._run = run
        self._outcomes = run.outcomes(stream_name)

    def get_validator(self) -> None:
        """Leave out the SDK's validator, which logs the values it refuses."""

    def receive(self, line: Line, mapped: Mapping[str, Any] | None = None) -> bool:
        """Take a RECORD message, perhaps mapped; return whether the batch is full."""
        raise NotImplementedError

    def process_batch(self, context: dict[str, Any]) -> None:
        """Settle the records that wait."""

    def miss(self, reason: str) -> None:
        """Take note of a record that is not received, so that its key is not known."""

    def activate(self, version: object) -> str:
        """Carry out an ACTIVATE_VERSION message; return why nobody is taken to have left, or ""."""
        del version
        return "the stream is not written"

    def depart(self, *, is_whole: bool) -> str:
        """Settle who left the source, at the end of the input; return as `activate` does.

        The input `is_whole` if it ended as a tap ends it.
        """
        del is_whole
        return ""

    def settle_due(self) -> None:
        """Settle records that had to wait until now."""

    def settle_last(self) -> None:
        """Settle records that had to wait for the end of the stream."""


class PassedOverSink(StreamSink):
    """Skip a stream that is not written, but learn the names of statuses or companies from it."""

    def setup(self) -> None:
        """Note that the stream is passed over, unless it holds names of statuses or companies."""
        super().setup()
        self._has_statuses = self.stream_name.endswith(self._run.stream_names.ends_of_statuses)
        is_looked_up = self._run.settings.parents is not None
        self._has_parents = is_looked_up and are_parents(self.stream_name)
        if not self._has_statuses and not self._has_parents:
            asked = self._run.settings.streams is not None
            self._run.books.pass_over(self.stream_name, asked=asked)

    def receive(self, line: Line, mapped: Mapping[str, Any] | None = None) -> bool:
        """Count the record as skipped."""
        self._outcomes.leave_out("not among the streams that are written")
        if self._has_statuses:
            record = mapped or line.message["record"]
            self._run.status_names[str(record.get("id"))] = str(record.get("display_value"))
        elif self._has_parents:
            record = mapped or line.message["record"]
            self._run.lookups.names.take(self.key_properties, record)
        return False
