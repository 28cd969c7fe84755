"""An account, and an empty ledger of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.ledger_runs import Watched
from tests.support.ledger_stores import SqliteStore, Store, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def zoho() -> Iterator[Watched]:
    """Return a running, empty Zoho Voice."""
    with Watched() as sandbox:
        yield sandbox


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return an empty database, in turn of each kind."""
    if request.param == "sqlite":
        yield SqliteStore(tmp_path / "shared.db")
    else:
        with postgres() as made:
            yield made
