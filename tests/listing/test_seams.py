"""Promises of listings that are read by offsets: whole or refused, and with few requests."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.listing.offsets import read_rows
from tap_contacts.listing.pages import Incomplete, Page
from tap_contacts.transport.errors import NotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIZE = 50


class Rows:
    """A listing that counts what it is asked for."""

    def __init__(self, count: int) -> None:
        """Hold so many rows."""
        self.rows = [str(number) for number in range(1000, 1000 + count)]
        self.starts: list[int] = []
        self.asked = 0
        self.before: Callable[[int], None] = lambda _: None
        """Called before each page, with the number of those before it."""
        self.total: Callable[[], int] = lambda: len(self.rows)
        self.shorter: dict[int, int] = {}
        """Rows that the page of a number lacks at its end."""

    def page(self, start: int) -> Page:
        """Return a page."""
        number = len(self.starts)
        self.asked += 1
        self.before(number)
        self.starts.append(start)
        end = start + SIZE - self.shorter.get(number, 0)
        return Page([{"id": row} for row in self.rows[start:end]], self.total())

    def read(self) -> list[str]:
        """Read all."""
        return [row["id"] for row in read_rows("it", self.page, SIZE, "id")]


def failing(number: int, error: Exception) -> Callable[[int], None]:
    """Return what raises an error at the page of a number."""

    def fail(served: int) -> None:
        if served == number:
            raise error

    return fail


@pytest.mark.parametrize("kind", [Refused, NotFound])
@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_a_refused_page_is_the_end_of_the_reading(kind: type[Refused], number: int) -> None:
    """The first or a later one: the refusal is raised as it is, and asked for once."""
    rows, refusal = Rows(400), kind("API", "GET /", "no", code="E1", http_status=400)
    rows.before = failing(number, refusal)
    found: list[Any] = []
    with pytest.raises(kind) as raised:
        found.extend(read_rows("it", rows.page, SIZE, "id"))
    assert raised.value is refusal
    assert (len(rows.starts), rows.asked) == (number, number + 1)
    assert [row["id"] for row in found] == rows.rows[: len(found)]


def test_an_empty_page_is_no_end_where_rows_are_still_counted() -> None:
    """Nothing at all is not taken for everything."""
    with pytest.raises(Incomplete, match="counts 7 rows, gave 0"):
        list(read_rows("it", lambda _: Page([], 7), SIZE, "id"))


def every(*numbers: int) -> dict[int, int]:
    """Return that pages of some numbers lack most of their rows."""
    return dict.fromkeys(numbers, SIZE - 3)


@pytest.mark.parametrize("short", [(0,), (1,), (2, 3), (0, 1, 2, 3, 4)])
@pytest.mark.parametrize("total", [-1, None])
def test_a_short_page_in_the_middle_ends_nothing(short: Iterable[int], total: int | None) -> None:
    """With a total or without: the rows after it come, and each once."""
    rows = Rows(330)
    rows.shorter = every(*short)
    if total is not None:
        rows.total = lambda: total
    assert rows.read() == rows.rows


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 99, 100, 500])
def test_a_listing_that_stands_still_takes_one_request_a_page(count: int) -> None:
    """Each page overlaps the one before by a row, and none is read for nothing."""
    rows = Rows(count)
    assert rows.read() == rows.rows
    pages = max(1, -(-(count - 1) // (SIZE - 1)))
    assert pages <= len(rows.starts) <= pages + 1
    assert rows.starts == list(itertools.accumulate([SIZE - 1] * (len(rows.starts) - 1), initial=0))


@pytest.mark.parametrize(("at", "requests"), [(1, 16), (4, 22), (8, 22), (12, 22)])
def test_rows_deleted_while_it_is_read_cost_few_requests(at: int, requests: int) -> None:
    """150 go at once: it is read back page by page to a row that is known, and on from there."""
    rows = Rows(800)
    staying = set(rows.rows[150:])

    def delete(served: int) -> None:
        if served == at:
            del rows.rows[:150]

    rows.before = delete
    found = rows.read()
    assert staying <= set(found)
    assert len(set(found)) == len(found)
    assert len(rows.starts) == requests


def test_rows_deleted_one_by_one_cost_few_requests() -> None:
    """150 go, ten before each page: each time one page is read once more."""
    rows = Rows(800)
    staying = set(rows.rows[150:])

    def delete(served: int) -> None:
        if 0 < served <= 15:
            del rows.rows[:10]

    rows.before = delete
    assert staying <= set(rows.read())
    assert len(rows.starts) == 30


def test_a_listing_that_takes_no_offset_is_given_up() -> None:
    """The same full page again and again is neither the end nor worth asking for ever."""
    rows = Rows(60)
    asked = itertools.count()

    def first(_: int) -> Page:
        assert next(asked) < 1000
        return rows.page(0)

    found: list[str] = []
    with pytest.raises(Incomplete, match="whatever offset is asked for"):
        found.extend(row["id"] for row in read_rows("it", first, SIZE, "id"))
    assert found == rows.rows[:SIZE]
