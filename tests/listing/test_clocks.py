"""From night to night: clocks that are wrong, rows that show up late, states that were edited."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.listing.bookmarks import MOST_SEEN, Bookmark
from tap_contacts.listing.clocks import clocks, moment
from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.support.people import put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Finished, Workplace

NOW = datetime.now(timezone.utc).replace(microsecond=0)
AHEAD = "lies in the future"


def told(time: datetime) -> str:
    """Return a time as a state may have it."""
    return time.isoformat()


class Source:
    """A source whose clock stands still, or goes wrong, as a test says."""

    def __init__(self, api: str, sandbox: Any, workplace: Workplace) -> None:
        """Take a server without contacts; its clock is nine days behind."""
        self.api, self.sandbox, self._workplace = api, sandbox, workplace
        self.stream = f"{api}_contacts"
        self._is_porters = api == "porters"
        self._key = "Contact.P_Id" if self._is_porters else "id"
        self.replication_key = "Contact.P_UpdateDate" if self._is_porters else "lastUpdated"
        self._count = 0
        self.set(NOW - timedelta(days=9))

    def set(self, time: datetime) -> None:
        """Set the clock that stamps rows and answers."""
        self.time = time
        self.sandbox.now = (lambda: time) if self._is_porters else time

    def add(self, time: datetime | None = None) -> str:
        """Put in a contact, stamped with another time than that of the clock if one is given."""
        now = self.time
        self.set(time or now)
        self._count += 1
        name = {"first_name": f"First{self._count}", "last_name": f"Last{self._count}"}
        ways = {"email": f"{self._count}@example.com", "mobile": f"+4915{self._count:09}"}
        put(self.sandbox, {**name, **ways})
        self.set(now)
        is_porters, server = self._is_porters, self.sandbox
        held = server.database.records["Contact"] if is_porters else server.state.by_id
        return str(next(reversed(held)))

    def fill(self, count: int, every: float = 1) -> list[str]:
        """Put in contacts, and let time pass after each."""
        found = []
        for _ in range(count):
            found.append(self.add())
            self.set(self.time + timedelta(seconds=every))
        return found

    def change(self, identity: str, number: str = "+4916000") -> None:
        """Give a contact another number."""
        field = "Contact.P_Mobile" if self._is_porters else "mobile"
        key: Any = identity if self._is_porters else int(identity)
        self.sandbox.change(key, **{field: number})

    def read(self, state: Any = None, **settings: Any) -> Finished:
        """Run the tap, with a state if there is one."""
        path = self._workplace.folder / "state.json"
        path.write_text(json.dumps(state))
        options = [] if state is None else ["--state", str(path)]
        return self._workplace.tap({self.api: self.sandbox.tap_config(), **settings}, *options)

    def ids(self, run: Finished) -> list[str]:
        """Return the ids that a run wrote."""
        assert run.code == 0, run.log
        return [str(record[self._key]) for record in run.records(self.stream)]

    def state(self, value: Any, **more: Any) -> Any:
        """Return a state with a bookmark."""
        place = {"replication_key": self.replication_key, "replication_key_value": value, **more}
        return {"bookmarks": {self.stream: place}}

    def place(self, run: Finished) -> dict[str, Any]:
        """Return what a run says of the stream."""
        found: dict[str, Any] = last(run)["bookmarks"][self.stream]
        return found

    def bookmark(self, run: Finished) -> datetime:
        """Return the bookmark of a run."""
        found = moment(self.place(run)["replication_key_value"])
        assert found is not None
        return found


def last(run: Finished) -> Any:
    """Return the last state that a run wrote."""
    return [message["value"] for message in run.messages if message["type"] == "STATE"][-1]


@pytest.fixture(params=["porters", "valomnia"])
def source(request: pytest.FixtureRequest, workplace: Workplace) -> Iterator[Source]:
    """Return a running source without contacts."""
    with Porters() if request.param == "porters" else Valomnia() as sandbox:
        yield Source(request.param, sandbox, workplace)


@pytest.fixture
def valomnia(workplace: Workplace) -> Iterator[Source]:
    """Return a running Valomnia without contacts."""
    with Valomnia() as sandbox:
        yield Source("valomnia", sandbox, workplace)


@pytest.fixture
def porters(workplace: Workplace) -> Iterator[Source]:
    """Return a running PORTERS without contacts."""
    with Porters() as sandbox:
        yield Source("porters", sandbox, workplace)


# Rows and bookmarks of the future.


@pytest.mark.parametrize("mapped", [False, True])
def test_a_row_of_the_future_takes_no_bookmark_with_it(source: Source, *, mapped: bool) -> None:
    """It is read once; what changes on the days after is read as ever, with stream maps, too."""
    maps: dict[str, Any] = {"stream_maps": {source.stream: {}}} if mapped else {}
    everyone = source.fill(5, every=60)
    future = source.add(source.time + timedelta(days=1800))
    first = source.read(**maps)
    assert sorted(source.ids(first)) == sorted([*everyone, future])
    assert source.bookmark(first) <= source.time
    runs = [first]
    for day in range(3):
        source.set(source.time + timedelta(days=1))
        source.change(everyone[day])
        runs.append(source.read(last(runs[-1]), **maps))
        assert source.ids(runs[-1]) == [everyone[day]]
        assert source.bookmark(runs[-1]) == source.time
        assert AHEAD not in runs[-1].log


def test_a_bookmark_of_the_future_is_named_and_everything_read(source: Source) -> None:
    """Whatever set it, nobody knows what was never read: all comes, and the next run goes on."""
    everyone = source.fill(5, every=60)
    future = source.state(told(source.time + timedelta(days=1800)), seen=["a"])
    run = source.read(future)
    assert sorted(source.ids(run)) == sorted(everyone)
    assert run.log.count(AHEAD) == 1
    assert "all of it is read now" in run.log
    assert source.bookmark(run) <= source.time
    source.change(everyone[2])
    again = source.read(last(run))
    assert (source.ids(again), AHEAD in again.log) == ([everyone[2]], False)


def test_a_future_bookmark_still_heeds_start_date(source: Source) -> None:
    """All of it is what changed since start_date."""
    everyone = source.fill(5, every=3600)
    future = source.state(told(source.time + timedelta(days=1)))
    start = told(source.time - timedelta(hours=2))
    assert source.ids(source.read(future, start_date=start)) == everyone[3:]


def test_clocks_a_few_seconds_apart_are_no_future(source: Source) -> None:
    """A bookmark that another server of the same API set seconds ahead counts."""
    everyone = source.fill(5, every=60)
    run = source.read(source.state(told(source.time + timedelta(seconds=20))))
    assert (source.ids(run), AHEAD in run.log) == ([], False)
    source.change(everyone[1])
    assert source.ids(source.read(last(run))) == [everyone[1]]


def test_a_run_that_reads_long_is_bound_by_its_first_answer(source: Source) -> None:
    """What changes while it reads is not taken for seen: the next run asks for it."""
    everyone = source.fill(450)
    began = source.time

    def go_on(served: int) -> None:
        source.set(source.time + timedelta(seconds=100))
        source.change(everyone[served % 200], f"+4917{served}")

    hook = "on_read" if source.api == "porters" else "on_list"
    setattr(source.sandbox, hook, go_on)
    first = source.read()
    setattr(source.sandbox, hook, None)
    assert source.bookmark(first) <= began + timedelta(seconds=100)
    second = source.read(last(first))
    latest = {each["id"]: each for run in (first, second) for each in numbers(source, run)}
    assert {each["mobile"] for each in latest.values()} == held(source)


def numbers(source: Source, run: Finished) -> list[dict[str, str]]:
    """Return ids and numbers as a run wrote them."""
    names = ("Contact.P_Id", "Contact.P_Mobile") if source.api == "porters" else ("id", "mobile")
    rows = run.records(source.stream)
    return [{"id": str(row[names[0]]), "mobile": str(row[names[1]])} for row in rows]


def held(source: Source) -> set[str]:
    """Return the numbers that the source holds."""
    name = "Contact.P_Mobile" if source.api == "porters" else "mobile"
    return {str(contact[name]) for contact in source.sandbox.contacts}


# Clocks that disagree.


@pytest.mark.parametrize("hours", [-30, -1, 1, 20])
def test_a_server_whose_clock_is_wrong_loses_nothing(source: Source, hours: int) -> None:
    """Hours behind this machine's or ahead: each run has what changed since the one before."""
    source.set(NOW + timedelta(hours=hours))
    everyone = source.fill(5, every=60)
    first = source.read()
    assert sorted(source.ids(first)) == sorted(everyone)
    for number in range(3):
        source.set(source.time + timedelta(minutes=5))
        source.change(everyone[number])
        first = source.read(last(first))
        assert source.ids(first) == [everyone[number]]


