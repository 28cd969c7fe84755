"""What is said of all destinations together: exit code, STATE and summary."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from target_contacts.destinations.child import Outcome
from target_contacts.destinations.report import Report
from target_contacts.destinations.settings import Destination

if TYPE_CHECKING:
    from collections.abc import Sequence


def reported(codes: Sequence[int], said: Sequence[str] = (), count: int | None = None) -> Report:
    """Return a report of destinations that ended with these codes, each with a STATE."""
    report = Report(len(codes) if count is None else count)
    for number, code in enumerate(codes):
        state = said[number] if said else "s\n"
        report.note(Destination(f"d{number}", {}, {}), Outcome(code, {"read": 2}, state))
    return report


CODES = [((0, 0), 0), ((0, 3), 3), ((3, 4), 4), ((4, 2, 3), 2), ((2, 4, 1), 1), ((0, 143), 1)]


@pytest.mark.parametrize(("codes", "whole"), CODES)
def test_the_code_of_all_is_the_first_that_asks_for_something(
    codes: Sequence[int], whole: int
) -> None:
    """1 goes first, since another run may mend it; then what a person is needed for."""
    assert reported(codes).code == whole


def test_state_is_passed_on_when_all_have_settled_all() -> None:
    """Also if records were rejected: they are in a file."""
    assert reported([0, 3]).state == "s\n"


@pytest.mark.parametrize(
    "report",
    [
        reported([0, 1]),
        reported([0, 4]),
        reported([0], count=2),
        reported([0, 0], ["s\n", "t\n"]),
        reported([0, 0], ["s\n", ""]),
        reported([0, 0], ["", ""]),
    ],
)
def test_otherwise_no_state_is_passed_on(report: Report) -> None:
    """One failed, one was not begun, one has not settled all, or there was none."""
    assert report.state == ""


def test_the_summary_counts_and_names_those_that_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line of JSON, and a sentence for people."""
    caplog.set_level(logging.INFO)
    reported([0, 1, 3], count=4).show({"contacts": 2})
    line = caplog.messages[-1].removeprefix("destinations: ")
    assert json.loads(line) == {
        "destinations": 4,
        "done": 2,
        "failed": ["d1"],
        "exit_codes": {"0": 1, "1": 1, "3": 1},
        "read": 6,
        "not_begun": 1,
        "taken_by_none": {"contacts": 2},
    }
    assert "1 of 4 destinations failed: d1." in caplog.text
