"""Nothing lost, nothing doubled: the target killed and disturbed, over all APIs.

A short version of `make crash`; points and faults are the same in every run.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.shutdown import GRACE_SECONDS
from tests.crash.lab import KINDS, Lab
from tests.crash.people import after, covered, person, shapes, stream
from tests.crash.rules import HALF, PASS, RESET_AFTER, RESET_BEFORE, Rule, mixed, page
from tests.crash.trials import FIRST, SETTINGS, Kill, Point, tried
from tests.crash.ways import WAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.crash.people import Shapes
    from tests.support.commands import Finished

SEED = 11
CROWD = [person(number) for number in range(1, 101)]
IN_BATCHES: dict[str, Any] = {"batch_size_rows": 5, "checkpoint_seconds": 3600, "match_on": []}

LOST = [RESET_AFTER, Rule(answer=page(502)), HALF, Rule(answer=page(504))]
"""Ways to lose an answer after the API has carried the request out."""

APIS = sorted(KINDS)
OF_ACCOUNT = 2
"""Look-ups that a run may need for all of its contacts together."""

all_apis = pytest.mark.parametrize("api", APIS)

DISTURBED = [("late", api) for api in APIS]
DISTURBED += zip(sorted(WAYS.keys() - {"late"}), itertools.cycle(APIS))
"""Ways and APIs: how an API carries out what nobody waits for is its own, all else the transport's.
"""


@functools.cache
def first_undisturbed(api: str) -> tuple[Shapes, int]:
    """Return what an API holds after the first contacts in batches, and the requests it took."""
    return undisturbed(api, stream(FIRST), **IN_BATCHES)


def undisturbed(
    api: str, messages: Sequence[dict[str, Any]], **settings: Any
) -> tuple[Shapes, int]:
    """Return what an API holds after a run without faults, and the requests it took."""
    with Lab(api, **settings) as lab:
        ended = lab.run(messages)
        lab.must_be_well(ended)
        assert lab.verdict == (0, 0, [])
        return lab.held(), ended.summary["requests"]


# Killed.


def killed_at_steps(api: str) -> Point:
    """Return a trial at steps that a seed draws; each API has other settings."""
    drawn = Point.drawn(api, SEED, 0, ["step"])
    return dataclasses.replace(drawn, settings=APIS.index(api) % len(SETTINGS))


def killed_at_requests(api: str) -> Point:
    """Return a trial that kills at each of `KILLS` once, while contacts are made, not adopted."""
    kills = tuple(Kill("request", at) for at in (0.3, 0.301, 0.002))
    return Point(api, f"{SEED}/{api}/requests", settings=0, batch=0, kills=kills, replay_all=False)


@all_apis
@pytest.mark.parametrize("at", [killed_at_steps, killed_at_requests])
def test_a_killed_target_loses_and_doubles_nothing(at: Callable[[str], Point], api: str) -> None:
    """Killed at any step or request, once or more, then run again: 0 lost, 0 doubled."""
    total = tried(at(api))
    assert (total.lost, total.doubled, total.problems) == (0, 0, []), f"seed {SEED}"
    assert total.kills > 0


@all_apis
def test_a_lost_ledger_rebuilds_itself(api: str) -> None:
    """Without its ledger the target finds every contact again; afterwards all is unchanged."""
    messages = stream(FIRST)
    with Lab(api, batch_size_rows=5) as lab:
        lab.must_be_well(lab.run(messages))
        held = lab.held()
        lab.runs.lose_ledger()
        lab.must_be_well(lab.run(messages))
        lab.must_hold(range(1, 15), held, "without ledger")
        last = lab.run(messages)
        assert (lab.verdict, last.summary["unchanged"]) == ((0, 0, []), len(FIRST))


# Disturbed.


@all_apis
def test_lost_answers_lose_and_double_nothing(api: str) -> None:
    """Whatever way an answer gets lost after the API has committed: 0 lost, 0 doubled."""
    messages = stream(FIRST)
    wanted, _ = first_undisturbed(api)
    with Lab(api, **IN_BATCHES) as lab:
        lab.disturb(LOST, every=2)
        lab.must_be_well(lab.run(messages))
        lab.must_hold(range(1, 15), wanted, "after lost answers")
        assert lab.verdict == (0, 0, [])
        assert lab.unanswered() >= 2


@pytest.mark.parametrize(("way", "api"), DISTURBED)
def test_a_disturbed_target_loses_and_doubles_nothing(way: str, api: str) -> None:
    """Whichever way a run is disturbed, it ends well, and so does the next: 0 lost, 0 doubled."""
    drawn = Point.drawn(api, SEED, 0, [way])
    total = tried(dataclasses.replace(drawn, kills=drawn.kills[:1]))
    assert (total.lost, total.doubled, total.problems) == (0, 0, []), f"seed {SEED}"
    assert total.faults + total.refused >= 1


@all_apis
def test_a_lost_answer_costs_one_look_up(api: str) -> None:
    """For each create whose answer was lost, one request finds out about it."""
    with Lab(api, match_on=[], canary=False) as lab:
        lab.disturb(LOST * 5, first=2, every=3)
        lab.must_be_well(lab.run(stream(CROWD)))
        assert lab.unanswered() >= 5
        assert lab.look_ups() <= lab.unanswered() + OF_ACCOUNT


@all_apis
def test_mixed_faults_change_nothing(api: str) -> None:
    """The run ends well, with the same final state and few requests more for each fault.

    At 5 % of faults, 1.25 times the requests are promised. That would be five for each fault.
    """
    settings: dict[str, Any] = {"match_on": [], "timeout_seconds": 0.8}
    settings |= {"batch_size_rows": 1} if api in {"bas_ip", "porters"} else {}
    people = CROWD[:60]
    messages = stream(people, every=20)
    wanted, requests = undisturbed(api, messages, **settings)
    with Lab(api, **settings) as lab:
        # A second loss of the same contact has a test of its own.
        fresh = lambda seen: not seen.numbers & lab.disturbed_numbers()  # noqa: E731
        lab.disturb(mixed(hang=1.6), among=fresh, first=6, every=5)
        ended = lab.run(messages)
        lab.must_be_well(ended)
        lab.must_hold(range(1, len(people) + 1), wanted, "after faults")
        assert lab.verdict == (0, 0, [])
        assert len(lab.proxy.disturbed) >= 10
        assert ended.summary["requests"] <= requests + 2.5 * len(lab.proxy.disturbed)


def test_a_create_whose_request_is_lost_twice_still_lands() -> None:
    """At 5 % faults one contact in a thousand is hit twice: the run still ends well."""
    with Lab("zoho_voice") as lab:
        lab.disturb([RESET_BEFORE, RESET_BEFORE])
        lab.must_be_well(lab.run(stream(FIRST[:1])))
        assert lab.verdict == (0, 0, [])


UNAVAILABLE = Rule(commits=False, answer=page(503))


@pytest.mark.parametrize(
    ("outage", "api"), [*((UNAVAILABLE, api) for api in APIS), (RESET_BEFORE, "cobai")]
)
def test_an_outage_ends_the_run_with_what_is_settled(outage: Rule, api: str) -> None:
    """Exit code 1, one clear sentence, STATE of what landed only; the next run completes."""
    messages = stream(FIRST)
    settings = {**IN_BATCHES, "max_tries": 3}
    wanted, requests = first_undisturbed(api)
    with Lab(api, **settings) as lab:
        lab.disturb(itertools.repeat(outage), among=lambda _: True, first=requests - 1)
        ended = lab.run(messages)
        assert (ended.code, "Traceback" in ended.log) == (1, False)
        assert "Run again when the API is reachable" in ended.log
        lab.must_hold(covered(messages, ended.messages), wanted, "as STATE says")
        lab.calm()
        lab.must_be_well(lab.run(after(messages, ended.messages)))
        lab.must_hold(range(1, 15), wanted, "after the outage")
        assert lab.verdict == (0, 0, [])


AT_ONCE = GRACE_SECONDS - 2
"""Seconds: whoever does not look at a signal is ended by force after its grace."""


def told_to_end(
    lab: Lab, messages: Sequence[dict[str, Any]], number: int, *, within: float = AT_ONCE
) -> Finished:
    """Run a target that is sent a signal when a rule acts; give it so many seconds from then."""
    told = threading.Event()
    running = lab.runs.start(messages)

    def tell() -> None:
        os.kill(running.pid, number)
        told.set()

    lab.proxy.kill = tell
    assert told.wait(60)
    ended = running.ended(within)
    lab.proxy.release.set()
    return lab.settled(ended)


ENDLESS = [(b"HTTP/1.1 200 OK\r\nX: ", b"x"), (b"HTTP/1.1 200 OK\r\n\r\n", b" ")]
"""Beginnings of answers, and what then keeps coming."""

SIGNALS = [*((signal.SIGTERM, api) for api in APIS), (signal.SIGINT, "valomnia")]


@pytest.mark.parametrize(("number", "api"), SIGNALS)
def test_a_signal_in_mid_write_ends_the_run_cleanly(number: int, api: str) -> None:
    """Done within its grace, STATE covers what is written only, and no rerun sends it twice."""
    code = 128 + number
    messages = stream(FIRST)
    wanted, _ = first_undisturbed(api)
    with Lab(api, **IN_BATCHES) as lab:
        lab.disturb([Rule(kill="on arrival", delay=0.2)], first=2)
        ended = told_to_end(lab, messages, number)
        assert (ended.code, "Traceback" in ended.log) == (code, False)
        assert 0 < len(lab.held()) < len(FIRST)
        lab.must_hold(covered(messages, ended.messages), wanted, "as STATE says")
        lab.must_be_well(lab.run(after(messages, ended.messages)))
        lab.must_hold(range(1, 15), wanted, "after the signal")
        assert (lab.verdict, set(lab.written().values())) == ((0, 0, []), {1})


def test_a_signal_does_not_wait_for_answers_that_never_come_or_never_end() -> None:
    """Given up in time, all that are in flight; the rerun finds out what they would have said.

    An answer that keeps coming, in its head or its body, holds up the end no longer than none.
    """
    api, messages = "cobai", stream(FIRST)
    wanted, _ = first_undisturbed(api)
    head, body = (Rule(answer=start, drip=drip) for start, drip in ENDLESS)
    last = Rule(waits=True, kill="on arrival")
    with Lab(api, **IN_BATCHES, timeout_seconds=60) as lab:
        lab.disturb([head, body, last], first=2)
        ended = told_to_end(lab, messages, signal.SIGTERM, within=GRACE_SECONDS + 3)
        assert (ended.code, "Traceback" in ended.log) == (143, False)
        assert "did not end by itself" not in ended.log
        assert lab.open_intents() in {3, 4}  # a fourth may have been in flight
        lab.must_be_well(lab.run(after(messages, ended.messages)))
        lab.must_hold(range(1, 15), wanted, "after the signal")
        assert (lab.verdict, set(lab.written().values())) == ((0, 0, []), {1})


@pytest.mark.parametrize("api", ["bas_ip", "zoho_voice"])
def test_a_signal_ends_a_long_wait(api: str) -> None:
    """Told to come back in ten minutes, the target still ends at once when it is told to end."""
    messages = stream(FIRST)
    later = b"HTTP/1.1 429 X\r\nRetry-After: 600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with Lab(api, **IN_BATCHES) as lab:
        lab.disturb([Rule(commits=False, answer=later, kill="on arrival")] * 4)
        ended = told_to_end(lab, messages, signal.SIGTERM)
        assert (ended.code, "Traceback" in ended.log) == (143, False)
        assert lab.open_intents() == 0
        lab.calm()
        lab.forget_pauses()
        lab.must_be_well(lab.run(messages))
        assert (lab.verdict, len(lab.held())) == ((0, 0, []), len(FIRST))


# The lab itself.


def test_the_lab_sees_what_is_lost_doubled_or_wrong() -> None:
    """A contact that is removed, put in twice or changed behind the target's back is noticed."""
    messages = stream(FIRST)
    wanted, _ = undisturbed("zoho_voice", messages)
    with Lab("zoho_voice") as lab:
        lab.run(messages)
        first, second, third = lab.sandbox.contacts[:3]
        zoho: Any = lab.sandbox
        zoho.remove(first["contact_id"])
        zoho.add(first_name="Again", mobile=second["mobile"])
        zoho.change(third["contact_id"], company="Other")
        lab.run(messages)
        lab.must_hold(range(1, 15), wanted, "now")
        found = shapes([first, second, third])
        lost, doubled, changed = (next(iter(shapes([each]))) for each in (first, second, third))
        assert (lab.lost, lab.doubled, len(found)) == ({lost}, {doubled}, 3)
        assert lab.problems == [f"contact {changed} is not as it should be now"]


def test_the_lab_replays_from_the_last_state_that_came_out() -> None:
    """What a STATE covers is not sent again; without any, everything is."""
    messages = stream([person(number) for number in range(1, 5)], every=2)
    states = [line["value"] for line in messages if line["type"] == "STATE"]
    replayed = [line["record"]["id"] for line in after(messages, states[:1]) if "record" in line]
    assert (covered(messages, states[:1]), replayed) == ([1, 2], [3, 4])
    assert (covered(messages, []), after(messages, [])) == ([], messages)


def test_a_point_is_the_same_whenever_it_is_drawn() -> None:
    """A seed and a number name a trial for good; other numbers give other ones."""
    points = [Point.drawn("cobai", SEED, number) for number in range(20)]
    assert points == [Point.drawn("cobai", SEED, number) for number in range(20)]
    assert len(set(points)) == 20
    assert PASS not in mixed(hang=1)
