"""The standard table says what was measured, and of peers only those that left all right."""

from __future__ import annotations

from tests.bench.programs import DLT, DRT, LIMIT, OURS, STOCK
from tests.bench.standard_table import Took, kept, short, text, told

NEW, CHANGED = "write new", "change some"


def took(who: str, seconds: float, work: str = NEW, *, right: bool = True) -> Took:
    """Return what a run took."""
    return Took(work, who, seconds, 1.0, 50.0, 7, right)


def line(*runs: Took) -> list[str]:
    """Return the cells of a line: ours, stock, best peer and limit."""
    work = runs[0].work
    row = short([work], told(runs)).splitlines()[-1]
    return [cell.strip() for cell in row.split("|")[2:-1]]


def test_the_fastest_peer_stands_in_the_line() -> None:
    """Its name, its seconds, and how many times ours that is."""
    cells = line(took(OURS, 2.0), took(DLT, 5.0), took(DRT, 4.0), took(LIMIT, 1.0))
    assert cells == ["2.0 s (1.0 s CPU, 50 MB)", "none", "drt 4.0 s (2.0x)", "1.0 s (0.5x)"]


def test_a_faster_peer_that_left_something_wrong_does_not_count() -> None:
    """The next one stands there; without one it is none."""
    assert line(took(OURS, 2.0), took(DLT, 5.0), took(DRT, 1.0, right=False))[2].startswith("dlt")
    assert line(took(OURS, 2.0), took(DLT, 1.0, right=False))[2] == "none"


def test_one_wrong_run_of_several_is_enough() -> None:
    """A program that is right now and then is not right."""
    runs = [took(OURS, 2.0), took(STOCK, 3.0), took(OURS, 2.0), took(STOCK, 3.0, right=False)]
    assert line(*runs)[1] == "none"


def test_ratios_are_those_of_the_same_turn() -> None:
    """A machine that was slow in one turn was slow for both."""
    runs = [took(OURS, 1.0), took(STOCK, 2.0), took(OURS, 4.0), took(STOCK, 8.0)]
    runs += [took(OURS, 2.0), took(STOCK, 4.0)]
    assert line(*runs)[1] == "4.0 s (2.0x)"


def test_a_program_that_ran_once_is_beside_our_first_run() -> None:
    """Later turns, in which it did not run, say nothing of it."""
    runs = [took(OURS, 2.0), took(STOCK, 20.0), took(OURS, 5.0), took(OURS, 5.0)]
    assert line(*runs)[1] == "20.0 s (10.0x)"


def test_the_plots_read_what_the_report_says() -> None:
    """Each program of each line is found again."""
    runs = [took(OURS, 2.0), took(STOCK, 3.0, right=False), took(OURS, 1.0, CHANGED)]
    assert kept(text([NEW, CHANGED], runs, 1.0)) == told(runs)
