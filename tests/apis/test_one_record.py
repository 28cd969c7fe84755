"""One record on which an API fails every time stops neither the others nor the next run.

Each test goes on from night to night: who is rejected in one lands in the next, in which others are
spoilt. When four records are an outage is tested in `tests/delivery`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.lab import KINDS
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.porters_codes import Code
from tests.support.one_night import (
    PAGE,
    PEOPLE,
    Night,
    all_apis,
    balanced,
    held_by,
    must_land,
    must_part,
    must_pass_over,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.commands import Workplace

FAULTS: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "503": {"status": 503, "body": PAGE},
    "cut before": {"cut": "before"},
    "silence": {"cut": "before", "delay": 1.0},
    "page": {"status": 200, "body": PAGE},
    "cut after": {"cut": "after"},
    "half": {"cut": "half"},
}
"""What an API may do to every request that holds one record."""

CARRIED_OUT = {"cut after", "half"}
"""Faults that strike only after the API has done what was asked."""

NOT_CARRIED_OUT = [fault for fault in FAULTS if fault not in CARRIED_OUT]
single_apis = pytest.mark.parametrize("api", ["cobai", "valomnia", "zoho_voice"])
TURNS = {api: turn for turn, api in enumerate(sorted(KINDS))}


SLOWLY = {"retry_wait_seconds": 0.3}
"""Long enough for others to succeed between the tries of those that fail: four that are given up in
a row are an outage."""


# Some that always fail.


def spoil(night: Night, faults: Mapping[int, str]) -> None:
    """Let a fault strike each of these people."""
    for number, fault in faults.items():
        night.spoil(number, **FAULTS[fault])


def placed(api: str, places: tuple[int, ...], faults: list[str]) -> dict[int, str]:
    """Return who has which fault; for every second API counted from the end."""
    found = [13 - place if TURNS[api] % 2 else place for place in places[: len(faults)]]
    return dict(zip(found, faults, strict=True))


def must_be_rejected(night: Night, faults: Mapping[int, str]) -> None:
    """Check what is said of those who are rejected."""
    told = {n: (r["code"], r["attempts"], r["http_status"]) for n, r in night.rejections.items()}
    assert told == {
        number: ("outcome_unknown", 1, FAULTS[fault].get("status"))
        for number, fault in faults.items()
    }


@all_apis
def test_records_that_always_fail_are_rejected_alone(workplace: Workplace, api: str) -> None:
    """First, in the middle and last; others land once, in the rejects are those, STATE passes."""
    quick = [fault for fault in NOT_CARRIED_OUT if fault != "silence"]
    nights = [quick, [*quick, "500"]][:: -1 if TURNS[api] % 2 else 1]
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        faults = placed(api, (1, 3, 5, 8, 11), nights[0])
        spoil(night, faults)
        must_part(night, night.run(PEOPLE, **SLOWLY), {*faults})
        must_be_rejected(night, faults)
        assert {*night.taken.values()} == {1}
        night.mend()
        night.go_on()
        there = {*PEOPLE} - {*faults}
        faults = placed(api, (2, 4, 6, 9, 12), nights[1])
        spoil(night, faults)
        must_part(night, night.run(PEOPLE, **SLOWLY), {*faults}, there)
        must_be_rejected(night, faults)
        assert {*night.taken.values()} == {1}
        night.mend()
        must_part(night, night.run(PEOPLE, **SLOWLY), set(), PEOPLE)
        assert len(sandbox.contacts) == len(PEOPLE)


@all_apis
def test_a_record_that_is_never_answered_is_rejected_alone(workplace: Workplace, api: str) -> None:
    """That of a create at some APIs, and of an update at the others, since it takes its time.

    It fails alone: in an outage it would keep the others from their turn.
    """
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        there = PEOPLE if TURNS[api] % 2 else ()
        if there:
            must_part(night, night.run(PEOPLE), set())
            night.go_on()
        faults = placed(api, (6,), ["silence"])
        spoil(night, faults)
        must_part(night, night.run(PEOPLE), {*faults}, there)
        must_be_rejected(night, faults)
        assert {*night.taken.values()} == {1}
        night.mend()
        must_part(night, night.run(PEOPLE), set(), {*PEOPLE} - {*faults} | {*there})


@all_apis
def test_records_that_fail_after_they_were_written_are_double_nowhere(
    workplace: Workplace, api: str
) -> None:
    """A create is found by its look-up; an update, and what has no look-up, is rejected alone."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        faults = placed(api, (1, 11), [*CARRIED_OUT])
        spoil(night, faults)
        rejected = faults if api == "bas_ip" else {}
        must_part(night, night.run(PEOPLE), {*rejected})
        if rejected:
            must_be_rejected(night, rejected)
        assert night.held == dict.fromkeys(PEOPLE, 1)
        night.mend()
        night.go_on()
        there = {*PEOPLE} - {*rejected}
        faults = placed(api, (2, 12), [*CARRIED_OUT])
        spoil(night, faults)
        if api == "cobai":  # its answer is empty, so that half of it is all of it
            faults = {number: fault for number, fault in faults.items() if fault != "half"}
        must_part(night, night.run(PEOPLE), {*faults}, there)
        must_be_rejected(night, faults)
        night.mend()
        must_part(night, night.run(PEOPLE), set(), PEOPLE)
        assert night.held == dict.fromkeys(PEOPLE, 1)
        assert len(sandbox.contacts) == len(PEOPLE)


