"""Waits before repeats, and after a connection that is cut."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.call import Call
from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.errors import OutcomeUnknown, Retry, Stopped, Throttled
from tap_contacts.transport.first_answer import FirstAnswer
from tap_contacts.transport.rate_limit import LONGEST_WAIT, RateLimiter
from tap_contacts.transport.retry import RUN_AGAIN, Retries
from tap_contacts.transport.settings import Sending
from tests.support.plain import Clock, Plain, PlainApi, client_of, is_waiting, pace, turn

if TYPE_CHECKING:
    from tap_contacts.transport.session import Answer


# Waits before repeats.


def send(clock: Clock, error: Retry, times: list[float], sending: Sending) -> None:
    """Send a request that always fails, and take down when each try was."""
    outage = CircuitBreaker(clock, clock.sleep)
    pace, first = (
        RateLimiter("API", outage, {}),
        FirstAnswer(lambda _: None, lambda: Call("GET", "/"), lambda: 0),
    )
    repeats = Retries("API", sending, pace, outage, logging.getLogger(), first_answer=first)

    def attempt(_: Call) -> Answer:
        times.append(clock.now)
        raise error

    repeats.send(attempt, Call("GET", "/"))


def repeated(clock: Clock, error: Retry, *, tries: int = 6, wait: float = 4) -> list[float]:
    """Return the waits between the tries of a request that always fails."""
    times: list[float] = []
    sending = Sending(max_tries=tries, retry_wait_seconds=wait)
    with pytest.raises(Stopped):
        send(clock, error, times, sending)
    return [after - before for before, after in itertools.pairwise(times)]


def test_waits_double_from_the_first_one_on(clock: Clock) -> None:
    """The first repeat comes after `retry_wait_seconds` at most, and no two runs are in step."""
    rounds = [repeated(clock, Retry("API", "GET /", "no answer")) for _ in range(40)]
    for number, waits in enumerate(zip(*rounds, strict=True)):
        most = 4 * 2**number
        assert most / 2 <= min(waits) < most * 0.75 < max(waits) <= most + 0.001


def test_waits_after_a_throttle_that_names_none_are_longer(clock: Clock) -> None:
    """Rates are mostly those of a minute."""
    waits = repeated(clock, Throttled("API", "GET /", "code 429"))
    assert all(16 * 2**n <= wait <= 32 * 2**n + 0.001 for n, wait in enumerate(waits))


@pytest.mark.parametrize("asked", [0, 7, LONGEST_WAIT])
def test_a_wait_that_is_asked_for_is_kept(clock: Clock, asked: float) -> None:
    """Up to the longest that a run waits, and not a moment longer."""
    error = Retry("API", "GET /", "code 429")
    error.retry_after = asked
    assert repeated(clock, error, tries=3) == pytest.approx([asked] * 2)
    start = clock.now
    account = pace(clock)
    account.rest(asked)
    turn(account)
    assert clock.now - start == pytest.approx(asked)


def test_a_wait_beyond_the_longest_is_not_begun(clock: Clock) -> None:
    """The run stops at once."""
    error = Retry("API", "GET /", "code 429")
    error.retry_after = LONGEST_WAIT + 1
    start = clock.now
    assert repeated(clock, error) == []
    assert clock.now == start


def test_each_repeat_is_said_with_its_number(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The first repeat is the second try."""
    repeated(clock, Retry("API", "GET /", "no answer"), tries=3)
    told = [record.getMessage().partition("(try")[2] for record in caplog.records]
    assert told == [" 2 of 3).", " 3 of 3)."]


@pytest.mark.parametrize(
    ("advice", "told"), [("Lower the rate.", "Lower the rate."), ("", RUN_AGAIN)]
)
def test_the_end_of_all_tries_says_what_to_do(clock: Clock, advice: str, told: str) -> None:
    """What is known of the last answer is of more use than what always helps."""
    with pytest.raises(Stopped) as error:
        send(clock, Retry("API", "GET /", "code 429", advice), [], Sending(max_tries=1))
    assert str(error.value).endswith(told)


# A connection that is cut.


def cut_after(api: PlainApi, number: int, *, repeatable: bool) -> Plain:
    """Return a client whose connection is cut after so many POSTs."""
    client = client_of(api)
    for _ in range(number):
        client.call("POST", "/")
    api.fault(cut="before")
    with pytest.raises(OutcomeUnknown):
        client.call("POST", "/", repeatable=repeatable)
    return client


def test_a_cut_in_haste_is_a_throttle(api: PlainApi) -> None:
    """With half the documented rate used, a cut connection pauses the account for a minute."""
    client = cut_after(api, 9, repeatable=False)
    assert client.pace.throttles == 1
    assert is_waiting(client)


def test_a_cut_at_leisure_is_only_a_cut(api: PlainApi) -> None:
    """After a few requests a cut connection says nothing of the rate."""
    client = cut_after(api, 8, repeatable=False)
    assert client.pace.throttles == 0
    assert not is_waiting(client)


@pytest.mark.parametrize("fault", [{"status": 503}, {"delay": 1.3}])
def test_other_trouble_in_haste_is_no_throttle(api: PlainApi, fault: dict[str, Any]) -> None:
    """An error or a late answer is repeated without slowing down the account."""
    client = client_of(api, timeout_seconds=1)
    for _ in range(12):
        client.call("POST", "/")
    api.fault(**fault)
    client.call("POST", "/")
    assert (client.pace.throttles, len(api.log)) == (0, 14)


def test_cuts_say_nothing_where_no_rate_is_documented(api: PlainApi) -> None:
    """Reads of an API that documents a rate of its writes are simply repeated."""
    client = client_of(api)
    for _ in range(30):
        client.call("GET", "/")
    api.fault(cut="before")
    client.call("GET", "/")
    assert client.pace.throttles == 0
