"""Sandboxes, each served for one test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.porters_tenant import Tenant
from tests.sandbox.valomnia import Valomnia
from tests.support.porters_lists import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def monitor() -> Iterator[BasIp]:
    """Return a running monitor with an empty phone book."""
    with BasIp(password="Sésame, öffne dich!") as sandbox:
        yield sandbox


@pytest.fixture
def cobai() -> Iterator[Cobai]:
    """Return a running cobai with one customer and no contact."""
    with Cobai() as sandbox:
        yield sandbox


@pytest.fixture
def porters() -> Iterator[Porters]:
    """Return a running, empty company database."""
    with Porters(tenant=Tenant(largest={"Contact.P_Memo": 20_000})) as sandbox:
        yield sandbox


@pytest.fixture
def clock() -> Clock:
    """Return the clock of PORTERS."""
    return Clock()


@pytest.fixture
def company(clock: Clock) -> Iterator[Porters]:
    """Return a running, empty company database, of which the clock stands still."""
    with Porters() as sandbox:
        sandbox.now = clock
        yield sandbox


@pytest.fixture
def valomnia() -> Iterator[Valomnia]:
    """Return a running Valomnia without contacts, with the customers 3229 and 31888."""
    with Valomnia() as sandbox:
        sandbox.add_customer(31888, "C0001", "Madrigal")
        yield sandbox
