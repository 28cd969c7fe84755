"""Nobody else deleted, nobody lost or doubled: the target killed while it deletes who left."""

from __future__ import annotations

import pytest

from tests.crash.departures import APIS, Found, tried

SEED, POINTS = 3, 2


@pytest.mark.parametrize("api", APIS)
def test_a_target_killed_while_it_deletes_deletes_nobody_else(api: str) -> None:
    """Killed at any step or deletion, once or more; the next complete reading makes it good."""
    total = Found(0, 0, [])
    for number in range(POINTS):
        total = total.added(tried(api, SEED, number))
    assert (total.problems, total.points) == ([], POINTS), f"seed {SEED}"
    assert total.kills >= POINTS // 2
