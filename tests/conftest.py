"""What all tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.commands import Workplace
from tests.support.ledger_stores import SqliteStore, Store, postgres
from tests.support.plain import Clock, PlainApi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """Return an empty folder in which to run the commands."""
    return Workplace(tmp_path)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that goes only while somebody waits."""
    return Clock()


@pytest.fixture
def api() -> Iterator[PlainApi]:
    """Return a running API without rules."""
    with PlainApi() as sandbox:
        yield sandbox


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return an empty database, in turn of each kind."""
    if request.param == "sqlite":
        yield SqliteStore(tmp_path / "shared.db")
    else:
        with postgres() as made:
            yield made
