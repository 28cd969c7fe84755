"""No request is too large, and no contact that is holds up the others."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_contacts.sinks.packing import packs
from tests.crash.lab import KINDS
from tests.crash.people import person
from tests.sandbox.bas_ip import BasIp
from tests.support.commands import Workplace, contacts
from tests.support.one_night import PEOPLE, Night, must_part

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


@pytest.mark.parametrize(
    ("api", "longest"),
    [("porters", 1_100_000), ("valomnia", 20_000_000), ("zoho_voice", 1_100_000)],
)
def test_a_record_of_megabytes_is_rejected_before_it_is_sent(
    workplace: Workplace, api: str, longest: int
) -> None:
    """The longest field is named, and the others land; at a create as at an update."""
    attribute, field = LONG_FIELDS[api]
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        config = {**sandbox.target_config(), "match_on": []}
        there: set[int] = set()
        for spoilt, length in ((6, longest), (8, 1_100_000)):
            people = [person(number, night.version) for number in PEOPLE]
            people[spoilt - 1][attribute] = "x" * length
            run = workplace.target(config, contacts(*people, state={"at": 1}))
            must_part(night, run, {spoilt}, there)
            (rejection,) = workplace.rejections
            told = api == "porters"  # which tells how long its fields may be
            code = "too_long" if told else "too_large"
            assert (rejection["code"], rejection["field"]) == (code, field)
            there = {*PEOPLE} - {spoilt}
            night.go_on()
        assert max(len(line.request.body) for line in sandbox.log) < 20_000


def test_no_request_is_larger_than_a_megabyte(workplace: Workplace) -> None:
    """However many bytes a letter takes on its way; the API refuses what is shorter."""
    with KINDS["zoho_voice"]() as sandbox:
        config = {**sandbox.target_config(), "match_on": []}
        people = [person(0)]
        for letter in ("x", "ü", "語", "😀", '"', "a\n"):
            takes = len(quote_plus(json.dumps(letter, ensure_ascii=False)[1:-1]))
            for part in (0.95, 1.05):
                street = letter * int(part * 1_000_000 / takes)
                people.append({**person(len(people)), "street": street})
        workplace.target({**config, "concurrency": 1}, contacts(*people))
        lines = [line for line in sandbox.log if sandbox.is_write(line.request)]
        sizes = [len(line.request.body) for line in lines[1:]]
        assert all(900_000 < size < 1_000_000 for size in sizes)
        assert len(sizes) == 6
        large = [r["record"]["id"] for r in workplace.rejects[1:] if "longest" in str(r)]
        assert large == [2, 4, 6, 8, 10, 12]


def test_an_image_may_be_larger(workplace: Workplace) -> None:
    """Two megabytes are documented for it, and count for nothing else."""
    png = b"\x89PNG\r\n\x1a\n" + bytes(1_900_000)
    with KINDS["valomnia"]() as sandbox:
        record = {**person(1), "image": base64.b64encode(png).decode()}
        run = workplace.target(sandbox.target_config(), contacts(record))
        assert (run.code, run.summary["created"]) == (0, 1)


def test_a_request_of_many_contacts_stays_sane(workplace: Workplace) -> None:
    """After the first, contacts with very long numbers are packed by what they take; all arrive."""
    with BasIp(max_contacts=500) as sandbox:
        night = Night(sandbox, workplace)
        long = [{**person(n), "number": f"sip:{n}{'1' * 60_000}@example.com"} for n in range(100)]
        config = {**sandbox.target_config(), "field_map": {"number": "number"}}
        run = workplace.target(config, contacts(*long))
        assert (run.code, len(sandbox.contacts), night.sent) == (0, 100, 3)
        assert max(len(line.request.body) for line in sandbox.log) <= 4_000_000 + 1000
