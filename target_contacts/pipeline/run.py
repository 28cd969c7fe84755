"""One run: the account written to, its ledger, and what is kept of the run."""

from __future__ import annotations

import enum
import itertools
import logging
import time
from contextlib import closing, suppress
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin import metrics
from tap_contacts.plugin.progress import Track
from tap_contacts.transport.errors import ApiError
from tap_contacts.transport.usage import Usage
from target_contacts.delivery.canary import Due
from target_contacts.delivery.gate import Gate
from target_contacts.delivery.guards import HELD_BACK, Guards
from target_contacts.delivery.leavers import MARK, SKIP
from target_contacts.delivery.limit import Limit
from target_contacts.delivery.outcomes import Outcomes
from target_contacts.delivery.versions import Versions
from target_contacts.ledger.errors import LedgerError
from target_contacts.parents import settings as parents
from target_contacts.parents.names import ParentNames
from target_contacts.planning.planned_run import PlannedRun
from target_contacts.planning.planner import Planner
from target_contacts.report.matches import Matches
from target_contacts.report.rejects import Rejects
from target_contacts.report.summary import Books
from target_contacts.settings import of_plan, of_translation, typed
from target_contacts.shutdown import Interrupted
from target_contacts.singer.checkpoints import Checkpoints
from target_contacts.sinks.base import Context
from target_contacts.sinks.first_writes import FirstWrites

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_contacts.transport.client import ApiClient
    from target_contacts.delivery.adoption import Adoption
    from target_contacts.delivery.bounds import Given
    from target_contacts.errors import Rejected
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.parents.resolver import Resolver
    from target_contacts.report.journal import Journal
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink


class Purpose(enum.Enum):
    """What a run is for."""

    WRITE = enum.auto()
    CHECK = enum.auto()
    """Settings are checked; another run may go on meanwhile."""
    LOOK = enum.auto()
    """The ledger is looked into; another run may go on meanwhile."""
    REPAIR = enum.auto()
    """The ledger is changed, moved or compared; nothing is written at the destination."""
    PLAN = enum.auto()
    """What would be written is kept as a plan; nothing is sent, and the ledger stays as it is."""
    EXPLAIN = enum.auto()
    """What would be written is explained; nothing is asked, sent or kept."""


