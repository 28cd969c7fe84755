"""After each run the bench sees whether the account holds what it should."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bench.accounts import APIS
from tests.bench.writing import person, stream
from tests.stock.limit import write
from tests.stock.wire import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.server import Sandbox

COUNT = 40


@pytest.fixture(params=[*APIS])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Sandbox, Job]]:
    """Write contacts into an account."""
    api = APIS[request.param]
    with api.sandbox() as sandbox:
        lines = str(stream(tmp_path / "lines", COUNT))
        job = Job(request.param, sandbox.url, api.token(sandbox), lines, str(tmp_path))
        asyncio.run(write(job))
        yield request.param, sandbox, job


Written = tuple[str, "Sandbox", Job]


def people(changed: int = 0) -> list[dict[str, object]]:
    """Return the records."""
    return [person(number, int(number < changed)) for number in range(COUNT)]


def test_the_limit_writes_every_contact_and_then_those_that_changed(written: Written) -> None:
    """It is compared with others, so it does their work."""
    name, sandbox, job = written
    api = APIS[name]
    assert api.is_right(sandbox, people())
    before = len(sandbox.writes)
    stream(Path(job.lines), COUNT, changed=1)
    asyncio.run(write(job))
    assert api.is_right(sandbox, people(changed=1))
    assert len(sandbox.writes) == before + 1


def test_a_contact_that_is_doubled_is_seen(written: Written) -> None:
    """A program that sends everything again leaves it so."""
    name, sandbox, job = written
    (Path(job.folder) / "hashes").unlink()
    asyncio.run(write(job))
    assert len(sandbox.contacts) == 2 * COUNT
    assert not APIS[name].is_right(sandbox, people())


def test_a_contact_that_is_missing_or_stale_is_seen(written: Written) -> None:
    """Neither may be taken for fast."""
    name, sandbox, _ = written
    assert not APIS[name].is_right(sandbox, [*people(), person(COUNT)])
    assert not APIS[name].is_right(sandbox, people(changed=1))
