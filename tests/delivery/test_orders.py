"""Two streams of the same people end alike, whatever comes first, and wherever a run is killed."""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LANDED, LOST, AskedSink, FakeSink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.fake_run import Record

STREAMS = "ab"
FIELDS = ("job_title", "city", "company")
NAMES = (("Anna", "Smith"), ("Bob", "Stone"))
WAYS = (("email",), ("mobile",), ("email", "mobile"))

Night = dict[str, list[dict[str, Any]]]
"""The records of each stream."""


class KilledError(BaseException):
    """Stands for a kill: nothing of the run goes on."""


class Crowd:
    """Three people, some of them namesakes, whom two streams know, and some nights.

    Of each field one stream leads. The other may fill it where it is empty, or never writes it.
    """

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311
        leads = {field: self.dice.choice(STREAMS) for field in FIELDS}
        follows = {field: self.dice.choice(("fill_empty", "never")) for field in FIELDS}
        self.policies = {
            stream: {f: "keep_null" if leads[f] == stream else follows[f] for f in FIELDS}
            for stream in STREAMS
        }
        known = {stream: [self._person(n) for n in range(1, 4)] for stream in STREAMS}
        self.nights: list[Night] = []
        for night in range(3):
            for stream, people in known.items():
                for person in people:
                    self._edit(person, stream, night, leads)
            self.nights.append({s: [{**each} for each in people] for s, people in known.items()})

    def _person(self, number: int) -> Record:
        """Return somebody whom both streams know by an address, a number or both."""
        names = dict(zip(("first_name", "last_name"), NAMES[number % len(NAMES)], strict=True))
        ways = {"email": f"p{number}@example.com", "mobile": f"+49151123456{number:02}"}
        chosen = {*self.dice.choice(WAYS), "email"}
        return {"id": number, **names, **{way: ways[way] for way in sorted(chosen)}}

    def _edit(self, person: Record, stream: str, night: int, leads: dict[str, str]) -> None:
        for field, leader in leads.items():
            is_first = field not in person
            if is_first or (leader == stream and self.dice.random() < 1 / 3):
                person[field] = f"{stream} {person['id']} {night}"


def killed(place: Place, dice: random.Random, night: Night, order: str, **more: Any) -> None:
    """Begin a run that loses answers, and is killed before one of its first writes."""
    left = iter(range(dice.randrange(1, 5)))

    def watch(what: str) -> None:
        if what.startswith(("create", "update")) and next(left, None) is None:
            raise KilledError

    place.sink.watch = watch
    place.sink.faults = [dice.choice((None, None, LANDED, LOST)) for _ in range(3)]
    with suppress(KilledError):
        run = FakeRun(place, **more)
        for stream in order:
            run.send(*night[stream], stream=stream)
        run.finish()
    place.sink.watch, place.sink.faults = lambda _: None, []


def nightly(place: Place, order: Iterator[tuple[str, Record]], **more: Any) -> FakeRun:
    """Return a run that has delivered a night's records one by one, in an order."""
    run = FakeRun(place, **more)
    for stream, record in order:
        run.send(record, stream=stream)
    run.finish()
    return run


def told(night: Night, order: str, shuffled: random.Random | None) -> Iterator[tuple[str, Record]]:
    """Yield stream and record of a night, stream by stream or shuffled."""
    every = [(stream, record) for stream in order for record in night[stream]]
    if shuffled:
        shuffled.shuffle(every)
    yield from every


def state(place: Place, crowd: Crowd) -> tuple[list[str], list[str]]:
    """Return what contacts hold, and which records share one."""
    held = [
        str(sorted((n, v) for n, v in contact.items() if v != ""))
        for contact in place.sink.contacts.values()
    ]
    owners = defaultdict(list)
    for stream in STREAMS:
        for record in crowd.nights[-1][stream]:
            entry = place.entry(record["id"], stream)
            owners[entry and entry.remote_id].append(f"{stream}{record['id']}")
    return sorted(held), sorted(map(str, owners.values()))


@pytest.mark.parametrize("kind", [FakeSink, AskedSink])
@pytest.mark.parametrize("seed", range(2))
def test_the_end_is_the_same_whatever_comes_first(
    tmp_path: Path, kind: type[FakeSink], seed: int
) -> None:
    """Nobody is doubled or merged, no leader's value is lost, and a last night writes nothing."""
    ends = []
    ways = [(order, way) for order in ("ab", "ba") for way in ("plain", "shuffled", "killed")]
    for order, way in ways:
        crowd = Crowd(seed)
        more = {"stream_policies": crowd.policies}
        folder = tmp_path / f"{order} {way}"
        folder.mkdir()
        with Place(folder, kind) as place:
            for night in crowd.nights:
                if way == "killed":
                    killed(place, crowd.dice, night, order, **more)
                shuffled = crowd.dice if way == "shuffled" else None
                run = nightly(place, told(night, order, shuffled), **more)
                assert not run.rejections, (order, way)
            last = nightly(place, told(night, order, None), **more)
            assert last.bins == {"unchanged": 6}, (order, way)
            ends.append(state(place, crowd))
    held, owners = ends[0]
    assert owners == ["['a1', 'b1']", "['a2', 'b2']", "['a3', 'b3']"]
    assert len(held) == 3
    assert all(end == ends[0] for end in ends), ways
