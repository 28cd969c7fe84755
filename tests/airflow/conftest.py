"""End Airflow also where the tests are told to end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _is_interrupted_by_sigterm() -> Iterator[None]:
    """Have SIGTERM end the test as Ctrl-C does, so that it ends what it has started."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)
