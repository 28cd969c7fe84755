"""Contact streams of unrelated taps go into every API without a mapping."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import expected
from tests.crash.lab import KINDS


@pytest.mark.parametrize("api", sorted(KINDS))
@pytest.mark.parametrize("fixture", expected.FIXTURES)
def test_a_stream_arrives_as_reviewed(fixture: str, api: str) -> None:
    """Each contact has the reviewed fields; each rejected record names the field at fault."""
    wanted: dict[str, Any] = json.loads(expected.path(fixture, api).read_text("utf-8"))
    assert expected.written(fixture, api) == wanted