class Run:
    """One run of the target into one account of one API. It opens nothing before that is used.

    Args:
        kinds: The sink of each API that there is.
        config: The target's settings, checked by its schema.
        shutdown: Whether the run is to end.
        pass_on: Passes on a STATE; all that it covers is durable then.
        purpose: What the run is for.
        limit: How many records are sent at most; None: all.
        allow: Limits of guards that go before those of the settings.
        planner: Keeps what would be written, if the run is for that.
        gate: Lets only what stands in a plan be sent; None: all is.
    """

    def __init__(  # noqa: PLR0913  # what a run is made of
        self,
        kinds: Mapping[str, type[ApiSink[Any]]],
        config: Mapping[str, Any],
        shutdown: Shutdown,
        pass_on: Callable[[dict[str, Any]], None],
        purpose: Purpose = Purpose.WRITE,
        *,
        limit: int | None = None,
        allow: Mapping[str, Given] | None = None,
        planner: Planner | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.settings, self._config = typed(config), config
        self.kind, self._kinds = kinds[self.settings.api], kinds
        self.shutdown, self.purpose = shutdown, purpose
        self.checkpoints = Checkpoints(pass_on)
        self.books = Books()
        self.schemas: dict[str, Mapping[str, Any]] = {}
        """The last SCHEMA message of each stream, as received."""
        self.status_names: dict[str, str] = {}
        """Display values of the source's contact statuses by id."""
        self.parent_names = ParentNames()
        """The names of companies by their ids at the source."""
        self.adoptions: list[Adoption] = []
        """What adopts contacts for the streams that are written."""
        self._versions: dict[str, Versions] = {}
        self.limit = Limit(limit)
        limits = {**self.settings.guards, **(allow or {})}
        writes = purpose is Purpose.WRITE and not self.settings.dry_run
        is_dry = purpose is Purpose.WRITE and self.settings.dry_run
        planner = planner or (Planner() if is_dry else None)
        self.planned = PlannedRun(planner) if planner else None
        """What only plans; None if the run writes."""
        self._keeps_files = not self.is_offline and (planner is None or planner.keeps_rejects)
        """Whether values of records are kept in files of `rejects_dir`."""
        folder, api = self.settings.rejects_dir, self._client_kind.api
        self.rejects = Rejects(folder, api)
        self.matches = Matches(folder, api, kept=self._keeps_files)
        """What is looked up by values that are only spelled alike."""
        self.gate = gate or Gate()
        self.guards = Guards(limits, lambda: self.ledger, enforced=writes, allowed=allow or ())
        self.first_writes = FirstWrites(self._client_kind.title, self._has_accepted)
        marks = self.settings.on_delete == MARK
        self.canaries = Due(self._read_back, is_on=self.settings.canary and writes, marks=marks)
        self.journal: Journal | None = None
        """Notes what becomes of each record; None if the run makes no report."""
        self.former_until = 0.0
        """Time of the monotonic clock after which no create of an earlier run is carried out."""

    @cached_property
    def status_streams(self) -> tuple[str, ...]:
        """Return the ends of the names of the streams that hold the sources' contact statuses."""
        names = (kind.capabilities.status_streams for kind in self._kinds.values())
        return tuple(itertools.chain.from_iterable(names))

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

    @cached_property
    def client(self) -> ApiClient:
        """Return the client of the account. A record on which it fails does not end the run."""
        kind = self._client_kind
        client = kind(self._config[kind.api], self._config)
        client.tell_apart()
        self.shutdown.when_asked(client.end)
        return client

    @cached_property
    def ledger(self) -> Ledger:
        """Return the account's ledger, locked if this run writes; a copy if it only plans."""
        if self.is_offline:
            return self._opened()
        from target_contacts.ledger import trust

        settings = self.settings
        trust.warn_of_temporary(settings.ledger_url, self.client.logger)
        ledger = self._opened()
        if settings.require_ledger and self.purpose not in {Purpose.LOOK, Purpose.REPAIR}:
            trust.assert_used(ledger)
        if self.planned:
            return self.planned.ledger(ledger)
        if self.purpose in {Purpose.WRITE, Purpose.REPAIR}:
            ledger.lock(settings.lock_wait_seconds)
            self.client.transport.before_write = ledger.lease.prove
            self.former_until = time.monotonic() + self._left(ledger.lease.silent_seconds)
        return ledger

    def _opened(self) -> Ledger:
        """Return the account's ledger, for nothing but reading; an empty one if nothing is kept."""
        from target_contacts.ledger import ledger

        if self.is_offline:
            return ledger.Ledger("sqlite://", "explained")
        name = f"{self._client_kind.api} {self._account}"
        return ledger.Ledger(self.settings.ledger_url, name, self.shutdown.is_asked)

    def was_stopped(self) -> bool:
        """Say whether a guard ended the last run, and may end this one for the same reason.

        A ledger that cannot be read is left to the run, which ends and reports.
        """
        if self.purpose is not Purpose.WRITE or self.planned:
            return False
        with suppress(LedgerError, Interrupted), closing(self._opened()) as ledger:
            return self.guards.ended(ledger.guarded.all())
        return False

    def note_end(self, *, is_whole: bool) -> None:
        """Let the ledger know how the run ended, going by what guards count.

        Args:
            is_whole: Whether all of the input was read, and STATE was passed on.
        """
        if "ledger" in self.__dict__:
            is_all = is_whole and not self.limit.is_set and self.books.read > 0
            self.guards.end(is_complete=is_all and not self.shutdown.is_asked())

    @cached_property
    def resolvers(self) -> Mapping[str, Resolver]:
        """Return what finds the ids of what contacts belong to, by setting.

        Raises:
            ConfigurationError: If the destination has nothing of the kind, or a file is wrong.
        """
        found = parents.given(self.settings, self.kind, self.client) if self._looks_up else {}
        by_id = self.settings.parents and self.settings.parents.source != parents.COMPANY
        return parents.resolvers(
            found,
            self._files,
            lambda: self.ledger,
            is_offline=self.is_offline,
            name=self.parent_names.name if by_id else str,
        )

    @property
    def _looks_up(self) -> bool:
        return bool(self.settings.parents or self.settings.owners)

    @cached_property
    def _files(self) -> Mapping[str, Mapping[str, set[str]]]:
        """Return what is in the files that settings name, by setting."""
        return parents.files(self.settings)

    @property
    def _file_settings(self) -> Mapping[str, Any]:
        """Return what is in these files, as settings."""
        return {
            f"{setting}.file": sorted([value, *sorted(ids)] for value, ids in listed.items())
            for setting, listed in self._files.items()
        }

    def _has_accepted(self) -> bool:
        return self.ledger.has_accepted()

    def _read_back(self) -> set[str]:
        return self.ledger.read_back()

    def _left(self, silent: float) -> float:
        """Return the seconds for which creates of the earlier run may still be carried out.

        The last of them may have left up to a time-out before that run ended.
        """
        since = silent - self.client.transport.timeout
        return self.settings.unanswered_wait - max(0.0, since)

    @property
    def translation_settings(self) -> Mapping[str, Any]:
        """Return the settings that may change how records are translated."""
        return {**of_translation(self._client_kind, self._config), **self._file_settings}

    @property
    def plan_settings(self) -> Mapping[str, Any]:
        """Return the settings by which a run writes one thing or another."""
        return {**of_plan(self._client_kind, self._config), **self._file_settings}

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
        """Return the API that a stream was read from, by the stream's name; None for others."""
        return next((api for api in self._kinds if stream.startswith(f"{api}_")), None)

    def _keep(self, message: Mapping[str, Any], why: Rejected) -> None:
        """Put a RECORD message into the rejects file."""
        if self._keeps_files:
            self.rejects.add(self.schemas[message["stream"]], message, why)

    # Reports and the end.

    def usage(self) -> Usage:
        """Return the requests sent so far."""
        return self.client.usage() if "client" in self.__dict__ else Usage()

    @property
    def title(self) -> str:
        """Return the API's name in messages."""
        return self._client_kind.title

    @property
    def account(self) -> str | None:
        """Return the account's name in the ledger; None if the ledger is not open."""
        return self._account if "ledger" in self.__dict__ else None

    @property
    def _account(self) -> str:
        return self.settings.ledger_account or self.client.account

    def track(self) -> Track:
        """Return the progress of the run from now on."""
        return Track(self.title, self.books.counts, self.usage)

    def report(self, logger: logging.Logger) -> None:
        """Log what became of the run's records."""
        stopped = self.guards.is_tripped
        for verdict in self.guards.verdicts():
            level = logging.ERROR if stopped else logging.WARNING
            logger.log(level, "%s", verdict.sentence(stopped=stopped))
        metrics.count_usage(self._client_kind.api, self.usage())
        self.books.count_rejects(self._client_kind.api)
        self.books.report(logger, self.title, self.summary())
        if self.planned:
            self.planned.show(self.guards.counts())
        if self.rejects.path:
            text = "Rejected records: %s. Fix the cause, then pipe this file back in."
            logger.warning(text, self.rejects.path)
        for setting, path in self.matches.paths.items():
            text = "Values of %s that are only spelled like what they were taken for: %s."
            logger.warning(text, setting, path)

    def summary(self) -> dict[str, object]:
        """Return what became of the run's records."""
        summary = self.books.summary(self.usage(), dry_run=self.planned is not None)
        if self.limit.is_set:
            summary |= {"limited": True, "not_sent": self.limit.left}
        if verdicts := self.guards.verdicts():
            summary["guards"] = [each.summary() for each in verdicts]
            if self.guards.is_tripped:
                summary["held_back"] = self.books.skipped_for(HELD_BACK)
        return summary

    def assert_all_planned(self) -> None:
        """Raise ApiError if anything was not as the plan says, and so was not sent."""
        if refused := self.gate.refused:
            answered = f"{refused} writes were not as planned any more, so they were not sent"
            msg = "The plan"
            raise ApiError(msg, "--apply", answered, "Make a new plan.")

    def close(self) -> None:
        """Bring everything to disk."""
        try:
            self.matches.close()
            self.rejects.close()
        finally:
            if "ledger" in self.__dict__:
                self.ledger.close()