def test_a_clock_that_is_put_right_loses_nothing(source: Source) -> None:
    """The server's clock is ahead for one night; then changes are stamped with earlier times."""
    source.set(NOW + timedelta(hours=3))
    everyone = source.fill(5)
    first = source.read()
    assert source.bookmark(first) <= NOW + timedelta(minutes=10)
    source.set(datetime.now(timezone.utc) + timedelta(minutes=1))
    source.change(everyone[3])
    assert everyone[3] in source.ids(source.read(last(first)))


@pytest.mark.parametrize(
    "date",
    [
        None,
        "",
        "soon",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        pytest.param(format_datetime(NOW + timedelta(days=700), usegmt=True), id="in two years"),
    ],
)
def test_without_a_date_that_can_be_this_clock_counts(source: Source, date: str | None) -> None:
    """It is said, and neither rows of the future nor a missing header move the bookmark away."""
    source.sandbox.date = lambda: date
    everyone = source.fill(3, every=60)
    future = source.add(NOW + timedelta(days=1800))
    first = source.read()
    assert sorted(source.ids(first)) == sorted([*everyone, future])
    assert source.bookmark(first) <= datetime.now(timezone.utc)
    streams = 2 if source.api == "porters" else 1
    assert first.log.count("no further than this machine's clock") == streams
    source.set(datetime.now(timezone.utc) + timedelta(seconds=5))
    source.change(everyone[1])
    second = source.read(last(first))
    assert (source.ids(second), AHEAD in second.log) == ([everyone[1]], False)
    ahead = source.read(source.state(told(NOW + timedelta(days=400))))
    assert (len(source.ids(ahead)), ahead.log.count(AHEAD)) == (4, 1)