@all_apis
def test_the_only_record_may_be_one_that_always_fails(workplace: Workplace, api: str) -> None:
    """It is rejected at its create and at its update, and the next run writes it."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        for place, bin_ in enumerate(("created", "updated")):
            fault = NOT_CARRIED_OUT[(TURNS[api] + 2 * place) % len(NOT_CARRIED_OUT)]
            spoil(night, {1: fault})
            run = night.run([1])
            assert (run.code, run.messages, balanced(run)) == (3, [{"at": 1}], True), run.log
            must_be_rejected(night, {1: fault})
            night.mend()
            run = night.run([1])
            assert (run.code, run.messages, run.summary[bin_]) == (0, [{"at": 1}], 1), run.log
            assert (night.held, len(sandbox.contacts)) == ({1: 1}, 1)
            night.go_on()


@pytest.mark.parametrize("place", ["root", "item"])
def test_a_code_of_porters_that_always_comes_is_of_one_record(
    workplace: Workplace, place: str
) -> None:
    """Whether the code refuses the record or tells nothing, and for the request or the item."""

    def spoil_with(codes: dict[int, int]) -> None:
        night.mend()
        porters.spoilt.clear()
        for number, code in codes.items():
            if place == "item":
                porters.spoilt[held_by(number)] = Code(code)
            else:
                night.spoil(number, status=200, body=f"<System><Code>{code}</Code></System>")

    with Porters() as porters:
        night = Night(porters, workplace)
        codes = {1: 8, 6: 302, 12: 1000}
        spoil_with(codes)
        must_part(night, night.run(PEOPLE), {*codes})
        unknown = [(1, "8"), (6, "outcome_unknown"), (12, "outcome_unknown")]
        assert sorted(night.rejected()) == unknown
        assert place == "item" or {*night.taken.values()} == {1}
        night.go_on()
        there = {*PEOPLE} - {*codes}
        codes = {2: 302, 7: 8, 11: 1000}
        spoil_with(codes)
        must_part(night, night.run(PEOPLE), {*codes}, there)
        assert sorted(night.rejected()) == [(n, str(code)) for n, code in codes.items()]
        assert place == "item" or {*night.taken.values()} == {1}
        spoil_with({})
        must_part(night, night.run(PEOPLE), set(), PEOPLE)
        assert len(porters.contacts) == len(PEOPLE)


@pytest.mark.parametrize(("code", "place"), [(8, "root"), (302, "item"), (1000, "root")])
def test_a_code_of_porters_may_be_that_of_the_only_record(
    workplace: Workplace, code: int, place: str
) -> None:
    """It is rejected, and STATE passes it."""
    with Porters() as porters:
        night = Night(porters, workplace)
        if place == "item":
            porters.spoilt[held_by(1)] = Code(code)
        else:
            night.spoil(1, status=200, body=f"<System><Code>{code}</Code></System>")
        must_pass_over(night, night.run([1]), [1], {1})
        assert night.rejected() == [(1, "8" if code == 8 else "outcome_unknown")]


@pytest.mark.parametrize("codes", [(146, 403, 404), (403, 404, 146), (404, 146, 403)])
def test_a_code_that_would_end_a_run_is_of_one_record_where_another_is_taken(
    workplace: Workplace, codes: tuple[int, ...]
) -> None:
    """PORTERS says it of an item, and takes the others of the same request."""
    with Porters() as porters:
        night = Night(porters, workplace)
        porters.spoilt[held_by(1)] = Code(codes[0])
        run = night.run([1])
        assert (run.code, run.messages, workplace.rejections) == (1, [], [])
        spoilt = dict(zip((1, 6, 12), codes, strict=True))
        porters.spoilt = {held_by(number): Code(code) for number, code in spoilt.items()}
        must_part(night, night.run(PEOPLE), {*spoilt})
        assert sorted(night.rejected()) == [(n, str(code)) for n, code in spoilt.items()]
        porters.spoilt.clear()
        must_part(night, night.run(PEOPLE), set(), {*PEOPLE} - {*spoilt})


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


BARRED = {
    "bas_ip": (403, 401),
    "cobai": (404, 405),
    "porters": (413, 451),
    "valomnia": (403, 403),
    "zoho_voice": (401, 404),
}
"""What bars a create and an update."""


@all_apis
def test_a_record_that_something_before_the_api_bars_is_rejected_alone(
    workplace: Workplace, api: str
) -> None:
    """Whatever page a firewall answers to what a record holds, once others were let through."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        there: set[int] = set()
        for number, status in zip((12, 11), BARRED[api], strict=True):
            night.spoil(number, status=status, body="<html><body>Blocked</body></html>")
            run = night.run(PEOPLE, concurrency=1, batch_size_rows=6)
            must_part(night, run, {number}, there)
            there = {*PEOPLE} - {number}
            night.mend()
            night.go_on()


