"""Send requests again that may be sent again: a few times, after doubling waits or as asked."""

from __future__ import annotations

import itertools
import random
import threading
from typing import TYPE_CHECKING

import backoff

from tap_contacts.transport.errors import (
    Barred,
    GivenUp,
    NotFound,
    Refused,
    Retry,
    Stopped,
    Throttled,
)
from tap_contacts.transport.rate_limit import LONGEST_WAIT, too_long
from tap_contacts.transport.served import Trial

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Generator

    from tap_contacts.transport.call import Call
    from tap_contacts.transport.circuit_breaker import CircuitBreaker
    from tap_contacts.transport.first_answer import FirstAnswer
    from tap_contacts.transport.rate_limit import RateLimiter
    from tap_contacts.transport.served import Served
    from tap_contacts.transport.session import Answer
    from tap_contacts.transport.settings import Sending


LONGER = 8
"""How many times longer the waits are after a throttle that asks for none.

Rates are mostly those of a minute, which the tries of one request have to outlast."""

RUN_AGAIN = "Run again when the API is reachable; nothing is lost."
ASK_VENDOR = "Other requests succeed: run again, and ask the vendor if only this one keeps failing."
"""What to do after a request failed in all its tries."""


class Retries:
    """Send the requests of one account until each is answered or must not be sent again."""

    def __init__(  # noqa: PLR0913
        self,
        title: str,
        sending: Sending,
        pace: RateLimiter,
        outage: CircuitBreaker,
        logger: logging.Logger,
        *,
        first_answer: FirstAnswer,
    ) -> None:
        self._title, self._pace, self._outage, self._logger = title, pace, outage, logger
        self._first = first_answer
        self._tries, self._wait = sending.max_tries, sending.retry_wait_seconds
        self._count, self._counting = 0, threading.Lock()
        self._repeated, self._repeated_late = (
            backoff.on_exception(
                self._waits, kind, max_tries=self._tries, jitter=None, logger=None
            )(_tried)
            for kind in (Retry, Throttled)
        )
        self.served: Served | None = None
        """Knows whether a request failed or the API; None: it is always the API."""

    @property
    def count(self) -> int:
        """Return how many requests were sent again so far."""
        return self._count

    def send(self, attempt: Callable[[Call], Answer], call: Call) -> Answer:
        """Make attempts until one does not raise Retry, and return its answer.

        Raises:
            GivenUp: The last one did, too, while the API serves other requests.
            Stopped: It serves none, or asks for too long a wait. Then the API is given up.
        """
        if not self._first.came:
            with self._first.alone:
                if not self._first.came:
                    return self._sent(attempt, call)
        return self._sent(attempt, call)

    def _sent(self, attempt: Callable[[Call], Answer], call: Call) -> Answer:
        repeated = self._repeated_late if call.once else self._repeated
        trial = Trial(self.served, call, self._tries)
        try:
            answer = repeated(attempt, call, trial)
        except Refused as error:
            self._note(call, found=not isinstance(error, NotFound))
            raise
        except Retry as error:
            raise self._ended(call, error, trial) from None
        except Barred as error:
            raise self._barred(call, error, trial) from None
        self._note(call)
        return answer

    def _note(self, call: Call, *, found: bool = True) -> None:
        """Note that the API served a request, and whether there was anything to be found."""
        if self.served:
            self.served.serves(call, found=found)

    def _ended(self, call: Call, error: Retry, trial: Trial) -> Stopped:
        """Return what follows from a request that failed in all its tries."""
        tries = f"no success in {trial.tries} tries; last: {error.answered}"
        of_one = trial.is_of_one()
        kind, advice = (GivenUp, ASK_VENDOR) if of_one else (Stopped, RUN_AGAIN)
        words = (self._title, call.asked, tries, error.advice or advice)
        ended = kind(*words, code=error.code, http_status=error.http_status)
        return ended if of_one else self._outage.give_up(ended)

    def _barred(self, call: Call, error: Barred, trial: Trial) -> Stopped:
        """Return the error of a barred request: GivenUp if others are let through."""
        if not self._first.came:
            return self._outage.give_up(error)
        if error.code or error.is_foreign or not trial.is_barred_alone():
            return error
        answered = f"{error.answered}, though others are let through"
        words = (self._title, call.asked, answered, error.advice)
        return GivenUp(*words, code="refused", http_status=error.http_status)

    def _waits(self) -> Generator[float, Retry, None]:
        """Wait before each repeat as the API asks, else doubling, with jitter."""
        error = yield 0
        for tried in itertools.count(1):
            wait = self._wait_before(tried, error)
            if wait > LONGEST_WAIT:
                raise self._outage.give_up(too_long(self._title, wait))
            if error.is_foreign:
                self._outage.wait(wait)
                self._assert_is_there(error)
                wait = 0.0
            text = "%s Trying again in %.1f s (try %d of %d)."
            self._logger.warning(text, error, wait, tried + 1, self._tries)
            self._outage.wait(wait)
            with self._counting:
                self._count += 1
            error = yield 0.0

    def _assert_is_there(self, error: Retry) -> None:
        """Raise Stopped if what answered with a page or redirect is not the API."""
        if self._first.came:
            if self._first.is_wrong_path(error.asked):
                raise _wrong_path(self._title, error)
        elif self._first.is_elsewhere():
            raise self._outage.give_up(_elsewhere(self._title, error))

    def _wait_before(self, tried: int, error: Retry) -> float:
        if error.retry_after is not None:
            return error.retry_after
        wait = self._wait * 2.0 ** (tried - 1) * random.uniform(0.5, 1)  # noqa: S311
        if isinstance(error, Throttled):
            wait *= LONGER
            self._pace.rest(wait)
        return wait


def _elsewhere(title: str, error: Retry) -> Stopped:
    """Return that what answers may not be the API."""
    return Stopped(
        title,
        error.asked,
        error.answered,
        error.advice,
        code=error.code,
        http_status=error.http_status,
    )


def _wrong_path(title: str, error: Retry) -> Barred:
    """Return that a path is not there, or that something stands before it."""
    answered = f"{error.answered}, though other paths are answered by {title}"
    found = Barred(title, error.asked, answered, error.advice, http_status=error.http_status)
    found.is_foreign = True
    return found


def _tried(attempt: Callable[[Call], Answer], call: Call, trial: Trial) -> Answer:
    trial.begin()
    try:
        return attempt(call)
    except Retry as error:
        trial.failed(error)
        raise
