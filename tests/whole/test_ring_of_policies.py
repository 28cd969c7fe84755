"""Three APIs in a ring, each of which knows something: policies say whose word counts."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.people import Person, put
from tests.support.ring import Ring, writes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

APIS = ("zoho_voice", "porters", "valomnia")
NIGHTS = 10
REST = 3
"""Night from which on nothing is written any more."""

LET_BE: dict[str, dict[str, str]] = {api: {"*": "fill_empty"} for api in APIS}
"""Whoever has a value keeps it."""

MIXED: dict[str, dict[str, str]] = {
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


def _seen(ring: Ring) -> dict[str, list[Person]]:
    return {api: ring.seen(api) for api in APIS}


def _kept(before: Person, after: Person, policies: dict[str, str]) -> None:
    """Check that nothing is lost, and that nothing has changed that may not."""
    assert before.keys() <= after.keys()
    for name, value in before.items():
        if policies.get(name, policies["*"]) in MAY_NOT_CHANGE:
            assert after[name] == value, name


@pytest.mark.parametrize("policies", [LET_BE, MIXED], ids=["let be", "mixed"])
def test_ten_nights_in_a_ring_lose_nothing_and_then_rest(
    workplace: Workplace, stack: ExitStack, policies: dict[str, dict[str, str]]
) -> None:
    """Nobody is doubled, no value is lost, and from the third night on nothing is written.

    As nothing changes then, what was read in the fourth night is what is read in later ones.
    """
    settings: dict[str, Any] = {api: {"policies": policies[api]} for api in APIS}
    ring = Ring(workplace, settings=settings)
    ring.start(stack, APIS, ())
    for api, people in THERE.items():
        for each in people:
            put(ring.sandboxes[api], each)
    before, sent = _seen(ring), 0
    hops: list[Any] = []
    for night in range(1, NIGHTS + 1):
        if night == REST:
            sent = writes(ring)
        if night <= REST + 1:
            hops = ring.round()
        else:
            written = [ring.write(to, read) for _, to, read, _ in hops]
            assert [each.summary["requests"] for each in written] == [0] * len(APIS)
    assert writes(ring) == sent
    after = _seen(ring)
    assert [len(after[api]) for api in APIS] == [len(before[api]) for api in APIS]
    for api in APIS:
        for then, now in zip(before[api], after[api], strict=True):
            _kept(then, now, policies[api])
    if policies is LET_BE:
        assert "city" in after["porters"][1]
        assert {"department", "job_title", "fax"} <= after["porters"][0].keys()
        assert after["valomnia"][1]["city"] == "Köln"
        assert {"city", "job_title"} <= after["valomnia"][0].keys()
