"""What all tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands import Workplace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """Return an empty folder in which to run the commands."""
    return Workplace(tmp_path)
