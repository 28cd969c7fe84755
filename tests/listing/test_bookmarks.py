"""What a bookmark remembers of the rows behind it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.listing.bookmarks import (
    FIRST_MOMENT,
    MOST_SEEN,
    OVERLAP,
    Bookmark,
    Overlap,
    before,
    hash_of,
)

NOW = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


def bookmark(count: int) -> Bookmark:
    """Return a bookmark of this moment, behind which so many rows were seen."""
    state: dict[str, Any] = {"replication_key": "at", "replication_key_value": NOW.isoformat()}
    return Bookmark("contacts", "at", {**state, "seen": [f"h{n}" for n in range(count)]})


@pytest.mark.parametrize("more", [0, 1])
def test_of_too_many_rows_in_a_state_the_last_are_remembered(more: int) -> None:
    """However long the list is that somebody wrote into it."""
    seen = bookmark(MOST_SEEN + more).seen
    assert (len(seen), seen[0], seen[-1]) == (MOST_SEEN, f"h{more}", f"h{MOST_SEEN + more - 1}")


def test_a_run_that_does_not_end_remembers_no_more_rows_than_another() -> None:
    """Of those of the run before it and its own, it keeps the last."""
    overlap = Overlap(bookmark(MOST_SEEN))
    assert overlap.is_new({"id": 1}, NOW, NOW)
    kept = overlap.hashes(NOW, is_done=False)
    assert (len(kept), kept[0], kept[-1] in bookmark(MOST_SEEN).seen) == (MOST_SEEN, "h1", False)


@pytest.mark.parametrize(
    ("start", "is_overlapped"),
    [(None, True), (-100, True), (-61, True), (-60, True), (-59, False), (0, False), (9, False)],
)
def test_the_minute_before_a_bookmark_is_read_whole_unless_start_date_is_in_it(
    start: int | None, *, is_overlapped: bool
) -> None:
    """Where it is not read whole, what was seen of it is remembered for a run that reads it."""
    told = None if start is None else (NOW + timedelta(seconds=start)).isoformat()
    place = {"replication_key_value": NOW.isoformat(), "seen": ["h"]}
    mark = Bookmark("contacts", "at", place, told)
    assert mark.start == max(
        NOW - OVERLAP, NOW + timedelta(seconds=-60 if start is None else start)
    )
    assert mark.is_overlapped == is_overlapped
    assert Overlap(mark).hashes(NOW, is_done=True) == ([] if is_overlapped else ["h"])
    assert Overlap(mark).hashes(NOW, is_done=False) == ["h"]


def test_a_start_date_alone_leaves_nothing_out() -> None:
    """Without a bookmark there is no minute before it, nor what was seen of it."""
    mark = Bookmark("contacts", "at", {"seen": ["h"]}, NOW.isoformat())
    assert (mark.start, mark.is_overlapped, mark.seen) == (NOW, True, [])
    nothing = Bookmark("contacts", "at", {})
    assert (nothing.start, nothing.is_overlapped, nothing.seen) == (None, True, [])


@pytest.mark.parametrize(
    ("key", "counts"), [(None, True), ("at", True), ("other", False), ("", False)]
)
def test_a_bookmark_counts_if_it_is_of_the_same_key(key: str | None, *, counts: bool) -> None:
    """One of another field says nothing of this one; one that names none does."""
    place = {"replication_key": key, "replication_key_value": NOW.isoformat(), "seen": ["h"]}
    mark = Bookmark("contacts", "at", place)
    assert (mark.time, mark.seen) == ((NOW, ["h"]) if counts else (None, []))


@pytest.mark.parametrize("more", [0, 1, 5])
def test_of_too_many_rows_the_latest_are_remembered(more: int) -> None:
    """In whatever order they were read: the others come twice."""
    overlap = Overlap(bookmark(0))
    count = MOST_SEEN + more
    rows = [{"id": number} for number in range(count)]
    for number, row in enumerate(rows):  # the first is the latest
        assert overlap.is_new(row, NOW + timedelta(seconds=count - number), NOW)
    kept = overlap.hashes(NOW, is_done=True)
    assert {*kept} == {hash_of(row) for row in rows[:MOST_SEEN]}
    assert len(kept) == MOST_SEEN


@pytest.mark.parametrize(
    ("age", "is_seen", "is_kept"),
    [(-1, True, True), (0, True, True), (1, True, False), (0, False, True), (1, False, False)],
)
def test_a_row_is_remembered_if_the_next_run_may_read_it_again(
    age: int, *, is_seen: bool, is_kept: bool
) -> None:
    """A row that an earlier run has read is not new, however old; a changed one is."""
    row = {"id": 1}
    place = {"replication_key_value": NOW.isoformat(), "seen": [hash_of(row)] if is_seen else []}
    overlap = Overlap(Bookmark("contacts", "at", place))
    assert overlap.is_new(row, NOW - timedelta(seconds=age), NOW) == (not is_seen)
    assert overlap.is_new({**row, "x": 1}, NOW - timedelta(seconds=age), NOW)
    kept = overlap.hashes(NOW, is_done=True)
    assert (hash_of(row) in kept) == is_kept
    later = overlap.hashes(NOW + timedelta(seconds=2), is_done=True)
    assert later == []


def test_a_resumed_run_remembers_what_the_interrupted_one_saw() -> None:
    """As of the time from which the next run reads."""
    overlap = Overlap(bookmark(0))
    overlap.go_on(["a", "b"], NOW)
    assert overlap.hashes(NOW, is_done=True) == ["a", "b"]
    assert overlap.hashes(NOW + timedelta(seconds=1), is_done=True) == []


@pytest.mark.parametrize(("ahead", "drops"), [(0, False), (60, False), (61, True), (9999, True)])
def test_a_bookmark_ahead_of_the_servers_clock_is_dropped(
    ahead: int, caplog: pytest.LogCaptureFixture, *, drops: bool
) -> None:
    """By more than the minute that is read again, with all that it remembers."""
    mark = bookmark(2)
    assert mark.drop_if_ahead(NOW - timedelta(seconds=ahead)) == drops
    assert ("lies in the future" in caplog.text) == drops
    left = (None, [], {}) if drops else (NOW, ["h0", "h1"], bookmark(2).state)
    assert (mark.time, mark.seen, mark.state) == left


@pytest.mark.parametrize(("ahead", "warns"), [(-1, False), (0, False), (1, True)])
def test_a_start_date_ahead_of_the_servers_clock_is_told(
    ahead: int, caplog: pytest.LogCaptureFixture, *, warns: bool
) -> None:
    """It counts all the same."""
    mark = Bookmark("contacts", "at", {}, (NOW + timedelta(seconds=ahead)).isoformat())
    assert not mark.drop_if_ahead(NOW)
    assert ("start_date" in caplog.text) == warns
    assert mark.start == NOW + timedelta(seconds=ahead)


def test_a_state_says_what_the_next_run_needs_and_no_more() -> None:
    """What was seen goes when there is none, and so does the word on rows without time."""
    mark = bookmark(1)
    mark.note_untimed(are_there=True)
    assert Bookmark("contacts", "at", mark.state).is_untimed
    mark.note_untimed(are_there=False)
    mark.move("later", [])
    assert mark.state == {"replication_key": "at", "replication_key_value": "later"}
    mark.move("later", iter(["a"]))
    assert mark.state["seen"] == ["a"]
    assert not Bookmark("contacts", "at", {"untimed": "yes"}).is_untimed


@pytest.mark.parametrize("told", [None, "text", {"a": 1}, 7])
def test_what_was_seen_counts_if_it_is_a_list_of_hashes(told: object) -> None:
    """Whatever else stands there, its rows come again."""
    place = {"replication_key_value": NOW.isoformat()}
    assert Bookmark("contacts", "at", {**place, "seen": told}).seen == []
    assert Bookmark("contacts", "at", {**place, "seen": [told, "h", 1]}).seen == (
        ["text", "h"] if told == "text" else ["h"]
    )


def test_the_earliest_time_has_no_minute_before_it() -> None:
    """Nothing is earlier."""
    assert before(FIRST_MOMENT) == before(FIRST_MOMENT + OVERLAP) == FIRST_MOMENT
    assert before(NOW) == NOW - OVERLAP


def test_a_state_of_an_earlier_version_is_understood() -> None:
    """The hash of a record stays what it was, and does not depend on the order of its fields."""
    record = {"id": "1", "b": None, "a": ["x"]}
    assert hash_of(record) == hash_of(dict(reversed(record.items()))) == "ET11LgDmFzms"


@pytest.mark.parametrize("told", [None, ""])
def test_what_is_empty_is_no_start(told: object) -> None:
    """Whoever sets nothing reads everything."""
    mark = Bookmark("contacts", "at", {"replication_key_value": told, "seen": ["h"]}, told)
    assert (mark.start, mark.time, mark.floor, mark.seen) == (None, None, None, [])


@pytest.mark.parametrize("told", ["yesterday", 0, False, {}])
def test_what_is_no_time_is_named(told: object) -> None:
    """The setting by its name, a bookmark by that of its stream."""
    with pytest.raises(ConfigurationError, match="start_date must be a time such as 2026-01-31T"):
        Bookmark("contacts", "at", {}, told)
    with pytest.raises(ConfigurationError, match="The bookmark of contacts in the state must be"):
        Bookmark("contacts", "at", {"replication_key_value": told})
