"""What a plan says is what is done, and a plan that is killed half-way harms nobody."""

from __future__ import annotations

import pytest

from tests.crash import applied, plans
from tests.crash.lab import KINDS

SEED = 5


@pytest.mark.parametrize("api", sorted(KINDS))
def test_a_plan_of_odd_records_is_carried_out_as_planned(api: str) -> None:
    """Counts are equal, nothing is written while planning, and nobody else's contact changes.

    Plans that do not hold, or are not as they were made, are refused.
    """
    assert plans.tried(api, SEED, 0).problems == ()


@pytest.mark.parametrize("api", ["bas_ip", "porters"])
def test_a_plan_that_is_killed_half_way_harms_nobody(api: str) -> None:
    """It is refused then, and a run or a new plan does the rest, with deletions or without."""
    found = applied.tried(api, SEED, 0)
    assert (found.problems, found.points) == ([], 1)
