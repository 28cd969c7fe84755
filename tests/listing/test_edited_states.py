"""States of other versions, or edited by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.support.nights import NOW, Source, last, told

if TYPE_CHECKING:
    from tests.support.commands import Workplace


def test_a_state_without_what_was_seen_is_read_on(source: Source) -> None:
    """That of an earlier version: the minute before its bookmark comes once more."""
    everyone = source.fill(10, every=20)
    run = source.read(source.state(told(source.time - timedelta(seconds=20))))
    assert source.ids(run) == everyone[6:]
    assert source.ids(source.read(last(run))) == []


@pytest.mark.parametrize("value", [1767225600000, "01.02.2026"])
def test_a_bookmark_that_is_no_time_is_a_sentence(source: Source, value: Any) -> None:
    """Exit code 2, and nothing is read."""
    source.fill(1)
    run = source.read(source.state(value))
    assert (run.code, run.records(source.stream)) == (2, [])
    sentence = f"The bookmark of {source.stream} in the state must be a time such as 2026-01-31"
    assert (sentence in run.log, "Traceback" in run.log) == (True, False)


def test_an_empty_bookmark_is_none(source: Source) -> None:
    """Everything is read."""
    everyone = source.fill(3)
    assert source.ids(source.read(source.state(""))) == everyone


@pytest.mark.parametrize("seen", [[1, None, ["x"]], ["x"] * 5000])
def test_what_cannot_have_been_seen_is_passed_over(source: Source, seen: Any) -> None:
    """Then it comes again."""
    everyone = source.fill(3)
    run = source.read(source.state(told(source.time), seen=seen))
    assert source.ids(run) == everyone
    assert source.ids(source.read(last(run))) == []


def test_edited_progress_markers_are_a_sentence(source: Source) -> None:
    """Of the SDK's own keys, too, a wrong one ends in exit code 2."""
    run = source.read(source.state(None, progress_markers="x"))
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
