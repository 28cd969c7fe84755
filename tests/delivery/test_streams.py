"""Records of several streams that are one person share a contact, whatever order they come in."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.declared.shapes import POLICIES
from target_contacts.planning.planner import Planner
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import AskedSink, FakeSink, ParallelSink

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.fake_run import Record

KINDS = [FakeSink, AskedSink, ParallelSink]

PLANNED: dict[str, Any] = {"planner": Planner(lambda _: None)}
"""What makes a run a plan."""

Batch = tuple[str, list[dict[str, Any]]]
"""Records of a stream that come together."""

ANNA: dict[str, Any] = {"id": 1, "first_name": "Anna", "last_name": "Smith"}
OLD, NEW = "old@example.com", "new@example.com"


def others(first: int) -> list[Record]:
    """Return three people who are like nobody else: so many have the account listed."""
    return [
        {"id": n, "first_name": f"F{n}", "email": f"{n}@example.com"}
        for n in range(first, first + 3)
    ]


def run_of(place: Place, batches: Sequence[Batch], **more: Any) -> FakeRun:
    """Return a run that has delivered batches of several streams, and has ended."""
    run = FakeRun(place, **more)
    for stream, records in batches:
        run.send(*records, stream=stream)
    run.finish()
    return run


def writes(place: Place) -> Counter[str]:
    """Return how often each action was asked for since this was last asked."""
    asked = [each.split()[0] for each in place.sink.asked]
    place.sink.asked.clear()
    return Counter(each for each in asked if each in {"create", "update"})


@pytest.mark.parametrize("kind", KINDS)
def test_what_one_stream_writes_is_known_to_another_that_has_listed_before(
    tmp_path: Path, kind: type[FakeSink]
) -> None:
    """The new address is that of the contact; the old one is nobody's any more."""
    with Place(tmp_path, kind) as place:
        place.run({**ANNA, "email": OLD}, stream="crm")
        again: list[Batch] = [
            ("shop", others(10)),
            ("crm", [{**ANNA, "email": NEW}]),
            (
                "shop",
                [{**ANNA, "id": 2, "email": NEW}, {**ANNA, "id": 3, "email": OLD}, *others(20)],
            ),
        ]
        ends = [run_of(place, again, **how).bins for how in ({"dry_run": True}, PLANNED, {})]
        assert ends == [{"created": 7, "updated": 2}] * 3
        called = [each["email"] for each in place.sink.contacts.values() if "last_name" in each]
        assert sorted(called) == [NEW, OLD]
        first, second = place.entry(1, "crm"), place.entry(2, "shop")
        assert first is not None
        assert second is not None
        assert first.remote_id == second.remote_id


def made(dice: random.Random) -> dict[str, Any]:
    """Return somebody who may be like others."""
    found = {"first_name": dice.choice(["Anna", "Bob"]), "last_name": dice.choice(["Ray", "Sim"])}
    more = {
        "email": f"e{dice.randrange(4)}@example.com",
        "mobile": f"+49151123450{dice.randrange(3):02}",
        "company": f"C{dice.randrange(3)}",
    }
    return {**found, **{name: value for name, value in more.items() if dice.random() < 2 / 3}}


def drawn(dice: random.Random, streams: str) -> list[Batch]:
    """Return some batches of some streams."""
    several = (dice.choice(streams) for _ in range(dice.randrange(2, 7)))
    return [
        (stream, [{"id": n, **made(dice)} for n in dice.sample(range(8), dice.randrange(1, 4))])
        for stream in several
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("streams", "seed"), [("ab", 1), ("abc", 2), ("ab", 3)])
def test_a_plan_counts_what_a_run_writes_and_a_dry_run_the_same(
    tmp_path: Path, kind: type[FakeSink], streams: str, seed: int
) -> None:
    """Over random records of people who are alike, with policies, some of them there before."""
    dice = random.Random(f"{streams} {seed}")  # noqa: S311
    names = ("email", "company", "mobile")
    rules = {s: {n: dice.choice(POLICIES) for n in names if dice.random() < 2 / 5} for s in streams}
    with Place(tmp_path, kind) as place:
        for _ in range(3):
            place.sink.put(**made(dice))
        run_of(place, drawn(dice, streams), stream_policies=rules)
        batches = drawn(dice, streams)
        writes(place)
        plan = run_of(place, batches, stream_policies=rules, planner=Planner(lambda _: None))
        dry = run_of(place, batches, stream_policies=rules, dry_run=True)
        assert not writes(place)
        assert plan.planner
        assert dry.planner
        assert (dry.bins, dry.codes) == (plan.bins, plan.codes)
        assert dry.planner.tally.counts() == plan.planner.tally.counts()
        real = run_of(place, batches, stream_policies=rules)
        assert (plan.bins, plan.codes) == (real.bins, real.codes)
        planned = Counter[str]()
        for each in plan.planner.tally.counts():
            planned[str(each["action"])] += int(each["contacts"])
        assert planned == writes(place)
