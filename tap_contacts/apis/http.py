"""Send requests to one API: one account, one sign-in, one rate, bounded repeats."""

from __future__ import annotations

import abc
import enum
import itertools
import logging
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import backoff
from pyrate_limiter import Duration, Limiter, Rate
from singer_sdk import typing as th

from tap_contacts.apis.errors import (
    NoAnswer,
    NotFound,
    OutcomeUnknown,
    Refused,
    Retry,
    Stopped,
    plain_code,
)
from tap_contacts.apis.hidden import Hidden
from tap_contacts.apis.outage import POLL_SECONDS, Outage
from tap_contacts.apis.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from tap_contacts.apis.transport import Answer, SignIn

LONGEST_WAIT = 900.0
"""Seconds a `Retry-After` may ask for before the run stops instead."""

SETTINGS = th.PropertiesList(
    th.Property(
        "timeout_seconds",
        th.NumberType(exclusive_minimum=0),
        default=60,
        description="Longest wait for an API's answer.",
    ),
    th.Property(
        "max_tries",
        th.IntegerType(minimum=1),
        default=5,
        description="How often one request is sent at most before the run stops.",
    ),
    th.Property(
        "retry_wait_seconds",
        th.NumberType(minimum=0),
        default=1,
        description="Wait before the first repeat of a request; doubles from there, with jitter.",
    ),
)
"""Settings of both plugins that say how requests are sent."""

RATE = th.Property(
    "requests_per_minute",
    th.IntegerType(minimum=1),
    description="Most requests in any 60 seconds. Default: the API's documented limit, if any.",
)


class Verdict(enum.Enum):
    """What an answer means for the request that got it."""

    DONE = enum.auto()
    RETRY = enum.auto()
    """Not carried out; may be sent again later, whatever it was."""
    RENEW = enum.auto()
    """Not carried out: the sign-in has expired."""
    REJECT = enum.auto()
    """This record is refused."""
    MISSING = enum.auto()
    """The contact or parent asked for is not there."""
    STOP = enum.auto()
    """No request of this run can succeed."""
    UNKNOWN = enum.auto()
    """May have been carried out."""


class Judgement(NamedTuple):
    """A verdict with the API's code, what to do next, and the API's own words."""

    verdict: Verdict
    code: str = ""
    advice: str = ""
    detail: str = ""
    wait: float | None = None
    """Seconds to wait before a repeat, where the API gives no `Retry-After`."""


DONE = Judgement(Verdict.DONE)

GATEWAY = {
    408: Judgement(Verdict.UNKNOWN),
    429: Judgement(Verdict.RETRY, advice="Lower requests_per_minute."),
    500: Judgement(Verdict.UNKNOWN),
    502: Judgement(Verdict.UNKNOWN),
    503: Judgement(Verdict.UNKNOWN),
    504: Judgement(Verdict.UNKNOWN),
}
"""HTTP statuses that speak for the way to the API rather than for the API."""

NOT_UNDERSTOOD = Judgement(
    Verdict.UNKNOWN, advice="The answer is not what this API sends; check the address and proxies."
)


@dataclass(frozen=True)
class Call:
    """One request to be sent, as often as its meaning allows."""

    method: str
    path: str
    repeatable: bool
    options: Mapping[str, Any]

    @property
    def asked(self) -> str:
        """Return the request in the words used in messages: without query and body."""
        return f"{self.method} {self.path}"


