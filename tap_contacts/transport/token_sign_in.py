"""Sign in with a token that all threads share and one of them renews."""

from __future__ import annotations

import abc
import re
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

from tap_contacts.transport.errors import NoAnswer, Retry
from tap_contacts.transport.session import Answer, SignIn, Transport
from tap_contacts.transport.verdict import OF_NETWORK

if TYPE_CHECKING:
    from collections.abc import Collection

    from requests import PreparedRequest

_TOKEN = re.compile("[!-~]{1,8192}")

TOO_MANY = 429
RETRY_AFTER_STATUSES = {TOO_MANY, 503}
"""HTTP statuses for which `Retry-After` counts."""

OF_WAY_THERE = (407, 511)
"""HTTP statuses that come from a gateway or proxy before an API."""

LATER = "Run again later; see that nothing else signs in to this account at the same time."

UNTIL_REFUSED = float("inf")
"""Life of a token that is used until it is refused."""


class TokenSignIn(SignIn):
    """Set a header to a token, which is got when first needed and again after its end."""

    title: ClassVar[str]
    header: ClassVar[str] = "Authorization"
    prefix: ClassVar[str]
    """What stands before the token in the header."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    @abc.abstractmethod
    def new_token(self) -> tuple[str, float]:
        """Return a new token and the seconds it may be used; called by one thread at a time.

        Raises:
            Retry: There is none now.
            Stopped: The sign-in is refused.
        """

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Set the header."""
        with self._lock:
            if time.monotonic() >= self._ends:
                self._token, life = self._usable_token()
                self._ends = time.monotonic() + life
            request.headers[self.header] = self.prefix + self._token
        return request

    def _usable_token(self) -> tuple[str, float]:
        token, life = self.new_token()
        if not _TOKEN.fullmatch(token):
            answered = "a token that no header can hold"
            raise Retry(self.title, "sign-in", answered, "Check api_url and proxies.")
        return token, life

    def secrets(self) -> Collection[str]:
        """Return the token."""
        return {self._token} - {""}

    def renew(self, request: PreparedRequest) -> bool:
        """Drop the token that this request was refused with, unless another thread has done so."""
        with self._lock:
            if request.headers[self.header] == self.prefix + self._token:
                self._ends = 0.0
        return True

    def ask(self, method: str, url: str, asked: str, **options: Any) -> Answer:
        """Send a request for a token.

        Raises:
            Retry: There is no answer, or one that says when to ask again.
            Stopped: The server shows a certificate that is not trusted.
        """
        try:
            answer = self._transport.send(method, url, **options)
        except NoAnswer as error:
            raise error.error(self.title, asked) from None
        is_told = answer.status in RETRY_AFTER_STATUSES and answer.retry_after is not None
        if is_told or answer.status == TOO_MANY:
            later = Retry(self.title, asked, f"not now (HTTP {answer.status})", LATER)
            later.retry_after = answer.retry_after
            raise later
        if answer.status in OF_WAY_THERE:
            answered, advice = f"no sign-in (HTTP {answer.status})", OF_NETWORK[answer.status]
            raise Retry(self.title, asked, answered, advice, http_status=answer.status)
        return answer
