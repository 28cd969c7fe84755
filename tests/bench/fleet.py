"""Measure one input that goes to many monitors: time, memory, and what a second run sends.

Some of the monitors are off at first. All stand in this process; the command and its processes are
others.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.bench.runs import BIN, keep, where
from tests.support.commands import singer
from tests.support.doors import House, residents

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

RESIDENTS = 50
"""People behind each door."""
OFF = 0.03
"""Share of the monitors that are off in the first run."""
UNUSED = "127.0.1.1"
"""Address of this machine at which nothing answers."""
SAMPLE_SECONDS = 0.5


class Run(NamedTuple):
    """What one run took, and what came of it."""

    what: str
    code: int
    seconds: float
    cpu: float
    """CPU seconds of the command and its processes."""
    megabytes: float
    told: Mapping[str, Any]


def main(options: argparse.Namespace) -> None:
    """Measure, print and keep the table."""
    flats = options.devices
    with House(flats) as house, tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        people = residents([flat for flat in range(flats) for _ in range(RESIDENTS)])
        (place / "people").write_text(singer(people), encoding="utf-8")
        off = {
            flat: {"api_url": house.monitors[flat].url.replace("127.0.0.1", UNUSED)}
            for flat in range(max(1, round(flats * OFF)))
        }
        runs = [
            _run("first, 3 % off", house.config(off), place),
            _run("those that were off are on", house.config(), place),
            _run("unchanged", house.config(), place),
        ]
        held = sum(len(each.contacts) for each in house.monitors)
    keep("fleet", report(runs, flats, held))


def _run(what: str, config: dict[str, Any], folder: Path) -> Run:
    """Run the command on the input in a folder."""
    config |= {"ledger_url": f"sqlite:///{folder}/ledger.db", "rejects_dir": f"{folder}/rejects"}
    config |= {"retry_wait_seconds": 1.0, "canary": True}
    path = folder / "target.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    began, most = time.monotonic(), [0.0]
    with (folder / "people").open("rb") as people, (folder / "log").open("wb") as log:
        command = [str(BIN / "target-contacts"), "--config", str(path)]
        process = subprocess.Popen(command, stdin=people, stdout=subprocess.DEVNULL, stderr=log)
        ended = threading.Event()
        sampling = threading.Thread(target=_sample, args=(process.pid, ended, most))
        sampling.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = code = os.waitstatus_to_exitcode(status)
        ended.set()
        sampling.join()
    seconds = time.monotonic() - began
    lines = (folder / "log").read_text("utf-8").splitlines()
    told = next(line for line in lines if " destinations: {" in line)
    cpu = usage.ru_utime + usage.ru_stime
    return Run(what, code, seconds, cpu, most[0], json.loads(told.split(" destinations: ", 1)[1]))


def _sample(pid: int, ended: threading.Event, most: list[float]) -> None:
    """Note the most memory that a process and those it started took together, in MB."""
    while not ended.wait(SAMPLE_SECONDS):
        with contextlib.suppress(OSError):
            of = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            most[0] = max(most[0], sum(map(_megabytes, [str(pid), *of])))


def _megabytes(pid: str) -> float:
    """Return the memory of a process; what several share counts in parts."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def report(runs: list[Run], flats: int, held: int) -> str:
    """Return the table."""
    rows = "".join(
        f"| {run.what} | {run.code} | {run.told['done']} | {len(run.told['failed'])} "
        f"| {run.told.get('created', 0)} | {run.told.get('unchanged', 0)} "
        f"| {run.told['requests']} | {run.seconds:.0f} | {run.cpu:.0f} | {run.megabytes:.0f} |\n"
        for run in runs
    )
    return (
        f"# One input to {flats} monitors\n\n{where()}. {RESIDENTS} residents a monitor, chosen by "
        "`only`; eight monitors at a time, one ledger in SQLite. MB: of the command and its "
        "processes together, what they share counted once.\n\n"
        "| run | exit code | done | failed | created | unchanged | requests | seconds | CPU s "
        "| MB |\n"
        "|---|---|---|---|---|---|---|---|---|---|\n"
        f"{rows}\nIn the end {held} contacts are there, of {flats * RESIDENTS}.\n"
    )
