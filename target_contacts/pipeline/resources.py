"""The client and the ledger of a run's account."""

from __future__ import annotations

import contextlib
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_contacts.transport.usage import Usage
from target_contacts.pipeline.purpose import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_contacts.transport.client import ApiClient
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.planning.planned_run import PlannedRun
    from target_contacts.settings import Settings
    from target_contacts.shutdown import Shutdown


class Resources:
    """The client and the ledger of a run's account. Each is opened when it is first used."""

    def __init__(  # noqa: PLR0913  # what a client and a ledger are made with
        self,
        kind: type[ApiClient],
        config: Mapping[str, Any],
        settings: Settings,
        *,
        shutdown: Shutdown,
        purpose: Purpose,
        planned: PlannedRun | None,
    ) -> None:
        self._kind, self._config, self._settings = kind, config, settings
        self._shutdown, self._purpose, self._planned = shutdown, purpose, planned
        self._asked: Ledger | None = None
        """The ledger, if it was asked before the run, until the run goes on with it."""
        self.former_until = 0.0
        """Time of the monotonic clock after which no create of an earlier run is carried out."""

    @cached_property
    def client(self) -> ApiClient:
        """Return the client of the account. A record on which it fails does not end the run."""
        client = self._kind(self._config[self._kind.api], self._config)
        client.tell_apart()
        if not self._settings.rate_url and self._purpose is not Purpose.EXPLAIN:
            client.share_rate(self._settings.ledger_url, is_must=False)
        self._shutdown.when_asked(client.end)
        return client

    @cached_property
    def ledger(self) -> Ledger:
        """Return the account's ledger, locked if this run writes; a copy if it only plans."""
        if self._purpose is Purpose.EXPLAIN:
            return self.unlocked_ledger()
        from target_contacts.ledger import trust

        settings = self._settings
        trust.warn_of_temporary(settings.ledger_url, self.client.logger)
        ledger, self._asked = self._asked or self.unlocked_ledger(), None
        if settings.require_ledger and self._purpose not in {Purpose.LOOK, Purpose.REPAIR}:
            trust.assert_used(ledger)
        if self._planned:
            return self._planned.ledger(ledger)
        if self._purpose in {Purpose.WRITE, Purpose.REPAIR}:
            ledger.lock(settings.lock_wait_seconds)
            self.client.transport.before_write = ledger.lease.prove
            self.former_until = time.monotonic() + self._left(ledger.lease.silent_seconds)
        return ledger

    def unlocked_ledger(self) -> Ledger:
        """Return the account's ledger, for nothing but reading; an empty one if nothing is kept."""
        from target_contacts.ledger import ledger

        if self._purpose is Purpose.EXPLAIN:
            return ledger.Ledger("sqlite://", "explained")
        name = f"{self._kind.api} {self._account}"
        return ledger.Ledger(self._settings.ledger_url, name, self._shutdown.is_asked)

    def has_accepted(self) -> bool:
        """Say whether the account has accepted a write in any run, as its ledger knows."""
        return self.ledger.accepted.is_any()

    def kinds_read_back(self) -> set[str]:
        """Return the kinds of write of which one was read back, as the ledger knows."""
        return self.ledger.read_back.kinds()

    def asked_before(self, question: Callable[[Ledger], bool]) -> bool:
        """Ask the ledger before it is locked, and keep it for the run if the answer is no.

        Else it is closed: what comes before the run opens it, too, and a file must not be closed
        while it is open elsewhere in the process, which would lose its locks.
        """
        with contextlib.ExitStack() as closing:
            ledger = closing.enter_context(contextlib.closing(self.unlocked_ledger()))
            answer = question(ledger)
            if not answer:
                self._asked = ledger
                closing.pop_all()
            return answer

    def _left(self, silent: float) -> float:
        """Return the seconds for which creates of the earlier run may still be carried out.

        The last of them may have left up to a time-out before that run ended.
        """
        since = silent - self.client.transport.timeout
        return self._settings.unanswered_wait - max(0.0, since)

    @property
    def _account(self) -> str:
        return self._settings.ledger_account or self.client.account

    @property
    def opened_ledger(self) -> Ledger | None:
        """Return the ledger; None if it was not used."""
        found: Ledger | None = self.__dict__.get("ledger")
        return found

    @property
    def opened_account(self) -> str | None:
        """Return the account's name in the ledger; None if the ledger was not used."""
        return self._account if self.opened_ledger else None

    def close(self) -> None:
        """Close the ledger, if it is open."""
        if ledger := self.opened_ledger or self._asked:
            ledger.close()

    def usage(self) -> Usage:
        """Return the requests sent so far."""
        return self.client.usage() if "client" in self.__dict__ else Usage()
