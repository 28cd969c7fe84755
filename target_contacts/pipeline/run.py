"""One run: the account written to, its ledger, and what is kept of the run."""

from __future__ import annotations

import enum
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin.progress import Track
from tap_contacts.transport.usage import Usage
from target_contacts.delivery.outcomes import Outcomes
from target_contacts.ledger.lease import LEASE_SECONDS, MARGIN_SECONDS
from target_contacts.ledger.ledger import Ledger
from target_contacts.report.rejects import Rejects
from target_contacts.report.summary import Books
from target_contacts.singer.checkpoints import Checkpoints
from target_contacts.sinks.base import Context

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping, Sequence

    from tap_contacts.transport.client import ApiClient
    from target_contacts.delivery.look_up import Reconciler
    from target_contacts.errors import Rejected
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink


class Purpose(enum.Enum):
    """What a run is for."""

    WRITE = enum.auto()
    CHECK = enum.auto()
    """Only settings are checked: another run may go on meanwhile."""
    EXPLAIN = enum.auto()
    """All is only explained: nothing is asked, sent or kept."""


class Run:
    """One run of the target into one account of one API."""

    def __init__(
        self,
        kinds: Mapping[str, type[ApiSink[Any]]],
        config: Mapping[str, Any],
        shutdown: Shutdown,
        pass_on: Callable[[dict[str, Any]], None],
        purpose: Purpose = Purpose.WRITE,
    ) -> None:
        """Take what makes a run; nothing is opened yet.

        Args:
            kinds: The sink of each API that there is.
            config: The target's settings.
            shutdown: Knows whether the run is to end.
            pass_on: Passes a STATE on, what it covers being durable.
            purpose: What the run is for.
        """
        self.kind, self._apis = kinds[config["api"]], tuple(kinds)
        self.config, self.shutdown, self.purpose = config, shutdown, purpose
        self.checkpoints = Checkpoints(pass_on)
        self.books = Books()
        self.rejects = Rejects(config["rejects_dir"], self._client_kind.api)
        self.schemas: dict[str, Mapping[str, Any]] = {}
        """The last SCHEMA message of each stream, as received."""
        self.status_names: dict[str, str] = {}
        """Display values of the source's contact statuses by id."""
        self.look_ups: list[Reconciler] = []
        """What looks contacts up for the streams that are written."""
        self.unanswered_wait = _unanswered_wait(config)
        """Seconds for which a create that was not answered may still be carried out."""
        self.former_until = 0.0
        """When, by the monotonic clock, creates of former runs cannot be carried out any more."""

    @property
    def is_offline(self) -> bool:
        """Say whether nothing is asked, sent or kept."""
        return self.purpose is Purpose.EXPLAIN

    @property
    def _client_kind(self) -> type[ApiClient]:
        found: type[ApiClient] = self.kind.client_class
        return found

    @cached_property
    def client(self) -> ApiClient:
        """Return the client of the account; one record on which it fails does not end the run."""
        kind = self._client_kind
        client = kind(self.config[kind.api], self.config)
        client.tell_apart()
        self.shutdown.tell(client.end)
        return client

    @cached_property
    def ledger(self) -> Ledger:
        """Return the account's ledger, locked for this run unless it only plans."""
        if self.is_offline:
            return Ledger("sqlite://", "explained")
        account = self.config.get("ledger_account") or self.client.account
        name = f"{self._client_kind.api} {account}"
        ledger = Ledger(self.config["ledger_url"], name, self.shutdown.is_asked)
        if not self.config["dry_run"] and self.purpose is Purpose.WRITE:
            ledger.lock(float(self.config["lock_wait_seconds"]))
            self.client.transport.before_write = ledger.lease.prove
            self.former_until = time.monotonic() + self._left(ledger.lease.idle_seconds)
        return ledger

    def _left(self, idle: float | None) -> float:
        """Return for how many seconds creates of the former run may still be carried out.

        The last of them may have been under way for as long as an answer is waited for.
        """
        since = (idle or 0.0) - LEASE_SECONDS - MARGIN_SECONDS - self.client.transport.timeout
        return self.unanswered_wait - max(0.0, since)

    def open(self) -> None:
        """Open the ledger, so that what is wrong with it is said before anything else."""
        _ = self.ledger

    # What the streams of the run take.

    def outcomes(self, stream: str) -> Outcomes:
        """Return what books the records of a stream."""
        return Outcomes(stream, self.books, self.checkpoints, self._keep)

    def sink(self, outcomes: Outcomes) -> ApiSink[Any]:
        """Return the API's sink for the stream whose records this books."""

        def owned(ids: Sequence[str]) -> set[str]:
            return self.ledger.owned(ids, outcomes.stream)

        context = Context(
            self.config,
            self.status_names,
            self.shutdown.is_asked,
            owned,
            self.ledger.digest,
            outcomes.mend,
        )
        return self.kind(self.client, context)

    def source_of(self, stream: str) -> str | None:
        """Return the API whose account a stream comes from, by its name; None for any other."""
        return next((api for api in self._apis if stream.startswith(f"{api}_")), None)

    def _keep(self, message: Mapping[str, Any], why: Rejected) -> None:
        """Put a RECORD message into the rejects file."""
        if not self.is_offline:
            self.rejects.add(self.schemas[message["stream"]], message, why)

    # What is said of the run, and its end.

    def usage(self) -> Usage:
        """Return what the account was used for so far."""
        return self.client.usage() if "client" in self.__dict__ else Usage()

    def track(self) -> Track:
        """Return how far the account is written from now on."""
        return Track(self._client_kind.title, self.books.counts, self.usage)

    def report(self, logger: logging.Logger) -> None:
        """Log what became of the run's records."""
        summary = self.books.summary(self.usage(), dry_run=self.config["dry_run"])
        self.books.report(logger, self._client_kind.title, summary)
        if self.rejects.path:
            logger.warning("Rejected records: %s. Mend the cause, pipe it in.", self.rejects.path)

    def close(self) -> None:
        """Bring everything to disk."""
        try:
            self.rejects.close()
        finally:
            if "ledger" in self.__dict__:
                self.ledger.close()


def _unanswered_wait(config: Mapping[str, Any]) -> float:
    """Return the setting `unanswered_wait_seconds`, by default the time-out of a request."""
    given = config.get("unanswered_wait_seconds")
    return float(config["timeout_seconds"] if given is None else given)
