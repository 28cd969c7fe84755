"""The list of mutants that no test has to notice speaks of the code as it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.mutants.known import ANY, KNOWN, SIZES

CLONE = Path(__file__).parents[2]


@cache
def code(module: str) -> str:
    """Return the code of a module with single blanks."""
    (path,) = (path for path in CLONE.glob(f"ta*_contacts/{module}.py") if path.is_file())
    return " ".join(path.read_text(encoding="utf-8").split())


def test_each_known_mutant_is_of_a_line_that_is_there() -> None:
    """Else it excuses nothing, and somebody who looks for its line finds none."""
    gone = {(each.module, each.before) for each in KNOWN if each.before not in code(each.module)}
    assert not gone


@pytest.mark.parametrize(("module", "name", "value", "written"), SIZES)
def test_each_size_is_the_one_of_the_code(module: str, name: str, value: int, written: str) -> None:
    """A constant that only bounds memory or time is in the list with its value."""
    assert f"{name} = {written}" in code(module)
    assert int(written) == value


@pytest.mark.parametrize(("module", "condition"), ANY)
def test_each_condition_is_in_the_code(module: str, condition: str) -> None:
    """A condition that only asks whether there is any row is in the list as it is written."""
    assert condition in code(module)
