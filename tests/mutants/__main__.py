"""Do small harms to the modules on which nothing lost depends, and count how many a test notices.

Each mutant meets only tests that execute its lines, quick ones first. Which these are is measured
by a run of the tests of these modules, again after any module or test has changed.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections import Counter, defaultdict
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.mutants.covering import Covering, is_measured, measure
from tests.mutants.drawn import Mutant, draw, name_of
from tests.mutants.judged import NOTICED, SURVIVED, TIMED_OUT, judged
from tests.mutants.known import EQUIVALENT, KNOWN, LEFT
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESULTS = ROOT / "tests" / "results" / "mutants.md"
LEAST = 95.0
"""Percent of the mutants that are not equivalent which must be noticed."""

_NAMES = {
    "target_contacts/delivery": (
        *("delivery", "plan", "setbacks", "intents", "unanswered", "outcomes", "filled", "keys"),
        *("adoption", "look_up", "candidates", "comparison", "matching", "evidence"),
        *("lost_creates", "canary", "guards", "missing", "arrival", "bounds", "limit"),
        *("settlement", "peers", "unlooked"),
    ),
    "target_contacts/ledger": ("ledger", "entry", "fills", "lock", "lease"),
    "target_contacts/report": ("rejects",),
    "target_contacts/singer": ("checkpoints", "state_writer"),
    "tap_contacts/transport": (
        *("rate_limit", "fixed_rate", "told_quota", "adaptive_rate", "retry", "circuit_breaker"),
        *("pacing", "served"),
    ),
    "tap_contacts/listing": ("offsets", "offset_walk", "bookmarks", "seen_keys", "vanished"),
    "tap_contacts/apis/porters": ("reading", "by_id", "changes"),
    "tap_contacts/apis/valomnia": ("reading", "by_time", "changes", "unordered"),
}
"""The modules, by room."""

_PATHS = [Path(room, f"{name}.py") for room, names in _NAMES.items() for name in names]
MODULES = {name_of(path): path for path in _PATHS}

COLUMNS = (NOTICED, TIMED_OUT, EQUIVALENT, LEFT, SURVIVED)

TEXT = """# How many small harms the tests notice

`python -m tests.mutants {arguments}`; {date}, {minutes:.0f} minutes.

Mutants are drawn from all places of these modules, by the operators of cosmic-ray and two of our
own: a statement dropped, and a condition decided or an operand left out. Each meets at most {tests}
tests that execute its lines, of {seconds:.0f} seconds at most. *Equivalent* and *left* stand in
`tests/mutants/known.py`, each with its reason. The rate is that of what is noticed or timed out,
among what is not equivalent.

| module | mutants | noticed | timed out | equivalent | left | survived | rate |
|---|---|---|---|---|---|---|---|
{rows}

{survivors}
"""


def main() -> int:
    """Draw and try mutants, show and write what came of them; return the exit code."""
    options = _options()
    if options.measure is not None or not (is_measured() or options.as_measured):
        measure(options.measure or [])
    began, covering = time.monotonic(), Covering()
    paths = [MODULES[name] for name in options.modules or MODULES]
    drawn = draw(paths, options.sample, options.seed)
    found = list(zip(drawn, _tried(drawn, covering, options), strict=True))
    minutes = (time.monotonic() - began) / 60
    text = _text(options, minutes, found)
    print(text)
    if not options.modules:
        RESULTS.write_text(text, encoding="utf-8")
    return int(_rate(Counter(verdict for _, verdict in found)) < LEAST)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=200, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1, help="gives the same ones each time")
    parser.add_argument("--modules", nargs="+", choices=MODULES, help="only these; no results file")
    parser.add_argument("--tests", type=int, default=600, help="most tests a mutant meets")
    parser.add_argument("--seconds", type=float, default=60, help="longest that these may take")
    parser.add_argument("--workers", type=int, default=2, help="how many are tried at once")
    text = "run the tests first, or add these to what was measured"
    parser.add_argument("--measure", nargs="*", help=text)
    text = "take what was measured before, though files have changed"
    parser.add_argument("--as-measured", action="store_true", help=text)
    return parser.parse_args()


def _tried(drawn: Sequence[Mutant], covering: Covering, options: argparse.Namespace) -> list[str]:
    """Return what became of each mutant, trying those that are not known."""
    known = {(each.module, each.before, each.after): each.kind for each in KNOWN}
    kinds = [known.get((each.module, each.before, each.after), "") for each in drawn]
    new = [each for each, kind in zip(drawn, kinds, strict=True) if not kind]
    tests = [_tests(each, covering, options) for each in new]
    seconds = [sum(covering.seconds[test] for test in several) for several in tests]
    verdicts = iter(_shown(new, judged(new, tests, seconds, options.workers)))
    return [kind or next(verdicts) for kind in kinds]


def _tests(mutant: Mutant, covering: Covering, options: argparse.Namespace) -> list[str]:
    """Return the tests that a mutant meets."""
    spent = 0.0

    def is_within(test: str) -> bool:
        nonlocal spent
        spent += covering.seconds[test]
        return bool(spent <= options.seconds)

    found = covering.tests(Path(mutant.spec.module_path), mutant.lines)
    return list(takewhile(is_within, found[: options.tests]))


def _shown(mutants: Sequence[Mutant], verdicts: object) -> list[str]:
    """Return verdicts, showing how far they are and which mutants survive."""
    found: list[str] = []
    for mutant, verdict in zip(mutants, verdicts, strict=True):  # type: ignore[call-overload]
        found.append(verdict)
        print(f"\r{len(found)} of {len(mutants)}", end="", file=sys.stderr, flush=True)
        if verdict == SURVIVED:
            print(f"\n{_line(mutant)}", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def _line(mutant: Mutant) -> str:
    return f"{mutant.module} {mutant.lines.start}: `{mutant.before}` to `{mutant.after}`"


def _rate(counts: Mapping[str, int]) -> float:
    """Return the percentage of mutants that were noticed, of those that are not equivalent."""
    noticed = counts[NOTICED] + counts[TIMED_OUT]
    return 100 * noticed / (noticed + counts[LEFT] + counts[SURVIVED] or 1)


def _text(options: argparse.Namespace, minutes: float, found: Sequence[tuple[Mutant, str]]) -> str:
    by_module: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for mutant, verdict in found:
        by_module[mutant.module][verdict] += 1
        by_module["all"][verdict] += 1
    order = [name for name in (*MODULES, "all") if name in by_module]
    survivors = [f"* {_line(each)}" for each, verdict in found if verdict == SURVIVED]
    return TEXT.format(
        arguments=f"--sample {options.sample} --seed {options.seed}",
        date=datetime.datetime.now(tz=datetime.timezone.utc).date(),
        minutes=minutes,
        tests=options.tests,
        seconds=options.seconds,
        rows="\n".join(_row(name, by_module[name]) for name in order),
        survivors="\n".join(["Survivors:", "", *survivors] if survivors else ["None survived."]),
    )


def _row(name: str, counts: Counter[str]) -> str:
    cells = (name, counts.total(), *(counts[each] for each in COLUMNS), f"{_rate(counts):.0f} %")
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    sys.exit(main())
