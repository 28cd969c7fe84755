"""Measure how fast tap and target are; the tables go to tests/results.

    python -m tests.bench [standard reading writing porters intents fleet shared_rate ledger_size
                           start | all] [--runs 3] [--part 1] [--latencies 0 20 50 200]
                          [--devices 1000] [--minutes 10]

Without a name it is the standard table, which takes less than ten minutes on a quiet machine with
two cores; `--part 0.01` tries it with a hundredth of the contacts and only prints it.
Readers, writers and servers with canned answers are processes of their own on this machine; the
sandbox runs in this one.
"""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

STANDARD = "standard"
BENCHES = (
    STANDARD,
    "reading",
    "writing",
    "porters",
    "intents",
    "fleet",
    "shared_rate",
    "ledger_size",
    "start",
)
"""Each is a module, imported when its turn comes: what is started counts this process's memory."""

ALL = "all"


def main() -> None:
    """Run the benches that are named, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("benches", nargs="*", metavar="|".join((*BENCHES, ALL)), default=[])
    parser.add_argument("--runs", type=int, default=3, help="the rows are their medians")
    parser.add_argument("--part", type=float, default=1.0, help="of the standard table's contacts")
    latencies = [0, 20, 50, 200]
    parser.add_argument("--latencies", type=float, nargs="+", default=latencies, help="ms")
    parser.add_argument("--contacts", type=int, default=20_000, help="of Zoho Voice and PORTERS")
    parser.add_argument("--customers", type=int, default=2_000, help="of cobai, a contact each")
    parser.add_argument("--creates", type=int, default=2_000)
    parser.add_argument("--records", type=int, default=200_000, help="of which none has changed")
    parser.add_argument(
        "--longest", type=int, default=2_000_000, help="records of the longest stream; 0: none"
    )
    parser.add_argument(
        "--at-once", type=int, nargs="+", default=[1, 4, 8], help="requests into a slow PORTERS"
    )
    parser.add_argument("--wait", type=float, default=10.0, help="seconds of waiting, at most")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10**n for n in range(4, 8)], help="ledgers' rows"
    )
    parser.add_argument("--devices", type=int, default=1_000, help="monitors of fleet")
    parser.add_argument("--minutes", type=float, default=10, help="of shared_rate")
    options = parser.parse_args()
    if unknown := {*options.benches} - {*BENCHES, ALL}:
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    names = BENCHES if ALL in options.benches else options.benches or [STANDARD]
    for name in names:
        _module(name).main(options)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tests.bench.{name}")


if __name__ == "__main__":
    main()
