"""Sources whose clock a test sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.support.nights import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace


@pytest.fixture(params=["porters", "valomnia"])
def source(request: pytest.FixtureRequest, workplace: Workplace) -> Iterator[Source]:
    """Return a running source without contacts."""
    with Porters() if request.param == "porters" else Valomnia() as sandbox:
        yield Source(request.param, sandbox, workplace)


@pytest.fixture
def valomnia(workplace: Workplace) -> Iterator[Source]:
    """Return a running Valomnia without contacts."""
    with Valomnia() as sandbox:
        yield Source("valomnia", sandbox, workplace)


@pytest.fixture
def porters(workplace: Workplace) -> Iterator[Source]:
    """Return a running PORTERS without contacts."""
    with Porters() as sandbox:
        yield Source("porters", sandbox, workplace)
