"""One record on which an API fails every time stops neither the others nor the next run."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.crash.lab import KINDS
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.porters_codes import Code
from tests.support.commands import Workplace
from tests.support.one_night import (
    CODES,
    KINDS_OF_WRITE,
    PAGE,
    PEOPLE,
    POSITIONS,
    Night,
    all_apis,
    held_by,
    must_land,
    must_pass_over,
    writes,
)

FAULTS: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "503": {"status": 503, "body": PAGE},
    "cut before": {"cut": "before"},
    "cut after": {"cut": "after"},
    "silence": {"cut": "before", "delay": 1.0},
    "half": {"cut": "half"},
    "page": {"status": 200, "body": PAGE},
}
"""What an API may do to every request that holds one record."""

CARRIED_OUT = {"cut after", "half"}
"""Faults that strike only after the API has done what was asked."""
single_apis = pytest.mark.parametrize("api", ["cobai", "valomnia", "zoho_voice"])


# One that always fails.

ROTATED = [
    (api, write, fault, position)
    for turn, (api, write) in enumerate(itertools.product(sorted(KINDS), KINDS_OF_WRITE))
    for fault, position in zip(
        FAULTS, itertools.islice(itertools.cycle(POSITIONS), turn, None), strict=False
    )
]
"""Every API, write and fault, and all positions with each API and write."""


@pytest.mark.parametrize(("api", "write", "fault", "position"), ROTATED)
def test_a_record_that_always_fails_is_rejected_alone(
    workplace: Workplace, api: str, write: str, fault: str, position: str
) -> None:
    """The others land once, it is in the rejects, STATE passes it, and the next run writes it."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, write)
        wanted = list(PEOPLE)[:1] if position == "only" else list(PEOPLE)
        one = wanted[POSITIONS[position]]
        night.spoil(one, **FAULTS[fault])
        run = night.run(wanted)
        if (api, write, fault) == ("cobai", "update", "half"):
            assert run.code == 0  # its answer is empty, so that half of it is all of it
            return
        if fault in CARRIED_OUT and write == "create" and api != "bas_ip":
            assert (run.code, run.summary["created"]) == (0, len(wanted))  # found by its look-up
            assert night.held == dict.fromkeys(wanted, 1)
            return
        must_pass_over(night, run, wanted, {one})
        (rejection,) = workplace.rejections
        assert (rejection["code"], rejection["attempts"]) == ("outcome_unknown", 1)
        assert rejection["http_status"] == FAULTS[fault].get("status")
        if fault not in CARRIED_OUT:
            assert max(night.taken.values(), default=1) == 1
        must_land(night, wanted)


@pytest.mark.parametrize(("write", "code", "place", "position"), CODES)
def test_a_code_of_porters_that_always_comes_is_of_one_record(
    workplace: Workplace, write: str, code: int, place: str, position: str
) -> None:
    """Whether the code refuses the record or tells nothing, and for the request or the item."""
    with Porters() as porters:
        night = Night(porters, workplace, write)
        wanted = list(PEOPLE)[:1] if position == "only" else list(PEOPLE)
        one = wanted[POSITIONS[position]]
        if place == "item":
            porters.spoilt[held_by(one)] = Code(code)
        else:
            night.spoil(one, status=200, body=f"<System><Code>{code}</Code></System>")
        must_pass_over(night, night.run(wanted), wanted, {one})
        unknown = write == "create" and code != 8
        assert night.rejected() == [(one, "outcome_unknown" if unknown else str(code))]
        assert max(night.taken.values(), default=1) == 1 or place == "item"
        porters.spoilt.clear()
        must_land(night, wanted)


@pytest.mark.parametrize("code", [146, 403, 404])
@pytest.mark.parametrize("position", POSITIONS)
def test_a_code_that_would_end_a_run_is_of_one_record_where_another_is_taken(
    workplace: Workplace, code: int, position: str
) -> None:
    """PORTERS says it of an item, and takes the others of the same request."""
    one = list(PEOPLE)[POSITIONS[position]]
    with Porters() as porters:
        night = Night(porters, workplace)
        porters.spoilt[held_by(one)] = Code(code)
        if position == "only":
            run = night.run([one])
            assert (run.code, run.messages, workplace.rejections) == (1, [], [])
            return
        must_pass_over(night, night.run(PEOPLE), PEOPLE, {one})
        assert night.rejected() == [(one, str(code))]
        porters.spoilt.clear()
        must_land(night, list(PEOPLE))


@pytest.mark.parametrize("code", [Code.UNAVAILABLE, Code.TOKEN_EXPIRED, Code.TOKEN_INVALID])
def test_what_began_in_the_midst_of_a_request_convicts_no_record(
    workplace: Workplace, code: Code
) -> None:
    """Maintenance, or the end of the token."""
    with Porters() as porters:
        night = Night(porters, workplace)
        porters.spoilt[held_by(5)] = code
        run = night.run(PEOPLE)
        assert (run.code, run.messages, workplace.rejections) == (1, [], [])
        porters.spoilt.clear()
        must_land(night, list(PEOPLE))


BARRED = [
    (api, write, status)
    for (api, write), status in zip(
        itertools.product(sorted(KINDS), KINDS_OF_WRITE),
        itertools.cycle([403, 401, 404, 405, 413, 451, 403]),
        strict=False,
    )
]


