"""Carry a run out: read everything, show how far it is, and say what became of it."""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING, Any

from singer_sdk.exceptions import RecordsWithoutSchemaException

from tap_contacts.plugin import signals
from tap_contacts.plugin.endings import InputError
from tap_contacts.plugin.progress import Progress
from tap_contacts.transport.errors import Stopped
from target_contacts.pipeline import ending
from target_contacts.pipeline.receiver import ReceivingTarget
from target_contacts.pipeline.reporting import reported
from target_contacts.shutdown import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_contacts.pipeline.contact_sink import ContactSink


class RunningTarget(ReceivingTarget):
    """Carry out the one run that a target is made for."""

    def run(self, file_input: IO[str] | None = None) -> int:
        """Read and write everything; report; return the exit code."""
        with reported(self.this_run, self.config_jsonschema, self.config) as codes:
            codes.append(self._ended(file_input))
            return codes[0]

    def _ended(self, file_input: IO[str] | None) -> int:
        """Read and write everything; log what became of it; return the exit code."""
        try:
            with contextlib.suppress(Interrupted), self._shown():
                self._listen(file_input)
        except Stopped:
            if not self.this_run.shutdown.is_asked():
                raise
        finally:
            self.this_run.shutdown.close()
            self.this_run.close()
            ending.report(self.this_run, self.logger)
        return self._code()

    def has_input(self, file_input: IO[Any] | None) -> bool:
        """Wait for the first byte; say whether there may be one."""
        with self._shown():
            return self.message_reader.has_input(file_input)

    def plan_again(self, file_input: IO[Any]) -> None:
        """Read everything as a run does, and report nothing."""
        try:
            with self._shown():
                self._listen(file_input)
        finally:
            self.this_run.close()

    def _code(self) -> int:
        """Return the exit code of a run that did not fail; raise why STATE was not passed on."""
        if signum := self.this_run.shutdown.signum:
            return signals.code_of(signum)
        if self.states.error:
            raise self.states.error
        return ending.exit_code(self.this_run)

    @contextlib.contextmanager
    def _shown(self) -> Iterator[None]:
        """Show how far the run is, in the row below that of a tap."""
        progress = Progress(row=1)
        with progress.shown(), progress.follows(self.this_run.track()):
            yield

    def _listen(self, file_input: IO[str] | None) -> None:
        try:
            self.listen(file_input)
        except (InputError, RecordsWithoutSchemaException):
            self._settle_all()
            raise
        self.this_run.note_end(is_whole=self.states.error is None)

    def rehearse(self) -> ContactSink:
        """Return the sink of a stream, ready for the first record, of which none will come."""
        from target_contacts.pipeline import written

        return written.sample(self, self.this_run)
