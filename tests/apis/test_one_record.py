"""One record on which an API fails every time stops neither the others nor the next run."""

from __future__ import annotations

import base64
import itertools
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_contacts.sinks.packing import packs
from tests.crash.lab import BINS, KINDS
from tests.crash.people import numbers, person, shapes
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.porters import Porters
from tests.sandbox.porters_codes import Code
from tests.support.commands import Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished

PAGE = "<html><body>Please wait</body></html>"

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

POSITIONS = {"first": 0, "middle": 5, "last": 11, "only": 0}
KINDS_OF_WRITE = ("create", "update")
PEOPLE = range(1, 13)

all_apis = pytest.mark.parametrize("api", sorted(KINDS))
single_apis = pytest.mark.parametrize("api", ["cobai", "valomnia", "zoho_voice"])
writes = pytest.mark.parametrize("write", KINDS_OF_WRITE)


def held_by(number: int) -> str:
    """Return what a request that holds a contact holds."""
    return f"4915{number:09}"


@dataclass
class Night:
    """One API, a target and its ledger, run night after night."""

    sandbox: Sandbox
    workplace: Workplace
    write: str = "create"
    version: int = 1

    def __post_init__(self) -> None:
        """Let everybody be there already, if contacts are to be updated."""
        if self.write == "update":
            assert self.run(PEOPLE).code == 0
            self.version = 2
        self.before = len(self.sandbox.log)

    def run(self, wanted: Iterable[int], **settings: Any) -> Finished:
        """Run the target on these people and the STATE behind them."""
        quick = {"max_tries": 3, "timeout_seconds": 0.5, "match_on": [], **settings}
        people = [person(number, self.version) for number in wanted]
        lines = contacts(*people, state={"at": 1})
        return self.workplace.target({**self.sandbox.target_config(), **quick}, lines)

    def spoil(self, *spoilt: int, **fault: Any) -> None:
        """Let a fault strike every request that holds one of these people."""
        for number in spoilt:
            self.sandbox.fault(holding=held_by(number), times=-1, **fault)

    def mend(self) -> None:
        """Let the API be well again."""
        self.sandbox.faults.clear()

    @property
    def held(self) -> dict[int, int]:
        """Return how often the API holds each person in the present version."""
        now = {number: shapes_of(self.sandbox, [number])[number] for number in PEOPLE}
        wanted = f"+49{self.version}"
        sensitive = self.sandbox.api != "bas_ip"  # it holds no phone
        good = {
            number: [text for text in texts if not sensitive or f'"{wanted}"' in text]
            for number, texts in now.items()
        }
        return {number: len(texts) for number, texts in good.items() if texts}

    @property
    def taken(self) -> Counter[int]:
        """Return how often each person was in a write that the API carried out and answered."""
        lines = self.sandbox.log[self.before :]
        done = [each for each in lines if each.executed and each.status in {200, 201, 204}]
        bodies = [each.request.body.decode() for each in done if self.is_write(each)]
        return Counter(number for body in bodies for number in numbers(body))

    def is_write(self, line: Any) -> bool:
        """Say whether a line of the log asks for a change of contacts."""
        return self.sandbox.is_write(line.request)

    @property
    def sent(self) -> int:
        """Return how many writes were asked for."""
        return sum(map(self.is_write, self.sandbox.log[self.before :]))

    def rejected(self) -> list[tuple[int, str]]:
        """Return who is in the newest rejects file, and with which code."""
        lines = [line for line in self.workplace.rejects if line["type"] == "RECORD"]
        return [(line["record"]["id"], line["rejection"]["code"]) for line in lines]


def shapes_of(sandbox: Sandbox, wanted: Iterable[int]) -> dict[int, list[str]]:
    """Return what the API holds of these people."""
    found = shapes(sandbox.contacts)
    return {number: found.get(number, []) for number in wanted}


def balanced(run: Finished) -> bool:
    """Say whether every record read is in one bin."""
    return bool(run.summary["read"] == sum(run.summary[name] for name in BINS))


