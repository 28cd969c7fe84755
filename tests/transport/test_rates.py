"""An account's rate holds over all threads, and what throttles it is learned from."""

from __future__ import annotations

import itertools
import json
import logging
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.cobai.client import Cobai as CobaiClient
from tap_contacts.apis.zoho_voice.client import ZohoVoice as ZohoVoiceClient
from tap_contacts.transport.adaptive_rate import LEAST_RATE, NEAR, STEP_SECONDS, LearnedRate
from tap_contacts.transport.call import Call
from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.errors import OutcomeUnknown, Retry, Stopped, Throttled
from tap_contacts.transport.rate_headers import Quota
from tap_contacts.transport.rate_limit import LONGEST_WAIT, RateLimiter, Ticket
from tap_contacts.transport.retry import Retries
from tap_contacts.transport.session import SignIn
from tap_contacts.transport.settings import Sending
from tests.sandbox.cobai import Cobai
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Workplace, contacts, singer
from tests.support.plain import Clock, Plain, PlainApi, client_of, is_waiting, pace, sent, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tap_contacts.transport.session import Answer

PEOPLE = [{"id": n, "first_name": "A", "mobile": f"+49151{n:08}"} for n in range(40)]


# The known rate.


@pytest.mark.parametrize("seed", range(5))
def test_a_known_rate_holds_in_any_minute(clock: Clock, seed: int) -> None:
    """However requests come, 60 seconds never hold more of them than may be."""
    dice = random.Random(seed)  # noqa: S311
    account = pace(clock, **{"": 30})
    times = []
    for _ in range(400):
        clock.sleep(dice.choice((0, 0, 0.001, 0.4, 3, 20)))
        times += sent(account, clock, 1)
    assert min(after - before for before, after in zip(times, times[30:], strict=False)) > 60


def test_a_known_rate_is_used_in_full(clock: Clock) -> None:
    """The limit costs no more than a second a minute."""
    times = sent(pace(clock, **{"": 30}), clock, 301)
    assert times[-1] - times[0] < 10 * 61.1


def test_each_method_has_the_rate_documented_for_it(clock: Clock) -> None:
    """Writes that wait for theirs do not hold up reads, and other methods know no rate."""
    account = pace(clock, GET=3, POST=2)
    for method in ("GET", "POST", "GET", "POST", "GET", *["PUT"] * 100):
        with account.turn(method) as ticket:
            assert ticket.waited == 0
    with account.turn("POST") as ticket:
        assert ticket.waited == pytest.approx(61, abs=0.1)


class Awaited(str):
    """A method whose rate two threads look up at the same moment, if they can."""

    __slots__ = ()
    both = threading.Barrier(2)

    def __hash__(self) -> int:
        """Wait a little for the other thread."""
        with suppress(threading.BrokenBarrierError):
            self.both.wait(0.3)
        return super().__hash__()


def test_two_threads_never_take_the_same_place(clock: Clock) -> None:
    """Of a quota of one, one goes at once and the other waits, though both ask together."""
    account = pace(clock)
    turn(account, Quota(1, 50))

    def taken(_: int) -> Ticket:
        with account.turn(Awaited("GET")) as ticket:
            return ticket

    with ThreadPoolExecutor(2) as pool:
        first, second = sorted(pool.map(taken, range(2)))
    assert (first.number, first.waited, second.number) == (2, 0, 3)
    assert second.waited > 0


def test_the_rate_is_one_for_all_threads_and_the_sign_in(workplace: Workplace) -> None:
    """Eight threads send what a minute may hold, then wait; a signal ends that within seconds."""
    with ZohoVoice() as zoho:
        config = zoho.target_config()
        config["zoho_voice"]["requests_per_minute"] = 6
        with target(workplace.folder, {**config, "concurrency": 8, "match_on": []}) as process:
            until(lambda: len(zoho.log) >= 6)
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            out, log = process.communicate(timeout=10)
        assert (process.returncode, out, len(zoho.log)) == (143, b"", 6)
        assert Counter(line.request.path for line in zoho.log)["/oauth/v2/token"] == 1
        assert b"Traceback" not in log


