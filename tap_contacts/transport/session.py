"""Send single requests over HTTP, without knowing what the answers mean."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from requests.auth import AuthBase

from tap_contacts.transport.adapter import Connections, prepared
from tap_contacts.transport.errors import NoAnswer
from tap_contacts.transport.exchange import EXCHANGE_ERRORS, failure
from tap_contacts.transport.rate_headers import Quota, quota, retry_after
from tap_contacts.transport.trust import ENVIRONMENT, Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from lxml.etree import _Element
    from requests import PreparedRequest

    from tap_contacts.transport.rate_limit import RateLimiter

MOST_VALUES = 500_000
"""Most values in an answer: each takes far more memory than its bytes."""


@dataclass(frozen=True)
class Answer:
    """One whole HTTP answer, and the request that got it."""

    request: PreparedRequest
    status: int
    headers: Mapping[str, str]
    body: bytes
    number: int = 0
    """Which of the account's requests it answers."""

    @cached_property
    def json(self) -> Any:
        """Return the body read as JSON, with numbers of any size; None if it is not JSON."""
        if _has_too_many(self.body):
            return None
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    @cached_property
    def xml(self) -> _Element | None:
        """Return the root of the body read as XML; None if it is not XML, or may be hostile."""
        from tap_contacts.transport import xml  # noqa: PLC0415  # most APIs speak JSON

        return xml.parse(self.body)

    @cached_property
    def retry_after(self) -> float | None:
        """Return the seconds that `Retry-After` asks for, in either form, or None."""
        return retry_after(self.headers)

    @cached_property
    def quota(self) -> Quota | None:
        """Return the quota that the answer tells. `Retry-After` goes before it; then it is None."""
        return quota(self.headers) if self.retry_after is None else None


def _has_too_many(body: bytes) -> bool:
    """Say whether an answer has too many values, counted by its brackets and commas."""
    return len(body) > MOST_VALUES and sum(map(body.count, (b"[", b"{", b","))) > MOST_VALUES


class SignIn(AuthBase):
    """Sign the requests of one account, for all threads. This base class signs nothing."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the sign-in to a request that is otherwise final."""
        return request

    def secrets(self) -> Collection[str]:
        """Return secrets that sign requests now and are in no setting."""
        return ()

    def renew(self, request: PreparedRequest) -> bool:
        """Drop the sign-in that this request was refused with; say whether to try again."""
        del request
        return False


class Transport:
    """Send requests over one connection pool, each in its turn, and count them.

    `timeout` is in seconds, for the connection and for the answer as a whole.
    """

    def __init__(self, timeout: float, pace: RateLimiter, trust: Trust = ENVIRONMENT) -> None:
        self.timeout, self.pace = timeout, pace
        self._calls: Counter[str] = Counter()
        self._count = threading.RLock()  # a signal may ask while its own thread counts
        self._connections = Connections(trust)

    @property
    def before_write(self) -> Callable[[], None] | None:
        """Return what is called right before a request that writes, and after each connecting.

        If it raises, the request does not leave.
        """
        return self._connections.connected

    @before_write.setter
    def before_write(self, call: Callable[[], None] | None) -> None:
        self._connections.connected = call

    @property
    def calls(self) -> dict[str, int]:
        """Return the requests sent so far by method, with sign-ins, repeats and failures."""
        with self._count:
            return dict(+self._calls)

    @property
    def requests(self) -> int:
        """Return the number of requests sent so far."""
        return sum(self.calls.values())

    def send(self, method: str, url: str, **options: Any) -> Answer:
        """Wait for a turn and send a request once, following no redirect.

        Raises:
            NoAnswer: No whole answer came.
            Stopped: Nothing more is to be sent.
        """
        signed, auth = "auth" in options, options.setdefault("auth", SignIn())
        try:
            request = prepared(method, url, **options)
            # Signing first: a sign-in that it needs takes a turn of its own, and time.
            with self.pace.turn(method) as (number, waited):
                if waited:
                    auth(request)  # Again, since signatures and tokens age.
                if self.before_write and method != "GET":
                    self.before_write()
                answer = self._sent(request, number)
                if signed and (told := answer.quota):
                    self.pace.tell(told)
                return answer
        except requests.RequestException:
            reason = "the request cannot be sent; check the address and the settings"
            raise NoAnswer(reason, sent=False) from None

    def _sent(self, request: PreparedRequest, number: int) -> Answer:
        """Send a request that is final; count it unless it surely did not leave."""
        method = str(request.method)
        self._counted(method, 1)
        try:
            response, body = self._connections.answer(request, self.timeout)
        except EXCHANGE_ERRORS as error:
            lost = failure(error, str(request.url))
            self._counted(method, -int(not lost.sent))
            raise lost from None
        return Answer(request, response.status, response.headers, body, number)

    def _counted(self, method: str, more: int) -> None:
        with self._count:
            self._calls[method] += more
