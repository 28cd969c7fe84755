"""What all sinks of a run share: the account written to, its ledger, rejects and books."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin.progress import Track
from tap_contacts.transport.usage import Usage
from target_contacts.ledger.lease import LEASE_SECONDS, MARGIN_SECONDS
from target_contacts.ledger.ledger import Ledger
from target_contacts.report.rejects import Rejects
from target_contacts.report.summary import Books

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

    from tap_contacts.transport.client import ApiClient
    from target_contacts.delivery.look_up import Reconciler
    from target_contacts.errors import Rejected
    from target_contacts.pipeline.explain import Explainer
    from target_contacts.singer.checkpoints import Checkpoints


class Destination:
    """One account of one API, for the length of one run."""

    def __init__(
        self, kind: type[ApiClient], config: Mapping[str, Any], checkpoints: Checkpoints
    ) -> None:
        """Take the API's client class and the target's settings; nothing is opened yet."""
        self._kind = kind
        self._config = config
        self.checkpoints = checkpoints
        self.books = Books()
        self.rejects = Rejects(config["rejects_dir"], kind.api)
        self.schemas: dict[str, Mapping[str, Any]] = {}
        """The last SCHEMA message of each stream, as received."""
        self.status_names: dict[str, str] = {}
        """Display values of the source's contact statuses by id."""
        self.halted = 0
        """Number of the signal that asked for the end; 0 while there was none."""
        self.offline = False
        """Whether all is only explained: nothing is asked, sent or kept."""
        self.reconcilers: list[Reconciler] = []
        """What looks contacts up for the streams that are written."""
        self.checking = False
        """Whether only settings are checked: another run may go on meanwhile."""
        self.explainers: list[Explainer] = []
        """What explains the streams, in their order."""
        self.apis: tuple[str, ...] = ()
        """All APIs there are."""
        self.unanswered_wait = _unanswered_wait(config)
        """Seconds for which a create that was not answered may still be carried out."""
        self.former_until = 0.0
        """When, by the monotonic clock, creates of former runs cannot be carried out any more."""
        self.abandoned = False
        """Whether requests in flight were given up, since their answers took too long then."""

    @cached_property
    def client(self) -> ApiClient:
        """Return the client of the account; one record on which it fails does not end the run."""
        client = self._kind(self._config[self._kind.api], self._config)
        client.tell_apart()
        return client

    @cached_property
    def ledger(self) -> Ledger:
        """Return the account's ledger, locked for this run unless it only plans."""
        if self.offline:
            return Ledger("sqlite://", "explained")
        account = self._config.get("ledger_account") or self.client.account
        halted = lambda: bool(self.halted)  # noqa: E731
        ledger = Ledger(self._config["ledger_url"], f"{self._kind.api} {account}", halted)
        if not self._config["dry_run"] and not self.checking:
            ledger.lock(float(self._config["lock_wait_seconds"]))
            self.client.transport.before_write = ledger.lease.prove
            self.former_until = time.monotonic() + self._left(ledger.lease.idle_seconds)
        return ledger

    def _left(self, idle: float | None) -> float:
        """Return for how many seconds creates of the former run may still be carried out."""
        since = max(0.0, (idle or 0.0) - LEASE_SECONDS - MARGIN_SECONDS)
        return self.unanswered_wait - since

    def halt(self, signum: int) -> None:
        """Send nothing more: a signal asks for the end."""
        self.halted = signum
        if "client" in self.__dict__:
            self.client.end()

    def open(self) -> None:
        """Open the ledger, so that what is wrong with it is said before anything else."""
        _ = self.ledger

    def usage(self) -> Usage:
        """Return what the account was used for so far."""
        return self.client.usage() if "client" in self.__dict__ else Usage()

    def track(self) -> Track:
        """Return how far the account is written from now on."""
        return Track(self._kind.title, self.books.counts, self.usage)

    def reject(self, stream: str, message: Mapping[str, Any], why: Rejected) -> None:
        """Put a RECORD message into the rejects file and the books."""
        if not self.offline:
            self.rejects.add(self.schemas[message["stream"]], message, why)
        self.books.reject(stream, why.code, why.field)

    def report(self, logger: logging.Logger) -> None:
        """Log what became of the run's records."""
        summary = self.books.summary(self.usage(), dry_run=self._config["dry_run"])
        self.books.report(logger, self._kind.title, summary)
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
