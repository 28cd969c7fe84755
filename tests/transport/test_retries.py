"""What becomes of a request by its tries, and what others are told by it."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.call import Call
from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.errors import Barred, GivenUp, Refused, Retry, Stopped, Throttled
from tap_contacts.transport.first_answer import FirstAnswer
from tap_contacts.transport.rate_limit import LONGEST_WAIT, RateLimiter
from tap_contacts.transport.retry import ASK_VENDOR, RUN_AGAIN, Retries
from tap_contacts.transport.served import Served
from tap_contacts.transport.settings import Sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.plain import Clock

READ, WRITE = Call("GET", "/a"), Call("POST", "/a")
HALF = Call("POST", "/a", several=True, once=True)


class Account:
    """An account whose requests meet with what was ordered."""

    def __init__(
        self,
        clock: Clock,
        *,
        is_alive: bool = False,
        tries: int = 3,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Take whether a harmless read succeeds, how often a request is tried, and what waits."""
        self.outage = CircuitBreaker(clock, sleep or clock.sleep)
        self.pace = RateLimiter("API", self.outage, {})
        sending = Sending(max_tries=tries, retry_wait_seconds=1)
        self.first = FirstAnswer(lambda _: None, lambda: Call("GET", "/"), lambda: 0)
        self.first.came = True
        self.retries = Retries(
            "API",
            sending,
            self.pace,
            self.outage,
            logging.getLogger(),
            first_answer=self.first,
        )
        self.served = self.retries.served = Served(lambda: is_alive)
        self.tried = 0

    def send(self, call: Call, *outcomes: Any) -> Any:
        """Send a request that meets with these errors or answers, the last one again and again."""
        left = [*outcomes]

        def attempt(_: Call) -> Any:
            self.tried += 1
            found = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(found, Exception):
                raise found
            return found

        return self.retries.send(attempt, call)


def failed(status: int | None = 500, **more: Any) -> Retry:
    """Return the error of a try that may be repeated."""
    return Retry("API", "GET /a", "HTTP 500", http_status=status, **more)


def test_an_answer_is_returned_and_repeats_are_counted(clock: Clock) -> None:
    """Two for a request that succeeds the third time."""
    account = Account(clock)
    assert account.send(READ, "one") == "one"
    assert account.send(READ, failed(), failed(), "two") == "two"
    assert (account.tried, account.retries.count) == (4, 2)
    assert account.served.served == 2


def test_waits_go_by_the_clock_of_the_account_alone(clock: Clock) -> None:
    """Nothing else sleeps, which no signal would end."""
    began = time.monotonic()
    assert Account(clock, tries=9).send(READ, *[failed()] * 8, "one") == "one"
    assert time.monotonic() - began < 5


def test_a_refusal_is_no_failure(clock: Clock) -> None:
    """It is not repeated, and the API is known to serve requests of this kind."""
    account = Account(clock)
    with pytest.raises(Refused, match="code 8"):
        account.send(WRITE, Refused("API", "POST /a", "code 8"))
    assert (account.tried, account.served.served_like(WRITE)) == (1, 1)
    assert account.send(WRITE, "next") == "next"


@pytest.mark.parametrize(
    ("advice", "told"), [("", RUN_AGAIN), ("Lower the rate.", "Lower the rate.")]
)
def test_an_api_that_fails_is_given_up_with_what_it_answered(
    clock: Clock, advice: str, told: str
) -> None:
    """Nothing is sent any more; neither counts as served."""
    account = Account(clock)
    with pytest.raises(Stopped) as error:
        account.send(READ, failed(503, advice=advice, code="busy"))
    text = f"API: GET /a: no success in 3 tries; last: HTTP 500. {told}"
    assert (str(error.value), type(error.value)) == (text, Stopped)
    assert (error.value.http_status, error.value.code) == (503, "busy")
    assert account.served.served == 0
    with pytest.raises(Stopped) as again:
        account.outage.wait(0)
    assert again.value is error.value


@pytest.mark.parametrize(
    ("advice", "told"), [("", ASK_VENDOR), ("Lower the rate.", "Lower the rate.")]
)
def test_a_request_that_fails_alone_gives_up_nothing_else(
    clock: Clock, advice: str, told: str
) -> None:
    """The vendor is to be asked, unless the answer says what to do."""
    account = Account(clock, is_alive=True)
    with pytest.raises(GivenUp) as error:
        account.send(READ, failed(advice=advice, code="busy"))
    text = f"API: GET /a: no success in 3 tries; last: HTTP 500. {told}"
    assert (str(error.value), error.value.http_status, error.value.code) == (text, 500, "busy")
    assert account.send(READ, "next") == "next"


