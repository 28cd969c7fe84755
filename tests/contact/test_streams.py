"""Contact streams of unrelated taps go into every API without a mapping."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests import expected
from tests.crash.lab import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize("api", sorted(KINDS))
@pytest.mark.parametrize(("fixtures", "settings"), expected.GROUPS)
def test_streams_arrive_as_reviewed(
    fixtures: tuple[str, ...], settings: Mapping[str, Any], api: str
) -> None:
    """Each contact has the reviewed fields; each rejected record names the field at fault."""
    found = expected.written_together(fixtures, api, settings)
    assert found == expected.together(fixtures, api)


@pytest.mark.parametrize("api", sorted(KINDS))
def test_a_stream_that_is_written_alone_arrives_as_reviewed(api: str) -> None:
    """As `python -m tests.expected` writes the files for review."""
    wanted: dict[str, Any] = json.loads(expected.path("hubspot", api).read_text("utf-8"))
    assert expected.written("hubspot", api) == wanted


def test_every_fixture_is_in_one_group() -> None:
    """None is left out."""
    assert sorted(name for names, _ in expected.GROUPS for name in names) == [*expected.FIXTURES]
