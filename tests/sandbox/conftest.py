"""Company databases of PORTERS and clients of theirs, for the tests of its sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.porters import Porters

if TYPE_CHECKING:
    from collections.abc import Iterator
from tests.support.porters_api import TENANT, Api, Clock


@pytest.fixture
def sandbox() -> Iterator[Porters]:
    """Serve one company database."""
    with Porters() as served:
        yield served


@pytest.fixture
def api(sandbox: Porters) -> Api:
    """Return a client that is signed in to it."""
    clock = sandbox.now = Clock()
    client = Api(sandbox, clock)
    client.sign_in()
    return client


@pytest.fixture
def tenant() -> Iterator[Api]:
    """Return a client that is signed in to a company database with fields of its own."""
    with Porters(tenant=TENANT) as served:
        clock = served.now = Clock()
        client = Api(served, clock)
        client.sign_in()
        yield client
