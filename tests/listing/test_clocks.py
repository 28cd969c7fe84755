"""Clocks that are wrong: rows and bookmarks of the future, and clocks that disagree."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.listing.clocks import clocks
from tests.support.nights import AHEAD, NOW, Source, last, told

if TYPE_CHECKING:
    from tests.support.commands import Finished


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
    for day in range(1 if mapped else 3):
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
    before = 2 if source.api == "porters" else 0  # reads that show that the streams may be read
    assert source.bookmark(first) <= began + timedelta(seconds=100 * (before + 1))
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


@pytest.mark.parametrize("hours", [-30, 20])
def test_a_server_whose_clock_is_wrong_loses_nothing(source: Source, hours: int) -> None:
    """Hours behind this machine's or ahead: each run has what changed since the one before."""
    source.set(NOW + timedelta(hours=hours))
    everyone = source.fill(5, every=60)
    first = source.read()
    assert sorted(source.ids(first)) == sorted(everyone)
    for number in range(2):
        source.set(source.time + timedelta(minutes=5))
        source.change(everyone[number])
        first = source.read(last(first))
        assert source.ids(first) == [everyone[number]]


def test_a_clock_that_is_put_right_loses_nothing(source: Source) -> None:
    """The server's clock is ahead for one night; then changes are stamped with earlier times."""
    source.set(NOW + timedelta(hours=3))
    everyone = source.fill(5)
    first = source.read()
    assert source.bookmark(first) <= datetime.now(timezone.utc) + timedelta(minutes=10)
    source.set(datetime.now(timezone.utc) + timedelta(minutes=1))
    source.change(everyone[3])
    assert everyone[3] in source.ids(source.read(last(first)))


IN_TWO_YEARS = format_datetime(NOW + timedelta(days=700), usegmt=True)


@pytest.mark.parametrize(
    "date",
    [
        None,
        "",
        "soon",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        pytest.param(IN_TWO_YEARS, id="in two years"),
    ],
)
def test_a_date_that_cannot_be_is_none(date: str | None, caplog: pytest.LogCaptureFixture) -> None:
    """It is said, and this machine's clock is the server's."""
    found = clocks("it", date)
    assert found.server == found.bound
    assert timedelta(0) <= datetime.now(timezone.utc) - found.bound < timedelta(hours=1)
    assert caplog.text.count("no further than this machine's clock") == 1


@pytest.mark.parametrize("date", [None, pytest.param(IN_TWO_YEARS, id="in two years")])
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