def must_pass_over(night: Night, run: Finished, wanted: Iterable[int], spoilt: set[int]) -> None:
    """Check that all but these landed once, and that the run went on to its end."""
    others = set(wanted) - spoilt
    assert (run.code, run.messages) == (3, [{"at": 1}]), run.log
    assert {number for number, _ in night.rejected()} == spoilt
    assert {n: c for n, c in night.held.items() if n in others} == dict.fromkeys(others, 1)
    assert run.summary[f"{night.write}d"] == len(others)
    assert balanced(run)


def must_land(night: Night, wanted: Sequence[int]) -> None:
    """Check that the next run writes what was rejected, and nothing twice."""
    night.mend()
    run = night.run(wanted)
    assert (run.code, run.messages) == (0, [{"at": 1}]), run.log
    assert {n: c for n, c in night.held.items() if n in wanted} == dict.fromkeys(wanted, 1)
    assert len(night.sandbox.contacts) == len(wanted if night.write == "create" else PEOPLE)
    assert run.summary["unchanged"] == len(wanted) - 1


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


CODES = [
    (write, code, place, position)
    for (write, code, place), position in zip(
        itertools.product(KINDS_OF_WRITE, [8, 302, 1000], ["root", "item"]),
        itertools.cycle([*POSITIONS, "first", "only", "middle"]),
        strict=False,
    )
]


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


# The API itself.

DEAD: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "page": {"status": 200, "body": PAGE},
    "cut": {"cut": "before"},
}


FOR_ALL = [
    (api, write, fault)
    for (api, write), fault in zip(
        itertools.product(sorted(KINDS), KINDS_OF_WRITE), itertools.cycle(DEAD), strict=False
    )
]


@pytest.mark.parametrize(("api", "write", "fault"), FOR_ALL)
def test_an_api_that_fails_for_all_is_an_outage(
    workplace: Workplace, api: str, write: str, fault: str
) -> None:
    """Exit code 1, nobody is called a bad record, no STATE; the next run completes."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, write)
        sandbox.fault(times=-1, **DEAD[fault])
        run = night.run(PEOPLE)
        assert (run.code, run.out, run.summary["rejected"]) == (1, "", 0), run.log
        assert "no success in 3 tries" in run.log
        assert len(sandbox.log) - night.before < 30
        night.mend()
        again = night.run(PEOPLE)
        assert (again.code, again.messages) == (0, [{"at": 1}])
        assert night.held == dict.fromkeys(PEOPLE, 1)


@pytest.mark.parametrize(("api", "write", "fault"), FOR_ALL)
def test_an_api_that_only_reads_is_an_outage(
    workplace: Workplace, api: str, write: str, fault: str
) -> None:
    """Where no write at all succeeds, answers to reads do not make bad records of all."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, write)
        for number in PEOPLE:
            night.spoil(number, **DEAD[fault])
        run = night.run(PEOPLE)
        assert (run.code, run.out, run.summary["rejected"]) == (1, "", 0), run.log
        assert night.sent < 60
        night.mend()
        again = night.run(PEOPLE)
        assert (again.code, again.messages) == (0, [{"at": 1}])
        assert night.held == dict.fromkeys(PEOPLE, 1)


@all_apis
@writes
def test_an_api_that_dies_in_the_middle_is_an_outage(
    workplace: Workplace, api: str, write: str
) -> None:
    """What landed before is kept; whom the outage struck is no bad record."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, write)
        reads = 4 if api in {"cobai", "valomnia", "zoho_voice"} and write == "update" else 0
        sandbox.fault(after=5 + reads, times=-1, status=500)
        run = night.run(PEOPLE, batch_size_rows=1, concurrency=1)
        assert (run.code, run.out, run.summary["rejected"]) == (1, "", 0), run.log
        assert 2 <= run.summary[f"{write}d"] <= 6
        night.mend()
        again = night.run(PEOPLE)
        assert (again.code, night.held) == (0, dict.fromkeys(PEOPLE, 1))


@pytest.mark.parametrize("api", ["cobai", "porters", "valomnia", "zoho_voice"])
def test_a_throttle_is_never_a_records_fault(workplace: Workplace, api: str) -> None:
    """Whoever is told to come later is not rejected, even if others are let in."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        night.spoil(12, status=429)
        run = night.run(PEOPLE, batch_size_rows=1)
        assert (run.code, run.summary["rejected"], run.out) == (1, 0, "")


