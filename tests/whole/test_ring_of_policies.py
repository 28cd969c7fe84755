"""Three APIs in a ring, each of which knows something: policies say whose word counts."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.in_process import Folder
from tests.support.people import Person, put
from tests.support.ring import Ring, writes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


APIS = ("zoho_voice", "porters", "valomnia")
REST = 3
"""Night from which on nothing is written any more."""

Policies = dict[str, dict[str, str]]

LET_BE: Policies = {api: {"*": "fill_empty"} for api in APIS}
"""Whoever has a value keeps it."""

MIXED: Policies = {
    "porters": {"*": "keep_null", "phone": "fill_empty", "note": "never"},
    "valomnia": {"*": "fill_empty", "email": "overwrite", "job_title": "on_create"},
    "zoho_voice": {"*": "never", "phone": "overwrite", "email": "keep_null", "state": "fill_empty"},
}
"""Each leads in something."""

MAY_NOT_CHANGE = {"fill_empty", "on_create", "never"}
"""Policies by which a value that is there stays as it is."""

WHO: Person = {"first_name": "Zoë", "last_name": "Meyer", "mobile": "+4915123456789"}
OTHER: Person = {"first_name": "Al", "last_name": "Neumann", "mobile": "+4915187654321"}
THERE: dict[str, list[Person]] = {
    "zoho_voice": [
        {**WHO, "email": "zoe@example.com", "phone": "+4930111111", "state": "Berlin"},
        {**OTHER, "email": "al@example.com"},
    ],
    "porters": [
        {**WHO, "email": "zoe@example.com", "phone": "+4930222222", "note": "calls back"},
        {**OTHER, "email": "al@example.com", "city": "Bonn", "department": "Sales"},
    ],
    "valomnia": [
        {**WHO, "email": "zoe@example.com", "phone": "+4930333333", "city": "Köln"},
        {**OTHER, "email": "al@example.com", "job_title": "Manager", "fax": "+4930444444"},
    ],
}
"""The same two people, of whom each API knows something else."""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Return what stops all that was started."""
    with ExitStack() as started:
        yield started


@pytest.fixture
def ring(tmp_path: Path, stack: ExitStack) -> Ring:
    """Return a ring in which each API knows something of the same people."""
    found = Ring(Folder(tmp_path))
    found.start(stack, APIS, ())
    for api, people in THERE.items():
        for each in people:
            put(found.sandboxes[api], each)
    return found


def _seen(ring: Ring) -> dict[str, list[Person]]:
    return {api: ring.seen(api) for api in APIS}


def _go_round(ring: Ring, nights: int) -> None:
    """Let nights pass. As nothing changes any more, later ones read what the fourth one did."""
    ring.round()
    ring.round()
    sent = writes(ring)
    ring.round()
    hops = ring.round()
    for _ in range(nights - REST - 1):
        written = [ring.write(to, read) for _, to, read, _ in hops]
        assert [each.summary["requests"] for each in written] == [0] * len(APIS)
    assert writes(ring) == sent


def _kept(before: Person, after: Person, policies: Mapping[str, str]) -> None:
    """Check that nothing is lost, and that nothing has changed that may not."""
    assert before.keys() <= after.keys()
    for name, value in before.items():
        may_change = policies.get(name, policies["*"]) not in MAY_NOT_CHANGE
        assert may_change or after[name] == value, name


def _assert_kept(
    before: Mapping[str, list[Person]], after: Mapping[str, list[Person]], policies: Policies
) -> None:
    for api in APIS:
        for then, now in zip(before[api], after[api], strict=True):
            _kept(then, now, policies[api])


@pytest.mark.parametrize(("policies", "nights"), [(LET_BE, 5), (MIXED, 10)])
def test_nights_in_a_ring_lose_nothing_and_then_rest(
    ring: Ring, policies: Policies, nights: int
) -> None:
    """Nobody is doubled, no value is lost, and from the third night on nothing is written."""
    ring.settings = {api: {"policies": policies[api]} for api in APIS}
    before = _seen(ring)
    _go_round(ring, nights)
    after = _seen(ring)
    _assert_kept(before, after, policies)
    al, zoe = after["valomnia"]
    assert al["city"] == "Bonn", "it went on from PORTERS"
    assert zoe["city"] == "Köln"
    assert after["porters"][1]["state"] == "Berlin", "it came from Zoho Voice"
