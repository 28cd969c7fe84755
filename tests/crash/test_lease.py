"""Two runs on one ledger, the first without its lock: nothing lost, nothing doubled."""

from __future__ import annotations

import os

import pytest

from tests.crash.overtaken import WAYS, Overtaking, overtaken
from tests.support.ledger_stores import NO_SERVER, SERVER


@pytest.mark.parametrize("api", ["porters", "zoho_voice"])
def test_a_run_whose_connection_ends_while_it_waits_doubles_nothing(api: str) -> None:
    """The second run writes what was announced; the first wakes up and must not.

    One API takes creates in one request, the other in several at once; `make crash` tries all.
    """
    if SERVER not in os.environ:
        pytest.skip(NO_SERVER)
    tally = overtaken(Overtaking(api, "connection", 0.3))
    assert (tally.lost, tally.doubled, tally.problems) == (0, 0, [])


def test_a_file_has_one_writer_by_whatever_name() -> None:
    """Neither a clean-up nor a second name lets another run in."""
    tally = overtaken(Overtaking("zoho_voice", "file", 0.3))
    assert (tally.lost, tally.doubled, tally.problems) == (0, 0, [])


def test_a_trial_is_the_same_whenever_it_is_drawn() -> None:
    """A seed and a number name a trial for good; each is of a way that there is."""
    drawn = [Overtaking.drawn("cobai", 1, number) for number in range(40)]
    assert drawn == [Overtaking.drawn("cobai", 1, number) for number in range(40)]
    assert {"file"} <= {each.how for each in drawn} <= set(WAYS)
