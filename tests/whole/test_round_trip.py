"""Contacts go round from API to API and back, without configuration, as often as one likes."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.target import SINKS
from tests.crash.lab import KINDS
from tests.directions import SOURCES, given, lost
from tests.support.in_process import Folder
from tests.support.ring import Ring, writes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sandbox.messages import Request
    from tests.support.commands import Finished
    from tests.support.people import Person

ANNA: Person = {
    "first_name": "Zoë Anna",
    "last_name": "van der Müller-Lüdenscheidt",
    "email": "zoe.mueller@example.com",
    "mobile": "+4915123456789",
    "phone": "+4930123456",
    "fax": "+4930123457",
    "street": "Große Straße 1, 2. OG",
    "city": "Köpenick",
    "postal_code": "01234",
    "state": "Berlin",
    "country": "DE",
    "job_title": "Leiterin Einkauf & Logistik <DACH>",
    "department": "Einkauf",
    "note": "Erste Zeile\nzweite Zeile",
    "gender": "FEMALE",
    "is_favourite": "true",
}
TARO: Person = {
    "first_name": "太郎",
    "last_name": "山田",
    "name_reading": "ヤマダ タロウ",
    "email": "taro.yamada@example.com",
    "mobile": "+819012345678",
    "phone": "+81312345678",
    "fax": "+81312345679",
    "street": "赤坂1丁目2番3号 髙橋ビル",
    "city": "港区",
    "postal_code": "107-0052",
    "state": "東京都",
    "country": "JP",
    "job_title": "部長",
    "department": "営業部",
    "note": "ﾒﾓ 🦜",
    "gender": "MALE",
}
BARE: Person = {
    "first_name": "José",
    "last_name": "نجار",
    "email": "jose.najjar@example.com",
    "mobile": "+34600123456",
    "gender": "MALE",
}
PEOPLE = (ANNA, TARO, BARE)

PAUL: Person = {
    **ANNA,
    "first_name": "Paul",
    "email": "paul.luedenscheidt@example.com",
    "mobile": "+49 (0)152 / 234 567 89",
    "phone": "+4940123456",
    "fax": "+4940123457",
}
HANAKO: Person = {
    **TARO,
    "first_name": "花子",
    "name_reading": "ヤマダ ハナコ",
    "email": "hanako.yamada@example.com",
    "mobile": "+81 80-1234-5678",
    "phone": "06-1234-5678",
    "fax": "+81612345679",
}
LUIS: Person = {
    **BARE,
    "first_name": "Luís",
    "last_name": "García Márquez",
    "email": "luis.garcia@example.com",
    "mobile": "0034 600 123 457",
}
UNTIDY = (PAUL, HANAKO, LUIS)
"""Names that one field does not tell apart, and numbers as people write them."""

EVERYBODY = (*PEOPLE, *UNTIDY)

RINGS = (
    ("zoho_voice", "cobai", "porters", "valomnia"),
    ("porters", "valomnia", "zoho_voice", "cobai"),
    ("valomnia", "porters", "cobai", "zoho_voice"),
    ("cobai", "zoho_voice", "valomnia", "porters"),
    ("zoho_voice", "porters", "valomnia"),
    ("porters", "zoho_voice"),
)
"""Both directions round the four, each as the first once; without cobai, addresses go round."""


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    """Return a ring that is to be started."""
    return Ring(Folder(tmp_path))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Return what stops all that was started."""
    with ExitStack() as started:
        yield started


def assert_kept(before: Person, after: Person, to: str) -> None:
    """Compare what a contact had with what it has one API on, as far as that one can hold it."""
    held = {each.attribute for each in SINKS[to].fields}
    common = {name: value for name, value in before.items() if name in held}
    assert {name: after.get(name) for name in common} == common


def fields_with_values(run: Finished, stream: str) -> set[str]:
    """Return the fields that hold a value in any record, without objects and what is in them."""
    every = [item for record in run.records(stream) for item in record.items()]
    return {
        name for name, value in every if value not in (None, "") and not isinstance(value, dict)
    }


def assert_each_hop_kept(ring: Ring, hops: list[tuple[str, str, Finished, Finished]]) -> None:
    """Check that what two APIs can both hold arrived; the rest is in the table of directions."""
    for source, to, read, written in hops:
        for before, after in zip(tidy(ring.seen(source)), tidy(ring.seen(to)), strict=True):
            assert_kept(before, after, to)
        stream = SOURCES[source]
        filled = fields_with_values(read, stream)
        left = set(written.summary["not_carried"].get(stream, ()))
        assert left & given(source) == lost(source, to) & filled, (source, to)


@pytest.mark.parametrize("apis", RINGS, ids="-".join)
def test_a_ring_keeps_what_it_can_brings_everybody_back_and_then_rests(
    ring: Ring, stack: ExitStack, apis: tuple[str, ...]
) -> None:
    """The first API has of each what it had, though others had less; round again nothing moves.

    Nobody is doubled for how a name or a number is written: what one API writes its own way goes
    round once more as a change, and then all rest.
    """
    ring.start(stack, apis, EVERYBODY)
    before = ring.seen(apis[0])
    hops = ring.round()
    assert_each_hop_kept(ring, hops)
    *_, (_, _, _, back) = hops
    assert (back.summary["created"], back.summary["unchanged"]) == (0, 0)
    assert tidy(ring.seen(apis[0])) == tidy(before)
    sent = {api: len(ring.sandboxes[api].writes) for api in apis}
    second = [written.summary["created"] for *_, written in ring.round()]
    again = [w.request for api in apis for w in ring.sandboxes[api].writes[sent[api] :]]
    assert [request for request in again if speaks_of(request, PEOPLE)] == []
    assert all(speaks_of(request, UNTIDY) for request in again)
    all_sent = writes(ring)
    third = [written.summary["unchanged"] for *_, written in ring.round()]
    assert (second, third) == ([0] * len(apis), [len(EVERYBODY)] * len(apis))
    assert [len(ring.seen(api)) for api in apis] == [len(EVERYBODY)] * len(apis)
    assert writes(ring) == all_sent


