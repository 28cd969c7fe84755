"""The command with the setting `destinations`: check all of them, read once, write to each."""

from __future__ import annotations

import contextlib
import gc
import importlib
import signal
import sys
import tempfile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import click
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin import printable, signals
from tap_contacts.plugin.endings import exit_codes
from target_contacts.destinations.checks import Checks
from target_contacts.destinations.child import CommandEnd, Outcome, code_of, fork, printed_apart
from target_contacts.destinations.kept import Kept
from target_contacts.destinations.picking import Picker
from target_contacts.destinations.report import Report
from target_contacts.destinations.settings import LIST, Destination, at_once, chosen, for_one, read
from target_contacts.destinations.workers import Workers
from target_contacts.pipeline.plans import keeping
from target_contacts.pipeline.purpose import Purpose
from target_contacts.singer.reader import MessageReader

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping, Sequence

    from target_contacts.destinations.child import Child
    from target_contacts.pipeline.runnable import Runnable
    from target_contacts.sinks.base import ApiSink

_LATE = (
    "pyrate_limiter",
    "target_contacts.ledger.ledger",
    "target_contacts.ledger.trust",
    "target_contacts.pipeline.written",
    "target_contacts.values.email_addresses",
    "target_contacts.values.phone_plans",
)
"""Modules that a run imports when it needs them, and that cost each process a tenth of a second."""

LONGEST_END = 8.0
"""Most seconds that the run of one destination takes to end after a signal."""


class Several(NamedTuple):
    """What the command does, if it is for several destinations."""

    name: str
    kinds: Mapping[str, type[ApiSink[Any]]]
    logger: logging.Logger
    watch: signals.Watch
    make: Callable[..., Runnable]
    perform: Callable[[Callable[..., Any], IO[Any] | None], tuple[Any, int]]
    """Runs a target, given what makes it and its input; returns it and the exit code."""
    purpose: Purpose
    alone: str
    """The option that is for one destination at a time; "" if there is none."""

    def run(
        self,
        config: Mapping[str, Any],
        schema: Mapping[str, Any],
        names: Sequence[str],
        file_input: IO[Any] | None,
    ) -> int:
        """Do it; return the exit code."""
        command = Command(self, read(config, schema), names, at_once(config, schema))
        return command.run(file_input)


class Command:
    """One command."""

    def __init__(
        self, several: Several, found: Sequence[Destination], names: Sequence[str], most: int
    ) -> None:
        self._several, self._most = several, most
        self._lists = LIST in names
        self._chosen = list(found) if self._lists else chosen(found, names)
        self._is_all = len(self._chosen) == len(found)
        if several.alone and len(self._chosen) > 1:
            raise ConfigurationError(for_one(several.alone))

    def run(self, file_input: IO[Any] | None) -> int:
        """Do what is asked for; return the exit code."""
        opens = self._several.purpose is not Purpose.EXPLAIN and not self._lists
        accounts = Checks(self._several.make, opens_ledgers=opens).accounts(self._chosen)
        signals.at_once()  # the checks have set handlers of their own
        if self._lists:
            for account in accounts:
                click.echo("\t".join(map(printable.text, account[:3])))
            return 0
        pairs = zip(self._chosen, accounts, strict=True)
        picked = [each._replace(config={**account.config}) for each, account in pairs]
        with tempfile.TemporaryFile() as file:
            return self._run(Picker(picked, self._several.kinds), file, file_input)

    def _run(self, picker: Picker, file: IO[bytes], file_input: IO[Any] | None) -> int:
        kept = Kept(file, picker)
        if self._several.purpose is not Purpose.CHECK:
            with keeping():
                kept.take(file_input or MessageReader().default_input)
        picker.assert_known()
        report = Report(len(self._chosen))
        self._write(kept, report)
        if self._several.purpose is Purpose.WRITE:
            report.show(picker.left if self._is_all else {})
            sys.stdout.write(report.state if self._is_all else "")
            sys.stdout.flush()
        return report.code

    def _write(self, kept: Kept, report: Report) -> None:
        end = CommandEnd()

        def start(number: int, destination: Destination) -> Child:
            lines = kept.lines(number, is_whole=not destination.only)
            work = _Work(self._several, destination, lines)
            return fork(destination, work.outcome, lambda: self._begin(end))

        for module in _LATE:
            importlib.import_module(module)
        gc.collect()
        gc.freeze()  # keeps the processes' memory shared
        workers = Workers(self._most, start, self._several.watch)
        for number in signals.SIGNALS:
            signal.signal(number, workers.stop)
        waiting = enumerate(self._chosen)
        for destination, outcome in workers.outcomes(waiting, len(self._chosen)):
            report.note(destination, outcome)
            self._tell(destination, outcome)

    def _begin(self, end: CommandEnd) -> None:
        """Get a process ready for signals, and for the end of the command."""
        end.await_it()
        self._several.watch.start(self._several.name, LONGEST_END)

    def _tell(self, destination: Destination, outcome: Outcome) -> None:
        if self._several.purpose is Purpose.WRITE:
            return
        start = "" if self._several.alone else f"{destination.name}: "
        for line in outcome.said.splitlines():
            click.echo(printable.text(f"{start}{line}"))


class _Work:
    """The run of one destination, in its own process."""

    def __init__(self, several: Several, destination: Destination, lines: IO[Any]) -> None:
        self._several, self._destination, self._lines = several, destination, lines
        self._made: list[Runnable] = []

    def outcome(self) -> Outcome:
        keeps_all = self._several.purpose is not Purpose.WRITE
        speaking = exit_codes(self._several.logger)
        with printed_apart(keeps_all=keeps_all) as said:
            code = code_of(self._perform, self._several.watch, speaking)
        return Outcome(code, self._counts(), said.getvalue())

    def _perform(self) -> int:
        return self._several.perform(self._make, self._lines)[1]

    def _make(self, **options: Any) -> Runnable:
        name, config = self._destination.name, dict(self._destination.config)
        made = self._several.make(config=config, destination=name, **options)
        self._made.append(made)
        return made

    def _counts(self) -> Mapping[str, int]:
        """Return what became of the records; of several runs, the last that writes counts."""
        runs = [each.this_run for each in self._made]
        writing = [run for run in runs if run.purpose is Purpose.WRITE]
        for run in (writing or runs)[-1:]:
            with contextlib.suppress(Exception):
                return {**run.books.counts(), "requests": sum(run.usage().calls.values())}
        return {}