# Reads that are about one record.


def id_of(sandbox: Sandbox, number: int) -> str:
    """Return the id under which an API holds a person."""
    names = ("contact_id", "uuid", "id", "Contact.P_Id")
    (held,) = [each for each in sandbox.contacts if held_by(number) in str(each)]
    return str(next(held[name] for name in names if name in held))


@pytest.mark.parametrize("position", [1, 6, 12])
@pytest.mark.parametrize("api", ["cobai", "zoho_voice"])
def test_a_contact_that_cannot_be_read_before_its_update_stops_nobody(
    workplace: Workplace, api: str, position: int
) -> None:
    """Where an update needs what is there, only that contact goes without."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, "update")
        sandbox.fault(on="GET", holding=id_of(sandbox, position), times=-1, status=500)
        must_pass_over(night, night.run(PEOPLE), PEOPLE, {position})
        must_land(night, list(PEOPLE))


ASKED_ONE_BY_ONE = pytest.mark.parametrize("api", ["porters", "valomnia"])
LISTINGS = {"porters": "condition=Contact.P_Client=10001\n", "valomnia": "contacts?sort=id&"}
"""What only those requests hold that list contacts for several look-ups."""


@ASKED_ONE_BY_ONE
def test_a_look_up_that_always_fails_stops_nobody(workplace: Workplace, api: str) -> None:
    """Who may be there already is not sent blindly, and is rejected alone."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        sandbox.fault(on="GET", holding="Last6", times=-1, status=500)
        sandbox.fault(on="GET", holding=LISTINGS[api], times=-1, status=500)
        wanted = [5, 6]
        run = workplace.target(
            {**sandbox.target_config(), "max_tries": 3},
            contacts(*map(person, wanted), state={"at": 1}),
        )
        must_pass_over(night, run, wanted, {6})
        assert night.rejected() == [(6, "outcome_unknown")]
        assert 6 not in night.taken
        must_land(night, wanted)


@ASKED_ONE_BY_ONE
def test_look_ups_that_all_fail_are_an_outage(workplace: Workplace, api: str) -> None:
    """Though the API serves other reads: nobody is rejected, and the next run completes."""
    with KINDS[api]() as sandbox:
        before = len(sandbox.contacts)
        for number in PEOPLE:
            sandbox.fault(on="GET", holding=f"Last{number}", times=-1, status=500)
        sandbox.fault(on="GET", holding=LISTINGS[api], times=-1, status=500)
        config = {**sandbox.target_config(), "max_tries": 3}
        lines = contacts(*map(person, PEOPLE), state={"at": 1})
        run = workplace.target(config, lines)
        assert (run.code, run.out, run.summary["rejected"]) == (1, "", 0)
        assert len(sandbox.contacts) == before
        sandbox.faults.clear()
        assert workplace.target(config, lines).code == 0


