"""What an API asks for in its headers holds for the whole account."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest
from requests.structures import CaseInsensitiveDict

from tap_contacts.transport.errors import OutcomeUnknown, Stopped
from tap_contacts.transport.rate_headers import Quota, quota, retry_after
from tap_contacts.transport.told_quota import ToldQuota
from tests.sandbox.messages import Response, json_response
from tests.support.plain import Clock, PlainApi, client_of, is_waiting, pace, sent, turn


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("Wed, 21 Oct 2015 07:29:00 GMT", 60),
        ("Wed, 21 Oct 2015 07:29:00", 60),
        ("Wed, 21 Oct 2015 07:00:00 GMT", 0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("\N{SUPERSCRIPT TWO}", None),
        ("Mon, 99999999999999999999 Jan 2024 00:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: float | None) -> None:
    """A moment counts from the answer's own date; what has neither form asks for nothing."""
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    assert retry_after(CaseInsensitiveDict({"Retry-After": value, "Date": date})) == seconds


def test_a_moment_without_date_counts_from_now() -> None:
    """An API that tells no date is taken to have this machine's."""
    wait = retry_after({"Retry-After": formatdate(time.time() + 100, usegmt=True)})
    assert wait is not None
    assert 98 < wait <= 100


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"RateLimit": '"default";r=50;t=30'}, Quota(50, 30)),
        ({"RateLimit": '"day";r=50;t=9000, "minute";r=0;t=5'}, Quota(0, 5)),
        ({"RateLimit": "limit=100, remaining=0, reset=5"}, Quota(0, 5)),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "12"}, Quota(0, 12)),
        ({"ratelimit-remaining": "3", "ratelimit-reset": "12;w=60"}, Quota(3, 12)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1445412540"}, Quota(0, 60)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1445412540000"}, Quota(0, 60)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1445412400"}, Quota(0, 0)),
        ({"X-Rate-Limit-Remaining": "1", "X-Rate-Limit-Reset": "2.5"}, Quota(1, 2.5)),
        ({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset-After": "0.25"}, Quota(1, 0.25)),
        ({}, None),
        ({"RateLimit": "remaining"}, None),
        ({"RateLimit-Remaining": "0"}, None),
        ({"RateLimit-Reset": "0"}, None),
        ({"RateLimit-Limit": "100"}, None),
        ({"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "7"}, None),
        ({"X-RateLimit-Remaining": "many", "X-RateLimit-Reset": "7"}, None),
        ({"X-RateLimit-Remaining": "1e400", "X-RateLimit-Reset": "9" * 400}, None),
    ],
)
def test_quotas_are_read_in_the_common_forms(headers: dict[str, str], told: Quota | None) -> None:
    """The drafts of the standard and the X- headers, with seconds or moments; all else is none."""
    date = {"Date": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert quota(CaseInsensitiveDict({**date, **headers})) == told


def test_what_an_api_asks_for_holds_for_the_whole_account(clock: Clock) -> None:
    """No request leaves before the longest pause asked for has passed."""
    account = pace(clock)
    first, second = turn(account), turn(account)
    account.throttled(first, 30)
    account.throttled(second, 10)
    start = clock.now
    turn(account)
    assert clock.now - start == pytest.approx(30, abs=0.3)


@pytest.mark.parametrize("form", ["seconds", "moment"])
def test_no_thread_sends_while_the_api_wants_rest(
    api: PlainApi, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With eight threads at work, all that comes after `Retry-After` comes when it has passed."""
    moment = int(time.time()) + 2
    value = {"seconds": "1", "moment": formatdate(moment, usegmt=True)}[form]
    api.latency = 0.05
    api.fault(after=1, status=429, headers={"Retry-After": value})
    client = client_of(api)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.call("GET", "/"), range(24)))
    (refused,) = (line.at for line in api.log if line.status == 429)
    end = {"seconds": refused + 1, "moment": time.monotonic() + moment - time.time()}[form]
    late = [line.at for line in api.log if line.at > refused + 0.5]
    assert len(api.log) == 25
    assert len(late) >= 2
    assert min(late) >= end - 0.01
    assert "Plain throttles: for now this run sends at most" in caplog.text


def test_retry_after_holds_for_all_when_an_outcome_is_unknown(api: PlainApi) -> None:
    """A 503 that asks for rest gets it, whatever becomes of the request that met it."""
    api.fault(status=503, headers={"Retry-After": "600"})
    client = client_of(api)
    with pytest.raises(OutcomeUnknown):
        client.call("POST", "/", repeatable=False)
    assert is_waiting(client)
    assert len(api.log) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "86400"},
        {"Retry-After": "9" * 400},
        {"RateLimit-Remaining": "0", "RateLimit-Reset": "86400"},
    ],
)
def test_a_wait_beyond_the_longest_stops_the_run(api: PlainApi, headers: dict[str, str]) -> None:
    """The error says how long the API wants to be left alone, and nothing more is sent."""
    api.fault(status=429, headers=headers)
    client = client_of(api)
    for _ in range(2):
        with pytest.raises(Stopped, match=r"asks to wait \w+ s; a run waits no longer than 900 s"):
            client.call("GET", "/")
    assert len(api.log) == 1


def test_a_quota_gone_for_long_stops_the_run_at_the_next_request(api: PlainApi) -> None:
    """The last request of a day's quota still counts; what follows says when to come back."""
    api.fault(status=200, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9000"})
    client = client_of(api)
    assert client.check() == "200"
    with pytest.raises(Stopped, match=r"asks to wait \d+ s; a run waits no longer than 900 s"):
        client.check()
    assert len(api.log) == 1


def test_a_quota_is_obeyed_before_it_is_overrun(clock: Clock) -> None:
    """What is left may be on its way at once, what is more waits for the renewal."""
    account = pace(clock)
    turn(account, Quota(3, 50))
    start = clock.now
    with account.turn("GET"), account.turn("GET"), account.turn("GET"):
        assert clock.now == start
        turn(account)
    assert clock.now - start == pytest.approx(50, abs=0.3)


def test_answers_that_overtake_each_other_do_not_enlarge_a_quota(clock: Clock) -> None:
    """In whichever order they come, they leave what the API said last."""
    for order in itertools.permutations((0, 1, 2)):
        account = pace(clock)
        with account.turn("GET"), account.turn("GET"), account.turn("GET"):
            for left in order:
                account.tell(Quota(left, 50 + left / 2))
        start = clock.now
        turn(account)
        assert 50 <= clock.now - start <= 51.3


def test_what_is_not_told_of_yet_may_have_used_up_a_quota(clock: Clock) -> None:
    """A request without answer takes a place; the answer gives it back if it was counted before."""
    account = pace(clock)
    start = clock.now
    with account.turn("GET"):
        turn(account, Quota(2, 50))
        with account.turn("GET"):
            account.tell(Quota(1, 50))
        account.tell(Quota(2, 50))
    turn(account)
    assert clock.now == start
    turn(account)
    assert clock.now - start == pytest.approx(50, abs=0.3)


def test_answers_that_tell_nothing_use_up_a_quota(clock: Clock) -> None:
    """An API that tells its quota now and then is not overrun in between."""
    account = pace(clock)
    turn(account, Quota(3, 50))
    start = clock.now
    assert [round(at - start, -1) for at in sent(account, clock, 4)] == [0, 0, 0, 50]


def test_a_renewed_quota_is_as_large_as_before(clock: Clock) -> None:
    """Until an answer tells better, less what is on its way and may be counted in it."""
    account = pace(clock)
    turn(account, Quota(4, 50))
    sent(account, clock, 3)
    start = clock.now
    with account.turn("GET"):
        times = sent(account, clock, 5)
    assert [round(at - start, -1) for at in times] == [50, 50, 50, 50, 100]


def test_a_late_answer_about_a_renewed_quota_means_nothing(clock: Clock) -> None:
    """What was left of the quota before is not what is left of this one."""
    account = pace(clock)
    turn(account, Quota(0, 50))
    turn(account, Quota(9, 60))
    turn(account, Quota(0, 0))
    start = clock.now
    turn(account)
    assert clock.now == start


@pytest.mark.parametrize(
    ("reset", "waits"), [(0, False), (1.4, False), (1.6, True), (49.5, True), (50.5, True)]
)
def test_an_answer_is_about_the_quota_whose_reset_it_tells(
    clock: Clock, reset: float, *, waits: bool
) -> None:
    """Resets are told in whole seconds: one a second later is that of the former quota, too."""
    clock.now = 0.0
    account = pace(clock)
    turn(account, Quota(0, 50))
    turn(account, Quota(9, 60))
    turn(account, Quota(0, reset))
    start = clock.now
    turn(account)
    assert clock.now - start == pytest.approx(reset if waits else 0, abs=0.01)


def may_send(quota: ToldQuota, now: float, flying: int = 0) -> int:
    """Return how many requests may be sent at a moment, and count them as sent."""
    count = 0
    while count < 99 and quota.wait(flying, now) == 0:
        quota.sent()
        count += 1
    return count


def test_no_quota_is_kept_before_one_is_told() -> None:
    """However many requests were sent and are on their way."""
    quota = ToldQuota()
    for flying in range(5):
        assert quota.wait(flying, 10.0) == 0
        quota.sent()
    quota.tell(Quota(0, 1), 0, 10.0)
    assert quota.wait(0, 10.0) == 1


def test_a_quota_is_waited_for_until_it_is_renewed_or_an_answer_may_tell_more() -> None:
    """Requests that are on their way are asked of soon."""
    quota = ToldQuota()
    quota.tell(Quota(2, 50), 0, 0.0)
    assert may_send(quota, 10.0) == 2
    assert [quota.wait(0, now) for now in (10.0, 40.0, 49.5)] == [40, 10, 0.5]
    assert [quota.wait(1, now) for now in (10.0, 49.5, 49.9)] == pytest.approx([0.2, 0.2, 0.1])
    assert quota.wait(0, 50.0) == 0


@pytest.mark.parametrize(("flying", "left"), [(0, 6), (1, 5), (5, 1), (6, 0), (7, 0)])
def test_the_largest_and_longest_quota_is_the_one_that_is_renewed(flying: int, left: int) -> None:
    """With the request that told it, and less what is on its way."""
    for told in ([Quota(5, 30), Quota(2, 50)], [Quota(2, 50), Quota(5, 30)]):
        quota = ToldQuota()
        for number, each in enumerate(told):
            quota.tell(each, 0, 100.0 * number)
        assert may_send(quota, 200.0, flying) == left
        assert quota.wait(0, 210.0) == 40
        assert may_send(quota, 250.0) == 6


@pytest.mark.parametrize(
    ("told", "left", "renewed"),
    [
        ([(5, 50)], 5, 50),
        ([(5, 50), (3, 50)], 3, 50),
        ([(3, 50), (5, 50)], 3, 50),
        ([(3, 50), (5, 51.4)], 3, 50),
        ([(3, 50), (5, 48.6)], 3, 50),
        ([(3, 50), (2, 51.4)], 2, 50),
        ([(3, 50), (5, 51.6)], 5, 51.6),
        ([(3, 50), (5, 48.4)], 5, 48.4),
        ([(3, 50), (5, 60), (4, 60)], 4, 60),
        ([(3, 50), (0, 50), (5, 50)], 0, 50),
    ],
)
def test_of_answers_about_one_quota_the_least_counts(
    told: list[tuple[int, float]], left: int, renewed: float
) -> None:
    """One with another reset is about another quota; resets are told in whole seconds."""
    quota = ToldQuota()
    for remaining, reset in told:
        quota.tell(Quota(remaining, reset), 0, 0.0)
    assert may_send(quota, 1.0) == left
    assert quota.wait(0, 1.0) == renewed - 1


def test_a_quota_of_less_than_a_second_is_renewed_as_often() -> None:
    """Some tell resets in fractions."""
    quota = ToldQuota()
    quota.tell(Quota(1, 0.25), 0, 0.0)
    assert (may_send(quota, 0.0), may_send(quota, 0.25)) == (1, 2)
    assert quota.wait(0, 0.25) == 0.25


def test_the_first_answer_after_a_renewal_is_believed() -> None:
    """What was taken for the quota until then was a guess, even if its reset is the same."""
    quota = ToldQuota()
    quota.tell(Quota(2, 50), 0, 0.0)
    assert may_send(quota, 50.0) == 3
    quota.tell(Quota(9, 50), 0, 50.0)
    assert may_send(quota, 50.0) == 9


@pytest.mark.parametrize(("others", "left"), [(0, 5), (1, 4), (4, 1), (5, 0), (6, 0)])
def test_requests_that_a_quota_may_not_have_counted_are_taken_off(others: int, left: int) -> None:
    """However many were sent before it was told."""
    quota = ToldQuota()
    quota.tell(Quota(1, 50), 0, 0.0)
    quota.sent()
    quota.tell(Quota(5, 90), others, 0.0)
    assert may_send(quota, 1.0) == left


def test_an_api_that_tells_its_quota_never_has_to_refuse() -> None:
    """Eight threads keep to windows of two seconds that hold ten requests, with no 429 at all."""
    windows: Counter[int] = Counter()

    def rule() -> Response:
        window, into = divmod(time.monotonic(), 2)
        windows[int(window)] += 1
        left = {"X-RateLimit-Remaining": str(max(0, 10 - windows[int(window)]))}
        status = 200 if windows[int(window)] <= 10 else 429
        return json_response(
            {}, status, **left, **{"X-RateLimit-Reset-After": f"{2.001 - into:.3f}"}
        )

    with PlainApi(rule) as api:
        client = client_of(api)
        client.check()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: client.call("GET", "/"), range(20)))
        assert Counter(line.status for line in api.log) == {200: 21}