@pytest.mark.parametrize(
    "form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"]
)
def test_the_clock_that_is_behind_bounds(form: str) -> None:
    """A date in any form of HTTP is read; one that is later than ours bounds nothing."""
    day = timedelta(hours=20)
    behind, ahead = (clocks("it", f"{NOW + each:{form}}") for each in (-day, day))
    assert (behind.server, behind.bound, ahead.server) == (NOW - day, NOW - day, NOW + day)
    assert NOW <= ahead.bound < NOW + timedelta(hours=1)


# Rows that show up late.


@pytest.mark.parametrize("late", [0, 1, 30, 60])
def test_a_row_that_shows_up_late_is_read(source: Source, late: int) -> None:
    """It is stamped up to a minute before the bookmark: it alone comes, and only once."""
    source.fill(200)
    first = source.read()
    bookmark = source.bookmark(first)
    added = source.add(bookmark - timedelta(seconds=late))
    second = source.read(last(first))
    third = source.read(last(second))
    assert (source.ids(second), source.ids(third)) == ([added], [])
    assert source.bookmark(third) == bookmark


def test_a_row_that_changed_again_is_read_again(source: Source) -> None:
    """Even in the very second of its last change; others of that minute are not."""
    everyone = source.fill(20)
    source.set(source.time - timedelta(seconds=1))
    run = source.read()
    for number in range(3):
        source.change(everyone[19], f"+4916{number}")
        run = source.read(last(run))
        assert source.ids(run) == [everyone[19]]
    assert source.ids(source.read(last(run))) == []


def test_of_a_crowded_minute_a_bounded_number_is_remembered(source: Source) -> None:
    """Hashes and no values; what is forgotten comes twice rather than not at all."""
    everyone = source.fill(MOST_SEEN + 150, every=0.01)
    first = source.read()
    seen = source.place(first)["seen"]
    assert (len(seen), {len(each) for each in seen}) == (MOST_SEEN, {12})
    states = [json.dumps(each["value"]) for each in first.messages if each["type"] == "STATE"]
    assert not any("First" in each or "+49" in each for each in states)
    second = source.read(last(first))
    assert len(source.ids(second)) == 150
    assert set(source.ids(second)) < set(everyone)


def test_old_rows_are_not_remembered(source: Source) -> None:
    """The state holds those of the last minute, however many there were."""
    source.fill(300, every=10)
    assert len(source.place(source.read())["seen"]) == 7


# States of other versions, or edited by hand.


