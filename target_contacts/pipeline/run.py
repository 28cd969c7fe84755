"""One run: the account written to, its ledger, and what is kept of the run."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin.progress import Track
from target_contacts.delivery.canary import Due
from target_contacts.delivery.gate import Gate
from target_contacts.delivery.guards import Guards
from target_contacts.delivery.leavers import MARK, SKIP
from target_contacts.delivery.limit import Limit
from target_contacts.delivery.outcomes import Outcomes
from target_contacts.delivery.peers import Peers
from target_contacts.delivery.versions import Versions
from target_contacts.ledger.errors import LedgerError
from target_contacts.parents.lookups import Lookups
from target_contacts.pipeline.purpose import Purpose
from target_contacts.pipeline.resources import Resources
from target_contacts.planning.planned_run import PlannedRun
from target_contacts.planning.planner import Planner
from target_contacts.report.matches import Matches
from target_contacts.report.rejects import Rejects
from target_contacts.report.summary import Books
from target_contacts.settings import of_plan, of_translation, typed
from target_contacts.shutdown import Interrupted
from target_contacts.singer.checkpoints import Checkpoints
from target_contacts.sinks.context import Context
from target_contacts.sinks.first_writes import FirstWrites
from target_contacts.sinks.stream_names import api_of, status_streams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_contacts.transport.client import ApiClient
    from tap_contacts.transport.usage import Usage
    from target_contacts.errors import Rejected
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.pipeline.explain import Explainer
    from target_contacts.pipeline.purpose import Task
    from target_contacts.report.journal import Journal
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink


class Run:
    """One run of the target into one account of one API. It opens nothing before that is used.

    `pass_on` passes on a STATE; all that it covers is durable then.
    """

    def __init__(
        self,
        kinds: Mapping[str, type[ApiSink[Any]]],
        config: Mapping[str, Any],
        shutdown: Shutdown,
        pass_on: Callable[[dict[str, Any]], None],
        task: Task,
    ) -> None:
        self.settings, self._config = typed(config), config
        self.kind, self._kinds = kinds[self.settings.api], kinds
        self.shutdown, self.purpose = shutdown, task.purpose
        self.destination = ""
        """Its name among several destinations; "" if the settings name one alone."""
        self.checkpoints = Checkpoints(pass_on)
        self.books = Books()
        self.schemas: dict[str, Mapping[str, Any]] = {}
        """The last SCHEMA message of each stream, as received."""
        self.status_names: dict[str, str] = {}
        """Display values of the source's contact statuses by id."""
        self.peers = Peers()
        self.explainers: list[Explainer] = []
        """What explains the streams, in their order, if the run is for that."""
        self._versions: dict[str, Versions] = {}
        self.limit = Limit(task.limit)
        allow = task.allow or {}
        limits = {**self.settings.guards, **allow}
        writes = self.purpose is Purpose.WRITE and not self.settings.dry_run
        is_dry = self.purpose is Purpose.WRITE and self.settings.dry_run
        planner = task.planner or (Planner() if is_dry else None)
        self.planned = PlannedRun(planner) if planner else None
        """What only plans; None if the run writes."""
        self._keeps_files = not self.is_offline and (planner is None or planner.keeps_rejects)
        """Whether values of records are kept in files of `rejects_dir`."""
        self._resources = Resources(
            self._client_kind,
            config,
            self.settings,
            shutdown=shutdown,
            purpose=self.purpose,
            planned=self.planned,
        )
        self.lookups = Lookups(
            self.settings,
            self.kind,
            lambda: self.client,
            lambda: self.ledger,
            is_offline=self.is_offline,
        )
        folder, api = self.settings.rejects_dir, self.settings.api
        self.rejects = Rejects(folder, api)
        self.matches = Matches(folder, api, kept=self._keeps_files)
        """What is looked up by values that are only spelled alike."""
        self.gate = task.gate or Gate()
        self.guards = Guards(limits, lambda: self.ledger, enforced=writes, allowed=allow)
        self.first_writes = FirstWrites(self.title, self._has_accepted)
        marks = self.settings.on_delete == MARK
        is_read_back = self.settings.canary and writes
        self.canaries = Due(self._read_back, is_on=is_read_back, marks=marks)
        self.journal: Journal | None = None
        """Notes what becomes of each record; None if the run makes no report."""

    @cached_property
    def status_streams(self) -> tuple[str, ...]:
        """Return the ends of the names of the streams that hold the sources' contact statuses."""
        return status_streams(self._kinds)

    @property
    def is_offline(self) -> bool:
        """Say whether nothing is asked, sent or kept."""
        return self.purpose is Purpose.EXPLAIN

    @cached_property
    def warn_once(self) -> Callable[[str], None]:
        """Return what logs a text, unless it was logged in this run."""
        return lru_cache(maxsize=None)(partial(self.client.logger.warning, "%s"))

    @property
    def _client_kind(self) -> type[ApiClient]:
        found: type[ApiClient] = self.kind.client_class
        return found

    @property
    def client(self) -> ApiClient:
        """Return the client of the account."""
        return self._resources.client

    @property
    def ledger(self) -> Ledger:
        """Return the account's ledger; a copy if the run only plans."""
        return self._resources.ledger

    @property
    def former_until(self) -> float:
        """Return the time of the monotonic clock until which earlier runs' creates may land."""
        return self._resources.former_until

    def was_stopped(self) -> bool:
        """Say whether a guard ended the last run, and may end this one for the same reason.

        A ledger that cannot be read is left to the run, which ends and reports.
        """
        if self.purpose is not Purpose.WRITE or self.planned:
            return False
        with suppress(LedgerError, Interrupted):
            return self._resources.asked_before(
                lambda ledger: self.guards.ended(ledger.guarded.all())
            )
        return False

    def note_end(self, *, is_whole: bool) -> None:
        """Let the ledger know how the run ended, going by what guards count.

        It `is_whole` if all of the input was read and STATE was passed on.
        """
        if self._resources.opened_ledger:
            is_all = is_whole and not self.limit.is_set and self.books.read > 0
            self.guards.end(is_complete=is_all and not self.shutdown.is_asked())

    def _has_accepted(self) -> bool:
        return self.ledger.accepted.is_any()

    def _read_back(self) -> set[str]:
        return self.ledger.read_back.kinds()

    @property
    def translation_settings(self) -> Mapping[str, Any]:
        """Return the settings that may change how records are translated."""
        return {**of_translation(self._client_kind, self._config), **self.lookups.file_settings}

    @property
    def plan_settings(self) -> Mapping[str, Any]:
        """Return the settings by which a run writes one thing or another."""
        return {**of_plan(self._client_kind, self._config), **self.lookups.file_settings}

    def open(self) -> None:
        """Open the ledger, so that an error in it comes before any other."""
        _ = self.ledger

    # For the streams.

    def outcomes(self, stream: str) -> Outcomes:
        """Return the outcomes of a stream's records."""
        keep, guards = self._keep, self.guards
        return Outcomes(stream, self.books, self.checkpoints, keep, guards, self.journal)

    def versions(self, stream: str) -> Versions:
        """Return the versions of a stream, of whatever schema."""
        if stream not in self._versions:
            wanted = self.settings.on_delete != SKIP
            self._versions[stream] = Versions(self.ledger, stream, wanted=wanted)
        return self._versions[stream]

    def sink(self, outcomes: Outcomes) -> ApiSink[Any]:
        """Return the API's sink for the stream of these outcomes."""

        def owned(ids: Sequence[str]) -> set[str]:
            known = self.ledger.owned(ids, outcomes.stream)
            return self.planned.left_out(known) if self.planned else known

        context = Context(
            self.settings,
            self.status_names,
            self.shutdown.is_asked,
            owned,
            self.ledger.digest,
            outcomes.count_unfit,
            self.first_writes,
            None if self.is_offline or self.purpose is Purpose.CHECK else self.ledger.told,
        )
        sink = self.kind(self.client, context)
        return self.planned.sink(sink, outcomes.stream) if self.planned else sink

    def source_of(self, stream: str) -> str | None:
        """Return the API that a stream was read from; None if none of ours."""
        return api_of(stream, self._kinds)

    def _keep(self, message: Mapping[str, Any], why: Rejected) -> None:
        if self._keeps_files:
            self.rejects.add(self.schemas[message["stream"]], message, why)

    # Reports and the end.

    def usage(self) -> Usage:
        """Return the requests sent so far."""
        return self._resources.usage()

    @property
    def title(self) -> str:
        """Return the API's name in messages."""
        return self._client_kind.title

    @property
    def account(self) -> str | None:
        """Return the account's name in the ledger; None if the ledger is not open."""
        return self._resources.opened_account

    def track(self) -> Track:
        """Return the progress of the run from now on."""
        return Track(self.title, self.books.counts, self.usage)

    @property
    def passes_on_state(self) -> bool:
        """Say whether what the run does is durable: it is no dry or limited one."""
        return not (self.planned or self.limit.is_set or self.is_offline)

    def flush(self) -> None:
        """Bring to disk what a STATE that is passed on now covers."""
        if ledger := self._resources.opened_ledger:
            ledger.sync()
        self.rejects.flush()
        if self.journal:
            self.journal.flush()

    def close(self) -> None:
        """Bring everything to disk."""
        try:
            self.matches.close()
            self.rejects.close()
        finally:
            self._resources.close()
