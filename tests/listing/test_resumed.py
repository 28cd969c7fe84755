"""Reading is resumed where it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cobai import CUSTOMER_UUID, Cobai
from tests.sandbox.zoho_voice import CONTACTS_PATH, FIRST_ID, ZohoVoice
from tests.support.reading import (
    COBAI,
    LOST,
    ZOHO,
    broken_off,
    fill,
    filled,
    keys,
    progress,
    read,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Workplace


CUSTOMERS_PATH = "/v2/customer"


def asked(sandbox: Sandbox, path: str) -> int:
    """Return how many requests there were below a path."""
    return sum(line.request.path.startswith(path) for line in sandbox.log)


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
        {"offset": "49", "id": 7},
        {"offset": 10**30, "id": "1"},
        {"offset": 48, "id": str(FIRST_ID + 2 * 49)},
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
        paths = [line.request.path for line in cobai.log[:60]]
        lists = {path.split("/")[3] for path in paths if path != CUSTOMERS_PATH}
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
