"""An API that does not answer is spared."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tap_contacts.apis.errors import Retry, Stopped
from tap_contacts.apis.outage import FIRST_SECONDS, PATIENCE, SELDOM_SECONDS, Outage
from tests.plain import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def outage(clock: Clock) -> Outage:
    """Return what is known of an API that has answered so far."""
    return Outage(clock, clock.sleep)


def tried(outage: Outage, clock: Clock, *, fails: bool = True) -> float:
    """Send one request and return when it was sent."""
    with suppress(Retry), outage.turn():
        sent = clock.now
        if fails:
            raise Retry("API", "GET /", "no answer")  # noqa: EM101
    return sent


def failures(outage: Outage, clock: Clock) -> Iterator[float]:
    """Yield when requests are sent by callers that each wait a second after a failure."""
    while True:
        yield tried(outage, clock)
        clock.sleep(1)


def test_an_outage_is_asked_every_30_seconds_after_a_minute(clock: Clock, outage: Outage) -> None:
    """However often requests may be repeated: one in 30 s once the outage lasts."""
    start = clock.now
    sent = list(itertools.takewhile(lambda at: at < start + 600, failures(outage, clock)))
    late = [at for at in sent if at > start + FIRST_SECONDS]
    gaps = [after - before for before, after in itertools.pairwise(late)]
    assert len(gaps) > 1
    assert min(gaps) == pytest.approx(SELDOM_SECONDS)


def test_a_request_counts_from_when_it_leaves(clock: Clock, outage: Outage) -> None:
    """One that had to wait long within its turn does not let the next follow at once."""
    for _ in itertools.takewhile(lambda at: at < 1200, failures(outage, clock)):
        pass
    with suppress(Retry), outage.turn():
        clock.sleep(600)
        outage.sending()
        left = clock.now
        raise Retry("API", "GET /", "no answer")  # noqa: EM101
    assert tried(outage, clock) - left == pytest.approx(SELDOM_SECONDS)


def test_the_end_of_an_outage_is_the_end_of_waiting(clock: Clock, outage: Outage) -> None:
    """Once the API has answered, requests follow each other as before."""
    for _ in itertools.takewhile(lambda at: at < 1200, failures(outage, clock)):
        pass
    answered = tried(outage, clock, fails=False)
    assert [tried(outage, clock, fails=False) for _ in range(3)] == [answered] * 3


def test_a_failure_now_and_then_is_no_outage(clock: Clock, outage: Outage) -> None:
    """Failures that are not in a row make nobody wait."""
    for number in range(500):
        assert tried(outage, clock, fails=number % PATIENCE > 0) == 1000 + number
        clock.sleep(1)


def test_nothing_is_sent_once_the_api_was_given_up(clock: Clock, outage: Outage) -> None:
    """Every further request fails with the same error, a waiting one, too."""
    over = outage.give_up(Stopped("API", "GET /", "no success"))
    with pytest.raises(Stopped) as sent:
        tried(outage, clock)
    with pytest.raises(Stopped) as waited:
        outage.wait(600)
    assert (sent.value, waited.value, clock.now) == (over, over, 1000.0)
