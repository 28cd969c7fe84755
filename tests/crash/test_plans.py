"""What a plan says is what is done, and a plan that is killed half-way harms nobody."""

from __future__ import annotations

import pytest

from tests.crash import applied, plans
from tests.crash.departures import Found
from tests.crash.lab import KINDS

SEED, POINTS, KILLED = 5, 2, 1


@pytest.mark.parametrize("api", sorted(KINDS))
def test_a_plan_of_odd_records_is_carried_out_as_planned(api: str) -> None:
    """Counts are equal, nothing is written while planning, and nobody else's contact changes.

    Plans that do not hold, or are not as they were made, are refused.
    """
    wrong = [each for number in range(POINTS) for each in plans.tried(api, SEED, number).problems]
    assert wrong == []


@pytest.mark.parametrize("api", sorted(KINDS))
def test_a_plan_that_is_killed_half_way_harms_nobody(api: str) -> None:
    """It is refused then, and a run or a new plan does the rest."""
    total = Found(0, 0, [])
    for number in range(KILLED):
        total = total.added(applied.tried(api, SEED, number))
    assert (total.problems, total.points) == ([], KILLED)