def test_a_state_without_what_was_seen_is_read_on(source: Source) -> None:
    """That of an earlier version: the minute before its bookmark comes once more."""
    everyone = source.fill(10, every=20)
    run = source.read(source.state(told(source.time - timedelta(seconds=20))))
    assert source.ids(run) == everyone[6:]
    assert source.ids(source.read(last(run))) == []


@pytest.mark.parametrize(
    "value", [5, 1767225600000, -1, True, ["2026-01-01T00:00:00Z"], {"at": 1}, "soon", "01.02.2026"]
)
def test_a_bookmark_that_is_no_time_is_a_sentence(source: Source, value: Any) -> None:
    """Exit code 2, and nothing is read."""
    source.fill(1)
    run = source.read(source.state(value))
    assert (run.code, run.records(source.stream)) == (2, [])
    sentence = f"The bookmark of {source.stream} in the state must be a time such as 2026-01-31"
    assert (sentence in run.log, "Traceback" in run.log) == (True, False)


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_bookmark_is_none(source: Source, value: Any) -> None:
    """Everything is read."""
    everyone = source.fill(3)
    assert source.ids(source.read(source.state(value))) == everyone


@pytest.mark.parametrize("seen", [None, 5, "abc", {"a": 1}, [1, None, ["x"]], ["x"] * 5000])
def test_what_cannot_have_been_seen_is_passed_over(source: Source, seen: Any) -> None:
    """Then it comes again."""
    everyone = source.fill(3)
    run = source.read(source.state(told(source.time), seen=seen))
    assert source.ids(run) == everyone
    assert source.ids(source.read(last(run))) == []


@pytest.mark.parametrize("markers", [[], "x", 5])
def test_edited_progress_markers_are_a_sentence(source: Source, markers: Any) -> None:
    """Of the SDK's own keys, too, a wrong one ends in exit code 2."""
    run = source.read(source.state(None, progress_markers=markers))
    assert (run.code, "holds bookmarks that are none" in run.log) == (2, True)


def test_markers_of_another_version_move_nothing(source: Source) -> None:
    """What the SDK would have made the bookmark of at the end is not used."""
    everyone = source.fill(3)
    markers = {"replication_key": "x", "replication_key_value": told(NOW + timedelta(days=99))}
    run = source.read(source.state(None, progress_markers=markers))
    assert source.ids(run) == everyone
    assert source.bookmark(run) <= source.time


def test_a_bookmark_of_another_key_does_not_count(source: Source) -> None:
    """It says nothing of when contacts changed."""
    everyone = source.fill(3, every=100)
    state = source.state(told(source.time))
    state["bookmarks"][source.stream]["replication_key"] = "dateCreated"
    run = source.read(state)
    assert (source.ids(run), source.place(run)["replication_key"]) == (
        everyone,
        source.replication_key,
    )


def test_a_state_of_one_stream_is_not_anothers(workplace: Workplace) -> None:
    """The stream that it does not name is read from the start."""
    with Valomnia() as one, Porters() as other:
        valomnia, porters = Source("valomnia", one, workplace), Source("porters", other, workplace)
        valomnia.fill(3, every=60)
        everyone = porters.fill(3)
        run = valomnia.read(valomnia.state(told(valomnia.time)), porters=other.tap_config())
    assert (len(valomnia.ids(run)), porters.ids(run)) == (1, everyone)


def test_a_start_date_to_come_is_said(source: Source) -> None:
    """Nothing is read, and what an earlier run has left stays."""
    source.fill(3)
    first = source.read()
    run = source.read(last(first), start_date=told(NOW + timedelta(days=9)))
    assert (source.ids(run), "is still to come" in run.log) == ([], True)
    assert source.place(run) == source.place(first)
    assert source.ids(source.read(last(run))) == []


@pytest.mark.parametrize("edge", ["0001-01-01", "0001-01-01T00:00:10Z"])
def test_the_first_day_of_all_has_no_minute_before(source: Source, edge: str) -> None:
    """A bookmark there means everything."""
    everyone = source.fill(3)
    assert source.ids(source.read(source.state(edge))) == everyone


# Rows that tell odd times.

TOLD = [
    ("2026-06-30T23:59:60Z", True),
    ("2026-03-29T02:30:00+01:00", True),
    ("2026-03-29T02:30:00+0100", True),
    ("2026-03-29T02:30:00", True),
    ("2026-03-29T02:30:00.123456789Z", True),
    ("0001-01-01T00:00:00Z", True),
    ("9999-12-31T23:59:59Z", True),
    (None, False),
    ("", False),
    ("yesterday", False),
    (1767225600000, False),
    (-5, False),
    ("0001-01-01T00:00:00+09:00", False),
]


