"""A guard lets through just what it allows, and sends nothing beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.delivery.bounds import GUARDS as ALL
from target_contacts.delivery.guards import HELD_BACK, Guards
from target_contacts.ledger.ledger import Ledger
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import (
    LANDED,
    LATE,
    LOST,
    REFUSED,
    AskedSink,
    FakeSink,
    ParallelSink,
    WholeNameSink,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.fake_run import Record
    from tests.support.fake_sink import Fault

COUNT = 40
PEOPLE: list[Record] = [
    {"id": n, "first_name": f"Anna{n}", "mobile": f"+49151123{n:05}", "email": f"a{n}@example.com"}
    for n in range(1, COUNT + 1)
]
UNMAILED: list[Record] = [{**person, "email": ""} for person in PEOPLE]
HIRED: list[Record] = [{**person, "company": "Acme"} for person in PEOPLE]


def with_mail(place: Place) -> int:
    """Return how many contacts have an e-mail address."""
    return sum(bool(held.get("email")) for held in place.sink.contacts.values())


def writes(place: Place) -> int:
    """Return how many writes were sent."""
    return sum(asked.startswith(("create", "update")) for asked in place.sink.asked)


def tripped(run: FakeRun) -> dict[str, Any]:
    """Return what ended a run, as the summary has it."""
    (verdict,) = run.guards.verdicts()
    return verdict.summary()


class Told(Ledger):
    """A ledger that is told how many contacts a stream has."""

    def __init__(self, told: Callable[[str], int]) -> None:
        super().__init__("sqlite://", "fake")
        self._told = told

    def contacts(self, stream: str) -> int:
        """Return as many."""
        return self._told(stream)


def memory(contacts: Callable[[str], int]) -> Callable[[], Ledger]:
    """Return what returns an empty ledger that is told how many contacts a stream has."""
    ledger = Told(contacts)
    return lambda: ledger


# At the limit.


GUARDS = {
    "max_creates": (PEOPLE, "created"),
    "max_updates": (HIRED, "updated"),
    "max_cleared": (UNMAILED, "updated"),
}
"""What each guard counts: records, and what becomes of them."""


@pytest.mark.parametrize("kind", [FakeSink, ParallelSink])
@pytest.mark.parametrize("limit", [0, 7, 8, 9])
@pytest.mark.parametrize("guard", GUARDS)
def test_just_the_limit_is_written(
    tmp_path: Path, kind: type[FakeSink], limit: int, guard: str
) -> None:
    """What is beyond is held back, no STATE covers it, and the next run sends it."""
    (records, done), sent = GUARDS[guard], min(limit, 8)
    with Place(tmp_path, kind) as place:
        if records is not PEOPLE:
            place.run(*PEOPLE[:8])
        before = writes(place)
        run = place.run(*records[:8], guards={guard: limit})
        assert writes(place) - before == run.bins.get(done, 0) == sent
        assert run.books.skipped_for(HELD_BACK) == run.bins.get("skipped", 0) == 8 - sent
        assert run.guards.is_tripped == (limit < 8)
        assert run.states[-1:] == [{"at": sent}] * bool(sent)
        rest = place.run(*records[:8])
        assert rest.bins.get(done, 0) == 8 - sent
        assert (len(place.sink.contacts), rest.states[-1]) == (8, {"at": 8})


@pytest.mark.parametrize("limit", [9, 10, 11])
def test_just_as_many_may_be_rejected(tmp_path: Path, limit: int) -> None:
    """The first beyond the limit ends the run before another contact leaves."""
    nameless: list[Record] = [{"id": n, "first_name": ""} for n in range(101, 111)]
    with Place(tmp_path) as place:
        run = place.run(*nameless, *PEOPLE, guards={"max_rejected": limit})
        assert (run.bins["rejected"], run.guards.is_tripped) == (10, limit < 10)
        assert writes(place) == (0 if limit < 10 else COUNT)
        assert run.states[-1] == {"at": 100 + limit if limit < 10 else COUNT}


@pytest.mark.parametrize("limit", [0, 4, 5])
def test_what_the_api_refuses_ends_the_run_at_once(tmp_path: Path, limit: int) -> None:
    """Nothing leaves after the refusal that is one too many, and nothing stays announced."""
    with Place(tmp_path) as place:
        place.run(*PEOPLE[:1])
        place.sink.faults = [None] + [REFUSED] * 5
        run = place.run(*PEOPLE, guards={"max_rejected": limit})
        rejected = min(limit + 1, 5)
        assert run.bins["rejected"] == rejected
        assert writes(place) == (2 + rejected if limit < 5 else COUNT)
        assert run.books.skipped_for(HELD_BACK) == (COUNT - 2 - rejected if limit < 5 else 0)
        assert sum(run.bins.values()) == COUNT
        entries = [place.entry(n) for n in range(1, COUNT + 1)]
        assert {entry.status for entry in entries if entry} == {"written"}
        place.sink.faults.clear()
        assert place.run(*PEOPLE).bins["created"] == COUNT - run.bins["created"] - 1


# What counts.


def test_a_value_counts_for_its_own_attribute(tmp_path: Path) -> None:
    """Thirty addresses and thirty numbers are within a limit of thirty; the verdict names one."""
    unreached = [{**person, "mobile": None} for person in PEOPLE[10:]]
    both = [{**UNMAILED[0], "mobile": None}]
    with Place(tmp_path) as place:
        place.run(*PEOPLE)
        run = place.run(*UNMAILED[:10], *unreached, guards={"max_cleared": 30})
        assert run.bins == {"updated": 40}
        place.run(*PEOPLE)
        run = place.run(*both, *UNMAILED[1:10], *unreached, guards={"max_cleared": 10})
        assert tripped(run) == {
            "guard": "max_cleared", "attribute": "mobile", "seen": 31, "limit": 10,
        }  # fmt: skip


def test_only_filled_values_count(tmp_path: Path) -> None:
    """Neither an empty field, nor one a default goes to, nor one that cannot be cleared does."""
    none = {"max_cleared": 0}
    with Place(tmp_path) as place:
        place.run(*PEOPLE)
        assert place.run(*({**each, "phone": ""} for each in HIRED), guards=none).bins == {
            "updated": COUNT
        }
        place.run(*HIRED)
        unhired = [{**person, "company": None} for person in PEOPLE]
        run = place.run(*unhired, guards=none, defaults={"company": "Private"})
        assert run.bins == {"updated": COUNT}
    (tmp_path / "other").mkdir()
    with Place(tmp_path / "other", WholeNameSink) as place:
        place.run({"id": 1, "full_name": "Anna Ahrens", "email": "a@example.com", "phone": "+4930"})
        run = place.run(
            {"id": 1, "full_name": "Anna Arendt", "email": "", "phone": ""}, guards=none
        )
        assert run.bins == {"updated": 1}


@pytest.mark.parametrize("kind", [FakeSink, AskedSink])
def test_what_is_adopted_counts_as_updated(tmp_path: Path, kind: type[FakeSink]) -> None:
    """What is sent counts, not what the record looked like before the look-up."""
    with Place(tmp_path, kind) as place:
        for person in PEOPLE[:15]:
            place.sink.put(**{name: value for name, value in person.items() if name != "id"})
        run = place.run(*HIRED, guards={"max_creates": 24})
        assert (run.bins["created"], run.bins["updated"]) == (24, 15)
        assert tripped(run)["seen"] == 25


@pytest.mark.parametrize("fault", [LOST, LANDED, LATE])
@pytest.mark.parametrize("wait", [0.0, 5.0])
def test_a_create_that_is_sent_again_counts_once(tmp_path: Path, fault: Fault, wait: float) -> None:
    """A limit of ten is one of ten contacts, also where one was not answered before the end."""
    with Place(tmp_path) as place:
        place.sink.faults = [fault] * 2
        run = place.run(*PEOPLE, guards={"max_creates": 10}, wait=wait)
        assert (run.bins, len(place.sink.contacts)) == ({"created": 10, "skipped": 30}, 10)
        assert place.run(*PEOPLE).bins == {"created": 30, "unchanged": 10}


def test_what_is_rejected_unsent_does_not_count(tmp_path: Path) -> None:
    """A record that may be two contacts uses nothing up; one that is refused does."""
    with Place(tmp_path) as place:
        nobody: Record = {"id": 99, "first_name": "Nobody"}
        place.run(nobody)
        for _ in range(2):  # two contacts of one person: nobody can tell which it is
            place.sink.put(**{name: value for name, value in PEOPLE[0].items() if name != "id"})
        place.sink.faults = [REFUSED]
        run = place.run(*PEOPLE, guards={"max_creates": 10})
        assert (run.bins["created"], run.bins["rejected"]) == (9, 2)


def test_a_number_counts_all_streams_and_a_percentage_each(tmp_path: Path) -> None:
    """A tenth of the contacts of each of two streams, or four of both together."""
    others = [{**person, "first_name": f"Eva{person['id']}"} for person in PEOPLE]
    for limit, sent in ((4, 4), ("10%", 8)):
        (folder := tmp_path / str(sent)).mkdir()
        with Place(folder) as place:
            place.run(*PEOPLE)
            place.run(*others, stream="others")
            run = FakeRun(place, guards={"max_updates": limit})
            run.send(*({**each, "company": "Acme"} for each in PEOPLE[:4]))
            run.send(*({**each, "company": "Acme"} for each in others[:5]), stream="others")
            run.finish()
            assert (run.bins["updated"], run.guards.is_tripped) == (sent, True)


# Percentages and defaults.


@pytest.mark.parametrize(
    ("limit", "known", "sent"),
    [("10%", 40, 4), ("0%", 40, 0), ("12.5%", 40, 5), ("12.4 %", 40, 4), ("99.9%", 40, 39),
     ("100%", 40, 40), ("250%", 40, 40), ("10%", 20, 2), ("0%", 19, 19), ("10%", 19, 19)],
)  # fmt: skip
def test_a_percentage_is_one_of_the_contacts_known_before(
    tmp_path: Path, limit: str, known: int, sent: int
) -> None:
    """It is rounded down, and is no limit for fewer than twenty contacts."""
    with Place(tmp_path) as place:
        place.run(*PEOPLE[:known])
        assert (
            place.run(*HIRED[:known], guards={"max_updates": limit}).bins["updated"] == sent
            if (sent)
            else writes(place) == known
        )


@pytest.mark.parametrize(("limit", "counted"), [(5, []), ("10%", ["contacts"])])
def test_contacts_are_counted_once_and_for_percentages_only(
    limit: int | str, counted: list[str]
) -> None:
    """Counting a large ledger takes time."""
    asked: list[str] = []

    def contacts(stream: str) -> int:
        asked.append(stream)
        return 50

    guards = Guards(dict.fromkeys(ALL, limit), memory(contacts), enforced=True)
    guards.start("contacts")
    for number in range(5):
        for action in ("CREATE", "UPDATE", "DELETE"):
            assert guards.admits("contacts", f"{action}{number}", action, ["email"] * (number < 1))
        assert guards.reject("contacts")
    assert not guards.admits("contacts", "one more", "CREATE")
    assert asked == counted


def test_contacts_of_the_same_run_do_not_raise_a_percentage(tmp_path: Path) -> None:
    """A tenth of twenty stays two, though twenty more are created before."""
    with Place(tmp_path) as place:
        place.run(*PEOPLE[:20])
        run = FakeRun(place, guards={"max_updates": "10%"})
        run.send(*PEOPLE[20:])
        run.send(*HIRED[:20])
        run.finish()
        assert run.bins == {"created": 20, "updated": 2, "skipped": 18}


def test_a_quarter_may_be_cleared_by_default(tmp_path: Path) -> None:
    """A source that sends an empty address once does not take all addresses."""
    with Place(tmp_path) as place:
        place.run(*PEOPLE)
        run = place.run(*UNMAILED)
        assert (with_mail(place), run.bins) == (30, {"updated": 10, "skipped": 30})
        assert tripped(run) == {
            "guard": "max_cleared", "stream": "contacts", "attribute": "email",
            "seen": 40, "limit": 10,
        }  # fmt: skip
        assert place.run(*UNMAILED, guards={"max_cleared": 40}).bins["updated"] == 30
        assert with_mail(place) == 0


def test_a_few_contacts_may_all_be_cleared(tmp_path: Path) -> None:
    """Below twenty contacts a quarter says nothing."""
    with Place(tmp_path) as place:
        place.run(*PEOPLE[:19])
        run = place.run(*UNMAILED[:19])
        assert (run.bins, run.guards.verdicts()) == ({"updated": 19}, [])


# Ends of runs.


@pytest.mark.parametrize("kind", [FakeSink, AskedSink])
def test_what_no_guard_counts_is_held_back_with_the_rest(
    tmp_path: Path, kind: type[FakeSink]
) -> None:
    """Once a guard ends the run, of the same batch and of later ones."""
    with Place(tmp_path, kind) as place:
        place.run(*PEOPLE[:3])
        run = FakeRun(place, guards={"max_updates": 1})
        run.send(*HIRED[:3], PEOPLE[3])
        run.send(PEOPLE[4])
        run.finish()
        assert run.bins == {"updated": 1, "skipped": 4}


def test_later_batches_are_held_back_without_a_look_up(tmp_path: Path) -> None:
    """What is unchanged is still settled."""
    with Place(tmp_path) as place:
        place.run(*PEOPLE[:10])
        run = FakeRun(place, guards={"max_creates": 5})
        run.send(*PEOPLE[:20])
        asked = len(place.sink.asked)
        run.send(*PEOPLE[:10], *PEOPLE[20:])
        run.finish()
        assert len(place.sink.asked) == asked
        assert run.bins == {"created": 5, "unchanged": 20, "skipped": 25}


def test_nothing_is_read_any_more_once_a_guard_ends_the_run(tmp_path: Path) -> None:
    """Not even the contact of the update that would have been read back next."""
    with Place(tmp_path) as place:
        place.run(*PEOPLE[:3])
        place.sink.asked.clear()
        place.sink.faults = [REFUSED]
        run = place.run(*HIRED[:3], guards={"max_rejected": 0}, canary=True)
        assert place.sink.asked == ["read 1", "update 1"]
        assert run.bins == {"rejected": 1, "skipped": 2}


def test_a_dry_run_says_what_would_end_it_and_goes_on(tmp_path: Path) -> None:
    """All is counted: the whole number is what to let through."""
    with Place(tmp_path) as place:
        place.run(*PEOPLE)
        run = place.run(*UNMAILED, guards={"max_updates": 3}, dry_run=True)
        assert (run.bins, run.guards.is_tripped) == ({"updated": 40}, False)
        seen = {each.counted.guard: (each.seen, each.limit) for each in run.guards.verdicts()}
        assert seen == {"max_updates": (40, 3), "max_cleared": (40, 10)}


def test_a_dry_run_goes_on_though_too_much_is_rejected(tmp_path: Path) -> None:
    """It sends nothing anyway, and STATE is none of its business."""
    nameless: list[Record] = [{"id": n, "first_name": ""} for n in range(101, 104)]
    with Place(tmp_path) as place:
        run = place.run(*nameless, *PEOPLE, guards={"max_rejected": 1}, dry_run=True)
        assert (run.bins, run.guards.ends_sending) == ({"rejected": 3, "created": 40}, False)
        assert [each.summary() for each in run.guards.verdicts()] == [
            {"guard": "max_rejected", "seen": 3, "limit": 1}
        ]


@pytest.mark.parametrize("action", ["DELETE", "MARK"])
def test_deletions_and_marks_count_together(action: str) -> None:
    """A quarter may go by default, of whatever kind."""
    guards, stops = Guards({}, memory(lambda _: 40), enforced=True), list[str]()
    guards.when_tripped(lambda: stops.append("now"))
    let = [guards.admits("contacts", str(n), action if n % 2 else "DELETE") for n in range(40)]
    assert (let, stops) == ([True] * 10 + [False] * 30, ["now"])
    assert guards.admits("contacts", "3", action)
    assert not guards.admits("contacts", "20", action)
    (verdict,) = guards.verdicts()
    assert verdict.sentence(stopped=True) == (
        "The guard max_deletes ended the run: nothing beyond it was sent, and no STATE covers "
        "what was not. As far as the input was read, 40 contacts would have been deleted or "
        "marked in stream contacts, and the limit is 10. If that is right, let it through "
        "once: --allow max_deletes=40, or more, since the rest of the input counts, too."
    )
