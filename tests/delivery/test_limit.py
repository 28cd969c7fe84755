"""With a limit, the first records are really sent, and no others are even looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LANDED, LOST, REFUSED, AskedSink, FakeSink, ParallelSink

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.fake_run import Record

PEOPLE: list[Record] = [
    {"id": n, "first_name": f"Anna{n}", "mobile": f"+49151123{n:05}"} for n in range(1, 9)
]


@pytest.mark.parametrize("kind", [FakeSink, AskedSink, ParallelSink])
@pytest.mark.parametrize("limit", [1, 3, 8, 20])
def test_the_first_are_sent_and_the_next_run_sends_the_rest(
    tmp_path: Path, kind: type[FakeSink], limit: int
) -> None:
    """None is doubled, and what is left is counted."""
    with Place(tmp_path, kind) as place:
        run = place.run(*PEOPLE, limit=limit)
        sent = min(limit, len(PEOPLE))
        assert run.bins.get("created") == sent == len(place.sink.contacts)
        assert (run.bins.get("skipped", 0), run.limit.left) == (8 - sent, 8 - sent)
        assert place.run(*PEOPLE).bins.get("created", 0) == 8 - sent
        names = sorted(held["first_name"] for held in place.sink.contacts.values())
        assert names == [person["first_name"] for person in PEOPLE]


def test_unchanged_records_do_not_count_and_updates_do(tmp_path: Path) -> None:
    """A limit is one of what leaves."""
    with Place(tmp_path) as place:
        place.run(*PEOPLE[:4])
        changed = [{**person, "company": "Acme"} for person in PEOPLE[2:4]]
        run = place.run(*PEOPLE[:2], *changed, *PEOPLE[4:], limit=3)
        assert run.bins == {"unchanged": 2, "updated": 2, "created": 1, "skipped": 3}


def test_what_is_rejected_unsent_does_not_count(tmp_path: Path) -> None:
    """Only what the API is asked to write does, even if it refuses."""
    with Place(tmp_path) as place:
        place.run({"id": 99, "first_name": "Nobody"})
        for _ in range(2):  # two contacts of one person: nobody can tell which it is
            place.sink.put(**{n: v for n, v in PEOPLE[0].items() if n != "id"})
        place.sink.faults = [REFUSED]
        run = place.run(*PEOPLE, limit=2)
        assert (run.bins, run.codes) == (
            {"rejected": 2, "created": 1, "skipped": 5},
            ["ambiguous", "F1"],
        )


@pytest.mark.parametrize("fault", [LOST, LANDED])
def test_a_create_that_is_sent_again_counts_once(tmp_path: Path, fault: object) -> None:
    """A limit of two is one of two records, however often they have to be sent."""
    with Place(tmp_path) as place:
        place.sink.faults = [fault]  # type: ignore[list-item]
        run = place.run(*PEOPLE, limit=2)
        assert (run.bins, len(place.sink.contacts)) == ({"created": 2, "skipped": 6}, 2)


def test_nothing_is_looked_up_beyond_the_limit(tmp_path: Path) -> None:
    """Where contacts are asked for one by one, only those that may be sent are."""
    with Place(tmp_path, AskedSink) as place:
        place.run(*PEOPLE, limit=1)
        assert place.sink.asked == ["find", "create Anna1"]


def test_the_limit_is_one_of_all_streams(tmp_path: Path) -> None:
    """The same key in another stream is another record."""
    with Place(tmp_path) as place:
        run = FakeRun(place, limit=3)
        run.send(*PEOPLE[:2])
        run.send(*({**each, "first_name": f"Eva{each['id']}"} for each in PEOPLE), stream="others")
        assert run.bins == {"created": 3, "skipped": 7}


def test_who_waited_for_another_stream_is_left_out_beyond_the_limit(tmp_path: Path) -> None:
    """Others were sent meanwhile: the record is counted as left, and the next run sends it."""
    anna, bert = PEOPLE[:2]
    with Place(tmp_path) as place:
        place.sink.faults = [LOST]
        run = FakeRun(place, limit=2, wait=60)
        run.send(anna)
        run.send({**anna, "company": "Acme"}, stream="others")
        run.send(bert, stream="others")
        assert run.bins == {"created": 1}
        place.sink.put(**{name: value for name, value in anna.items() if name != "id"})
        run.finish()
        assert (run.bins, run.limit.left) == ({"created": 2, "skipped": 1}, 1)
        again = place.run({**anna, "company": "Acme"}, bert, stream="others")
        assert again.bins == {"updated": 1, "unchanged": 1}