def test_without_knowledge_of_others_the_api_is_given_up(clock: Clock) -> None:
    """Whoever needs every request stops at the first that fails."""
    account = Account(clock, is_alive=True)
    account.retries.served = None
    assert account.send(READ, "one") == "one"
    with pytest.raises(Stopped) as error:
        account.send(READ, failed())
    assert type(error.value) is Stopped


def test_half_a_request_is_repeated_only_after_a_throttle(clock: Clock) -> None:
    """What it is halved to will tell of all else; the sentence counts its tries."""
    account = Account(clock)
    assert account.send(HALF, Throttled("API", "POST /a", "HTTP 429"), "one") == "one"
    with pytest.raises(GivenUp, match="no success in 1 tries"):
        account.send(HALF, failed())
    assert account.tried == 3


@pytest.mark.parametrize(
    ("code", "others", "kind"),
    [
        ("", [WRITE], GivenUp),
        ("", [READ], Barred),
        ("", [], Barred),
        ("forbidden", [WRITE], Barred),
    ],
)
def test_a_barred_request_is_one_record_if_others_are_let_through(
    clock: Clock, code: str, others: list[Call], kind: type[Stopped]
) -> None:
    """A code of the API's own says that it is not."""
    account = Account(clock)
    for call in others:
        account.send(call, "one")
    barred = Barred("API", "POST /a", "HTTP 403", "Ask.", code=code, http_status=403)
    with pytest.raises(Stopped) as error:
        account.send(WRITE, barred)
    assert type(error.value) is kind
    assert error.value.http_status == 403
    alone = "API: POST /a: HTTP 403, though others are let through. Ask."
    assert str(error.value) == (alone if kind is GivenUp else str(barred))
    assert error.value.code == ("refused" if kind is GivenUp else code)


def test_a_barred_request_ends_the_run_before_the_api_has_answered(clock: Clock) -> None:
    """Something may stand before it: nothing more is sent."""
    account = Account(clock)
    account.first.came = False
    barred = Barred("API", "POST /a", "HTTP 403")
    for _ in range(2):
        with pytest.raises(Barred) as error:
            account.send(WRITE, barred)
        assert error.value is barred
    with pytest.raises(Barred):
        account.outage.wait(0)


def test_a_throttle_that_asks_for_no_wait_pauses_the_account(clock: Clock) -> None:
    """As long as the request that met it waits: eight times longer than after other trouble."""
    account = Account(clock, tries=2)
    start = clock.now
    account.send(READ, Throttled("API", "GET /a", "HTTP 429"), "one")
    waited = clock.now - start
    assert 4 - 0.01 <= waited <= 8.01
    other = Account(clock, tries=2)
    start = clock.now
    other.send(READ, failed(), "one")
    assert 0.5 - 0.01 <= clock.now - start <= 1.01
    with other.pace.turn("GET") as ticket:
        assert ticket.waited == 0


@pytest.mark.parametrize("throttled", [True, False])
def test_other_requests_wait_after_a_throttle_alone(clock: Clock, *, throttled: bool) -> None:
    """While the request that met it waits."""
    others: list[str] = []

    def end(_: float) -> None:
        account.outage.give_up(Stopped("API", "any request", "ended"))

    account = Account(clock, sleep=end)
    error = Throttled("API", "GET /a", "HTTP 429") if throttled else failed()
    with pytest.raises(Stopped, match="ended"):
        account.send(READ, error)
    with pytest.raises(Stopped) if throttled else nullcontext(), account.pace.turn("GET"):
        others.append("sent")
    assert others == ([] if throttled else ["sent"])


def test_a_wait_that_is_too_long_gives_the_api_up(clock: Clock) -> None:
    """At once, and for all."""
    account = Account(clock)
    error = failed()
    error.retry_after = LONGEST_WAIT + 0.1
    with pytest.raises(Stopped, match="asks to wait 900 s; a run waits no longer than 900 s"):
        account.send(READ, error)
    with pytest.raises(Stopped):
        account.outage.wait(0)
    assert (account.tried, account.retries.count) == (1, 0)