@pytest.mark.parametrize(
    ("status", "canary"), [(403, False), (403, True), (404, True), (405, False)]
)
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


def test_a_create_that_cobai_does_not_allow_is_of_one_record(workplace: Workplace) -> None:
    """Without words it is told from a wrong address by the next ones, which are taken."""
    with Cobai() as cobai:
        night = Night(cobai, workplace)
        night.spoil(1, status=405)
        must_pass_over(night, night.run(PEOPLE), PEOPLE, {1})
        must_land(night, list(PEOPLE))


# Several in a row.

SEVERAL = {
    "the first two": {1, 2},
    "the last two": {11, 12},
    "two in a row": {5, 6},
    "three": {1, 6, 12},
    "every second": set(range(1, 13, 2)),
}


def nights_of(night: Night, *several: str, status: int = 500, **settings: Any) -> None:
    """Go from night to night, in each of which some fail; the first creates, others update."""
    there: set[int] = set()
    for which in several:
        night.spoil(*SEVERAL[which], status=status)
        must_part(night, night.run(PEOPLE, **settings), SEVERAL[which], there)
        if night.sandbox.api in {"bas_ip", "porters"}:
            assert {*night.taken.values()} == {1}
        there |= {*PEOPLE} - SEVERAL[which]
        night.mend()
        night.go_on()


@pytest.mark.parametrize(
    ("api", "created", "updated", "concurrency"),
    [
        ("cobai", "the first two", "every second", 4),
        ("valomnia", "two in a row", "the first two", 1),
        ("zoho_voice", "every second", "two in a row", 1),
    ],
)
def test_several_that_fail_are_rejected_each(
    workplace: Workplace, api: str, created: str, updated: str, concurrency: int
) -> None:
    """However they stand among the others, and with one request in flight at a time, too."""
    with KINDS[api]() as sandbox:
        nights_of(Night(sandbox, workplace), created, updated, concurrency=concurrency)


@pytest.mark.parametrize(("api", "turn"), [("bas_ip", 0), ("porters", 4)])
def test_several_that_fail_in_one_request_are_found(
    workplace: Workplace, api: str, turn: int
) -> None:
    """All who share a request with them land, once each."""
    names = [*SEVERAL]
    with KINDS[api]() as sandbox:
        nights_of(Night(sandbox, workplace), *names[turn:], *names[:turn])


@all_apis
def test_records_that_fail_are_told_from_an_outage_in_batches_of_one(
    workplace: Workplace, api: str
) -> None:
    """It need not be known at once, but whoever comes next tells."""
    several = ["the first two", "every second"]
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        order = several[:: -1 if TURNS[api] % 2 else 1]
        nights_of(night, *order, status=503, batch_size_rows=1)


@pytest.mark.parametrize("api", ["bas_ip", "porters"])
def test_with_one_try_only_others_are_found_all_the_same(workplace: Workplace, api: str) -> None:
    """Halving goes on until a contact stands alone, however few tries one request has."""
    with KINDS[api]() as sandbox:
        nights_of(Night(sandbox, workplace), "two in a row", "three", max_tries=1)


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
    """Half of thirty: each is sent as often as may be, and all are looked up together each time."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        spoilt = set(range(1, 31, 2))
        night.spoil(*spoilt, status=500)
        run = night.run(range(1, 31))
        assert (run.code, run.summary["created"]) == (3, 15)
        assert {number for number, _ in night.rejected()} == spoilt
        assert night.sent == 15 + 3 * 15
        reads = sum(line.request.method == "GET" for line in sandbox.log)
        assert reads <= 3 * 15 + 1
