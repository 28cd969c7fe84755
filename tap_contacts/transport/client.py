"""Send requests to one API: one account, one sign-in, one rate, bounded repeats."""

from __future__ import annotations

import abc
import enum
import logging
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from singer_sdk import typing as th

from tap_contacts.transport import forms, redirects
from tap_contacts.transport.adaptive_rate import MINUTE
from tap_contacts.transport.call import Call
from tap_contacts.transport.circuit_breaker import Outage
from tap_contacts.transport.errors import (
    ApiError,
    Barred,
    Cut,
    NoAnswer,
    NotFound,
    OutcomeUnknown,
    Refused,
    Retry,
    Stopped,
    plain_code,
)
from tap_contacts.transport.rate_limit import Pace
from tap_contacts.transport.redaction import Hidden
from tap_contacts.transport.retry import Repeats, Throttled
from tap_contacts.transport.served import Served
from tap_contacts.transport.session import Transport
from tap_contacts.transport.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tap_contacts.transport.session import Answer, SignIn

AFTER_CUT = MINUTE
"""Seconds of pause after a connection was cut in haste: documented rates are those of a minute."""

SETTINGS = th.PropertiesList(
    th.Property(
        "timeout_seconds",
        forms.seconds(most=3600, zero=False),
        default=60,
        description="Longest wait for an API's whole answer.",
    ),
    th.Property(
        "max_tries",
        th.IntegerType(minimum=1, maximum=100),
        default=5,
        description="How often one request is sent at most before it is given up.",
    ),
    th.Property(
        "retry_wait_seconds",
        forms.seconds(most=900),
        default=1,
        description="Wait before the first repeat of a request; doubles from there, with jitter.",
    ),
)
"""Settings of both plugins that say how requests are sent."""

CONCURRENCY = th.IntegerType(minimum=1, maximum=64)
"""Requests in flight: as many as connections are kept."""

RATE = th.Property(
    "requests_per_minute",
    th.IntegerType(minimum=1, maximum=1_000_000),
    description="Most requests in any 60 seconds. Default: the API's documented limit, if any.",
)


class Verdict(enum.Enum):
    """What an answer means for the request that got it."""

    DONE = enum.auto()
    RETRY = enum.auto()
    """Not carried out: too many requests, or too early; may be sent again, whatever it was."""
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
    """Seconds to wait before any other request, where the answer's headers tell of none."""
    sure: bool = True
    """Whether the API itself says so, and not perhaps something before it, which may have let the
    request through."""


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

_TOO_LARGE = Judgement(
    Verdict.UNKNOWN, "too_large", advice="It is too large for the API or for something before it."
)


def foreign(status: int) -> Judgement:
    """Return what an answer means that is not in the API's form, by its HTTP status."""
    return _TOO_LARGE if status == 413 else GATEWAY.get(status, NOT_UNDERSTOOD)  # noqa: PLR2004