class ApiClient(abc.ABC):
    """Speak to one account of one API; safe to share between threads."""

    api: ClassVar[str]
    """Base name, as in settings and file names."""
    title: ClassVar[str]
    """Name in messages."""
    settings: ClassVar[th.ObjectType]
    """Settings of an account."""
    rates: ClassVar[Mapping[str, int]] = {}
    """Documented requests per minute by HTTP method; "" for all others."""

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Take the API's settings and the plugin's config."""
        self.transport = Transport(config, settings)
        self._outage = Outage()
        self.origin = self.address(settings)
        self.sign_in = self.sign_in_with(settings)
        self._hidden = Hidden(self.settings, settings, config)
        self.logger = logging.getLogger(f"contacts.{self.api}")
        fixed = self.transport.requests_per_minute
        rates = {"": fixed} if fixed else self.rates
        self._limiters = {
            method: Limiter(Rate(number, Duration.MINUTE)) for method, number in rates.items()
        }

    @property
    def account(self) -> str:
        """Return what tells this account from others of the same API in a ledger."""
        return self.origin

    @abc.abstractmethod
    def address(self, settings: Mapping[str, Any]) -> str:
        """Return the bare origin of the API."""

    @abc.abstractmethod
    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Return the account's sign-in."""

    @abc.abstractmethod
    def judge(self, answer: Answer) -> Judgement:
        """Tell what an answer means; the one place that knows this API's codes."""

    @abc.abstractmethod
    def check(self) -> str:
        """Sign in, make one harmless read and say which account answered."""

    def end(self) -> None:
        """Send nothing more and end all waiting, since the run is to end."""
        self._outage.give_up(Stopped(self.title, "any request", "the run was told to end"))

    def pause(self, seconds: float) -> None:
        """Wait; raise Stopped if nothing more is to be sent."""
        self._outage.wait(seconds)

    def call(self, method: str, path: str, *, repeatable: bool = True, **options: Any) -> Answer:
        """Send a request until it is answered or must not be sent again.

        Args:
            method: HTTP method.
            path: Path below the origin.
            repeatable: False for a create: it is sent again only if it surely was not carried out.
            options: As for `requests.request`: params, data, json, files, headers.

        Raises:
            Refused: The API refused this record.
            OutcomeUnknown: A request that is not repeatable may or may not have been carried out.
            Stopped: No request of this run can succeed.
        """
        call = Call(method, path, repeatable, options)
        send = backoff.on_exception(
            self._waits,
            Retry,
            max_tries=self.transport.max_tries,
            jitter=None,
            logger=None,
        )(self._attempt)
        try:
            return send(call)
        except Retry as error:
            tries = f"no success in {self.transport.max_tries} tries; last: {error.answered}"
            advice = error.advice or "Run again when the API is reachable; nothing is lost."
            words = (self.title, call.asked, tries, advice)
            stopped = Stopped(*words, code=error.code, http_status=error.http_status)
            raise self._outage.give_up(stopped) from None

    def _attempt(self, call: Call) -> Answer:
        with self._outage.turn():
            return self._answered(call)

    def _answered(self, call: Call) -> Answer:
        answer, judgement = self._ask(call)
        if judgement.verdict is Verdict.RENEW and self.sign_in.renew(answer.request):
            answer, judgement = self._ask(call)
        if judgement.verdict is Verdict.DONE:
            return answer
        raise self._error(call, answer, judgement)

    def _ask(self, call: Call) -> tuple[Answer, Judgement]:
        limiter = self._limiters.get(call.method) or self._limiters.get("")
        while limiter and not limiter.try_acquire(self.api, timeout=POLL_SECONDS):
            self._outage.wait(0)
        try:
            answer = self.transport.send(
                call.method, self.origin + call.path, auth=self.sign_in, **call.options
            )
        except NoAnswer as error:
            if error.sent and not call.repeatable:
                raise OutcomeUnknown(self.title, call.asked, str(error)) from None
            raise Retry(self.title, call.asked, str(error)) from None
        return answer, self.judge(answer)

    def _error(self, call: Call, answer: Answer, judgement: Judgement) -> Exception:
        code = f"code {judgement.code} " if plain_code(judgement.code) else ""
        words = (self.title, call.asked, f"{code}(HTTP {answer.status})", judgement.advice)
        kind = _ERRORS[judgement.verdict]
        if judgement.verdict is Verdict.UNKNOWN and call.repeatable:
            kind = Retry
        detail = self._hidden.taken_out(judgement.detail, self.sign_in.secrets())
        error = kind(*words, code=judgement.code, http_status=answer.status, detail=detail)
        if isinstance(error, Retry):
            asked_for = answer.retry_after
            error.retry_after = judgement.wait if asked_for is None else asked_for
            if (error.retry_after or 0) > LONGEST_WAIT:
                return Stopped(*words, code=judgement.code, http_status=answer.status)
        return error

    def _waits(self) -> Generator[float, Retry, None]:
        """Wait as `Retry-After` asks, else with doubling and jitter; then yield for a repeat."""
        error = yield 0.0
        for tried in itertools.count(1):
            wait = self.transport.retry_wait * 2 ** (tried - 1) * random.uniform(0.5, 1)  # noqa: S311
            wait = wait if error.retry_after is None else error.retry_after
            text = "%s Trying again in %.1f s (try %d of %d)."
            self.logger.warning(text, error, wait, tried + 1, self.transport.max_tries)
            self._outage.wait(wait)
            error = yield 0.0


_ERRORS = {
    Verdict.RETRY: Retry,
    Verdict.RENEW: Stopped,
    Verdict.REJECT: Refused,
    Verdict.MISSING: NotFound,
    Verdict.STOP: Stopped,
    Verdict.UNKNOWN: OutcomeUnknown,
}
