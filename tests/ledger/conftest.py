"""An account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.ledger_runs import Watched

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def zoho() -> Iterator[Watched]:
    """Return a running, empty Zoho Voice."""
    with Watched() as sandbox:
        yield sandbox
