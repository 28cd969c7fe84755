"""Reading is complete or fails, whatever the total says and however the list changes."""

from __future__ import annotations

import random
from concurrent.futures import Executor, Future
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.listing.offsets import read_chunks
from tap_contacts.listing.pages import Incomplete, Listing, Page
from tap_contacts.listing.prefetch import Offsets
from tap_contacts.listing.seen_keys import SeenKeys
from tests.sandbox.zoho_voice import CONTACTS_PATH, ZohoVoice
from tests.support.reading import ZOHO, Counting, fill, keys, progress, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Workplace


def asked(sandbox: Sandbox, path: str) -> int:
    """Return how many requests there were below a path."""
    return sum(line.request.path.startswith(path) for line in sandbox.log)


@pytest.mark.parametrize(
    ("total", "most_wasted"),
    [(lambda _: -1, 8), (lambda _: 10, 8), (lambda true: true - 30, 8), (lambda _: 0, 8)],
)
def test_a_total_that_is_not_told_or_too_small_ends_nothing(
    workplace: Workplace, total: Callable[[int], int], most_wasted: int
) -> None:
    """Every contact comes; a few requests are wasted, since nobody knows where the end is."""
    with Counting(total) as zoho:
        expected = fill(zoho, 1000)
        run = read(workplace, zoho)
    assert (run.code, keys(run, ZOHO)) == (0, expected)
    assert asked(zoho, CONTACTS_PATH) <= 1 + 21 + most_wasted


def test_a_total_that_is_too_large_fails_the_run(workplace: Workplace) -> None:
    """What the API counts and does not give may be missing: the run says so."""
    with Counting(lambda true: true + 1) as zoho:
        expected = fill(zoho, 500)
        run = read(workplace, zoho)
    assert (run.code, keys(run, ZOHO)) == (1, expected)
    assert "counts 501 rows, gave 500. Run again." in run.log
    assert progress(run, ZOHO) is None


def test_contacts_that_go_while_pages_are_read_ahead_take_no_other_with_them(
    workplace: Workplace,
) -> None:
    """Whichever page was read before they went, those that stay are read, once each."""
    with ZohoVoice() as zoho:
        expected = fill(zoho, 700)

        def delete(served: int) -> None:
            for identity in expected[served * 9 : served * 9 + 9] if served < 12 else ():
                zoho.remove(identity)

        zoho.on_list = delete
        run = read(workplace, zoho)
        left = {contact["contact_id"] for contact in zoho.contacts}
    read_ids = keys(run, ZOHO)
    assert run.code == 0
    assert [identity for identity in read_ids if identity in left] == expected[108:]
    assert len(set(read_ids)) == len(read_ids)


class AtOnce(Executor):
    """Does each call when it is submitted: pages are read long before they are looked at."""

    def submit(self, call: Any, /, *arguments: Any, **options: Any) -> Future[Any]:
        """Call, and keep the result."""
        future: Future[Any] = Future()
        future.set_result(call(*arguments, **options))
        return future


class Changing:
    """A listing whose rows come and go anywhere while it is read."""

    def __init__(self, seed: int, count: int) -> None:
        """Take a seed and the number of rows."""
        self._random = random.Random(seed)  # noqa: S311
        self._new = count
        self.rows = [str(number) for number in range(1, count + 1)]
        self.staying = set(self.rows)
        self._changes = 12

    def page(self, start: int) -> Page:
        """Return a page, after a change or none."""
        if self._changes and self._random.random() < 0.5:
            self._changes -= 1
            self._random.choice([self._insert, self._delete])(self._random.randrange(1, 9))
        rows = [{"id": row} for row in self.rows[start : start + 5]]
        return Page(rows, self._random.choice([-1, len(self.rows)]))

    def _insert(self, count: int) -> None:
        place = self._random.randrange(len(self.rows) + 1)
        self._new += count
        self.rows[place:place] = [f"new{self._new - each}" for each in range(count)]

    def _delete(self, count: int) -> None:
        place = self._random.randrange(len(self.rows))
        self.staying.difference_update(self.rows[place : place + count])
        del self.rows[place : place + count]


def rows_of(listing: Changing, ahead: int) -> list[str]:
    """Read a listing whole."""
    pages = Offsets(AtOnce(), listing.page, 4, ahead)
    chunks = read_chunks(Listing("it", 5, "id"), pages)
    return [row["id"] for chunk in chunks for row in chunk.records]


def test_rows_that_stay_are_read_whatever_comes_and_goes() -> None:
    """However pages read at different times mix, no row that was always there is missing."""
    complete = 0
    for seed in range(400):
        listing = Changing(seed, 60)
        with suppress(Incomplete):
            rows = rows_of(listing, 1 + seed % 9)
            complete += 1
            assert listing.staying <= set(rows)
            assert len(set(rows)) == len(rows)
    assert complete > 200


def test_rows_counted_by_a_page_that_was_read_too_early_are_not_missed() -> None:
    """Before a total fails the run, the last page is read again: some rows may have gone since."""
    told = {
        0: [Page(ids("123"), 6)],
        2: [Page(ids("356"), 5)],  # by now 4 has gone
        4: [Page(ids("56"), 6), Page(ids("6"), 5)],
    }
    pages = Offsets(AtOnce(), lambda start: told[start].pop(0), 2, 9)
    chunks = list(read_chunks(Listing("it", 3, "id"), pages))
    assert [row["id"] for chunk in chunks for row in chunk.records] == list("12356")


def test_without_a_total_one_page_more_is_read_ahead_after_each_full_one() -> None:
    """Nobody knows where the end is: a short list costs few requests, a long one little time."""
    starts: list[int] = []

    def page(start: int) -> Page:
        starts.append(start)
        return Page(ids("123456789abcdefghijk"[start : start + 3]), -1)

    chunks = read_chunks(Listing("it", 3, "id"), Offsets(AtOnce(), page, 2, 9))
    assert [len(starts) for _ in islice(chunks, 4)] == [1, 2, 4, 6]


def ids(names: str) -> list[dict[str, Any]]:
    """Return rows."""
    return [{"id": name} for name in names]


def test_keys_are_kept_apart_whatever_they_look_like() -> None:
    """007 is not 7, and a set of keys that ascend at first goes on without forgetting."""
    found = SeenKeys([])
    for key in ("7", "12", "007", "9" * 30, "a", "8"):
        assert (found.add(key), found.add(key)) == (True, False)
    assert (len(found), found.ascend) == (6, False)
    assert ["7" in found, "13" in found, "007" in found] == [True, False, True]
