"""Gather what is told of a run, and write it: its outcomes meanwhile, the rest at its end."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from tap_contacts.plugin import printable
from target_contacts.parents.references import AMBIGUOUS, UNKNOWN
from target_contacts.pipeline.ending import summary
from target_contacts.pipeline.intake import VERSION
from target_contacts.report import page
from target_contacts.report.facts import ENDINGS, Facts, Rejection, Skip
from target_contacts.report.folder import FACTS, PAGE, RunFolder
from target_contacts.report.given import given
from target_contacts.report.journal import Journal
from target_contacts.report.outcome_file import OutcomeFile
from target_contacts.report.repairs import repairs
from target_contacts.report.summary import BINS
from target_contacts.report.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_contacts.pipeline.run import Run

_logger = logging.getLogger("target-contacts")

COMPARED = 30
"""Runs that a page shows side by side."""


class Report:
    """The report of one run.

    Raises:
        ConfigurationError: If no report can be made in the folder.
    """

    def __init__(
        self, run: Run, above: str, schema: Mapping[str, Any], config: Mapping[str, Any]
    ) -> None:
        self._run, self._is_warned = run, False
        self._folder = RunFolder(above, run.settings.api)
        self._folder.make()
        self._facts = Facts(
            run_id=self._folder.run_id,
            started_at=self._folder.started.isoformat(),
            version=VERSION,
            api=run.settings.api,
            title=run.title,
            destination=run.destination,
            settings=dict(given(schema, config)),
        )
        self._track, self._timeline = run.track(), Timeline(run.usage)
        self._file: OutcomeFile | None = None
        with self._forgiven():
            self._start()
        run.journal = self._journal = Journal(self._file)
        self._timeline.start()

    def _start(self) -> None:
        self._put_facts()
        run, folder = self._run, self._folder
        if not run.planned:
            self._file = OutcomeFile(
                folder.path, folder.run_id, run.settings.api, lambda: run.account, self._warn
            )

    @contextlib.contextmanager
    def _forgiven(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001  # nothing about a report ends a run
            self._warn(error)

    def _warn(self, error: Exception) -> None:
        if self._is_warned:
            return
        self._is_warned = True
        why = getattr(error, "strerror", None) or type(error).__name__
        text = "The report %s is not whole: %s. The run itself is not concerned."
        _logger.warning(text, self._folder.path, why)

    def end(self, code: int, error: str | None = None) -> None:
        """Write how the run ended and what became of its records."""
        with self._forgiven():
            self._gather(code, error)
            if self._file:
                self._file.end({**self._facts.summary, **self._of_run()})
            self._put_facts()
            past = [*itertools.islice(self._folder.past(), COMPARED - 1)]
            self._folder.put(PAGE, page.page(self._facts, past).encode())
            self._folder.prune(self._run.settings.report_keep)
            _logger.info("Report: %s", self._folder.path / PAGE)

    def _of_run(self) -> Mapping[str, Any]:
        facts = self._facts
        return {
            "destination_api": facts.api,
            "destination_account": facts.account,
            "started_at": facts.started_at,
            "ended_at": facts.ended_at,
            "version": facts.version,
            "exit_code": facts.exit_code,
        }

    def _put_facts(self) -> None:
        encoded = msgspec.json.format(msgspec.json.encode(self._facts))
        self._folder.put(FACTS, encoded)

    def _gather(self, code: int, error: str | None) -> None:
        run, facts = self._run, self._facts
        now = datetime.datetime.now(tz=datetime.timezone.utc)
        facts.ended_at = now.isoformat()
        facts.seconds = round((now - self._folder.started).total_seconds(), 3)
        facts.exit_code = code
        facts.error = error and printable.text(error)
        facts.ended = ENDINGS.get(code, f"exit code {code}")
        facts.account = run.account
        facts.row, facts.summary = self._track.figures(), summary(run)
        facts.timeline = self._timeline.end()
        facts.rejects_file = str(run.rejects.path) if run.rejects.path else None
        self._gather_records()
        facts.repairs = repairs(facts)

    def _gather_records(self) -> None:
        books, facts = self._run.books, self._facts
        facts.streams = {
            stream: {name: bins[name] for name in BINS}
            for stream, bins in sorted(books.by_stream.items())
        }
        examples = self._journal.examples
        facts.rejections = [
            Rejection(*kind, count, list(examples.get(kind, ())))
            for kind, count in books.rejections.most_common()
        ]
        facts.skips = [Skip(*what, count) for what, count in books.skips.most_common()]
        facts.fields = self._journal.fields()
        facts.guards = [
            {**each.summary(), "exceeded": each.seen > each.limit}
            for each in self._run.guards.counts()
        ]
        lost = {AMBIGUOUS, UNKNOWN}
        facts.parents_not_found = sum(each.count for each in facts.rejections if each.code in lost)
