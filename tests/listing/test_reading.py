"""Reading is in parallel, yet in order."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tap_contacts.listing.prefetch import in_order
from tap_contacts.transport.errors import Stopped
from tests.sandbox.cobai import Cobai
from tests.sandbox.zoho_voice import CONTACTS_PATH, ZohoVoice
from tests.support.reading import ZOHO, fill, filled, keys, read, state, timeless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.sandbox.faults import Fault
    from tests.sandbox.messages import Request, Response
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
