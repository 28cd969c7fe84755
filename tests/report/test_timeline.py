"""How requests and waits are told over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.transport.usage import Usage
from target_contacts.report.timeline import MOST, Bucket, Timeline

if TYPE_CHECKING:
    from tests.support.plain import Clock


def test_each_part_tells_what_was_added_in_it(clock: Clock) -> None:
    """The last one ends with the run."""
    usage = Usage()
    timeline = Timeline(lambda: usage, clock)
    clock.sleep(1)
    usage = Usage({"GET": 3, "POST": 2}, 1, 0.5)
    timeline.look()
    clock.sleep(2)
    usage = Usage({"GET": 3, "POST": 9}, 1, 1.5)
    assert timeline.end() == [Bucket(1.0, 5, 1, 0.5), Bucket(3.0, 7, 0, 1.0)]


def test_a_long_run_has_longer_parts_and_loses_nothing(clock: Clock) -> None:
    """However long it takes, there are no more than can be shown."""
    requests = 0
    timeline = Timeline(lambda: Usage({"GET": requests}, 0, 0.0), clock)
    for _ in range(10 * MOST):
        clock.sleep(1)
        requests += 2
        timeline.look()
    parts = timeline.end()
    assert MOST // 2 <= len(parts) <= MOST
    assert sum(part.requests for part in parts) == requests
    assert parts[-1].until == 10 * MOST
