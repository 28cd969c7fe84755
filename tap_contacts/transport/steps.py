"""Put together the steps that each request of one account goes through."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from tap_contacts.transport.attempt import Account, Attempts
from tap_contacts.transport.errors import Stopped
from tap_contacts.transport.pacing import Pacing
from tap_contacts.transport.retry import Retries
from tap_contacts.transport.served import Served
from tap_contacts.transport.usage import Usage

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from tap_contacts.transport.call import Call
    from tap_contacts.transport.call_errors import CallErrors
    from tap_contacts.transport.circuit_breaker import CircuitBreaker
    from tap_contacts.transport.rate_limit import RateLimiter
    from tap_contacts.transport.session import Answer
    from tap_contacts.transport.settings import Sending


class PacedAccount(Account, Protocol):
    """What is asked of the client, with what its pace goes by."""

    pace: RateLimiter
    logger: logging.Logger

    @property
    def title(self) -> str:
        """Return the API's name in messages."""

    @property
    def rates(self) -> Mapping[str, int]:
        """Return the documented requests per minute, by HTTP method."""


class Steps:
    """The steps of one account's requests, from the first try to the judged answer."""

    def __init__(
        self,
        account: PacedAccount,
        sending: Sending,
        outage: CircuitBreaker,
        errors: CallErrors,
    ) -> None:
        self._account, self._outage = account, outage
        title, pace, logger = account.title, account.pace, account.logger
        attempts = Attempts(account, outage, Pacing(title, pace, account.rates, logger), errors)
        first_answer = attempts.first_answer
        self._attempts = attempts
        self._retries = Retries(title, sending, pace, outage, logger, first_answer=first_answer)
        self.attempt: Callable[[Call], Answer] = attempts.send
        """Sends a request in its turn; raises the error that follows if it was not done."""
        self.send: Callable[[Call], Answer] = partial(self._retries.send, attempts.send)
        """Makes attempts until a request is answered or must not be sent again."""

    def send_by(self, attempt: Callable[[Call], Answer], call: Call) -> Answer:
        """Do the same as `send`, by attempts of one's own."""
        return self._retries.send(attempt, call)

    @property
    def has_served(self) -> bool:
        """Say whether the API has done anything that this run asked for."""
        return self._attempts.has_served

    def proving(self) -> AbstractContextManager[None]:
        """Return a context in which nothing but proofs is asked for."""
        return self._attempts.first_answer.proving()

    def tell_apart(self) -> None:
        """From now on give up a single request on which the API fails, and not the whole API."""
        self._retries.served = Served(self._attempts.is_alive)

    def usage(self) -> Usage:
        """Return what the account was used for so far."""
        account, waits = self._account, self._outage.waits
        calls, paced = account.transport.calls, account.pace.waits.seconds
        return Usage(calls, self._retries.count, waits.seconds, waits.go_on, paced)

    def end(self) -> None:
        """Send nothing more and end all waiting, since the run is to end."""
        words = (self._account.title, "any request", "the run was asked to end")
        self._outage.give_up(Stopped(*words))

    def pause(self, seconds: float) -> None:
        """Wait; raise Stopped if nothing more is to be sent."""
        self._outage.wait(seconds)
