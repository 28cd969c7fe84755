"""Kill the target at many points, over all APIs, and write down what came of it.

    python -m tests.crash [--points NUMBER] [--api API] [--seed NUMBER] [--way WAY ...]

Exits with 1 if anything is lost, doubled or otherwise not as it should be.
`tests/crash/test_crash.py` is the short version.
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from tests.crash.lab import KINDS
from tests.crash.overtaken import Overtaking, overtaken
from tests.crash.trials import HOW, Point, Tally, tried
from tests.support import paths

if TYPE_CHECKING:
    from collections.abc import Mapping

RESULTS = paths.RESULTS / "crash.md"

LEASES = 25
"""Points to one more in which a run loses the account while it waits."""

TEXT = """\
# Killed and run again

`python -m tests.crash {arguments}` on {date}, in {seconds:.0f} s: {machine}, Python {python}.

A point is one trial: 14 contacts are created, then 16 sent of which some are changed, some are not
and some are new, with a STATE after every third. In one of the two batches the target is killed
with SIGKILL, once or several times in a row: at a numbered step (an executed line of delivery,
look-up, ledger, rejects, sinks or HTTP), at a random moment, as a request arrives (which is carried
out never, or nevertheless), or after it was carried out and before it is answered. Or it is
disturbed: the encryption breaks in a handshake, before an answer or in one, a gateway answers in
the API's place, in its own words and with any status, or an answer never ends, each after the API
has carried the request out or has not got it; or the API carries a request out after nobody waits
for it any more. Each time it is run again on what follows the last
STATE that came out, or on everything; at last it runs undisturbed. One point in {leases} is
another: while announced creates wait for `Retry-After`, the run's connection to PostgreSQL ends, or
somebody removes lock files of SQLite or uses a second name of its file, and a second run writes the
same contacts; then the first goes on.

*Lost*: covered by a STATE, or reported done, and neither at the destination nor in the rejects.
*Doubled*: there twice at any time. *Other*: a contact with wrong values, books that do not balance,
an exit code other than 0 at the end, a write in an unchanged rerun. *Look-ups*: requests that read
contacts, against the creates without outcome that the last run of the first batch found in the
ledger, where adoption is switched off: one of the three ways in which the points are run.

| API | points | kills | faults | lost | doubled | other | without outcome | look-ups | each |
|---|---|---|---|---|---|---|---|---|---|
{rows}
"""


def main() -> int:
    """Carry out all trials, show and write what came of them; return the exit code."""
    options = _options()
    apis = [options.api] if options.api else sorted(KINDS)
    began = time.monotonic()
    tallies = {api: _tally(api, options) for api in apis}
    arguments = f"--points {options.points} --seed {options.seed}"
    arguments += f" --api {options.api}" if options.api else ""
    arguments += "".join(f" --way {way}" for way in options.way or ())
    text = _text(arguments, time.monotonic() - began, tallies)
    problems = [problem for tally in tallies.values() for problem in tally.problems]
    print(text, *problems, sep="\n")
    if not (options.api or options.way):
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(text, encoding="utf-8")
    return 1 if problems else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--points", type=int, default=500, help="trials of each API")
    parser.add_argument("--api", choices=sorted(KINDS), help="only this one; writes no results")
    ways, only = sorted(set(HOW)), "only these ways; writes no results"
    parser.add_argument("--way", nargs="+", choices=ways, help=only)
    parser.add_argument("--seed", type=int, default=1, help="gives the same trials each time")
    return parser.parse_args()


def _tally(api: str, options: argparse.Namespace) -> Tally:
    """Carry out the trials of one API, two at a time."""
    total, points, ways = Tally(), options.points, options.way or HOW
    drawn = [Point.drawn(api, options.seed, number, ways) for number in range(points)]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        for done, tally in enumerate(pool.map(tried, drawn), start=1):
            total.add(tally)
            print(f"\r{api}: {done} of {points} points", end="", file=sys.stderr)
        most = 0 if options.way else points // LEASES
        losing = [Overtaking.drawn(api, options.seed, number) for number in range(most)]
        for tally in pool.map(overtaken, losing):
            total.add(tally)
    print(file=sys.stderr)
    return total


def _text(arguments: str, seconds: float, tallies: Mapping[str, Tally]) -> str:
    return TEXT.format(
        arguments=arguments,
        leases=LEASES + 1,
        date=datetime.datetime.now(tz=datetime.timezone.utc).date(),
        seconds=seconds,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        python=platform.python_version(),
        rows="\n".join(_row(api, tally) for api, tally in tallies.items()),
    )


def _row(api: str, tally: Tally) -> str:
    each = f"{tally.look_ups / tally.intents:.2f}" if tally.intents else "-"
    cells = (
        *(api, tally.points, tally.kills, tally.faults, tally.lost, tally.doubled, tally.other),
        *(tally.intents, tally.look_ups, each),
    )
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    sys.exit(main())
