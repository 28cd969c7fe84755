"""A person who answers what a sign-in asks, and the means of a grant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.grant import Means
from tap_contacts.transport.origin import origin
from tap_contacts.transport.rate_limit import RateLimiter
from tap_contacts.transport.session import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_contacts.transport.client import ApiClient

SEND = {"max_tries": 1, "retry_wait_seconds": 0.01}


class Reader:
    """Answers by what is asked for; an answer may be made when it is asked for."""

    def __init__(self, answers: Mapping[str, str | Callable[[Reader], str]]) -> None:
        """Take answers by the first word of the question."""
        self._answers = answers
        self.told = ""
        self.asked: list[str] = []

    def tell(self, text: str) -> None:
        """Keep what is shown."""
        self.told += text + "\n"

    def ask(self, what: str, *, hidden: bool = False, optional: bool = False) -> str:
        """Answer."""
        self.asked.append(what + " (hidden)" * hidden + " (optional)" * optional)
        answer = next(of for name, of in self._answers.items() if what.startswith(name))
        return answer if isinstance(answer, str) else answer(self)


def means(reader: Reader, kind: type[ApiClient]) -> Means:
    """Return what a grant uses."""

    def origin_of(name: str, url: str) -> str:
        return origin(f"{kind.api}.{name}", url, allow_http=False)

    def client(settings: Mapping[str, Any]) -> ApiClient:
        return kind(settings, SEND)

    transport = Transport(5, RateLimiter(kind.title, CircuitBreaker(), {}))
    return Means(reader, transport, origin_of, client)
