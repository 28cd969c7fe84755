"""Put what the programs of the standard table took into words and tables."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.programs import AT_ONCE, DEFAULT, LIMIT, OURS, PEERS, STOCK
from tests.bench.results import cells
from tests.bench.runs import where

if TYPE_CHECKING:
    from collections.abc import Sequence

SHORT, FULL = "Beside others", "In full"
"""Headings of the two tables."""
COLUMNS = (
    "Stock: a tap and a target as the SDK's documentation has them. Best peer: the faster of dlt "
    "and drt that left each contact right. Limit: bare connections and a file of hashes. None: no "
    "such program does it. 2x: twice our time."
)


class Took(NamedTuple):
    """What one run of a program took."""

    work: str
    who: str
    seconds: float
    cpu: float
    megabytes: float
    requests: int
    right: bool
    """Whether it left the account as it should be."""


class Told(NamedTuple):
    """A row of the full table: medians of runs, of which each left all right or not."""

    work: str
    who: str
    seconds: float
    times: float
    """How many times ours: the median of the ratios of each turn."""
    cpu: float
    megabytes: float
    requests: int
    runs: int
    right: bool

    def row(self) -> str:
        """Return it as a row of a table."""
        return (
            f"| {self.work} | {self.who} | {self.seconds:.2f} | {self.times:.2f} | {self.cpu:.2f} "
            f"| {self.megabytes:.0f} | {self.requests} | {self.runs} "
            f"| {'yes' if self.right else 'no'} |\n"
        )


def told(took: Sequence[Took]) -> list[Told]:
    """Return the rows of the full table."""
    runs: dict[tuple[str, str], list[Took]] = {}
    for each in took:
        runs.setdefault((each.work, each.who), []).append(each)
    return [_told(every, runs[work, OURS]) for (work, _), every in runs.items()]


def _told(runs: Sequence[Took], ours: Sequence[Took]) -> Told:
    def middle(name: str) -> float:
        return float(statistics.median(getattr(each, name) for each in runs))

    times = statistics.median(
        each.seconds / own.seconds for each, own in zip(runs, ours, strict=False)
    )
    largest = max(each.megabytes for each in runs)
    right = all(each.right for each in runs)
    seconds, cpu, requests = middle("seconds"), middle("cpu"), int(middle("requests"))
    return Told(*runs[0][:2], seconds, times, cpu, largest, requests, len(runs), right)


def short(works: Sequence[str], rows: Sequence[Told]) -> str:
    """Return the table that the pages quote."""
    by = {(row.work, row.who): row for row in rows}
    head = "| work | ours | stock | best peer | limit |\n" + "|---" * 5 + "|\n"
    return head + "".join(_line(work, by) for work in works)


def _line(work: str, by: dict[tuple[str, str], Told]) -> str:
    ours = by[work, OURS]
    mine = f"{_seconds(ours)} ({ours.cpu:.1f} s CPU, {ours.megabytes:.0f} MB)"
    if (work, DEFAULT) in by:
        mine += f"; {_seconds(by[work, DEFAULT])} with 4 at once"
    right = [by[work, who] for who in PEERS if (work, who) in by and by[work, who].right]
    best = min(right, key=lambda row: row.seconds, default=None)
    others = [by.get((work, STOCK)), best, by.get((work, LIMIT))]
    return f"| {work} | {mine} | {' | '.join(map(_cell, others))} |\n"


def _cell(row: Told | None) -> str:
    if row is None or not row.right:
        return "none"
    who = f"{row.who} " if row.who in PEERS else ""
    return f"{who}{_seconds(row)} ({row.times:.1f}x)"


def _seconds(row: Told) -> str:
    return f"{row.seconds:.1f} s"


def text(works: Sequence[str], took: Sequence[Took], minutes: float) -> str:
    """Return the report."""
    rows = sorted(told(took), key=lambda row: works.index(row.work))
    return (
        "# The standard table\n\n"
        "`make bench` measures all of it in one run and writes this file.\n\n"
        f"## {SHORT}\n\n"
        f"{where()}. Whole commands, start included, {AT_ONCE[OURS]} connections each; "
        f"{_turns(rows)}. {COLUMNS}\n\n"
        f"{short(works, rows)}\n"
        f"## {FULL}\n\n"
        "| work | program | seconds | times ours | CPU s | most MB | requests | runs "
        "| all right |\n" + "|---" * 9 + "|\n" + "".join(row.row() for row in rows) + "\n"
        f"The whole run took {minutes:.1f} minutes.\n"
    )


def _turns(rows: Sequence[Told]) -> str:
    most, fewest = (pick(row.runs for row in rows) for pick in (max, min))
    if most == 1:
        return "one run each"
    rare = f", of {fewest} where a program is slow" if fewest < most else ""
    return f"medians of {most} runs in turn{rare}"


def kept(told: str) -> list[Told]:
    """Return the rows of the full table of a report."""
    return [_read(each) for each in cells(told.partition(f"## {FULL}")[2])]


def _read(cells: Sequence[str]) -> Told:
    work, who, *figures, requests, runs, right = cells
    seconds, times, cpu, most = map(float, figures)
    return Told(work, who, seconds, times, cpu, most, int(requests), int(runs), right == "yes")
