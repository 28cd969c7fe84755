"""Send a crowd to all APIs and write down who was overwritten, doubled or lost.

    python -m tests.crowd [--people NUMBER] [--seed NUMBER] [--api API] [--notes] [--json FILE]

Exits with 1 if anybody was, or anything else is as it should not be.
`tests/crowd/test_crowd.py` is the short version.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.crowd import report
from tests.crowd.people import crowd
from tests.crowd.trial import KINDS, Step, trial
from tests.support import paths

RESULTS = paths.RESULTS / "crowd.md"


def main() -> int:
    """Carry out the trials, show and write what came of them; return the exit code."""
    options = _options()
    apis = [options.api] if options.api else sorted(KINDS)
    began, people = time.monotonic(), crowd(options.people, options.seed)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        steps = pool.map(trial, apis, [people] * len(apis))
        tables = dict(zip(apis, steps, strict=True))
    arguments = f"--people {options.people} --seed {options.seed}"
    text = report.text(people, time.monotonic() - began, tables, arguments)
    print(text)
    if options.notes:
        print(*_notes(tables), sep="\n")
    if not options.api:
        RESULTS.write_text(text, encoding="utf-8")
    if options.json:
        options.json.write_text(report.dump(people, tables), encoding="utf-8")
    return _code([step for each in tables.values() for step in each])


def _notes(tables: report.Tables) -> list[str]:
    return [
        f"{api} {step.name}: {note}"
        for api, steps in tables.items()
        for step in steps
        for note in step.notes
    ]


def _code(steps: list[Step]) -> int:
    return 1 if any(step.faults for step in steps) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crowd", description=__doc__)
    parser.add_argument("--people", type=int, default=400, help="how many, about")
    parser.add_argument("--seed", type=int, default=1, help="gives the same people each time")
    parser.add_argument("--api", choices=sorted(KINDS), help="only this one; writes no results")
    parser.add_argument("--notes", action="store_true", help="show whom each fault concerns")
    parser.add_argument("--json", type=Path, help="file for the counts")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
