"""One run: what it is for, what its streams share, and how it ends."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin.progress import Track
from target_contacts.delivery.leavers import SKIP
from target_contacts.delivery.outcomes import Outcomes
from target_contacts.delivery.peers import Peers
from target_contacts.delivery.versions import Versions
from target_contacts.ledger.errors import LedgerError
from target_contacts.pipeline.purpose import Purpose
from target_contacts.report.summary import Books
from target_contacts.shutdown import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_contacts.transport.client import ApiClient
    from tap_contacts.transport.usage import Usage
    from target_contacts.delivery.canary import Due
    from target_contacts.delivery.gate import Gate
    from target_contacts.delivery.guards import Guards
    from target_contacts.delivery.limit import Limit
    from target_contacts.errors import Rejected
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.parents.lookups import Lookups
    from target_contacts.pipeline.compared_settings import ComparedSettings
    from target_contacts.pipeline.explain import Explainer
    from target_contacts.pipeline.resources import Resources
    from target_contacts.planning.planned_run import PlannedRun
    from target_contacts.report.journal import Journal
    from target_contacts.report.matches import Matches
    from target_contacts.report.rejects import Rejects
    from target_contacts.settings import Settings
    from target_contacts.shutdown import Shutdown
    from target_contacts.singer.checkpoints import Checkpoints
    from target_contacts.sinks.base import ApiSink
    from target_contacts.sinks.first_writes import FirstWrites
    from target_contacts.sinks.stream_names import StreamNames


@dataclass(eq=False, kw_only=True)
class Run:
    """One run of the target into one account of one API. `run_builder` puts it together."""

    # What it is for.

    settings: Settings
    purpose: Purpose
    destination: str
    """Its name among several destinations; "" if the settings name one alone."""
    kind: type[ApiSink[Any]]
    """What writes contacts at the API."""
    planned: PlannedRun | None
    """What only plans; None if the run writes."""

    # What it works with.

    shutdown: Shutdown
    resources: Resources
    """The client and the ledger. Each is opened when it is first used."""
    compared: ComparedSettings
    """The settings that are compared with those of an earlier run."""
    stream_names: StreamNames
    """Say from which API a stream was read."""

    # What lets records through.

    limit: Limit
    """How many records are sent at most."""
    gate: Gate
    """Lets only those writes through that stand in a plan, if the run carries one out."""
    guards: Guards
    """End a run that would change more than the settings allow."""
    first_writes: FirstWrites
    """The writes until the account has accepted one."""
    canaries: Due
    """The kinds of write of which the first one is still to be read back."""

    # What its streams share.

    checkpoints: Checkpoints
    """The STATE messages, each passed on when all before it is settled."""
    lookups: Lookups
    """Find the ids of what contacts belong to."""
    rejects: Rejects
    """The file of rejected records."""
    matches: Matches
    """What is looked up by values that are only spelled alike."""
    books: Books = field(default_factory=Books)
    """Counts what became of the records."""
    peers: Peers = field(default_factory=Peers)
    """What the streams tell each other of contacts that they create, change and find gone."""
    schemas: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The last SCHEMA message of each stream, as received."""
    status_names: dict[str, str] = field(default_factory=dict)
    """Display values of the source's contact statuses by id."""
    explainers: list[Explainer] = field(default_factory=list)
    """What explains the streams, in their order, if the run is for that."""
    journal: Journal | None = None
    """Notes what becomes of each record; None if the run makes no report."""
    _versions: dict[str, Versions] = field(default_factory=dict, init=False)

    @property
    def is_offline(self) -> bool:
        """Say whether nothing is asked, sent or kept."""
        return self.purpose is Purpose.EXPLAIN

    @property
    def passes_on_state(self) -> bool:
        """Say whether what the run does is durable: it is no dry or limited one."""
        return not (self.planned or self.limit.is_set or self.is_offline)

    @property
    def title(self) -> str:
        """Return the API's name in messages."""
        found: str = self.kind.client_class.title
        return found

    @property
    def client(self) -> ApiClient:
        """Return the client of the account."""
        return self.resources.client

    @property
    def ledger(self) -> Ledger:
        """Return the account's ledger; a copy if the run only plans."""
        return self.resources.ledger

    @property
    def account(self) -> str | None:
        """Return the account's name in the ledger; None if the ledger is not open."""
        return self.resources.opened_account

    @property
    def former_until(self) -> float:
        """Return the time of the monotonic clock until which earlier runs' creates may land."""
        return self.resources.former_until

    # The beginning.

    def was_stopped(self) -> bool:
        """Say whether a guard ended the last run, and may end this one for the same reason.

        A ledger that cannot be read is left to the run, which ends and reports.
        """
        if self.purpose is not Purpose.WRITE or self.planned:
            return False
        with suppress(LedgerError, Interrupted):
            return self.resources.asked_before(
                lambda ledger: self.guards.ended(ledger.guarded.all())
            )
        return False

    def open(self) -> None:
        """Open the ledger, so that an error in it comes before any other."""
        _ = self.ledger

    # For the streams.

    def outcomes(self, stream: str) -> Outcomes:
        """Return the outcomes of a stream's records."""
        keep, guards = self._keep, self.guards
        return Outcomes(stream, self.books, self.checkpoints, keep, guards, self.journal)

    def _keep(self, message: Mapping[str, Any], why: Rejected) -> None:
        self.rejects.add(self.schemas[message["stream"]], message, why)

    def versions(self, stream: str) -> Versions:
        """Return the versions of a stream, of whatever schema."""
        if stream not in self._versions:
            wanted = self.settings.on_delete != SKIP
            self._versions[stream] = Versions(self.ledger, stream, wanted=wanted)
        return self._versions[stream]

    @cached_property
    def warn_once(self) -> Callable[[str], None]:
        """Return what logs a text, unless it was logged in this run."""
        return lru_cache(maxsize=None)(partial(self.client.logger.warning, "%s"))

    # Reports and the end.

    def usage(self) -> Usage:
        """Return the requests sent so far."""
        return self.resources.usage()

    def track(self) -> Track:
        """Return the progress of the run from now on."""
        return Track(self.title, self.books.counts, self.usage)

    def flush(self) -> None:
        """Bring to disk what a STATE that is passed on now covers."""
        if ledger := self.resources.opened_ledger:
            ledger.sync()
        self.rejects.flush()
        if self.journal:
            self.journal.flush()

    def note_end(self, *, is_whole: bool) -> None:
        """Let the ledger know how the run ended, going by what guards count.

        It `is_whole` if all of the input was read and STATE was passed on.
        """
        if self.resources.opened_ledger:
            is_all = is_whole and not self.limit.is_set and self.books.read > 0
            self.guards.end(is_complete=is_all and not self.shutdown.is_asked())

    def close(self) -> None:
        """Bring everything to disk."""
        try:
            self.matches.close()
            self.rejects.close()
        finally:
            self.resources.close()
