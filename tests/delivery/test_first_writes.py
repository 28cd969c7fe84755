"""An account that refuses its first contacts alike stops the run before more are refused.

Each row says what becomes of the first writes, one by one, and what follows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tap_contacts.transport.errors import GivenUp, Refused, Stopped
from target_contacts.errors import OUTCOME_UNKNOWN, Rejected
from target_contacts.sinks.first_writes import FirstWrites
from target_contacts.sinks.item import Outcome
from target_contacts.sinks.packing import Waiting, packs
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LISTED, REFUSED, AskedSink, FakeSink, Fault, ParallelSink

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from target_contacts.sinks.item import Item
    from tests.support.fake_run import Record

MANY = 24


def people(count: int = MANY) -> list[Record]:
    """Return records of as many people."""
    return [
        {"id": n, "first_name": f"Anna{n}", "mobile": f"+49151123{n:05}"}
        for n in range(1, count + 1)
    ]


def refused(code: str = "F1", field: str | None = None, status: int | None = 400) -> Fault:
    """Return the refusal of a contact, for a field if it is named."""
    return Fault(Rejected("refused", code, field=field, http_status=status))  # type: ignore[arg-type]


def writes(place: Place) -> int:
    """Return how many contacts were sent."""
    return sum(what.startswith(("create", "update")) for what in place.sink.asked)


@pytest.mark.parametrize(
    ("faults", "sent"),
    [
        ([REFUSED] * MANY, 3),
        ([refused(field="mobile")] * MANY, 3),
        ([refused(), refused("F2"), refused(), refused("F2"), refused()], 5),
        ([refused(), refused(field="mobile"), refused(), refused()], 4),
    ],
    ids=["no field", "a field that all have", "two kinds in turn", "one more with a field"],
)
@pytest.mark.parametrize("kind", [FakeSink, ParallelSink])
def test_refusals_alike_stop_the_run(
    tmp_path: Path, kind: type[FakeSink], faults: Sequence[Fault], sent: int
) -> None:
    """No more than five are sent, no STATE passes them, and no create of theirs stays announced."""
    with Place(tmp_path, kind) as place:
        place.sink.faults = list(faults)
        run = FakeRun(place)
        with pytest.raises(
            Stopped, match=r"refused alike, with (refused|code F1).*Nothing was written"
        ):
            run.send(*people())
        assert (writes(place), run.states, place.sink.contacts) == (sent, [], {})
        assert {place.entry(n) for n in range(1, MANY + 1)} == {None}
        place.sink.faults = []
        assert place.run(*people()).bins == {"created": MANY}


@pytest.mark.parametrize(
    "faults",
    [
        [refused(), refused("F2"), refused("F3")],
        [refused(field="mobile"), refused(field="first_name"), refused()],
        [refused(field="email")] * 4,
        [refused(), refused(), None, refused()],
        [refused(), refused("F2"), refused("F3"), refused("F4"), refused(), refused(), refused()],
        [refused(status=None)] * 4,
        [refused(OUTCOME_UNKNOWN)] * 4,
    ],
    ids=[
        "codes", "fields", "a field that none has", "one accepted", "more than five",
        "refused before they were sent", "nobody knows what became of them",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [FakeSink, ParallelSink])
def test_other_refusals_stop_nothing(
    tmp_path: Path, kind: type[FakeSink], faults: Sequence[Fault | None]
) -> None:
    """Each is rejected by itself, and all others are written."""
    with Place(tmp_path, kind) as place:
        place.sink.faults = list(faults)
        run = place.run(*people())
        bad = sum(fault is not None for fault in faults)
        assert run.bins == {"rejected": bad, "created": MANY - bad}
        assert run.states[-1] == {"at": MANY}


def in_words(words: str) -> Fault:
    """Return a refusal whose own words may name a field."""
    return Fault(Refused("Fake", "create", "code F1", code="F1", http_status=400, detail=words))


LACKING = [refused(field="email"), in_words("email is missing"), in_words("The field 'email'?")]


@pytest.mark.parametrize("fault", LACKING, ids=["field", "words", "quoted"])
def test_some_records_without_a_field_that_is_demanded_stop_nothing(
    tmp_path: Path, fault: Fault
) -> None:
    """Three or four of them are bad records: one that has the field is tried and accepted."""
    for bad in (3, 4):
        (folder := tmp_path / str(bad)).mkdir()
        with Place(folder) as place:
            place.sink.faults = [fault] * bad
            run = place.run(*people())
            assert run.bins == {"rejected": bad, "created": MANY - bad}


@pytest.mark.parametrize("fault", LACKING, ids=["field", "words", "quoted"])
@pytest.mark.parametrize("bad", [5, 6, 20, MANY])
def test_records_without_a_field_that_is_demanded_never_end_the_run(
    tmp_path: Path, fault: Fault, bad: int, caplog: pytest.LogCaptureFixture
) -> None:
    """However many come first: one warning names the field, and what to do."""
    with Place(tmp_path) as place:
        place.sink.faults = [fault] * bad
        run = place.run(*people())
        left = {"created": MANY - bad} if bad < MANY else {}
        assert (run.bins, run.states[-1]) == ({"rejected": bad, **left}, {"at": MANY})
    (warning,) = [each.getMessage() for each in caplog.records if each.name == "contacts.sinks"]
    assert "the first 5 contacts were refused since they lack email. See field_map" in warning


@pytest.mark.parametrize("fault", LACKING, ids=["field", "words", "quoted"])
def test_an_account_is_still_watched_after_records_without_a_field(
    tmp_path: Path, fault: Fault
) -> None:
    """They show nothing of it: three others that are refused alike end the run."""
    with Place(tmp_path) as place:
        place.sink.faults = [*[fault] * 7, *[REFUSED] * MANY]
        run = FakeRun(place)
        with pytest.raises(Stopped, match="refused alike"):
            run.send(*people())
        assert (writes(place), place.sink.contacts) == (10, {})


def of_request() -> Fault:
    """Return a refusal of a whole request that may be about its form."""
    error = Refused("Fake", "create", "code F1", code="F1", http_status=400)
    error.of_request = True
    return Fault(error)


@pytest.mark.parametrize("bad", [1, 2, MANY])
@pytest.mark.parametrize("kind", ["request", "default"])
def test_two_refusals_that_are_likelier_of_no_record_end_the_run(
    tmp_path: Path, bad: int, kind: str
) -> None:
    """They are about the form of requests, or name a value that the settings give; one is not."""
    fault = of_request() if kind == "request" else refused(field="company")
    with Place(tmp_path) as place:
        place.sink.faults = [fault] * bad
        run = FakeRun(place, defaults={"company": "Acme"})
        if bad > 1:
            with pytest.raises(Stopped, match="refused alike"):
                run.send(*people())
            assert (writes(place), run.states) == (2, [])
            return
        run.send(*people())
        run.finish()
        assert run.bins == {"rejected": 1, "created": MANY - 1}


def test_a_value_of_the_record_is_no_default(tmp_path: Path) -> None:
    """Two records with a company that is refused are two bad records."""
    with Place(tmp_path) as place:
        place.sink.faults = [refused(field="company")] * 2
        own = [{**each, "company": "Own"} for each in people()]
        run = place.run(*own, defaults={"company": "Acme"})
        assert run.bins == {"rejected": 2, "created": MANY - 2}


@pytest.mark.parametrize(
    "words", ["no", "", "mobile is wrong", "emails are off", "Anna1 may not"], ids=str
)
def test_words_that_name_no_field_that_is_lacking_stop_after_three(
    tmp_path: Path, words: str
) -> None:
    """A field that all three had is no excuse, nor is a part of a word."""
    with Place(tmp_path) as place:
        place.sink.faults = [in_words(words)] * MANY
        with pytest.raises(Stopped, match="refused alike"):
            FakeRun(place).send(*people())
        assert writes(place) == 3


def test_five_that_lack_different_fields_are_bad_records(tmp_path: Path) -> None:
    """They are not alike."""
    faults = [in_words("email is missing"), in_words("company is missing")] * 3
    with Place(tmp_path) as place:
        place.sink.faults = list(faults)
        assert place.run(*people()).bins == {"rejected": 6, "created": MANY - 6}


class PickySink(AskedSink):
    """A destination that refuses to look some people up."""

    capabilities: ClassVar = replace(AskedSink.capabilities, most_look_ups=MANY)
    refuses: ClassVar = frozenset({"Anna1", "Anna2", "Anna3"})

    def find(self, wanted: Mapping[str, str]) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Return the contacts with these values."""
        if wanted.get("first_name") in self.refuses:
            raise REFUSED.error
        return super().find(wanted)


