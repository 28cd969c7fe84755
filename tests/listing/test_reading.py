"""Promises of reading: in parallel yet in order, complete or failed, and resumed where it ended."""

from __future__ import annotations

import random
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.listing.offsets import Incomplete, Listing, Page, read_chunks
from tap_contacts.listing.prefetch import Offsets, in_order
from tap_contacts.listing.seen_keys import SeenKeys
from tap_contacts.transport.errors import Stopped
from tests.sandbox.cobai import CUSTOMER_UUID, Cobai
from tests.sandbox.zoho_voice import CONTACTS_PATH, FIRST_ID, ZohoVoice
from tests.support.reading import (
    COBAI,
    LOST,
    ZOHO,
    Counting,
    broken_off,
    fill,
    filled,
    keys,
    progress,
    read,
    state,
    timeless,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tests.sandbox.server import Fault, Request, Response, Sandbox
    from tests.support.commands import Workplace


GONE = Stopped("API", "GET /", "gone")


class Together(ZohoVoice):
    """A Zoho Voice that answers for pages but the first only when so many are asked for at once."""

    def __init__(self, parties: int) -> None:
        """Take how many."""
        super().__init__()
        self._all = threading.Barrier(parties, timeout=20)

    def answer(self, request: Request) -> tuple[Response | None, Fault | None]:
        """Wait for the others."""
        if request.path == CONTACTS_PATH and request.query["from"] != "0":
            self._all.wait()
        return super().answer(request)


def asked(sandbox: Sandbox, path: str) -> int:
    """Return how many requests there were below a path."""
    return sum(line.request.path.startswith(path) for line in sandbox.log)


# In parallel and in order.


def test_pages_are_read_eight_at_a_time_by_default(workplace: Workplace) -> None:
    """No page is answered before eight are asked for, and all contacts come in order."""
    with Together(8) as zoho:
        expected = fill(zoho, 800)
        run = read(workplace, zoho)
    assert (run.code, keys(run, ZOHO)) == (0, expected)


def test_what_is_written_does_not_depend_on_the_requests_in_flight(workplace: Workplace) -> None:
    """One at a time or eight: the same bytes but for the times, the same number of requests."""
    with ZohoVoice(lock_after=None) as zoho, Cobai() as cobai:
        fill(zoho, 500)
        filled(cobai, 40)
        account = {"zoho_voice": zoho.tap_config(), "cobai": cobai.tap_config()}
        serial = workplace.tap({**account, "concurrency": 1})
        requests = (len(zoho.log), len(cobai.log))
        parallel = workplace.tap({**account, "concurrency": 8})
    assert (serial.code, timeless(parallel)) == (0, timeless(serial))
    assert (len(zoho.log), len(cobai.log)) == (2 * requests[0], 2 * requests[1])


def test_details_are_read_in_parallel_and_in_order(workplace: Workplace) -> None:
    """With contact_details each contact is read alone; order and progress stay those of pages."""
    with ZohoVoice() as zoho:
        expected = fill(zoho, 120)
        zoho.fault(on=f"GET {CONTACTS_PATH}/{expected[80]}", times=-1, status=400, body="{}")
        failed = read(workplace, zoho, account={"contact_details": True})
        zoho.faults.clear()
        run = read(workplace, zoho, state(failed), account={"contact_details": True})
    assert (failed.code, keys(failed, ZOHO)) == (1, expected[:80])
    assert (run.code, keys(run, ZOHO)) == (0, expected[50:])
    assert all(record["number"] for record in run.records(ZOHO))


def even(item: int) -> int:
    """Return a number, unless it is odd."""
    if item % 2:
        raise GONE
    return item


def broken() -> Iterator[int]:
    """Yield even numbers, then fail."""
    yield from (0, 2, 4)
    raise GONE


@pytest.mark.parametrize(("items", "expected"), [([0, 2, 3, 4], [0, 2]), (broken(), [0, 2, 4])])
def test_an_error_comes_after_all_that_was_read_before_it(
    items: Iterable[int], expected: list[int]
) -> None:
    """Neither a failing call nor a failing source of items takes an earlier result with it."""
    seen: list[int] = []
    with ThreadPoolExecutor(4) as pool, pytest.raises(Stopped):
        seen.extend(in_order(pool, even, items, 8))
    assert seen == expected


# Complete, whatever the total says and however the listing changes.


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


# Resumed.


def test_a_listing_that_broke_off_is_resumed_where_it_ended(workplace: Workplace) -> None:
    """The next run reads the rest and little else, and the one after it all again."""
    with ZohoVoice() as zoho:
        expected = fill(zoho, 2000)
        zoho.fault(on=f"GET {CONTACTS_PATH}", after=31, times=-1, status=500)
        failed = read(workplace, zoho, max_tries=1)
        first = keys(failed, ZOHO)
        assert failed.code == 1
        assert 20 * 49 < len(first) < 31 * 49
        assert first == expected[: len(first)]
        assert progress(failed, ZOHO) == {"offset": len(first) - 1, "id": first[-1]}

        zoho.faults.clear()
        zoho.log.clear()
        run = read(workplace, zoho, state(failed))
        assert (run.code, keys(run, ZOHO)) == (0, expected[len(first) :])
        assert asked(zoho, CONTACTS_PATH) <= (2000 - len(first)) // 49 + 3
        assert (progress(run, ZOHO), LOST in run.log) == (None, False)

        again = read(workplace, zoho, state(run))
    assert (again.code, keys(again, ZOHO)) == (0, expected)


def test_a_listing_that_changed_since_is_read_from_the_start(workplace: Workplace) -> None:
    """A contact gone before the place where the run ended leaves nothing to go on from."""
    with ZohoVoice() as zoho:
        expected = fill(zoho, 300)
        zoho.fault(on=f"GET {CONTACTS_PATH}", after=4, times=-1, status=500)
        failed = read(workplace, zoho, max_tries=1, concurrency=1)
        zoho.faults.clear()
        zoho.remove(expected.pop(3))
        run = read(workplace, zoho, state(failed))
    assert (failed.code, run.code, keys(run, ZOHO)) == (1, 0, expected)
    assert run.log.count(LOST) == 1


def test_a_place_that_the_api_does_not_know_any_more_is_not_insisted_on(
    workplace: Workplace,
) -> None:
    """Where the API refuses the offset at which an earlier run ended, all of it is read."""
    refusal = '{"code": "ZVT9001", "message": "from", "status": "ERROR"}'
    with ZohoVoice() as zoho:
        expected = fill(zoho, 120)
        zoho.fault(on=f"GET {CONTACTS_PATH}", after=1, status=200, body=refusal)
        told = {"bookmarks": {ZOHO: {"progress": {"offset": 49, "id": expected[49]}}}}
        run = read(workplace, zoho, told)
    assert (run.code, keys(run, ZOHO), run.log.count(LOST)) == (0, expected, 1)


def test_contacts_added_since_are_read_by_the_resumed_run(workplace: Workplace) -> None:
    """New contacts come last, so that the place where the run ended still is the same."""
    with ZohoVoice() as zoho:
        expected = fill(zoho, 300)
        zoho.fault(on=f"GET {CONTACTS_PATH}", after=4, times=-1, status=500)
        failed = read(workplace, zoho, max_tries=1, concurrency=1)
        zoho.faults.clear()
        expected += fill(zoho, 100)
        run = read(workplace, zoho, state(failed))
    assert (run.code, keys(failed, ZOHO) + keys(run, ZOHO)) == (0, expected)


def test_a_listing_that_does_not_ascend_is_never_resumed(workplace: Workplace) -> None:
    """Where new contacts may come anywhere, no state says how far the listing was read."""
    with ZohoVoice() as zoho:
        for number in range(300):
            fields = {"first_name": "A", "mobile": "1"}
            zoho.state.create(fields, contact_id=str(9_000_000 - (number + 150) % 300))
        zoho.fault(on=f"GET {CONTACTS_PATH}", after=6, times=-1, status=500)
        failed = read(workplace, zoho, max_tries=1, concurrency=1)
    assert (failed.code, len(keys(failed, ZOHO)) > 200) == (1, True)
    assert all("progress" not in line for line in failed.out.splitlines())


@pytest.mark.parametrize(
    "place",
    [
        {"offset": 49},
        {"offset": -5, "id": "1"},
        {"offset": "49", "id": 7},
        {"offset": 49, "id": "1", "more": 1},
        {"offset": 10**30, "id": "1"},
        {"offset": 10**8, "id": "1"},
        {"offset": 48, "id": str(FIRST_ID + 2 * 49)},
        {"offset": 5000, "id": "1"},
        {"customers": 5, "sha256": "0"},
        [1],
        "offset",
    ],
)
def test_a_state_that_cannot_be_right_is_not_used(workplace: Workplace, place: Any) -> None:
    """What is no progress of this listing means to read all of it, with one line in the log."""
    told = {"bookmarks": {ZOHO: {"progress": place}, COBAI: {"progress": place}}}
    with ZohoVoice() as zoho, Cobai() as cobai:
        expected, uuids = fill(zoho, 60), filled(cobai, 3)
        run = read(workplace, zoho, told, cobai=cobai.tap_config())
    assert (run.code, keys(run, ZOHO), keys(run, COBAI)) == (0, expected, uuids)
    assert run.log.count(LOST) == 2
    assert "Traceback" not in run.log


def test_customers_that_were_read_are_not_read_again(workplace: Workplace) -> None:
    """A run that goes on asks for the contacts of the customers left, however many were added."""
    with Cobai() as cobai:
        expected = filled(cobai, 60)
        failed = broken_off(workplace, cobai)
        done: Mapping[str, Any] = progress(failed, COBAI)
        customers = cobai.add_customer()
        run = read(workplace, cobai, state(failed))
        lists = {line.request.path.split("/")[3] for line in cobai.log[1:60]}
    first = set(keys(failed, COBAI))
    assert (failed.code, run.code, done["customers"]) == (1, 0, 10 * (done["customers"] // 10))
    assert done["customers"] >= 10
    assert first | set(keys(run, COBAI)) == set(expected)
    assert len(first & set(keys(run, COBAI))) < 25
    assert (CUSTOMER_UUID in lists, progress(run, COBAI)) == (False, None)
    assert asked(cobai, f"/v2/customer/{customers}") == 1


def test_customers_that_changed_since_are_all_read(workplace: Workplace) -> None:
    """Another customer among those that were read leaves nothing to go on from."""
    with Cobai() as cobai:
        expected = filled(cobai, 60)
        failed = broken_off(workplace, cobai)
        del cobai.customers[CUSTOMER_UUID]
        run = read(workplace, cobai, state(failed))
    assert (run.code, set(keys(run, COBAI))) == (0, set(expected))
    assert run.log.count(LOST) == 1