@pytest.mark.parametrize("text", [text for text, is_time in TOLD if is_time])
def test_a_time_in_another_form_is_one(valomnia: Source, text: str) -> None:
    """The contact comes, the bookmark is a time before now, and nothing is read twice."""
    everyone = valomnia.fill(3, every=60)
    valomnia.sandbox.stamp(int(everyone[0]), text)
    first = valomnia.read()
    assert sorted(valomnia.ids(first)) == sorted(everyone)
    assert valomnia.bookmark(first) <= valomnia.time
    valomnia.set(valomnia.time + timedelta(minutes=5))
    valomnia.change(everyone[2])
    assert valomnia.ids(valomnia.read(last(first))) == [everyone[2]]


@pytest.mark.parametrize("text", [text for text, is_time in TOLD if not is_time])
def test_a_contact_without_a_time_is_not_lost(valomnia: Source, text: Any) -> None:
    """Neither it nor its changes: while there are such, all contacts come, and it is said."""
    everyone = valomnia.fill(130, every=60)
    valomnia.sandbox.stamp(int(everyone[7]), text)
    page = valomnia.sandbox.state.page
    valomnia.sandbox.state.page = lambda query: page(
        {name: query[name] for name in query if name != "sort" or query[name] == "id"}
    )
    first = valomnia.read()
    assert set(valomnia.ids(first)) == set(everyone)
    assert "1 contacts do not say when they changed" in first.log
    second = valomnia.read(last(first))
    assert valomnia.ids(second) == everyone
    valomnia.sandbox.state.page = page
    valomnia.change(everyone[7])
    third = valomnia.read(last(second))
    assert valomnia.ids(third) == everyone
    assert "untimed" not in valomnia.place(third)
    valomnia.change(everyone[8])
    assert everyone[8] in valomnia.ids(valomnia.read(last(third)))


def test_all_contacts_are_read_again_if_that_broke_off(valomnia: Source) -> None:
    """That some do not tell when they changed stands in the state before they are read."""
    everyone = valomnia.fill(350, every=60)
    valomnia.sandbox.stamp(int(everyone[349]), "yesterday")
    valomnia.sandbox.fault(
        on="GET /api/v1.0/contacts", holding="sort=id", after=2, times=-1, status=500
    )
    failed = valomnia.read(max_tries=1)
    valomnia.sandbox.faults.clear()
    assert (failed.code, valomnia.place(failed)["untimed"]) == (1, True)
    run = valomnia.read(last(failed))
    assert valomnia.ids(run) == everyone


def test_a_crowd_in_the_last_second_of_all_is_read_whole(valomnia: Source) -> None:
    """After it there is no second to go on with."""
    everyone = valomnia.fill(250)
    for each in everyone[40:]:
        valomnia.sandbox.stamp(int(each), "9999-12-31T23:59:59Z")
    first = valomnia.read()
    assert sorted(valomnia.ids(first), key=int) == everyone
    assert valomnia.bookmark(first) <= valomnia.time
    assert valomnia.ids(valomnia.read(last(first))) == []


@pytest.mark.parametrize(
    "text", ["", "0000/00/00 00:00:00", "2026/02/30 10:00:00", "9999/12/31 23:59:59", "soon"]
)
def test_a_record_of_porters_without_a_time_is_not_lost(porters: Source, text: str) -> None:
    """It comes whenever PORTERS gives it, and bookmarks stay those of the others."""
    everyone = porters.fill(4, every=60)
    porters.sandbox.remove(everyone[3])
    porters.sandbox.database.stamp(everyone[0], text)
    first = porters.read()
    assert sorted(porters.ids(first)) == sorted(everyone)
    assert porters.bookmark(first) <= porters.time
    porters.set(porters.time + timedelta(minutes=5))
    porters.change(everyone[2])
    assert [each for each in porters.ids(porters.read(last(first))) if each != everyone[0]] == [
        everyone[2]
    ]


def test_bookmarks_take_times_to_the_second() -> None:
    """Whatever stands behind the second is no reason to begin after it."""
    state = {"replication_key_value": "2026-01-31T00:01:00.999Z"}
    start = Bookmark("contacts", "changed", state).start
    assert start == datetime(2026, 1, 31, tzinfo=timezone.utc)
