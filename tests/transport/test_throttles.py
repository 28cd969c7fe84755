"""What throttles teach of the rate."""

from __future__ import annotations

import itertools
from collections import deque

import pytest

from tap_contacts.transport.adaptive_rate import LEAST_RATE, NEAR, STEP_SECONDS, LearnedRate
from tests.support.plain import Clock, PlainApi, client_of, pace, sent, turn


def test_a_throttle_halves_the_rate(clock: Clock) -> None:
    """Ten a second become five, evenly spread; before there was no limit at all."""
    account = pace(clock)
    sent(account, clock, 99, every=0.1)
    assert account.throttled(turn(account), None) == pytest.approx(303, abs=1)
    times = sent(account, clock, 20)
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps == pytest.approx([0.2] * 19, abs=0.01)


def test_the_rate_is_measured_over_the_pause_that_is_asked_for(clock: Clock) -> None:
    """Thirty calls in three seconds and a lock of minutes: they were too many for one minute."""
    account = pace(clock)
    sent(account, clock, 30, every=0.1)
    assert account.throttled(30, 600) == pytest.approx(15)


def test_few_requests_are_no_measure_of_a_minute(clock: Clock) -> None:
    """An API that is throttled from the start does not leave a crawl behind."""
    account = pace(clock)
    sent(account, clock, 3, every=0.1)
    assert account.throttled(3, 60) == pytest.approx(300)


def test_an_answer_between_two_throttles_makes_them_two(api: PlainApi) -> None:
    """The account is slowed down again, since what was let through shows that it was too fast."""
    client = client_of(api)
    counts = []
    for status in (429, 200, 429, 429):
        api.fault(status=status, headers={"Retry-After": "0"})
        client.call("GET", "/")
        counts.append(client.pace.throttles)
    assert counts == [1, 1, 2, 3]


def test_what_was_on_its_way_is_no_second_throttle(clock: Clock) -> None:
    """Eight answers to eight requests at once halve the rate once."""
    account = pace(clock)
    sent(account, clock, 10, every=0.1)
    numbers = [turn(account) for _ in range(8)]
    rates = [account.throttled(number, None) for number in numbers]
    assert (rates[0] is not None, set(rates[1:]), account.throttles) == (True, {None}, 1)


def test_the_rate_falls_again_only_after_an_answer(clock: Clock) -> None:
    """Throttles in a row are for waiting longer; one after an answer shows the rate too high."""
    account = pace(clock)
    sent(account, clock, 100, every=0.1)
    first = account.throttled(100, 1)
    for _ in range(15):
        assert account.throttled(turn(account), 1) is None
    sent(account, clock, 1)
    second = account.throttled(turn(account), 1)
    assert first is not None
    assert second == pytest.approx(first / 2)


def test_a_throttle_just_after_another_is_the_same(clock: Clock) -> None:
    """Several in ten seconds pause the account each, and halve its rate once."""
    account = pace(clock)
    sent(account, clock, 100, every=0.1)
    first = account.throttled(100, 1)
    start = clock.now
    for _ in range(8):
        sent(account, clock, 1)
        assert account.throttled(turn(account), 1) is None
    assert first is not None
    assert clock.now - start > 8


def test_throttles_now_and_then_do_not_stop_an_account(clock: Clock) -> None:
    """An API that throttles for other reasons than the rate keeps half of its best minute."""
    account = pace(clock)
    sent(account, clock, 600, every=0.1)
    for _ in range(10):
        sent(account, clock, 10)
        clock.sleep(11)
        account.throttled(turn(account), 1)
    start = clock.now
    sent(account, clock, 11)
    assert clock.now - start < 1 + 10 / 4.9


def test_the_rate_never_falls_to_nothing(clock: Clock) -> None:
    """Some requests a minute are always left."""
    account = pace(clock)
    for _ in range(20):
        sent(account, clock, 2)
        account.throttled(turn(account), None)
    start = clock.now
    sent(account, clock, 2)
    assert clock.now - start <= 2 / LEAST_RATE + 0.5


def risen(clock: Clock, seconds: float) -> list[tuple[float, float | None]]:
    """Return the times and rates, as parts of the throttled one, of use without throttles."""
    learned = LearnedRate()
    for _ in range(100):
        learned.sent(clock.now)
        clock.sleep(0.1)
    too_much = 2 * (learned.throttled(clock.now, None) or 0)
    start, found = clock.now, []
    while clock.now < start + seconds:
        clock.sleep(max(0.05, learned.wait(clock.now)))
        learned.sent(clock.now)
        found.append((clock.now - start, learned.rate and learned.rate / too_much))
    return found


def test_the_rate_rises_by_steps_and_slowly_near_what_was_too_much(clock: Clock) -> None:
    """Back near the throttled rate within minutes, but there only by small steps."""
    rates = [(at, rate) for at, rate in risen(clock, 500) if rate]
    steps = [(a, b - a) for (_, a), (_, b) in itertools.pairwise(rates) if b != a]
    assert {round(step, 3) for _, step in steps} == {0.1, 0.02}
    assert all(step < 0.03 for rate, step in steps if 1 - NEAR <= rate <= 1)
    assert max(rate for at, rate in rates if at < STEP_SECONDS) == pytest.approx(0.5)
    assert 60 < next(at for at, rate in rates if rate >= 0.79) < 120
    assert next(at for at, rate in rates if rate >= 0.99) > 300