@pytest.mark.parametrize("count", [7, MANY])
def test_a_few_look_ups_refused_among_others_stop_nothing(tmp_path: Path, count: int) -> None:
    """More are answered, so it is the records: they are rejected, and the others are written."""
    with Place(tmp_path, PickySink) as place:
        run = place.run(*people(count))
        assert run.bins == {"rejected": 3, "created": count - 3}
        assert run.states[-1] == {"at": count}


def test_look_ups_refused_alike_stop_the_run(tmp_path: Path) -> None:
    """Where no more are answered, the account refuses them."""
    with Place(tmp_path, PickySink) as place:
        with pytest.raises(Stopped, match="refused alike"):
            place.run(*people(6))
        assert (writes(place), place.sink.contacts) == (0, {})


def test_an_account_that_accepted_a_contact_once_is_trusted(tmp_path: Path) -> None:
    """What the ledger knows counts: later refusals are those of records, also in a new run."""
    with Place(tmp_path) as place:
        place.run(people()[0])
        place.sink.faults = [REFUSED] * 4
        assert place.run(*people()).bins == {"unchanged": 1, "rejected": 4, "created": MANY - 5}


def test_refusals_alike_are_counted_over_batches_and_streams(tmp_path: Path) -> None:
    """What is refused is not settled before it is clear that it was the record."""
    with Place(tmp_path) as place:
        place.sink.faults = [REFUSED] * 3
        run = FakeRun(place)
        run.send(people()[0])
        run.send(people()[1], stream="others")
        assert (run.bins, run.states) == ({}, [])
        with pytest.raises(Stopped):
            run.send(people()[2])
        assert (run.codes, run.states) == (["F1"] * 3, [])