@pytest.mark.parametrize(("api", "write", "status"), [*BARRED, ("valomnia", "create", 403)])
def test_a_record_that_something_before_the_api_bars_is_rejected_alone(
    workplace: Workplace, api: str, write: str, status: int
) -> None:
    """Whatever page a firewall answers to what a record holds, once others were let through."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, write)
        night.spoil(12, status=status, body="<html><body>Blocked</body></html>")
        run = night.run(PEOPLE, concurrency=1, batch_size_rows=6)
        must_pass_over(night, run, PEOPLE, {12})
        must_land(night, list(PEOPLE))


@pytest.mark.parametrize("status", [403, 404, 405])
@pytest.mark.parametrize("canary", [False, True])
def test_a_page_for_the_first_contact_of_a_monitor_ends_no_run(
    workplace: Workplace,
    status: int,
    canary: bool,  # noqa: FBT001
) -> None:
    """As for any other API, a second one is tried."""
    with BasIp() as monitor:
        night = Night(monitor, workplace)
        night.spoil(1, status=status, body="<html><body>Blocked</body></html>")
        run = night.run(PEOPLE, canary=canary)
        must_pass_over(night, run, PEOPLE, {1})
        must_land(night, list(PEOPLE))


def test_a_create_that_cobai_does_not_allow_is_of_one_record(workplace: Workplace) -> None:
    """Without words it is told from a wrong address by the next ones, which are taken."""
    with Cobai() as cobai:
        night = Night(cobai, workplace)
        night.spoil(1, status=405)
        must_pass_over(night, night.run(PEOPLE), PEOPLE, {1})
        must_land(night, list(PEOPLE))


# Several that always fail.

SEVERAL = {
    "the first two": {1, 2},
    "the last two": {11, 12},
    "two in a row": {5, 6},
    "three": {1, 6, 12},
    "every second": set(range(1, 13, 2)),
}


@pytest.mark.parametrize(
    ("which", "concurrency"),
    [("the first two", 1), ("two in a row", 1), ("every second", 1), ("every second", 4)],
)
@single_apis
@writes
def test_several_that_fail_are_rejected_each(
    workplace: Workplace, api: str, write: str, which: str, concurrency: int
) -> None:
    """However they stand among the others, and with one request in flight at a time, too."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, write)
        night.spoil(*SEVERAL[which], status=500)
        run = night.run(PEOPLE, concurrency=concurrency)
        must_pass_over(night, run, PEOPLE, SEVERAL[which])


@pytest.mark.parametrize("which", SEVERAL)
@pytest.mark.parametrize("api", ["bas_ip", "porters"])
@writes
def test_several_that_fail_in_one_request_are_found(
    workplace: Workplace, api: str, write: str, which: str
) -> None:
    """All who share a request with them land, once each."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, write)
        night.spoil(*SEVERAL[which], status=500)
        run = night.run(PEOPLE)
        must_pass_over(night, run, PEOPLE, SEVERAL[which])
        assert set(night.taken.values()) == {1}


@pytest.mark.parametrize("which", ["the first two", "every second"])
@all_apis
@writes
def test_records_that_fail_are_told_from_an_outage_in_batches_of_one(
    workplace: Workplace, api: str, write: str, which: str
) -> None:
    """It need not be known at once, but whoever comes next tells."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, write)
        night.spoil(*SEVERAL[which], status=503)
        run = night.run(PEOPLE, batch_size_rows=1)
        must_pass_over(night, run, PEOPLE, SEVERAL[which])


@writes
def test_with_one_try_only_others_are_found_all_the_same(workplace: Workplace, write: str) -> None:
    """Halving goes on until a contact stands alone, however few tries one request has."""
    for api in ("bas_ip", "porters"):
        with KINDS[api]() as sandbox:
            folder = workplace.folder / api
            folder.mkdir()
            night = Night(sandbox, Workplace(folder), write)
            night.spoil(3, status=500)
            must_pass_over(night, night.run(PEOPLE, max_tries=1), PEOPLE, {3})


def test_a_culprit_among_many_costs_few_requests(workplace: Workplace) -> None:
    """In a full request of a thousand: as often as it can be halved, and its own tries."""
    with BasIp(max_contacts=2000) as sandbox:
        night = Night(sandbox, workplace)
        night.spoil(700, status=500)
        run = night.run(range(1, 1001))
        assert (run.code, run.summary["created"], night.rejected()) == (
            3,
            999,
            [(700, "outcome_unknown")],
        )
        assert night.sent <= 3 + 2 * 10 + 3


@single_apis
def test_many_that_fail_among_many_cost_as_many_rounds_as_one(
    workplace: Workplace, api: str
) -> None:
    """Half of sixty: each is sent as often as may be, and all are looked up together each time."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        spoilt = set(range(1, 61, 2))
        night.spoil(*spoilt, status=500)
        run = night.run(range(1, 61))
        assert (run.code, run.summary["created"]) == (3, 30)
        assert {number for number, _ in night.rejected()} == spoilt
        assert night.sent == 30 + 3 * 30
        reads = sum(line.request.method == "GET" for line in sandbox.log)
        assert reads <= 3 * 30 + 1