def test_a_rate_that_holds_at_twice_as_much_is_forgotten(clock: Clock) -> None:
    """A throttle of long ago limits nothing for ever."""
    assert risen(clock, 2000)[-1][1] is None


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("limit", [60, 600])
def test_an_unknown_rate_is_found_and_used(clock: Clock, limit: int, *, asks: bool) -> None:
    """In half an hour few requests are throttled, and more than half of what may be sent is."""
    account = pace(clock)
    taken: deque[float] = deque()
    throttled = done = row = 0
    start = clock.now
    while clock.now < start + 1800:
        number = turn(account)
        clock.sleep(0.02)
        while taken and taken[0] <= clock.now - 60:
            taken.popleft()
        if len(taken) < limit:
            taken.append(clock.now)
            account.answered(number)
            done, row = done + 1, 0
        else:
            throttled, row = throttled + 1, row + 1
            account.throttled(number, taken[0] + 60 - clock.now if asks else None)
            account.rest(0 if asks else 4 * 2**row)
    assert done > limit * 30 / 2
    assert throttled < done / 20


# What a throttle teaches, in requests a second.


def learning(*moments: float) -> LearnedRate:
    """Return what is learned of requests sent at these moments."""
    learned = LearnedRate()
    for moment in moments:
        learned.sent(moment)
    return learned


SECONDS = [*map(float, range(10))]
"""One a second."""
TENTHS = [number / 10 for number in range(21)]
"""Ten a second."""
HALVES = [number / 2 for number in range(120)]
"""Two a second, for a minute."""


@pytest.mark.parametrize(
    ("moments", "now", "asked", "rate"),
    [
        (SECONDS, 10, None, 1 / 2),
        (SECONDS, 20, None, 1 / 4),
        (SECONDS, 10, 0, 1 / 2),
        (SECONDS, 10, 40, 1 / 2),
        (TENTHS[:19], 2, 40, 19 / 2 / 2),
        (TENTHS[:20], 2, 40, 20 / 40 / 2),
        (TENTHS, 40, 40, 20 / 40 / 2),
        (TENTHS, 2, 60, 21 / 60 / 2),
        (TENTHS, 2, 600, 21 / 60 / 2),
        (TENTHS, 62, 600, 21 / 60 / 2),
        (HALVES, 60, None, 2 / 2),
        (HALVES, 120, None, 2 / 2),
        (HALVES, 240, None, 1 / 2),
        ([5, 5, 5], 5, None, 3000 / 2),
        (SECONDS, 69, None, 6 / 60),
        ([0, *(9 + number / 40 for number in range(40))], 10, None, 41 / 10 / 2),
        ([], 0.5, None, 6 / 60),
    ],
)
def test_the_first_rate_is_half_of_what_was_sent(
    moments: list[float], now: float, asked: float | None, rate: float
) -> None:
    """In the time for which the API wants rest, if that shows enough; else since the first one."""
    learned = learning(*moments)
    assert learned.wait(now) <= 0
    assert learned.throttled(now, asked) == pytest.approx(rate)
    assert learned.wait(now) == pytest.approx(1 / rate)


@pytest.mark.parametrize(
    ("first", "then", "now", "rate"),
    [
        (SECONDS, [20 + each for each in SECONDS], 30, 1 / 4),
        (SECONDS, [20 + each for each in TENTHS], 30, 31 / 60 / 2),
        (SECONDS, [20], 30, 6 / 60),
        (HALVES, [70], 80, 1),
        (HALVES, [659], 670, 1),
        (HALVES, [660], 670, 6 / 60),
        (HALVES, [*(300 + each for each in HALVES), 900], 910, 1),
    ],
)
def test_a_later_rate_is_half_of_what_was_allowed(
    first: list[float], then: list[float], now: float, rate: float
) -> None:
    """What waited was sent together; and the best minute of the last ten counts for something."""
    learned = learning(*first)
    learned.throttled(first[-1] + 1, None)
    for moment in then:
        learned.sent(moment)
    assert learned.throttled(now, None) == pytest.approx(rate)


@pytest.mark.parametrize(("after", "is_same"), [(0, True), (9.9, True), (10, False), (99, False)])
def test_throttles_within_ten_seconds_are_one(after: float, *, is_same: bool) -> None:
    """The rate stays, whatever the later ones ask for."""
    learned = learning(*SECONDS)
    rate = learned.throttled(10, None)
    assert (learned.throttled(10 + after, 1) is None) == is_same
    assert (learned.rate == rate) == is_same


@pytest.mark.parametrize("asked", [None, 0, 20])
def test_the_rate_rises_half_a_minute_after_the_last_throttle(asked: float | None) -> None:
    """Or after the pause that it asked for, which proves nothing; and half a minute after that."""
    learned = learning(*SECONDS)
    learned.throttled(10, None)
    learned.throttled(12, asked)
    rises = 12 + (asked or 0) + 30
    rates = []
    for moment in (rises - 0.1, rises, rises + 29.9, rises + 30):
        learned.sent(moment)
        rates.append(learned.rate)
    assert rates == pytest.approx([0.5, 0.6, 0.6, 0.7])
    assert learned.wait(rises + 30) == pytest.approx(1 / 0.7)


def test_what_the_api_did_not_serve_is_no_measure() -> None:
    """Nor is there anything to take back where nothing was sent."""
    learned = learning(*SECONDS, 10, 10)
    for _ in range(2):
        learned.refused()
    assert learned.throttled(10, None) == pytest.approx(1 / 2)
    learning().refused()
