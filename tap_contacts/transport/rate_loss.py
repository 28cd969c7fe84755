"""What becomes of a run whose shared rate cannot be read: it waits, or goes on with its own.

Where a rate is to be shared, nothing is sent without a permit. Where it is shared only because
there is a ledger, the run keeps to the rate by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport.database_troubles import LOCKED
from tap_contacts.transport.errors import Stopped
from tap_contacts.transport.rate_table import Unusable

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from tap_contacts.transport.circuit_breaker import CircuitBreaker

AGAIN_SECONDS = 1.0
"""Time between two looks whether the database is back."""

LONGEST_LOSS = 900.0
"""Seconds for which nothing is sent before the run ends."""

_ASKED = "share the rate"


class Loss:
    """Whether the database of a shared rate can be used, and what follows if not."""

    def __init__(
        self,
        api: str,
        database: str,
        outage: CircuitBreaker,
        logger: logging.Logger,
        *,
        is_must: bool,
    ) -> None:
        self._api, self._database = api, database
        self._outage, self._logger, self._is_must = outage, logger, is_must
        self.is_alone = False
        """Whether the run goes on without the others."""
        self._was_there = False
        self._since: float | None = None
        self._again = 0.0

    def wait(self) -> float:
        """Return the seconds until the database is to be asked again."""
        return 0.0 if self._since is None else self._again - self._outage.now()

    def watch(self, ask: Callable[[], object]) -> None:
        """Ask the database something.

        Raises:
            ConfigurationError: The setting is wrong.
            Stopped: The database cannot be used from the start, or was lost for too long.
        """
        try:
            ask()
        except Unusable as error:
            self._lose(error)
        except ConfigurationError as error:
            if self._is_must:
                raise
            self._go_alone(str(error))
        else:
            self._find()

    def _find(self) -> None:
        if self._since is not None:
            self._logger.info("%s: the database %s is back.", self._api, self._database)
        self._was_there, self._since = True, None

    def _lose(self, error: Unusable) -> None:
        if not self._is_must:
            self._go_alone(str(error))
            return
        now = self._outage.now()
        if not self._was_there and error.trouble is not LOCKED:
            raise self._unusable(error)
        if self._since is None:
            self._since = now
            text = "%s: %s: %s: %s Nothing is sent until it is back, for %.0f s at most."
            self._logger.warning(text, self._api, _ASKED, self._database, error, LONGEST_LOSS)
        if now - self._since > LONGEST_LOSS:
            raise self._stopped(error)
        self._again = now + AGAIN_SECONDS

    def _unusable(self, error: Unusable) -> Exception:
        """Return what follows from a database that cannot be used from the start."""
        if error.trouble.misused:
            return ConfigurationError(error.trouble.at_opening("rate_url", self._database))
        return self._stopped(error)

    def _stopped(self, error: Unusable) -> Stopped:
        answered = f"{self._database}: {error.trouble.answered}"
        advice = error.trouble.advice
        return self._outage.give_up(Stopped(self._api, _ASKED, answered, advice))

    def _go_alone(self, why: str) -> None:
        self.is_alone = True
        text = "%s: the rate is not shared with other processes, since %s cannot be used: %s"
        self._logger.warning(text, self._api, self._database, why)