def test_fewer_refusals_are_rejected_at_the_end(tmp_path: Path) -> None:
    """Two bad records show nothing of the account."""
    with Place(tmp_path) as place:
        place.sink.faults = [REFUSED] * 2
        run = place.run(*people(2))
        assert (run.bins, run.states[-1]) == ({"rejected": 2}, {"at": 2})


def test_first_contacts_go_one_by_one_until_one_is_accepted(tmp_path: Path) -> None:
    """Before that, nothing leaves while another one is not answered."""
    with Place(tmp_path, ParallelSink) as place:
        seen: list[tuple[str, int]] = []
        place.sink.watch = lambda what: seen.append((what, len(place.sink.contacts)))
        place.sink.faults = [REFUSED, REFUSED]
        place.run(*people())
        creates = [each for each in seen if each[0].startswith("create")]
        assert creates[:3] == [("create Anna1", 0), ("create Anna2", 0), ("create Anna3", 0)]
        assert all(there for _, there in creates[3:])


# Several contacts in one request.


class TogetherSink(FakeSink):
    """Contacts go up to 16 in a request, which is refused as a whole for one of them."""

    capabilities = replace(LISTED, batch_size=64)
    bad: ClassVar[set[str]]
    error: Callable[[], Exception]
    sizes: list[int]

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Send contacts packed."""
        self.sizes = []
        packed = packs(items, lambda _: 1, 1000, lambda _: 16)
        waiting = Waiting(packed, self.context.first_writes)
        while pack := waiting.take():
            self.sizes.append(len(pack.items))
            if not any(item.payload["first_name"] in self.bad for item in pack.items):
                yield [Outcome(item, self.put(**item.payload)) for item in pack.items]
            elif not waiting.halve(pack, error := self.error()):  # type: ignore[arg-type]
                yield [Outcome(pack.items[0], error=error)]  # type: ignore[arg-type]


def together(place: Place, *bad: int, error: Callable[[], Exception] | None = None) -> TogetherSink:
    """Return a place's sink, for which these records are bad."""
    sink = place.sink
    assert isinstance(sink, TogetherSink)
    TogetherSink.bad = {f"Anna{n}" for n in bad}
    sink.error = error or (lambda: Refused("Fake", "write", "code F1", code="F1"))
    return sink


def test_what_is_refused_together_is_halved_once(tmp_path: Path) -> None:
    """Then one of each half goes alone: if that is refused alike, the run stops after five."""
    with Place(tmp_path, TogetherSink) as place:
        sink = together(place, *range(1, MANY + 1))
        run = FakeRun(place)
        with pytest.raises(Stopped):
            run.send(*people())
        assert (sink.sizes, run.states) == ([16, 8, 8, 1, 1], [])
        assert {place.entry(n) for n in range(1, MANY + 1)} == {None}
        together(place)
        assert place.run(*people()).bins == {"created": MANY}


@pytest.mark.parametrize(
    "bad", [(1, 2, 3), (1, 10), (8, 9), (8, 16), (1, 20), (16,), tuple(range(1, 16))]
)
def test_bad_records_among_good_ones_are_told_apart(tmp_path: Path, bad: tuple[int, ...]) -> None:
    """Whatever half they are in, all good ones are written once and only they are rejected."""
    with Place(tmp_path, TogetherSink) as place:
        together(place, *bad)
        if bad == (8, 16):  # just the two that are tried
            with pytest.raises(Stopped):
                place.run(*people())
            return
        run = place.run(*people())
        assert run.bins == {"created": MANY - len(bad), "rejected": len(bad)}
        names = [held["first_name"] for held in place.sink.contacts.values()]
        assert sorted(names) == sorted({r["first_name"] for r in people()} - TogetherSink.bad)


def test_refusals_that_differ_are_halved_on(tmp_path: Path) -> None:
    """After five requests it is clear that not all is refused alike."""
    codes = iter(range(1000))
    differs = lambda: Refused("Fake", "write", "code", code=f"F{next(codes)}")  # noqa: E731
    with Place(tmp_path, TogetherSink) as place:
        together(place, *range(1, 17), error=differs)
        assert place.run(*people()).bins == {"created": MANY - 16, "rejected": 16}


def test_what_fails_without_a_refusal_is_halved_on(tmp_path: Path) -> None:
    """A request that is answered with an error of the API each time says nothing of the account."""
    failing = lambda: GivenUp("Fake", "write", "failed", code="F5", http_status=500)  # noqa: E731
    with Place(tmp_path, TogetherSink) as place:
        together(place, 8, 16, error=failing)
        assert place.run(*people()).bins == {"created": MANY - 2, "rejected": 2}


def test_the_ledger_is_asked_once() -> None:
    """Whether the account has accepted anything costs a run one question."""
    asked: list[bool] = []
    first = FirstWrites("Fake", lambda: bool(asked.append(True)))  # type: ignore[func-returns-value]
    assert (first.is_over, first.is_over, asked) == (False, False, [True])
    first.accept()
    assert first.is_over