class ApiClient(abc.ABC):
    """Speak to one account of one API; safe to share between threads."""

    api: ClassVar[str]
    """Base name, as in settings and file names."""
    title: ClassVar[str]
    """Name in messages."""
    settings: ClassVar[th.ObjectType]
    """Settings of an account."""
    operational: ClassVar[Collection[str]] = ()
    """Those that do not change how records are translated. When another one changes, the target
    translates all records again, unless it is secret."""
    rates: ClassVar[Mapping[str, int]] = {}
    """Documented requests per minute by HTTP method; "" for all others."""

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Take the API's settings and the plugin's config."""
        self._outage = Outage()
        fixed = settings.get("requests_per_minute") or config.get("requests_per_minute")
        self.pace = Pace(self.title, self._outage, {"": fixed} if fixed else self.rates)
        self.transport = Transport(config, self.pace)
        self.origin = self.address(settings)
        self.sign_in = self.sign_in_with(settings)
        self._serves = False
        """Whether anything that was asked has been done."""
        self._told: set[str] = set()
        """What was logged that need not be said again."""
        self._hidden = Hidden(self.settings, settings, config)
        self.logger = logging.getLogger(f"contacts.{self.api}")
        self._repeats = Repeats(self.title, self.transport, self._outage, self.logger)

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

    @property
    @abc.abstractmethod
    def harmless(self) -> Call:
        """Return a small read that tells whether the API answers at all."""

    def tell_apart(self) -> None:
        """Give up a request on which the API fails, from now on, and not the API at once."""
        self._repeats.served = Served(self._is_alive)

    def _is_alive(self) -> bool:
        """Say whether the harmless read is answered now; it is sent once."""
        try:
            self._attempt(self.harmless)
        except Retry:
            return False
        except Refused:
            return True
        except Stopped as error:
            if error.http_status is None:  # not an answer: the run is to end
                raise
        return True

    def usage(self) -> Usage:
        """Return what the account was used for so far."""
        waits = self._outage.waits
        return Usage(self.transport.calls, self._repeats.count, waits.seconds, waits.go_on)

    def end(self) -> None:
        """Send nothing more and end all waiting, since the run is to end."""
        self._outage.give_up(Stopped(self.title, "any request", "the run was asked to end"))

    def pause(self, seconds: float) -> None:
        """Wait; raise Stopped if nothing more is to be sent."""
        self._outage.wait(seconds)

    def call(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool = True,
        several: bool = False,
        once: bool = False,
        **options: Any,
    ) -> Answer:
        """Send a request until it is answered or must not be sent again.

        Args:
            method: HTTP method.
            path: Path below the origin.
            repeatable: False for a create: it is sent again only if it surely was not carried out.
            several: Whether it is for several records, which may go one by one if it fails.
            once: Whether it is repeated only if it was throttled.
            options: As for `requests.request`: params, data, json, files, headers.

        Raises:
            Refused: The API refused this record.
            OutcomeUnknown: A request that is not repeatable may or may not have been carried out.
            GivenUp: The API failed on this one in every try; only after `tell_apart`.
            Stopped: No request of this run can succeed.
        """
        call = Call(method, path, repeatable, options, several, once)
        return self._repeats.send(self._attempt, call)

    def _attempt(self, call: Call) -> Answer:
        with self._outage.turn():
            return self._answered(call)

    def _answered(self, call: Call) -> Answer:
        answer, judgement = self._ask(call)
        is_over = judgement.verdict is Verdict.RENEW and not _may_be_done(call, judgement)
        if is_over and self.sign_in.renew(answer.request):
            answer, judgement = self._ask(call)
        if judgement.verdict is Verdict.DONE:
            self._serves = True
            return answer
        raise self._error(call, answer, judgement)

    def _ask(self, call: Call) -> tuple[Answer, Judgement]:
        try:
            answer = self.transport.send(
                call.method, self.origin + call.path, auth=self.sign_in, **call.options
            )
        except NoAnswer as error:
            raise self._unanswered(call, error) from None
        except Retry as error:  # from the sign-in
            error.of_account = True
            if error.retry_after is not None:
                self._slow_down(self.pace.sent, error.retry_after)
            raise
        return answer, self._learnt(answer, self.judge(answer))

    def _unanswered(self, call: Call, error: NoAnswer) -> Exception:
        """Return what follows from no answer; a cut may be a throttle, too."""
        wait = AFTER_CUT if isinstance(error, Cut) and self._in_haste(call.method) else None
        if wait is not None:
            self._slow_down(self.pace.sent, wait)
        if error.sent and not call.repeatable:
            return OutcomeUnknown(self.title, call.asked, str(error))
        retry = Retry(self.title, call.asked, str(error))
        retry.retry_after = wait
        return retry

    def _in_haste(self, method: str) -> bool:
        """Say whether at least half the documented rate is used; without one nothing is haste."""
        documented = self.rates.get(method)
        return documented is not None and self.pace.lately(method) * 2 >= documented

    def _learnt(self, answer: Answer, judgement: Judgement) -> Judgement:
        """Slow down or pause as an answer asks; return its judgement with the wait it asks for."""
        asked = answer.retry_after
        throttles = {Verdict.RETRY} if asked is None else {Verdict.RETRY, Verdict.UNKNOWN}
        if judgement.verdict not in throttles:
            self.pace.answered(answer.number)
            return judgement
        if asked is None:
            told = answer.quota
            asked = told.reset if told and not told.remaining else judgement.wait
        self._slow_down(answer.number, asked)
        return judgement._replace(wait=asked)

    def _slow_down(self, number: int, wait: float | None) -> None:
        rate = self.pace.throttled(number, wait)
        if rate is not None:
            text = "%s throttles: for now this run sends at most %.0f requests a minute."
            self.logger.warning(text, self.title, rate)

    def _error(self, call: Call, answer: Answer, judgement: Judgement) -> Exception:
        code = f"code {judgement.code} " if plain_code(judgement.code) else ""
        advice = self._redirected(call, answer, judgement) or judgement.advice
        words = (self.title, call.asked, f"{code}(HTTP {answer.status})", advice)
        kind = self._kind(call, judgement)
        detail = self._hidden.taken_out(judgement.detail, self.sign_in.secrets())
        error = kind(*words, code=judgement.code, http_status=answer.status, detail=detail)
        if isinstance(error, Retry):
            error.retry_after = judgement.wait
        return error

    def _kind(self, call: Call, judgement: Judgement) -> type[ApiError]:
        """Return the kind of error that follows from a judgement.

        What something before an API says may pass, but for an API that has served nothing yet:
        there, a read that is barred tells of the settings.
        """
        if _may_be_done(call, judgement):
            return OutcomeUnknown
        may_pass = self._serves or not call.reads
        if judgement.verdict is Verdict.STOP and not judgement.sure and may_pass:
            return Retry
        return _ERRORS[judgement.verdict]

    def _redirected(self, call: Call, answer: Answer, judgement: Judgement) -> str:
        """Return what to do about a redirect of a request that writes, and log it once; or ""."""
        if call.method == "GET" or judgement.verdict is not Verdict.UNKNOWN:
            return ""
        advice = redirects.advice(answer, self.origin)
        if advice and advice not in self._told:
            self._told.add(advice)
            self.logger.warning(
                "%s: %s: (HTTP %d). %s", self.title, call.asked, answer.status, advice
            )
        return advice


_ERRORS: dict[Verdict, type[ApiError]] = {
    Verdict.RETRY: Throttled,
    Verdict.RENEW: Barred,
    Verdict.REJECT: Refused,
    Verdict.MISSING: NotFound,
    Verdict.STOP: Barred,
    Verdict.UNKNOWN: Retry,
}


def _may_be_done(call: Call, judgement: Judgement) -> bool:
    """Say whether a request may have been carried out that must not be carried out twice."""
    return not call.repeatable and (judgement.verdict is Verdict.UNKNOWN or not judgement.sure)
