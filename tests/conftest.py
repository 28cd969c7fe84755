"""What all tests share."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import statements
from tests.support.commands import Workplace
from tests.support.launched import Launchers
from tests.support.ledger_stores import SqliteStore, Store, drop_all, postgres
from tests.support.plain import Clock, PlainApi

if TYPE_CHECKING:
    from collections.abc import Iterator

statements.share()
gc.disable()  # until all tests are collected: ten thousand of them are no garbage

LONGEST = (
    *("tests/whole/test_meltano.py", "tests/test_packages.py", "tests/test_hub.py"),
    *("tests/test_docs.py::test_the_demo", "tests/crash/test_crash.py::test_a_killed"),
)
"""How the names of the tests begin that take longest."""


MEMORY, ROOM = Path("/dev/shm"), 4 * 1024**3  # noqa: S108  # pytest makes a folder of its own
"""Where files are that are never written to a disk, and how many bytes are to be free there.

Each commit of a ledger would wait for the disk: a tenth of what a short run takes, and more if many
do so at once.
"""

if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: else one process would be at it when all others are done."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """Look for garbage from now on, but not among the tests, of which there are many."""
    gc.freeze()
    gc.enable()


def pytest_sessionfinish() -> None:
    """Remove what the tests made on a server, and look for garbage no more: the process ends."""
    drop_all()
    gc.freeze()


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """Return an empty folder in which to run the commands."""
    return Workplace(tmp_path)


@pytest.fixture(scope="session")
def launchers() -> Iterator[Launchers]:
    """Return a folder of the commands, for a shell."""
    with tempfile.TemporaryDirectory() as folder, Launchers(Path(folder)) as made:
        yield made


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
