"""Tell coverage which test runs, and note how long each took: a plugin for pytest."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import coverage
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

TIMES = "times.jsonl"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure what a test executes in this process under its own name."""
    if measuring := coverage.Coverage.current():
        measuring.switch_context(item.nodeid)
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that passed; the others cannot tell whether a mutant is noticed."""
    if "PYTEST_XDIST_WORKER" in os.environ or report.when != "call" or not report.passed:
        return
    with (Path(os.environ["MUTANTS"]) / TIMES).open("a", encoding="utf-8") as file:
        file.write(json.dumps([report.nodeid, report.duration]) + "\n")
