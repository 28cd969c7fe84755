"""Rows that tell odd times."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tap_contacts.listing.bookmarks import Bookmark
from tap_contacts.listing.clocks import moment
from tests.support.nights import Source, last

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


def test_contacts_without_a_time_are_not_lost(valomnia: Source) -> None:
    """Neither they nor their changes: while there are such, all contacts come, and it is said."""
    everyone = valomnia.fill(130, every=60)
    odd = [text for text, is_time in TOLD if not is_time]
    for place, text in enumerate(odd, 7):
        valomnia.sandbox.stamp(int(everyone[place]), text)
    page = valomnia.sandbox.state.page
    valomnia.sandbox.state.page = lambda query: page(
        {name: query[name] for name in query if name != "sort" or query[name] == "id"}
    )
    first = valomnia.read()
    assert set(valomnia.ids(first)) == set(everyone)
    assert f"{len(odd)} contacts do not say when they changed" in first.log
    second = valomnia.read(last(first))
    assert valomnia.ids(second) == everyone
    valomnia.sandbox.state.page = page
    for place in range(7, 7 + len(odd)):
        valomnia.change(everyone[place])
    third = valomnia.read(last(second))
    assert valomnia.ids(third) == everyone
    assert "untimed" not in valomnia.place(third)
    valomnia.change(everyone[20])
    assert everyone[20] in valomnia.ids(valomnia.read(last(third)))


@pytest.mark.parametrize("text", [text for text, is_time in TOLD if not is_time])
def test_what_is_no_time_is_none(text: Any) -> None:
    """Each of them by itself."""
    assert moment(text) is None


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


def test_records_of_porters_without_a_time_are_not_lost(porters: Source) -> None:
    """They come whenever PORTERS gives them, and bookmarks stay those of the others."""
    odd = ["", "0000/00/00 00:00:00", "2026/02/30 10:00:00", "9999/12/31 23:59:59", "soon"]
    everyone = porters.fill(8, every=60)
    porters.sandbox.remove(everyone[7])
    for each, text in zip(everyone, odd, strict=False):
        porters.sandbox.database.stamp(each, text)
    first = porters.read()
    assert sorted(porters.ids(first)) == sorted(everyone)
    assert porters.bookmark(first) <= porters.time
    porters.set(porters.time + timedelta(minutes=5))
    porters.change(everyone[6])
    found = porters.ids(porters.read(last(first)))
    assert [each for each in found if each not in everyone[:5]] == [everyone[6]]


def test_bookmarks_take_times_to_the_second() -> None:
    """Whatever stands behind the second is no reason to begin after it."""
    state = {"replication_key_value": "2026-01-31T00:01:00.999Z"}
    start = Bookmark("contacts", "changed", state).start
    assert start == datetime(2026, 1, 31, tzinfo=timezone.utc)
