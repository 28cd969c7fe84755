"""What tests of the part common to all clients share: a clock, and an API of no vendor."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_contacts.transport.call import Call
from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.client import ApiClient
from tap_contacts.transport.rate_limit import RateLimiter
from tap_contacts.transport.session import SignIn
from tap_contacts.transport.verdict import DONE, GATEWAY, NOT_UNDERSTOOD, Judgement
from tests.sandbox.messages import Request, Response, json_response
from tests.sandbox.server import Sandbox
from tests.support.commands import FAST, SOON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_contacts.transport.rate_headers import Quota
    from tap_contacts.transport.session import Answer


class Clock:
    """A clock that goes only while somebody sleeps."""

    def __init__(self) -> None:
        """Start at an arbitrary second."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class PlainApi(Sandbox):
    """An API that has nothing of its own: it takes everything, as `rule` says."""

    api = "plain"
    contacts: Any = ()

    def __init__(self, rule: Callable[[], Response] = lambda: json_response({})) -> None:
        """Take what answers."""
        super().__init__()
        self._rule = rule

    def handle(self, request: Request) -> Response:
        """Answer by the rule."""
        del request
        return self._rule()

    def target_config(self) -> dict[str, Any]:
        """Return the settings."""
        return {"api_url": self.url}

    def is_write(self, request: Request) -> bool:
        """Say whether it is no GET."""
        return request.method != "GET"

    def expire_sign_ins(self) -> None:
        """Do nothing: there are none."""

    def seed(self) -> None:
        """Do nothing: nothing is kept."""


class Plain(ApiClient):
    """The client of such an API, with a documented rate of its POSTs."""

    api = "plain"
    title = "Plain"
    settings = th.ObjectType()
    rates = {"POST": 20}  # noqa: RUF012  # typed ClassVar in the base

    def address(self, settings: Mapping[str, Any]) -> str:
        """Return where the sandbox is."""
        return str(settings["api_url"])

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign nothing."""
        del settings
        return SignIn()

    def judge(self, answer: Answer) -> Judgement:
        """Judge by the status alone."""
        return DONE if answer.status == 200 else GATEWAY.get(answer.status, NOT_UNDERSTOOD)

    def check(self) -> str:
        """Ask for anything."""
        return str(self.call("GET", "/").status)

    @property
    def harmless(self) -> Call:
        """Return the reading of something of its own."""
        return Call("GET", "/alive")


def pace(clock: Clock, **limits: int) -> RateLimiter:
    """Return the pace of an account with these rates a minute."""
    return RateLimiter("API", CircuitBreaker(clock, clock.sleep), limits)


def client_of(sandbox: Sandbox, **config: Any) -> Plain:
    """Return a client that hardly waits before repeats."""
    return Plain(sandbox.target_config(), {**FAST, **SOON, **config})


def turn(pace: RateLimiter, told: Quota | None = None) -> int:
    """Send a request whose answer tells a quota, and return its number."""
    with pace.turn("GET") as ticket:
        if told:
            pace.tell(told)
        return ticket.number


def sent(pace: RateLimiter, clock: Clock, count: int, every: float = 0.0) -> list[float]:
    """Send requests that are all answered, and return when they were sent."""
    times = []
    for _ in range(count):
        pace.answered(turn(pace))
        times.append(clock.now)
        clock.sleep(every)
    return times


def is_waiting(client: ApiClient) -> bool:
    """Say whether a request does not leave by itself; end the run to find out."""
    with ThreadPoolExecutor(1) as pool:
        request = pool.submit(client.call, "GET", "/")
        time.sleep(0.3)
        waits = not request.done()
        client.end()
        request.exception(timeout=5)
    return waits
