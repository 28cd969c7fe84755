"""Trials of deletions: kill the target while it deletes who left, run it again, judge.

    python -m tests.crash.departures [--points NUMBER] [--api API] [--seed NUMBER]

Exits with 1 if anybody else is deleted, or anybody is lost or doubled.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import random
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.crash.lab import Lab
from tests.crash.people import person
from tests.crash.rules import KILLS
from tests.crash.runs import KILLED
from tests.support.commands import contacts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.crash.rules import Seen

APIS = ("bas_ip", "zoho_voice")
SETTINGS: dict[str, Any] = {"on_delete": "delete", "batch_size_rows": 5, "checkpoint_seconds": 0}
EVERYBODY = range(1, 15)
NEW = range(15, 18)


class Night(NamedTuple):
    """What a source holds after some have left."""

    staying: frozenset[int]
    told: frozenset[int]
    """Who left and is told of by a record."""

    @classmethod
    def drawn(cls, draw: random.Random) -> Night:
        """Draw who stays; at least one does, and one leaves."""
        staying = frozenset(draw.sample(EVERYBODY, draw.randrange(1, len(EVERYBODY))))
        gone = [number for number in EVERYBODY if number not in staying]
        return cls(staying, frozenset(draw.sample(gone, draw.randrange(len(gone) + 1))))

    def messages(self, version: int) -> list[dict[str, Any]]:
        """Return a complete reading: some have changed, some are new."""
        records = [person(number, 1 + number % 2) for number in sorted(self.staying)]
        records += [person(n) | {"_sdc_deleted_at": "2026-05-01"} for n in sorted(self.told)]
        return reading([*records, *map(person, NEW)], version)


class Found(NamedTuple):
    """What came of one trial or of several."""

    points: int
    kills: int
    problems: list[str]

    def added(self, other: Found) -> Found:
        """Return this with another."""
        problems = [*self.problems, *other.problems]
        return Found(self.points + other.points, self.kills + other.kills, problems)


def reading(records: Iterable[dict[str, Any]], version: int) -> list[dict[str, Any]]:
    """Return a complete reading of records, with a STATE at its end."""
    lines = contacts(*records, state={"at": version})
    for line in lines[1:-1]:
        line["version"] = version
    lines.insert(-1, {"type": "ACTIVATE_VERSION", "stream": "contacts", "version": version})
    return lines


@functools.cache
def steps(api: str) -> int:
    """Return the steps of a night on which half of the people leave."""
    night = Night(frozenset(range(1, 8)), frozenset((8, 9)))
    with Lab(api, **SETTINGS) as lab:
        lab.must_be_well(lab.run(reading(map(person, EVERYBODY), 1)))
        running = lab.runs.start(night.messages(2), kill_at=0)
        lab.must_be_well(lab.settled(running.ended()))
        assert lab.verdict == (0, 0, []), f"{api} undisturbed: {lab.verdict}"
        return running.steps


def tried(api: str, seed: int, number: int) -> Found:
    """Carry out one trial; the same arguments give the same one."""
    draw = random.Random(f"{seed}/{api}/{number}")  # noqa: S311
    night, versions, kills = Night.drawn(draw), itertools.count(1), 0
    everybody = {*EVERYBODY, *NEW}
    with Lab(api, **SETTINGS) as lab:
        lab.must_be_well(lab.run(reading(map(person, EVERYBODY), next(versions))))
        for _ in range(draw.choice((1, 1, 2, 3))):
            kills += _killed(lab, draw, night.messages(next(versions)), steps(api))
            there = set(lab.held())
            lab.must(there >= night.staying, f"deleted too many: {night.staying - there}")
        lab.must_be_well(lab.run(night.messages(next(versions))))
        lab.must(set(lab.held()) == night.staying | {*NEW}, f"there are {sorted(lab.held())}")
        lab.must_be_well(lab.run(reading(map(person, sorted(everybody)), next(versions))))
        lab.must(set(lab.held()) == everybody, f"of all there are {sorted(lab.held())}")
        _, doubled, problems = lab.verdict
        wrong = [*problems, *(["doubled"] * bool(doubled))]
        return Found(1, kills, [f"{api} {seed} {number}: {problem}" for problem in wrong])


def _killed(lab: Lab, draw: random.Random, messages: list[dict[str, Any]], most: int) -> bool:
    """Run and kill, at any step or at a deletion; say whether it was killed."""
    at = draw.randrange(1, most + 1)
    if draw.random() < 1 / 3:
        lab.disturb([draw.choice(KILLS)], among=_deletes, first=draw.randrange(1, 4))
        at = 10 * most
    running = lab.runs.start(messages, at)
    lab.proxy.kill = running.kill
    ended = lab.settled(running.ended())
    lab.calm()
    if ended.code != KILLED:
        lab.must_be_well(ended)
    return ended.code == KILLED


def _deletes(seen: Seen) -> bool:
    return seen.line.startswith("DELETE")


def main() -> int:
    """Carry out trials and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--api", choices=APIS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    total = Found(0, 0, [])
    for api in [given.api] if given.api else APIS:
        for number in range(given.points):
            total = total.added(tried(api, given.seed, number))
    print(f"{total.points} points, {total.kills} kills, {len(total.problems)} problems")
    print(*total.problems, sep="\n")
    return bool(total.problems)


if __name__ == "__main__":
    sys.exit(main())