@ASKED_ONE_BY_ONE
def test_a_listing_that_always_fails_stops_nobody(workplace: Workplace, api: str) -> None:
    """Contacts are then asked for one by one."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        sandbox.fault(on="GET", holding=LISTINGS[api], times=-1, status=500)
        config = {**sandbox.target_config(), "max_tries": 3}
        run = workplace.target(config, contacts(*map(person, PEOPLE), state={"at": 1}))
        assert (run.code, run.messages, night.held) == (0, [{"at": 1}], dict.fromkeys(PEOPLE, 1))


def test_a_customer_whose_contacts_cannot_be_read_stops_no_other(workplace: Workplace) -> None:
    """The records of that customer of cobai are rejected, after one attempt to read its list."""
    with KINDS["cobai"]() as sandbox:
        cobai: Any = sandbox
        bad, good = cobai.add_customer(), cobai.add_customer()
        config = sandbox.target_config()
        sandbox.fault(on=f"GET /v2/customer/{bad}/contact", times=-1, status=500)
        people = [{**person(n), "customer_id": bad if n % 2 else good} for n in PEOPLE]
        lines = contacts(*people, state={"at": 1})
        run = workplace.target({**config, "max_tries": 3}, lines)
        assert (run.code, run.messages, run.summary["created"]) == (3, [{"at": 1}], 6)
        assert {each["record"]["id"] % 2 for each in workplace.rejects[1:]} == {1}
        asked = [line for line in sandbox.log if f"/{bad}/contact" in line.request.path]
        assert len(asked) == 3
        sandbox.faults.clear()
        again = workplace.target(config, lines)
        assert (again.code, len(sandbox.contacts)) == (0, 12)


# Sizes.

PACKED = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 5)), max_size=40)


@given(PACKED)
def test_packs_hold_all_in_their_order_and_no_more_than_may_be(
    items: list[tuple[int, int]],
) -> None:
    """By bytes, and by the most that any of a pack may have with it; what is too large is alone."""
    packed = packs(items, lambda item: item[0], 50, lambda item: item[1])
    found = [pack.items for pack in packed]
    assert [item for pack in found for item in pack] == items
    for pack in found:
        fits = sum(size for size, _ in pack) <= 50 and len(pack) <= min(most for _, most in pack)
        assert fits or len(pack) == 1


LONG_FIELDS = {
    "porters": ("note", "Contact.P_Memo"),
    "valomnia": ("street", "address"),
    "zoho_voice": ("street", "address"),
}
"""A field for each API whose length it does not document, or does not enforce."""


@pytest.mark.parametrize("api", LONG_FIELDS)
@pytest.mark.parametrize("length", [1_100_000, 20_000_000])
@writes
def test_a_record_of_megabytes_is_rejected_before_it_is_sent(
    workplace: Workplace, api: str, write: str, length: int
) -> None:
    """The longest field is named, and the others land."""
    attribute, field = LONG_FIELDS[api]
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, write)
        people = [person(number, night.version) for number in PEOPLE]
        people[5][attribute] = "x" * length
        config = {**sandbox.target_config(), "match_on": []}
        run = workplace.target(config, contacts(*people, state={"at": 1}))
        must_pass_over(night, run, PEOPLE, {6})
        (rejection,) = workplace.rejections
        told = api == "porters"  # which tells how long its fields may be
        code = "too_long" if told else "too_large"
        assert (rejection["code"], rejection["field"]) == (code, field)
        assert max(len(line.request.body) for line in sandbox.log) < 20_000


@pytest.mark.parametrize("letter", ["x", "ü", "語", "😀", '"', "a\n"])
def test_no_request_is_larger_than_a_megabyte(workplace: Workplace, letter: str) -> None:
    """However many bytes a letter takes on its way; the API refuses what is shorter."""
    with KINDS["zoho_voice"]() as sandbox:
        config = {**sandbox.target_config(), "match_on": []}
        takes = len(quote_plus(json.dumps(letter, ensure_ascii=False)[1:-1]))
        sizes = [part * 1_000_000 // takes for part in (0.3, 0.95, 1.05, 5)]
        people = [{**person(n), "street": letter * int(size)} for n, size in enumerate(sizes)]
        workplace.target(config, contacts(*people))
        assert 900_000 < max(len(line.request.body) for line in sandbox.log) < 1_000_000
        large = [r["record"]["id"] for r in workplace.rejects[1:] if "longest" in str(r)]
        assert large == [2, 3]


def test_an_image_may_be_larger(workplace: Workplace) -> None:
    """Two megabytes are documented for it, and count for nothing else."""
    png = b"\x89PNG\r\n\x1a\n" + bytes(1_900_000)
    with KINDS["valomnia"]() as sandbox:
        record = {**person(1), "image": base64.b64encode(png).decode()}
        run = workplace.target(sandbox.target_config(), contacts(record))
        assert (run.code, run.summary["created"]) == (0, 1)


def test_a_request_of_many_contacts_stays_sane(workplace: Workplace) -> None:
    """Contacts with very long numbers are packed by what they take, and all arrive."""
    with BasIp(max_contacts=500) as sandbox:
        night = Night(sandbox, workplace)
        long = [{**person(n), "number": f"sip:{n}{'1' * 60_000}@example.com"} for n in range(100)]
        config = {**sandbox.target_config(), "field_map": {"number": "number"}}
        run = workplace.target(config, contacts(*long))
        assert (run.code, len(sandbox.contacts), night.sent) == (0, 100, 2)
        assert max(len(line.request.body) for line in sandbox.log) <= 4_000_000 + 1000
