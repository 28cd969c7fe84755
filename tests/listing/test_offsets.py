"""How a list is walked by offsets: which pages are asked for, and what makes it incomplete."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.listing.offsets import read_chunks, read_rows
from tap_contacts.listing.pages import Incomplete, Listing, Page
from tap_contacts.listing.prefetch import AFRESH, Chunk, Offsets
from tap_contacts.transport.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SIZE = 3
LISTING = Listing("API: GET /", SIZE, "id")


class Rows:
    """A list of which pages are given, and what was asked for."""

    def __init__(self, *ids: int, counts: bool = True) -> None:
        """Take the ids, and whether answers tell how many there are."""
        self.ids, self._counts = [*ids], counts
        self.starts: list[int] = []
        self.more = 0
        """How many rows are counted and never given."""
        self.change: Callable[[int], None] = lambda _: None
        """Called with the number of the page before it is given, from 1 on."""

    def page(self, start: int) -> Page:
        """Return a page."""
        self.starts.append(start)
        self.change(len(self.starts))
        total = len(self.ids) + self.more if self._counts else -1
        return Page([{"id": each} for each in self.ids[start : start + SIZE]], total)


def walk(fetch: Callable[[int], Page], progress: Mapping[str, Any] | None = None) -> list[Chunk]:
    """Return what is read of a list, one page at a time."""
    with ThreadPoolExecutor(1) as pool:
        return [*read_chunks(LISTING, Offsets(pool, fetch), progress)]


def ids(chunks: Sequence[Chunk]) -> list[int]:
    """Return the ids of records, in turn."""
    return [row["id"] for chunk in chunks for row in chunk.records]


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("count", range(12))
def test_each_row_comes_once_by_pages_that_overlap(count: int, *, counts: bool) -> None:
    """A page that is not full is the last if nothing more is counted, and else one of one row."""
    rows = Rows(*range(1, count + 1), counts=counts)
    assert ids(walk(rows.page)) == rows.ids
    ends_short = not counts and count > 0 and count % 2 == 0
    assert rows.starts == [*range(0, max(count, 1), 2), *[count - 1] * ends_short]
    again = Rows(*rows.ids, counts=counts)
    assert [row["id"] for row in read_rows("API: GET /", again.page, SIZE, "id")] == rows.ids


def test_a_chunk_tells_how_much_is_left_and_where_to_go_on() -> None:
    """At its last row, which is read again; after the last chunk there is nothing to go on with."""
    found = walk(Rows(1, 2, 3, 4, 5, 6).page)
    assert [len(chunk.records) for chunk in found] == [3, 2, 1]
    assert [chunk.left for chunk in found] == [3, 1, 0]
    assert [chunk.progress for chunk in found] == [
        {"offset": 2, "id": "3"},
        {"offset": 4, "id": "5"},
        None,
    ]
    assert {chunk.left for chunk in walk(Rows(1, 2, 3, 4, counts=False).page)} == {None}


def test_where_keys_do_not_ascend_there_is_no_place_to_go_on_from() -> None:
    """New rows may come anywhere, in front of it, too."""
    assert [chunk.progress for chunk in walk(Rows(1, 2, 3, 9, 4, 5, 6).page)] == [
        {"offset": 2, "id": "3"},
        {},
        {},
        {},
    ]


def test_a_page_that_ends_with_a_known_row_is_no_place_to_go_on_from() -> None:
    """A row has moved behind others; the next page tells a place again."""
    rows = Rows(1, 2, 3, counts=False)

    def change(number: int) -> None:
        if number == 2:
            rows.ids = [1, 1, 3, 4, 2, 5, 6]

    rows.change = change
    found = walk(rows.page)
    assert ids(found) == [1, 2, 3, 4, 5, 6]
    assert [chunk.progress for chunk in found] == [
        {"offset": 2, "id": "3"},
        None,
        {"offset": 6, "id": "6"},
        None,
    ]


# A list of which an earlier run has read some.


@pytest.mark.parametrize(
    ("offset", "last", "starts"), [(2, 3, [2, 4]), (4, 5, [4]), (5, 6, [5]), (1, 2, [1, 3, 5])]
)
def test_a_list_goes_on_behind_the_last_row_that_was_written(
    offset: int, last: int, starts: list[int]
) -> None:
    """If it is where it was; what is left counts from there."""
    rows = Rows(1, 2, 3, 4, 5, 6)
    found = walk(rows.page, {"offset": offset, "id": str(last)})
    assert (ids(found), rows.starts) == (rows.ids[last:], starts)
    assert found[-1].left == 0
    assert found[0].left == max(0, 6 - offset - SIZE)


@pytest.mark.parametrize(
    "progress",
    [
        {"offset": 1, "id": "3"},
        {"offset": 2, "id": "2"},
        {"offset": 2, "id": "4"},
        {"offset": 6, "id": "6"},
        {"offset": 99, "id": "3"},
        {"offset": 0, "id": "1"},
        {"offset": -1, "id": "1"},
        {"offset": 10**9, "id": "1"},
        {"offset": 10**30, "id": "1"},
        {"offset": 2, "id": 3},
        {"offset": "2", "id": "3"},
        {"offset": 2},
        {"offset": 2, "id": "3", "more": 1},
    ],
)
def test_a_list_that_is_not_as_it_was_left_is_read_afresh(
    progress: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """It is said, and all rows come."""
    rows = Rows(1, 2, 3, 4, 5, 6)
    found = walk(rows.page, progress)
    assert ids(found) == rows.ids
    assert [chunk.records for chunk in found[: found.index(AFRESH)] if chunk.records] == []
    assert caplog.text.count("API: GET /: not as an earlier run left it; all of it is read") == 1


def refusing(rows: Rows, which: int) -> Callable[[int], Page]:
    """Return what refuses one page of a list."""

    def fetch(start: int) -> Page:
        if len(rows.starts) == which:
            rows.starts.append(start)
            raise Refused("API", "GET /", "code 8")  # noqa: EM101
        return rows.page(start)

    return fetch


def test_an_offset_that_is_refused_at_once_is_behind_the_end() -> None:
    """The list has become shorter since an earlier run, and all of it is read."""
    rows = Rows(1, 2)
    found = walk(refusing(rows, 0), {"offset": 9, "id": "10"})
    assert (ids(found), AFRESH in found, rows.starts) == ([1, 2], True, [9, 0])


@pytest.mark.parametrize(
    ("progress", "which"), [(None, 0), (None, 1), ({"offset": 2, "id": "3"}, 1)]
)
def test_any_other_page_that_is_refused_ends_the_reading(progress: Any, which: int) -> None:
    """Rows would be missing."""
    rows = Rows(*range(1, 12))
    with pytest.raises(Refused, match="code 8"):
        walk(refusing(rows, which), progress)


# A list that changes while it is read.


@pytest.mark.parametrize(
    ("when", "starts"), [(2, [0, 2, 0, 2, 4, 6, 8]), (4, [0, 2, 4, 6, 4, 6, 8])]
)
def test_a_page_without_a_known_row_is_read_again_from_further_back(
    when: int, starts: list[int]
) -> None:
    """Rows before it were deleted; those that moved up are not missed."""
    rows = Rows(*range(1, 12))

    def change(number: int) -> None:
        if number == when:
            rows.ids = rows.ids[2:]

    rows.change = change
    assert ids(walk(rows.page)) == [*range(1, 12)]
    assert rows.starts == starts


def test_a_list_that_never_joins_is_given_up() -> None:
    """After a hundred pages that were read again in vain."""
    rows = Rows(*range(1, 9))
    rows.change = lambda number: rows.ids.__setitem__(
        slice(None), range(100 * number, 100 * number + 8)
    )
    with pytest.raises(Incomplete, match="changes faster than it can be read"):
        walk(rows.page)
    assert rows.starts == [0, 2] * 101


def test_a_list_that_heeds_no_offset_is_given_up() -> None:
    """After a hundred pages without a new row."""
    rows = Rows(*range(1, 4))
    rows.more = 9999
    asked: list[int] = []

    def fetch(start: int) -> Page:
        asked.append(start)
        return rows.page(0)

    with pytest.raises(Incomplete, match="gives the same rows again and again"):
        walk(fetch)
    assert len(asked) == 1 + 101


def test_pages_without_a_new_row_count_in_a_row() -> None:
    """Now and then there may be many, where rows were added in front."""
    told = [[1, 2, 3], *[[3, 2, 1]] * 100, [3, 4, 5], *[[5, 4, 3]] * 99, [3]]
    pages = iter(told)
    found = walk(lambda _: Page([{"id": each} for each in next(pages)], -1))
    assert ids(found) == [1, 2, 3, 4, 5]


# Rows that are counted and do not come.


def test_a_count_that_is_not_reached_makes_a_list_incomplete() -> None:
    """The last page is read once more, since rows may have gone or come."""
    rows = Rows(1, 2, 3, 4)
    rows.more = 2
    with pytest.raises(Incomplete, match=r"API: GET /: counts 6 rows, gave 4\. Run again\."):
        walk(rows.page)
    assert rows.starts == [0, 2, 3, 3]


def test_a_count_that_is_reached_the_second_time_makes_it_complete() -> None:
    """A row that comes late is read; one that went is counted no more."""
    rows = Rows(1, 2, 3, 4)
    rows.more = 1

    def change(number: int) -> None:
        if number == 4:
            rows.ids, rows.more = [1, 2, 3, 4, 5], 0

    rows.change = change
    assert ids(walk(rows.page)) == [1, 2, 3, 4, 5]


def test_rows_that_an_earlier_run_wrote_count(caplog: pytest.LogCaptureFixture) -> None:
    """Only those behind them are still to come."""
    rows = Rows(1, 2, 3, 4)
    rows.more = 1
    with pytest.raises(Incomplete, match="counts 5 rows, gave 4"):
        walk(rows.page, {"offset": 2, "id": "3"})
    assert caplog.text == ""


class AtOnce(Executor):
    """Does each call when it is submitted."""

    def submit(self, call: Any, /, *arguments: Any, **options: Any) -> Future[Any]:
        """Call, and keep the result."""
        future: Future[Any] = Future()
        future.set_result(call(*arguments, **options))
        return future


@pytest.mark.parametrize(
    ("counts", "ahead"),
    [
        (False, [0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7]),
        (True, [0, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20]),
    ],
)
def test_where_rows_are_counted_as_many_pages_are_fetched_ahead_as_may_be(
    ahead: list[int], *, counts: bool
) -> None:
    """Else one more after each full page, up to eight at once, since nobody knows the end."""
    rows = Rows(*range(1, 200), counts=counts)
    found = []
    for number, _ in enumerate(read_chunks(LISTING, Offsets(AtOnce(), rows.page, 2, 21))):
        found.append(max(rows.starts) // 2 - number)
    assert found[: len(ahead)] == ahead


def test_after_a_page_that_is_not_full_nothing_is_fetched_ahead() -> None:
    """Where nothing is counted it may be the last; of smaller pages all are read."""
    starts: list[int] = []

    def page(start: int) -> Page:
        starts.append(start)
        return Page([{"id": each} for each in range(start, min(start + 2, 9))], -1)

    assert ids([*read_chunks(LISTING, Offsets(AtOnce(), page, 2, 21))]) == [*range(9)]
    assert starts == [*range(9)]


def test_never_less_than_nothing_is_left() -> None:
    """A list may have become shorter than what was read of it."""
    rows = Rows(1, 2, 3, 4, 5)

    def change(number: int) -> None:
        rows.more = -4 if number == 2 else 0

    rows.change = change
    assert [chunk.left for chunk in walk(rows.page)] == [2, 0, 0]
