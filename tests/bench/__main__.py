"""Measure how fast tap and target are; the tables go to tests/results.

    python -m tests.bench [reading writing porters intents fleet shared_rate ledger_size | all]
                          [--runs 3] [--latencies 0 20 50 200] [--devices 1000] [--minutes 10]

Without a name it is reading, writing and PORTERS, each with less to do. That is meant to take less
than ten minutes on a quiet machine.
Servers, readers and writers are processes of their own on this machine.
"""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

BENCHES = (
    "reading",
    "writing",
    "porters",
    "intents",
    "fleet",
    "shared_rate",
    "ledger_size",
)
"""Each is a module, imported when its turn comes: what is started counts this process's memory."""

ALL, OF_STANDARD = "all", ("reading", "writing", "porters")

FULL: dict[str, object] = {
    "latencies": [0, 20, 50, 200],
    "records": 200_000,
    "longest": 2_000_000,
    "at_once": [1, 4, 8],
    "wait": 10.0,
}
STANDARD = FULL | {
    "latencies": [0, 50],
    "records": 100_000,
    "longest": 0,
    "at_once": [4],
    "wait": 4.0,
}
"""What is done unless an option says otherwise."""


def main() -> None:
    """Run the benches that are named, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("benches", nargs="*", metavar="|".join((*BENCHES, ALL)), default=[])
    parser.add_argument("--runs", type=int, default=3, help="the rows are their medians")
    parser.add_argument("--latencies", type=float, nargs="+", help="ms")
    parser.add_argument("--contacts", type=int, default=20_000, help="of Zoho Voice and PORTERS")
    parser.add_argument("--customers", type=int, default=2_000, help="of cobai, a contact each")
    parser.add_argument("--creates", type=int, default=2_000)
    parser.add_argument("--records", type=int, help="of which none has changed")
    parser.add_argument("--longest", type=int, help="records of the longest stream; 0: none")
    parser.add_argument("--at-once", type=int, nargs="+", help="requests into a slow PORTERS")
    parser.add_argument("--wait", type=float, help="seconds of waiting in one run, at most")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10**n for n in range(4, 8)], help="ledgers' rows"
    )
    parser.add_argument("--devices", type=int, default=1_000, help="monitors of fleet")
    parser.add_argument("--minutes", type=float, default=10, help="of shared_rate")
    options = parser.parse_args()
    if unknown := {*options.benches} - {*BENCHES, ALL}:
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    for name, value in (FULL if options.benches else STANDARD).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    names = BENCHES if ALL in options.benches else options.benches or OF_STANDARD
    for name in names:
        _module(name).main(options)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tests.bench.{name}")


if __name__ == "__main__":
    main()
