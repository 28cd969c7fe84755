"""The known rate of an account holds and is used."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.cobai.client import Cobai as CobaiClient
from tap_contacts.transport.fixed_rate import FixedRate
from tap_contacts.transport.rate_headers import Quota
from tap_contacts.transport.session import SignIn
from tests.sandbox.cobai import Cobai
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Workplace, contacts, singer
from tests.support.plain import Clock, PlainApi, client_of, pace, sent, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tap_contacts.transport.rate_limit import Ticket


PEOPLE = [{"id": n, "first_name": "A", "mobile": f"+49151{n:08}"} for n in range(40)]


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


@pytest.mark.parametrize(
    ("after", "wait"), [(0, 61), (1, 60), (60, 1), (60.9, 0.1), (60.999, 0.001), (61.001, 0)]
)
def test_a_place_is_free_61_seconds_after_it_was_taken(after: float, wait: float) -> None:
    """A second more than a minute, since one request may be longer on its way than another."""
    rate = FixedRate({"GET": 1})
    assert rate.claim("GET", 1000.0) == 0
    assert rate.claim("GET", 1000.0 + after) == pytest.approx(wait, abs=0.0011)


def test_requests_of_late_are_those_of_a_method_that_has_a_rate() -> None:
    """Its own or that of all others; they are forgotten when their places are free."""
    rate = FixedRate({"GET": 3, "": 3})
    for method, now in (("GET", 0.0), ("GET", 30.0), ("PUT", 0.0), ("POST", 30.0), ("POST", 31.0)):
        assert rate.claim(method, now) == 0
    methods = ("GET", "PUT", "POST")
    assert [rate.lately(each, 40.0) for each in methods] == [2, 1, 2]
    assert [rate.lately(each, 60.98) for each in methods] == [2, 1, 2]
    assert [rate.lately(each, 62.0) for each in methods] == [1, 0, 2]
    assert [rate.lately(each, 92.02) for each in methods] == [0, 0, 0]
    assert [rate.claim(f"M-{each}", 99.0) for each in methods] == [0, 0, 0]
    assert [rate.lately(f"M-{each}", 99.0) for each in methods] == [1, 1, 1]
    assert FixedRate({"GET": 3}).lately("POST", 0.0) == 0
    assert [FixedRate({"GET": 1}).claim("POST", 0.0) for _ in range(9)] == [0] * 9


def test_who_has_to_wait_takes_no_place() -> None:
    """However often it asks; it waits at least a thousandth of a second."""
    rate = FixedRate({"": 1})
    assert rate.claim("GET", 0.0) == 0
    waits = [rate.claim("GET", now) for now in (10.0, 20.0, 60.9999)]
    assert waits == pytest.approx([51, 41, 0.001], abs=0.0011)
    assert waits[-1] == 0.001
    assert rate.claim("GET", 61.002) == 0