def target(folder: Path, config: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    """Start a target that is given people to write."""
    (folder / "config.json").write_text(json.dumps({**FAST, **config}))
    (folder / "in").write_text(singer(contacts(*PEOPLE)))
    with (folder / "in").open("rb") as lines:
        return subprocess.Popen(
            [BIN / "target-contacts", "--config", "config.json"],
            cwd=folder,
            stdin=lines,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_request_that_had_to_wait_is_signed_again(api: PlainApi) -> None:
    """Signing takes time and comes first; a request that could not leave then is signed anew."""
    stamps = []

    class Noting(SignIn):
        def __call__(self, request: Any) -> Any:
            stamps.append(time.monotonic())
            return request

    client = client_of(api)
    client.sign_in = Noting()
    client.call("GET", "/")
    client.pace.rest(0.4)
    client.call("GET", "/")
    _, early, late = stamps
    assert late - early > 0.3


def test_a_signature_is_as_young_as_its_request() -> None:
    """What was signed before a pause is signed again after it, with the new time."""
    with Cobai() as cobai:
        client = CobaiClient(cobai.tap_config() or {}, FAST)
        paused = int(time.time())
        client.pace.rest(1.0)
        client.check()
        date = cobai.log[-1].request.headers["date"]
        assert parsedate_to_datetime(date).timestamp() >= paused + 1


# What throttles teach.


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


def test_a_lock_pauses_the_account_and_a_signal_ends_the_wait(workplace: Workplace) -> None:
    """Locked out by Zoho, no thread goes on; ten minutes later than that the run need not end."""
    with ZohoVoice(lock_after=8) as zoho:
        config = {**zoho.target_config(), "concurrency": 4, "match_on": []}
        with target(workplace.folder, config) as process:
            assert process.stderr
            until(lambda: len(zoho.log) > 9)
            time.sleep(1)
            before = len(zoho.log)
            process.send_signal(signal.SIGTERM)
            _, log = process.communicate(timeout=10)
        assert (process.returncode, before) == (143, len(zoho.log))
        assert len(zoho.log) <= 1 + 8 + 4
        assert len(zoho.contacts) <= 8
        assert b"Zoho Voice throttles: for now this run sends at most" in log


# Waits before repeats.


def repeated(clock: Clock, error: Retry, *, tries: int = 6, wait: float = 4) -> list[float]:
    """Return the waits between the tries of a request that always fails."""
    outage, times = CircuitBreaker(clock, clock.sleep), []
    sending = Sending(max_tries=tries, retry_wait_seconds=wait)
    repeats = Retries("API", sending, RateLimiter("API", outage, {}), outage, logging.getLogger())

    def attempt(_: Call) -> Answer:
        times.append(clock.now)
        raise error

    with pytest.raises(Stopped):
        repeats.send(attempt, Call("GET", "/"))
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


# Counting.


def test_every_request_is_counted_by_its_method() -> None:
    """The sign-in, its renewal and repeats count as well as what they are for."""
    with ZohoVoice() as zoho:
        client = ZohoVoiceClient(zoho.tap_config(), FAST)
        client.check()
        zoho.fault(on="GET", expire=True)
        zoho.fault(on="GET", status=503)
        client.check()
        logged = Counter(line.request.method for line in zoho.log)
        assert client.transport.calls == dict(logged) == {"GET": 4, "POST": 2}
        assert client.transport.requests == 6


def test_what_never_left_is_not_counted() -> None:
    """An API that cannot be reached at all is asked, but no call of it is used up."""
    with PlainApi() as gone:
        client = client_of(gone)
    with pytest.raises(Stopped):
        client.check()
    assert (client.transport.calls, client.transport.requests) == ({}, 0)


def test_counts_are_right_from_many_threads(api: PlainApi) -> None:
    """No count is lost between threads."""
    client = client_of(api)
    started = threading.Barrier(8)

    def work(method: str) -> None:
        started.wait()
        for _ in range(20):
            client.call(method, "/")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, ["GET", "PUT"] * 4))
    assert client.transport.calls == {"GET": 80, "PUT": 80}
