"""An API that does not answer is spared."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.circuit_breaker import (
    FAILED_IN_OUTAGE,
    FIRST_SECONDS,
    SELDOM_SECONDS,
    CircuitBreaker,
    Waits,
)
from tap_contacts.transport.errors import (
    ApiError,
    GivenUp,
    OutcomeUnknown,
    Refused,
    Retry,
    Stopped,
    ends_run,
)
from tap_contacts.transport.served import GIVEN_UP_IN_OUTAGE
from tests.support.plain import Clock, Plain, PlainApi, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def outage(clock: Clock) -> CircuitBreaker:
    """Return what is known of an API that has answered so far."""
    return CircuitBreaker(clock, clock.sleep)


def tried(outage: CircuitBreaker, clock: Clock, *, fails: bool = True) -> float:
    """Send one request and return when it was sent."""
    with suppress(Retry), outage.turn():
        sent = clock.now
        if fails:
            raise Retry("API", "GET /", "no answer")  # noqa: EM101
    return sent


def failures(outage: CircuitBreaker, clock: Clock) -> Iterator[float]:
    """Yield when requests are sent by callers that each wait a second after a failure."""
    while True:
        yield tried(outage, clock)
        clock.sleep(1)


def test_an_outage_is_asked_every_30_seconds_after_a_minute(
    clock: Clock, outage: CircuitBreaker
) -> None:
    """However often requests may be repeated: one in 30 s once the outage lasts."""
    start = clock.now
    sent = list(itertools.takewhile(lambda at: at < start + 600, failures(outage, clock)))
    early, late = ([at for at in sent if (at > start + 60) == is_late] for is_late in (False, True))
    gaps = [after - before for before, after in itertools.pairwise(late)]
    assert early == [start + second for second in range(61)]
    assert gaps == pytest.approx([30] * len(gaps))
    assert len(gaps) > 1


def test_a_request_counts_from_when_it_leaves(clock: Clock, outage: CircuitBreaker) -> None:
    """One that had to wait long within its turn does not let the next follow at once."""
    for _ in itertools.takewhile(lambda at: at < 1200, failures(outage, clock)):
        pass
    with suppress(Retry), outage.turn():
        clock.sleep(600)
        outage.sending()
        left = clock.now
        raise Retry("API", "GET /", "no answer")  # noqa: EM101
    assert tried(outage, clock) - left == pytest.approx(SELDOM_SECONDS)


def test_the_end_of_an_outage_is_the_end_of_waiting(clock: Clock, outage: CircuitBreaker) -> None:
    """Once the API has answered, requests follow each other as before."""
    for _ in itertools.takewhile(lambda at: at < 1200, failures(outage, clock)):
        pass
    answered = tried(outage, clock, fails=False)
    assert [tried(outage, clock, fails=False) for _ in range(3)] == [answered] * 3


def test_a_failure_now_and_then_is_no_outage(clock: Clock, outage: CircuitBreaker) -> None:
    """Failures that are not in a row make nobody wait."""
    for number in range(500):
        assert tried(outage, clock, fails=number % FAILED_IN_OUTAGE > 0) == 1000 + number
        clock.sleep(1)


def test_fewer_failures_than_make_an_outage_make_nobody_wait(
    clock: Clock, outage: CircuitBreaker
) -> None:
    """However long they last; with one more, requests become seldom."""
    for number in range(3):
        at = clock.now
        assert tried(outage, clock) == at
        clock.sleep(1 if number else 60)
    last = clock.now - 1
    assert tried(outage, clock) - last == pytest.approx(30)


def in_turn_together(outage: CircuitBreaker) -> bool:
    """Say whether two requests are under way at once, if both come together."""
    both = threading.Barrier(2)

    def ask(_: int) -> bool:
        with outage.turn():
            try:
                both.wait(0.3)
            except threading.BrokenBarrierError:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        return all(pool.map(ask, range(2)))


def test_requests_go_out_together_unless_the_api_does_not_answer(
    clock: Clock, outage: CircuitBreaker
) -> None:
    """From the failures on that make an outage it is one at a time, until an answer comes."""
    for _ in range(FAILED_IN_OUTAGE - 1):
        tried(outage, clock)
        assert in_turn_together(outage)
    for _ in range(FAILED_IN_OUTAGE):
        tried(outage, clock)
    assert not in_turn_together(outage)
    assert in_turn_together(outage)


def test_time_is_counted_once_however_many_wait(clock: Clock) -> None:
    """From when the first begins to when the last has done, and again later."""
    waits = Waits(clock)
    told = [(waits.seconds, waits.go_on)]
    for _ in range(2):
        with waits.one():
            clock.sleep(2)
            with waits.one():
                clock.sleep(3)
            told.append((waits.seconds, waits.go_on))
            clock.sleep(5)
        clock.sleep(100)
        told.append((waits.seconds, waits.go_on))
    assert told == [(0, False), (5, True), (10, False), (15, True), (20, False)]


def test_who_need_not_wait_is_not_counted(clock: Clock, outage: CircuitBreaker) -> None:
    """A wait of no time, or of less, is none."""
    for seconds in (0, -1, 7):
        outage.wait(seconds)
    assert [outage.waits.seconds, clock.now] == pytest.approx([7, 1007])


@pytest.mark.parametrize("kind", [Retry, OutcomeUnknown])
def test_a_create_without_an_answer_is_a_failure_too(
    clock: Clock, outage: CircuitBreaker, kind: type[ApiError]
) -> None:
    """Whether a request may be repeated or not, an API that is silent is asked seldom."""
    sent = []
    while clock.now < 1000 + 600:
        with suppress(ApiError), outage.turn():
            sent.append(clock.now)
            raise kind("API", "POST /", "no answer")  # noqa: EM101
        clock.sleep(1)
    late = [at for at in sent if at > 1000 + FIRST_SECONDS]
    assert min(after - before for before, after in itertools.pairwise(late)) >= SELDOM_SECONDS - 1


def test_a_refusal_ends_an_outage(clock: Clock, outage: CircuitBreaker) -> None:
    """An API that refuses a record has answered."""
    for _ in itertools.takewhile(lambda at: at < 1200, failures(outage, clock)):
        pass
    with suppress(Refused), outage.turn():
        raise Refused("API", "POST /", "code 8")  # noqa: EM101
    answered = tried(outage, clock)
    assert tried(outage, clock) == answered


def test_nothing_is_sent_once_the_api_was_given_up(clock: Clock, outage: CircuitBreaker) -> None:
    """Every further request fails with the same error, a waiting one, too."""
    over = outage.give_up(Stopped("API", "GET /", "no success"))
    with pytest.raises(Stopped) as sent:
        tried(outage, clock)
    with pytest.raises(Stopped) as waited:
        outage.wait(600)
    assert (sent.value, waited.value, clock.now) == (over, over, 1000.0)


# A request that fails, or an API.


def telling(api: PlainApi, **config: Any) -> Plain:
    """Return a client that tells one from the other."""
    client = client_of(api, **{"max_tries": 3, **config})
    client.tell_apart()
    return client


def asked(api: PlainApi) -> list[str]:
    """Return what was asked for, in turn."""
    return [f"{line.request.method} {line.request.path}" for line in api.log]


def test_a_request_that_fails_alone_is_given_up_and_not_the_api(api: PlainApi) -> None:
    """It is sent as often as may be, the last time after a read that shows the API to be alive."""
    client = telling(api)
    api.fault(on="POST /one", times=-1, status=500)
    with pytest.raises(GivenUp) as error:
        client.call("POST", "/one")
    assert asked(api) == ["POST /one", "POST /one", "GET /alive", "POST /one"]
    assert not ends_run(error.value)
    assert (error.value.http_status, client.call("POST", "/two").status) == (500, 200)


def test_what_others_show_is_not_asked_for(api: PlainApi) -> None:
    """While other requests succeed, no read is needed to see that the API is alive."""
    client = telling(api, retry_wait_seconds=0.3)
    client.call("GET", "/")
    api.fault(on="POST /one", times=-1, status=500)
    with ThreadPoolExecutor(1) as pool:
        stop = threading.Event()

        def go_on() -> None:
            while not stop.wait(0.002):
                client.call("PUT", "/other")

        others = pool.submit(go_on)
        with pytest.raises(GivenUp):
            client.call("POST", "/one")
        stop.set()
        others.result()
    assert "GET /alive" not in asked(api)


@pytest.mark.parametrize("tries", [1, 2, 5])
def test_an_api_that_serves_nothing_is_given_up(api: PlainApi, tries: int) -> None:
    """Two more requests than may be sent, and then none."""
    client = telling(api, max_tries=tries)
    api.fault(times=-1, status=500)
    for _ in range(2):
        with pytest.raises(Stopped) as error:
            client.call("POST", "/one")
        assert ends_run(error.value)
        assert f"no success in {tries} tries" in str(error.value)
    assert Counter(asked(api)) == {"POST /one": tries, "GET /alive": min(tries, 2)}


def test_a_read_that_fails_by_chance_proves_nothing(api: PlainApi) -> None:
    """It is asked for once more before the API is given up."""
    client = telling(api)
    api.fault(on="POST /one", times=-1, status=500)
    api.fault(on="GET /alive", status=503)
    with pytest.raises(GivenUp):
        client.call("POST", "/one")
    assert Counter(asked(api)) == {"POST /one": 3, "GET /alive": 2}


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_several_that_fail_in_a_row_are_an_outage(api: PlainApi, method: str) -> None:
    """Even if the API is alive, unless one of their kind succeeds between them."""
    client = telling(api)
    api.fault(on=f"{method} /bad", times=-1, status=500)
    for number in range(2 * GIVEN_UP_IN_OUTAGE - 2):
        with pytest.raises(GivenUp):
            client.call(method, f"/bad/{number}")
        if number == GIVEN_UP_IN_OUTAGE - 2:
            client.call(method, "/good")
        client.call("GET" if method == "PUT" else "PUT", "/good")
    with pytest.raises(Stopped) as error:
        client.call(method, "/bad/last")
    assert ends_run(error.value)


def test_requests_for_several_records_are_not_counted(api: PlainApi) -> None:
    """One that is going to be halved is no record that fails; half of it is not repeated."""
    client = telling(api)
    api.fault(on="POST", times=-1, status=500)
    for number in range(2 * GIVEN_UP_IN_OUTAGE):
        with pytest.raises(GivenUp):
            client.call("POST", f"/{number}", several=True, once=True)
    assert len(api.log) == 2 * GIVEN_UP_IN_OUTAGE


def test_a_throttle_is_repeated_even_in_half_a_request(api: PlainApi) -> None:
    """What is throttled was not carried out, and tells of nothing but the rate."""
    client = telling(api)
    api.fault(on="POST", times=2, status=429, headers={"Retry-After": "0"})
    assert client.call("POST", "/", several=True, once=True).status == 200


def test_a_throttle_that_never_ends_is_the_accounts(api: PlainApi) -> None:
    """Without asking for anything else, since that would be throttled, too."""
    client = telling(api)
    api.fault(on="POST", times=-1, status=429, headers={"Retry-After": "0"})
    with pytest.raises(Stopped) as error:
        client.call("POST", "/")
    assert (ends_run(error.value), asked(api)) == (True, ["POST /"] * 3)


def test_whoever_needs_every_request_stops_at_the_first_that_fails(api: PlainApi) -> None:
    """A listing is complete or the run fails: unless told to, nothing is told apart."""
    client = client_of(api, max_tries=2)
    client.call("GET", "/page/1")
    api.fault(on="GET /page/2", times=-1, status=500)
    for path in ("/page/2", "/page/3"):
        with pytest.raises(Stopped) as error:
            client.call("GET", path)
        assert ends_run(error.value)
    assert asked(api) == ["GET /page/1", "GET /page/2", "GET /page/2"]
