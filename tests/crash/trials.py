"""Trials: kill the target at one point, run it again as an orchestrator would, judge.

A trial writes two batches: contacts to create, then some of them changed, some not, and new ones.
"""

from __future__ import annotations

import functools
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.crash.lab import Lab
from tests.crash.people import Shapes, after, covered, person, stream
from tests.crash.rules import KILLS
from tests.crash.runs import KILLED
from tests.crash.ways import WAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.commands import Finished, Message

FIRST = [person(number) for number in range(1, 15)]
SECOND = [person(number, 1 + number % 2) for number in range(4, 15)]
SECOND += [person(number) for number in range(15, 20)]
LONG = {"note": "x" * 4000}
"""Makes contacts so large that PORTERS gets several requests at once, of three contacts each."""


def batches(api: str) -> tuple[Sequence[Message], Sequence[Message]]:
    """Return the two batches for an API."""
    more = LONG if api == "porters" else {}
    first, second = ([each | more for each in people] for people in (FIRST, SECOND))
    return stream(first), stream(second)


KILLING = ("step", "step", "step", "moment", "request")
"""Ways to kill, as often as they are taken."""

HOW = (*KILLING, *WAYS)
"""Ways to kill and to disturb, as often as they are taken."""

SETTINGS: tuple[dict[str, Any], ...] = (
    {"batch_size_rows": 14, "checkpoint_seconds": 3600, "match_on": []},
    {"batch_size_rows": 5, "checkpoint_seconds": 3600},
    {"batch_size_rows": 5, "checkpoint_seconds": 0},
)
"""Several at once, without and with adoption; one after the other."""


@dataclass(frozen=True)
class Kill:
    """One kill or disturbance: how, and at which share of the way through the run."""

    how: str
    at: float


@dataclass(frozen=True)
class Point:
    """What one trial does."""

    api: str
    seed: str
    settings: int
    batch: int
    kills: tuple[Kill, ...]
    replay_all: bool

    @classmethod
    def drawn(cls, api: str, seed: int, number: int, ways: Sequence[str] = HOW) -> Point:
        """Draw a point of some of the ways; the same arguments give the same point."""
        name = f"{seed}/{api}/{number}"
        draw = random.Random(name)  # noqa: S311
        kills = tuple(
            Kill(draw.choice(ways), draw.random()) for _ in range(draw.choice((1, 1, 2, 3)))
        )
        settings = draw.randrange(len(SETTINGS))
        return cls(api, name, settings, draw.randrange(2), kills, draw.random() < 1 / 3)


@dataclass
class Tally:
    """What came of one trial or of several."""

    points: int = 0
    kills: int = 0
    faults: int = 0
    """Requests that were disturbed."""
    refused: int = 0
    """Handshakes that failed."""
    lost: int = 0
    doubled: int = 0
    other: int = 0
    look_ups: int = 0
    intents: int = 0
    """Creates that were without outcome when the target was killed."""
    problems: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add the counts of another."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class Measured:
    """An undisturbed run of a batch: what there is to kill, and what must come of it."""

    steps: int
    """Steps that were counted; 0 if they were not."""
    seconds: float
    writes: int
    holds: Shapes


@functools.cache
def measured(api: str, settings: int, what: str = "") -> tuple[Measured, ...]:
    """Run both batches undisturbed; return what was measured.

    `what` is "moment" if the seconds of a process of its own are needed, and "step" if the steps
    are, too, to count which takes several times as long.
    """
    found = []
    with Lab(api, **SETTINGS[settings]) as lab:
        for batch in batches(api):
            before = sum(map(lab.is_write, lab.proxy.seen))
            started = time.monotonic()
            steps = _steps_of(lab, batch, what)
            seconds = time.monotonic() - started
            writes = sum(map(lab.is_write, lab.proxy.seen)) - before
            found.append(Measured(steps, seconds, writes, lab.held()))
    assert lab.verdict == (0, 0, []), f"{api} undisturbed: {lab.verdict}"
    return tuple(found)


def _steps_of(lab: Lab, batch: Sequence[Message], what: str) -> int:
    """Run a batch; return its steps, or 0 if they are not needed."""
    if not what:
        lab.must_be_well(lab.run(batch))
        return 0
    running = lab.runs.start(batch, kill_at=0 if what == "step" else None)
    lab.must_be_well(lab.settled(running.ended()))
    return running.steps if what == "step" else 0


