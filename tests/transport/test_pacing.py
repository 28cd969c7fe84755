"""What an answer, or a connection that is cut, means for the pace of an account."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from requests import PreparedRequest

from tap_contacts.transport.errors import Cut, NoAnswer
from tap_contacts.transport.pacing import Pacing
from tap_contacts.transport.session import Answer
from tap_contacts.transport.verdict import Judgement, Verdict
from tests.support.plain import Clock, pace, sent, turn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_contacts.transport.rate_limit import RateLimiter

WAIT = {"Retry-After": "70"}
USED_UP = {"RateLimit-Remaining": "0", "RateLimit-Reset": "40"}
LEFT = {"RateLimit-Remaining": "1", "RateLimit-Reset": "40"}
CUT = Cut("the connection broke", sent=True)


def pacing(account: RateLimiter) -> Pacing:
    """Return what paces an account with a documented rate of its POSTs."""
    return Pacing("API", account, {"POST": 20}, logging.getLogger("contacts"))


def paused(account: RateLimiter, clock: Clock) -> float:
    """Return how long the next request has to wait."""
    start = clock.now
    turn(account)
    return clock.now - start


@pytest.mark.parametrize(
    ("verdict", "headers", "waits", "throttles"),
    [
        (Verdict.RETRY, WAIT, (None, 70), 1),
        (Verdict.RETRY, {**WAIT, **USED_UP}, (7, 70), 1),
        (Verdict.RETRY, USED_UP, (7, 40), 1),
        (Verdict.RETRY, LEFT, (7, 7), 1),
        (Verdict.RETRY, LEFT, (None, None), 1),
        (Verdict.RETRY, {}, (7, 7), 1),
        (Verdict.RETRY, {}, (None, None), 1),
        (Verdict.UNKNOWN, WAIT, (None, 70), 1),
        (Verdict.UNKNOWN, USED_UP, (7, 7), 0),
        (Verdict.UNKNOWN, {}, (None, None), 0),
        (Verdict.DONE, WAIT, (None, None), 0),
        (Verdict.REJECT, WAIT, (None, None), 0),
        (Verdict.STOP, USED_UP, (None, None), 0),
    ],
)
def test_a_throttle_pauses_the_account_for_as_long_as_it_asks(
    clock: Clock,
    verdict: Verdict,
    headers: Mapping[str, str],
    waits: tuple[float | None, float | None],
    throttles: int,
) -> None:
    """By `Retry-After`, else by a quota that is used up, else by what is known of the API."""
    account = pace(clock)
    sent(account, clock, 99, every=0.01)
    answer = Answer(PreparedRequest(), 429, headers, b"", turn(account))
    wait, asked = waits
    judgement = Judgement(verdict, code="c", wait=wait)
    assert pacing(account).paced(answer, judgement) == judgement._replace(wait=asked)
    assert account.throttles == throttles
    assert paused(account, clock) == pytest.approx(asked or 0 if throttles else 0, abs=0.3)


def test_an_answer_between_two_throttles_makes_them_two(clock: Clock) -> None:
    """Another throttle does not: there are growing waits for that."""
    account = pace(clock)
    found = []
    for verdict in (Verdict.RETRY, Verdict.RETRY, Verdict.DONE, Verdict.RETRY):
        answer = Answer(PreparedRequest(), 429, {}, b"", turn(account))
        pacing(account).paced(answer, Judgement(verdict))
        clock.sleep(60)
        found.append(account.throttles)
    assert found == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("method", "count", "error", "is_throttle"),
    [
        ("POST", 10, CUT, True),
        ("POST", 9, CUT, False),
        ("POST", 10, NoAnswer("no answer", sent=True), False),
        ("GET", 10, CUT, False),
    ],
)
def test_a_connection_that_is_cut_in_haste_is_a_throttle(
    clock: Clock, method: str, count: int, error: NoAnswer, *, is_throttle: bool
) -> None:
    """With half of the documented rate used, the account pauses for a minute."""
    account = pace(clock, POST=20)
    for _ in range(count):
        with account.turn(method):
            pass
    wait = pacing(account).wait_after(method, error)
    assert (wait, account.throttles) == ((60, 1) if is_throttle else (None, 0))
    assert paused(account, clock) == pytest.approx(60 if is_throttle else 0, abs=0.3)


def test_that_a_run_sends_less_is_said_once(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """With the new rate; further throttles of the same kind change nothing."""
    account = pace(clock)
    sent(account, clock, 100, every=0.1)
    for _ in range(2):
        pacing(account).slow_down(100, None)
    assert caplog.messages == [
        "API throttles: for now this run sends at most 300 requests a minute."
    ]
