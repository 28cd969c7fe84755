"""Speak to one account of one API."""

from __future__ import annotations

import abc
import logging
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from tap_contacts.transport.call import Call
from tap_contacts.transport.call_errors import CallErrors
from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.errors import NoAnswer
from tap_contacts.transport.origin import origin
from tap_contacts.transport.rate_limit import RateLimiter
from tap_contacts.transport.redaction import Secrets
from tap_contacts.transport.session import Transport
from tap_contacts.transport.settings import Sending
from tap_contacts.transport.sharing import Sharing, account_of
from tap_contacts.transport.steps import Steps
from tap_contacts.transport.trust import trust

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from contextlib import AbstractContextManager

    from singer_sdk import typing as th

    from tap_contacts.transport.facts import Fact
    from tap_contacts.transport.grant import Grant
    from tap_contacts.transport.session import Answer, SignIn
    from tap_contacts.transport.usage import Usage
    from tap_contacts.transport.verdict import Judgement

READ_AT_ONCE = 4
"""Requests in flight where neither settings nor a default say how many: look-ups of the target."""


class ApiClient(abc.ABC):
    """Speak to one account of one API; safe to share between threads.

    The client of an API sets `api`, `title`, `settings`, `operational` and `judge` (that of its
    `codes.py`), and `rates` where they are documented. It implements `sign_in_with`, `check` and
    `harmless`, and `address` where an account need not name it. It adds what its reading and its
    sink ask of the API, each by `call`.

    `call` takes each request through these steps, from the outside to the inside. `steps` puts them
    together:

    1. `retry`: send it again after a wait, if that is allowed. The first request of a run goes
       alone until the API answers it in its own form (`first_answer`). Steps 2 to 5 are one
       attempt (`attempt`).
    2. `circuit_breaker`: send one at a time while the API does not answer.
    3. sign-in (`session.SignIn`): sign it, and renew the sign-in once if it has expired.
    4. `rate_limit`: wait for a turn. After a wait it is signed anew.
    5. connection (`session`, `adapter`, `exchange`): send it, and read the whole answer.

    Then `judge` says what the answer means. The rate limit takes what the answer asks for. If the
    request was not done, `call_errors` makes the error, which leads to a retry or to the caller.
    """

    api: ClassVar[str]
    """Base name, as in settings and file names."""
    title: ClassVar[str]
    settings: ClassVar[th.ObjectType]
    """Settings of an account, as `settings.py` of the API has them."""
    operational: ClassVar[Collection[str]] = ()
    """Those that do not change how records are translated, such as addresses and the name of the
    user. When another one changes, the target translates all records again. Secrets and the
    settings that all APIs have need not stand here."""
    known_by: ClassVar[Collection[str]] = ()
    """Settings, no secrets, by which the API knows who asks, where many use one address. Those who
    are alike in them share a rate."""
    rates: ClassVar[Mapping[str, int]] = {}
    """Documented requests per minute by HTTP method; "" for all others."""

    grant: ClassVar[type[Grant] | None] = None
    """What leads a person to the settings of an account, where that takes more than typing."""

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Set up the client; nothing is sent. May raise ConfigurationError.

        Args:
            settings: Those of the account.
            config: All settings of the command, of which some hold for every API.
        """
        sending = msgspec.convert({**config}, Sending)
        self.logger = logging.getLogger(f"contacts.{self.api}")
        self.concurrency: int = config.get("concurrency") or READ_AT_ONCE
        """Requests that reading has in flight."""
        self.ahead = 2 * self.concurrency
        """Results that are read ahead of the one that is needed."""
        fixed = settings.get("requests_per_minute") or config.get("requests_per_minute")
        self.limits: Mapping[str, int] = {"": fixed} if fixed else self.rates
        """Requests per minute that are kept to, by HTTP method; "" for all others."""
        outage = CircuitBreaker()
        self.pace = RateLimiter(self.title, outage, self.limits)
        trusted = trust(self.api, settings)
        self.transport = Transport(sending.timeout_seconds, self.pace, trusted)
        self.allow_http = sending.allow_http
        self.origin = self.origin_of("api_url", self.address(settings))
        self.sign_in = self.sign_in_with(settings)
        account = self._account_of_rate(settings, config)
        self.sharing = Sharing(self.title, account, self.limits, outage, self.logger)
        if config.get("rate_url"):
            self.share_rate(config["rate_url"])
        self._steps = Steps(self, sending, outage, self._errors(settings, config))

    def _account_of_rate(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> str:
        known_by = {name: settings.get(name) for name in self.known_by}
        return account_of(self.api, self.origin, known_by, config.get("rate_account"))

    def _errors(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> CallErrors:
        hidden = Secrets(self.settings, settings, config)
        without_secrets = lambda text: hidden.taken_out(text, self.sign_in.secrets())  # noqa: E731
        return CallErrors(self.title, self.origin, without_secrets, self.logger)

    # What an API implements.

    @abc.abstractmethod
    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Return the account's sign-in."""

    @abc.abstractmethod
    def judge(self, answer: Answer) -> Judgement:
        """Return what an answer means; the one place that knows this API's codes."""

    @abc.abstractmethod
    def check(self) -> str:
        """Sign in, make one harmless read and say which account answered, for `--check`."""

    @property
    @abc.abstractmethod
    def harmless(self) -> Call:
        """Return a small read that tells whether the API answers at all.

        It is sent when one request fails again and again: is it that request, or is it the API?
        """

    # What some APIs do otherwise.

    def address(self, settings: Mapping[str, Any]) -> str:
        """Return the address of the API as it is given."""
        return str(settings["api_url"])

    @property
    def account(self) -> str:
        """Return what identifies this account in a ledger, among others of the same API."""
        return self.origin

    @property
    def told_account(self) -> str:
        """Return the same as far as the settings tell it; nothing is asked."""
        return self.account

    def facts(self) -> Iterator[Fact]:
        """Yield what reading shows of assumptions that no document proves, for `--check`.

        It is called after `check`. By default there are none.
        """
        return iter(())

    @property
    def advice_on_silence(self) -> str:
        """Return what to do if nothing answers; "" where nothing but the network can be it."""
        return ""

    # What reading and sinks ask for.

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
        return self._steps.send(call)

    def answer_to(self, path: str, *, is_signed: bool = True, **options: Any) -> Answer:
        """Return whatever a read is answered with: nothing is judged, repeated or signed in again.

        It goes without the account's sign-in if `is_signed` is False. Raises ApiError if there is
        no answer.
        """
        signed = {"auth": self.sign_in} if is_signed else {}
        try:
            return self.transport.send("GET", self.origin + path, **signed, **options)
        except NoAnswer as error:
            raise error.error(self.title, f"GET {path}") from None

    def origin_of(self, name: str, url: str) -> str:
        """Return the bare origin that a setting of the account names.

        Raises:
            ConfigurationError: If it is none, or is plain http where that is not allowed.
        """
        return origin(f"{self.api}.{name}", url, allow_http=self.allow_http)

    def pause(self, seconds: float) -> None:
        """Wait; raise Stopped if nothing more is to be sent."""
        self._steps.pause(seconds)

    # What a run asks for.

    def share_rate(self, url: str, *, is_must: bool = True) -> None:
        """Share the rate with other processes, through the database at a URL.

        `is_must` says whether nothing may be sent without it. May raise ConfigurationError.
        """
        from tap_contacts.transport import shared_rate  # takes SQLAlchemy

        self.pace.shared = shared_rate.shared(self.sharing, url, is_must=is_must)

    def tell_apart(self) -> None:
        """From now on give up a single request on which the API fails, and not the whole API."""
        self._steps.tell_apart()

    def proving(self) -> AbstractContextManager[None]:
        """Return a context in which nothing but proofs is asked for: what a run could not read."""
        return self._steps.proving()

    def usage(self) -> Usage:
        """Return what the account was used for so far."""
        return self._steps.usage()

    def end(self) -> None:
        """Send nothing more and end all waiting, since the run is to end."""
        self._steps.end()