class Trial:
    """One trial in its lab."""

    def __init__(self, point: Point, lab: Lab) -> None:
        """Take what to do and where."""
        self._point, self._lab = point, lab
        ways = {kill.how for kill in point.kills}
        what = next((each for each in ("step", "moment") if each in ways), "")
        self._measured = measured(point.api, point.settings, what)
        self._tally = Tally(points=1)

    def done(self) -> Tally:
        """Carry the trial out and return what came of it."""
        for number in range(2):
            self._settle(number)
        self._send_nothing_again()
        self._tally.faults = len(self._lab.proxy.disturbed)
        self._tally.refused = self._lab.proxy.handshakes.refused
        lost, doubled, problems = self._lab.verdict
        self._tally.lost, self._tally.doubled, self._tally.other = lost, doubled, len(problems)
        name = f"{self._point}: "
        wrong = [f"lost {sorted(self._lab.lost)}"] if lost else []
        wrong += [f"doubled {sorted(self._lab.doubled)}"] if doubled else []
        self._tally.problems = [name + problem for problem in [*wrong, *problems]]
        return self._tally

    def _settle(self, number: int) -> None:
        """Run a batch, killed as often as the point says, until it ends well."""
        batch: list[Message] = list(batches(self._point.api)[number])
        wanted = self._measured[number]
        kills = self._point.kills if number == self._point.batch else ()
        states: list[dict[str, Any]] = []
        for kill in kills:
            ended = self._killed(kill, self._replayed(batch, states), wanted)
            states = states[-1:] + ended.messages
            self._lab.must_hold(covered(batch, states), wanted.holds, "as STATE says")
        self._finish(self._replayed(batch, states), only_creates=number == 0)
        numbers = {line["record"]["id"] for line in batch if line["type"] == "RECORD"}
        self._lab.must_hold(sorted(numbers), wanted.holds, "at the end")

    def _replayed(self, batch: list[Message], states: list[dict[str, Any]]) -> list[Message]:
        return batch if self._point.replay_all else after(batch, states)

    def _killed(self, kill: Kill, messages: list[Message], wanted: Measured) -> Finished:
        """Run and kill or disturb; a run that ends before a kill is due must end well."""
        first = 1 + int(kill.at * wanted.writes)
        if way := WAYS.get(kill.how):
            way.disturb(self._lab, random.Random(f"{self._point.seed}/{kill.at}"), first)  # noqa: S311
        if kill.how == "request":
            rule = KILLS[int(kill.at * 1000) % len(KILLS)]
            self._lab.disturb([rule], first=first)
        at = 1 + int(kill.at * wanted.steps) if kill.how == "step" else None
        running = self._lab.runs.start(messages, at)
        self._lab.proxy.kill = running.kill
        is_timed = kill.how == "moment"
        ended = running.killed_after(wanted.seconds * kill.at) if is_timed else running.ended()
        self._lab.settled(ended)
        self._lab.calm()
        if ended.code == KILLED:
            self._tally.kills += 1
        else:
            self._lab.must_be_well(ended)
        return ended

    def _finish(self, messages: list[Message], *, only_creates: bool) -> None:
        """Run to the end, counting the look-ups that open creates take."""
        intents, before = self._lab.open_intents(), self._lab.look_ups()
        self._lab.must_be_well(self._lab.run(messages))
        if only_creates and SETTINGS[self._point.settings].get("match_on") == []:
            self._tally.intents += intents
            self._tally.look_ups += self._lab.look_ups() - before

    def _send_nothing_again(self) -> None:
        before = len(self._lab.sandbox.writes)
        ended = self._lab.run(batches(self._point.api)[1])
        self._lab.must_be_well(ended)
        sent = len(self._lab.sandbox.writes) - before
        self._lab.must(not sent, f"an unchanged rerun sent {sent} writes")


def tried(point: Point) -> Tally:
    """Carry out a trial in a lab of its own."""
    ways = [WAYS[kill.how] for kill in point.kills if kill.how in WAYS]
    settings = dict(SETTINGS[point.settings])
    for way in ways:
        settings |= way.settings
    with Lab(point.api, secure=any(way.secure for way in ways), **settings) as lab:
        return Trial(point, lab).done()
