"""Trials of plans that are killed while they are carried out.

    python -m tests.crash.applied [--points NUMBER] [--api API] [--seed NUMBER]

A plan is made, and killed once as it is carried out. It is carried out again, which is refused if
anything was written, and the rest is done by a run or by a new plan. Exits with 1 if anybody is
lost, doubled or deleted by mistake.
"""

from __future__ import annotations

import argparse
import functools
import random
import sys
from typing import TYPE_CHECKING, Any

from tests.crash import departures
from tests.crash.departures import EVERYBODY, NEW, SETTINGS, Found, Night, reading
from tests.crash.lab import KINDS, Lab
from tests.crash.people import person
from tests.crash.rules import KILLS
from tests.crash.runs import KILLED

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAN = "plan.jsonl"
STALE = 2
"""Exit code of a plan that does not hold any more."""


def _lab_settings(api: str) -> dict[str, Any]:
    return SETTINGS if api in departures.APIS else {**SETTINGS, "on_delete": "skip"}


@functools.cache
def steps(api: str) -> int:
    """Return the steps of a plan that is carried out."""
    night = Night(frozenset(range(1, 8)), frozenset((8, 9)))
    with Lab(api, **_lab_settings(api)) as lab:
        lab.must_be_well(lab.run(reading(map(person, EVERYBODY), 1)))
        messages = night.messages(2)
        lab.must_be_well(lab.run(messages, "--plan", PLAN))
        running = lab.runs.start(messages, kill_at=0, options=("--apply", PLAN))
        lab.must_be_well(lab.settled(running.ended()))
        assert lab.verdict == (0, 0, []), f"{api} undisturbed: {lab.verdict}"
        return running.steps


def tried(api: str, seed: int, number: int) -> Found:
    """Carry out one trial; the same arguments give the same one."""
    draw = random.Random(f"{seed}/{api}/{number}")  # noqa: S311
    night = Night.drawn(draw)
    with Lab(api, **_lab_settings(api)) as lab:
        lab.must_be_well(lab.run(reading(map(person, EVERYBODY), 1)))
        messages = night.messages(2)
        before = lab.held()
        lab.must_be_well(lab.run(messages, "--plan", PLAN))
        lab.must(lab.held() == before, "something was written while planning")
        killed = _killed(lab, draw, messages)
        _again(lab, messages, before)
        _rest(lab, draw, night)
        _, doubled, problems = lab.verdict
        wrong = [*problems, *(["doubled"] * bool(doubled))]
        return Found(1, killed, [f"{api} {seed} {number}: {problem}" for problem in wrong])


def _killed(lab: Lab, draw: random.Random, messages: Sequence[dict[str, Any]]) -> bool:
    """Carry the plan out, and kill it at any step or write; say whether it was killed."""
    most = steps(lab.api)
    at = draw.randrange(1, most + 1)
    if draw.random() < 1 / 3:
        lab.disturb([draw.choice(KILLS)], first=draw.randrange(1, 6))
        at = 10 * most
    running = lab.runs.start(messages, at, ("--apply", PLAN))
    lab.proxy.kill = running.kill
    ended = lab.settled(running.ended())
    lab.calm()
    if ended.code != KILLED:
        lab.must_be_well(ended)
    return ended.code == KILLED


def _again(lab: Lab, messages: Sequence[dict[str, Any]], before: Any) -> None:
    """Carry the plan out once more: if anything was written, it is refused."""
    held = lab.held()
    ended = lab.run(messages, "--apply", PLAN)
    lab.must(ended.code in {0, STALE}, f"exit code {ended.code}: {ended.log[-600:]}")
    if ended.code == STALE:
        lab.must(lab.held() == held, "written by a plan that was refused")
    else:
        lab.must(held == before, "a plan that was begun was carried out again")


def _rest(lab: Lab, draw: random.Random, night: Night) -> None:
    """Do what is left, by a run or by a new plan, and judge."""
    messages = night.messages(3)
    if draw.random() < 1 / 2:
        (lab.runs.folder / PLAN).unlink()
        lab.must_be_well(lab.run(messages, "--plan", PLAN))
        lab.must_be_well(lab.run(messages, "--apply", PLAN))
    else:
        lab.must_be_well(lab.run(messages))
    deletes = lab.api in departures.APIS
    staying = night.staying if deletes else frozenset(EVERYBODY)
    lab.must(set(lab.held()) == staying | {*NEW}, f"there are {sorted(lab.held())}")
    writes = len(lab.sandbox.writes)
    lab.must_be_well(lab.run(night.messages(4)))
    lab.must(len(lab.sandbox.writes) == writes, "something was left to write")


def main() -> int:
    """Carry out trials and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=40)
    parser.add_argument("--api", choices=sorted(KINDS))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    total = Found(0, 0, [])
    for api in [given.api] if given.api else sorted(KINDS):
        for number in range(given.points):
            total = total.added(tried(api, given.seed, number))
    print(f"{total.points} points, {total.kills} kills, {len(total.problems)} problems")
    print(*total.problems, sep="\n")
    return bool(total.problems)


if __name__ == "__main__":
    sys.exit(main())
