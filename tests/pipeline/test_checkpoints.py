"""A STATE is passed on once every record before it is settled, and never earlier."""

from __future__ import annotations

import pytest

from target_contacts.singer.checkpoints import Checkpoints


@pytest.mark.parametrize(
    ("steps", "passed"),
    [
        ("s0", [0]),
        ("r", []),
        ("r s1", []),
        ("r s1 1", [1]),
        ("r 1 s1", [1]),
        ("s0 r s1", [0]),
        ("s0 r s1 1", [0, 1]),
        ("r s1 r s2 1", [1]),
        ("r s1 r s2 2", []),
        ("r s1 r s2 2 1", [2]),
        ("r r s2 1", []),
        ("r r s2 1 2", [2]),
        ("r s1 r r s3 1 3", [1]),
        ("r s1 r r s3 1 3 2", [1, 3]),
        ("r 1 s1 s2", [1, 2]),
        ("r s1 s2 1", [2]),
    ],
)
def test_a_state_waits_for_all_records_before_it(steps: str, passed: list[int]) -> None:
    """In whatever order they are settled; of several that are safe the last goes, and once."""
    found: list[int] = []
    checkpoints = Checkpoints(lambda state: found.append(state["at"]))
    for step in steps.split():
        if step == "r":
            checkpoints.opened()
        elif step.startswith("s"):
            checkpoints.saw({"at": int(step[1:])})
        else:
            checkpoints.settled(int(step))
        checkpoints.pass_on()
    assert found == passed


def test_records_are_numbered_in_turn() -> None:
    """By its number a record is settled, whatever has come since."""
    checkpoints = Checkpoints(lambda _: None)
    assert [checkpoints.opened() for _ in range(3)] == [1, 2, 3]
    checkpoints.settled(2)
    assert checkpoints.opened() == 4
    with pytest.raises(KeyError):
        checkpoints.settled(2)