def tidy(people: list[Person]) -> list[Person]:
    """Return the people whose names and numbers are written in one way everywhere."""
    mails = {each["email"] for each in PEOPLE}
    return [each for each in people if each["email"] in mails]


def speaks_of(request: Request, people: tuple[Person, ...]) -> bool:
    """Say whether a request speaks of any of these people."""
    return any(request.holds(each["email"]) for each in people)


def test_a_change_goes_round_once(ring: Ring, stack: ExitStack) -> None:
    """What changes anywhere arrives everywhere, and comes back as no change."""
    apis = ("zoho_voice", "porters", "valomnia")
    ring.start(stack, apis, PEOPLE)
    ring.round()
    valomnia: Any = ring.sandboxes["valomnia"]
    changed = next(each for each in valomnia.contacts if each["email"] == TARO["email"])
    valomnia.change(changed["id"], mobile="+818012345678")
    ring.hop("valomnia", "zoho_voice")
    moved = [written.summary["updated"] for *_, written in ring.round()]
    rest = [written.summary["updated"] for *_, written in ring.round()]
    assert (moved, rest) == ([1, 1, 0], [0, 0, 0])
    assert {person["mobile"] for api in apis for person in ring.seen(api)} == {
        *(ANNA["mobile"], BARE["mobile"], "+818012345678")
    }


def test_a_change_that_comes_round_clears_nothing_that_was_lost_on_the_way(
    ring: Ring, stack: ExitStack
) -> None:
    """What an API on the way has no field for stays where the contact comes from."""
    apis = ("zoho_voice", "valomnia", "porters")
    ring.start(stack, apis, PEOPLE)
    ring.round()
    zoho: Any = ring.sandboxes["zoho_voice"]
    porters: Any = ring.sandboxes["porters"]
    (anna,) = (each for each in zoho.contacts if each["email"] == ANNA["email"])
    zoho.change(anna["contact_id"], is_favourite="true", mobile1="+4915199999999")
    before = ring.seen("zoho_voice")
    (anna,) = (each for each in porters.contacts if each["Contact.P_Mail"] == ANNA["email"])
    porters.change(anna["Contact.P_Id"], **{"Contact.P_Telephone": "+4930999999"})
    *_, (*_, back) = ring.round()
    after = ring.seen("zoho_voice")
    assert back.summary["updated"] == 1
    changed = {**before[-1], "phone": "+4930999999"}
    assert after == [changed if each["email"] == ANNA["email"] else each for each in before]


def test_everything_may_go_everywhere(ring: Ring, stack: ExitStack) -> None:
    """All four into each of the four, itself included: nobody is doubled, and soon all rest."""
    apis = RINGS[1]
    ring.start(stack, apis, EVERYBODY)
    zoho: Any = ring.sandboxes["zoho_voice"]
    clock = itertools.count(step=100)
    zoho.options.clock = lambda: next(clock)  # it gives few tokens in ten minutes
    config = {api: ring.sandboxes[api].tap_config() for api in apis}
    before, created, sent = ring.seen(apis[0]), 0, 0
    for _ in range(4):
        sent = writes(ring)
        for to in apis:
            read = ring.folder.tap(config)
            run = ring.folder.target(ring.sandboxes[to].target_config(), read.out)
            assert run.code == 0
            created += run.summary["created"]
    assert (created, writes(ring)) == (len(EVERYBODY) * (len(apis) - 1), sent)
    assert ring.seen(apis[0]) == before


def test_a_monitor_hangs_on_a_ring(ring: Ring, stack: ExitStack) -> None:
    """Name and number arrive at the door of whoever goes round, once: one, then the rest."""
    apis = ("zoho_voice", "valomnia")
    ring.start(stack, apis, PEOPLE)
    ring.round()
    monitor = stack.enter_context(KINDS["bas_ip"]())
    config = monitor.target_config()
    config["bas_ip"]["number_template"] = "sip:{mobile}@pbx.example.com"
    config["bas_ip"]["max_name_length"] = 30
    config["on_invalid_value"] = "truncate"
    runs = []
    for _ in range(2):
        read = ring.folder.tap({"valomnia": ring.sandboxes["valomnia"].tap_config()})
        runs.append(ring.folder.target(config, read.out))
        ring.round()
    first, second = (run.summary for run in runs)
    assert (first["created"], second["unchanged"], len(monitor.writes)) == (3, 3, 2)
    assert {each["name"]: each["number"] for each in monitor.contacts} == {
        person["full_name"][:30]: f"sip:{person['mobile']}@pbx.example.com"
        for person in ring.seen("valomnia")
    }
    stream = SOURCES["valomnia"]
    left = set(first["not_carried"][stream]) & given("valomnia")
    assert left == lost("valomnia", "bas_ip") & fields_with_values(read, stream)
