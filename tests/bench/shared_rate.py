"""Measure how much of a shared rate processes use, and whether they ever exceed it.

Processes send as much as they may on one account, at PORTERS' 500 writes a minute; nothing answers.
All groups of processes run at the same time, each with an account and a database of its own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.errors import Stopped
from tap_contacts.transport.rate_limit import RateLimiter
from tap_contacts.transport.shared_rate import shared
from tap_contacts.transport.sharing import Sharing
from tests.bench.runs import keep, where
from tests.support.forked import CONTEXT
from tests.support.ledger_stores import SERVER, SqliteStore, postgres
from tests.support.shared_rates import ACCOUNT, most_in_a_window, told

if TYPE_CHECKING:
    import argparse
    from multiprocessing.process import BaseProcess

    from tests.support.ledger_stores import Store

LIMIT = 500
THREADS = 4
REQUEST_SECONDS = 0.05


class Group(NamedTuple):
    """Processes that use one account."""

    database: str
    processes: int
    is_one_killed: bool = False


KINDS = ((1, False), (2, False), (4, False), (2, True))


class Used(NamedTuple):
    """What a group did."""

    requests: int
    most: int
    """Requests in the fullest 60 seconds."""
    part: float
    """Of what the limit allows, from the moment the first 500 were sent."""
    after_kill: float | None
    """The same for the one that is left, from 62 seconds after the other was killed."""
    cpu: float
    """CPU milliseconds of a process for each request."""


def send(url: str | None, seconds: float, report: Path) -> None:
    """Be a process that sends, in several threads, and writes down when."""
    outage, limits = CircuitBreaker(), {"POST": LIMIT}
    pace = RateLimiter("API", outage, limits)
    sharing = Sharing("API", ACCOUNT, limits, outage, logging.getLogger("contacts"))
    pace.shared = shared(sharing, url, is_must=True) if url else None
    until = time.monotonic() + seconds

    def work(_: int) -> None:
        while time.monotonic() < until:
            with pace.turn("POST"):
                print(time.monotonic(), file=lines)
                time.sleep(REQUEST_SECONDS)

    with report.open("a", buffering=1) as lines, ThreadPoolExecutor(THREADS) as pool:
        works = [pool.submit(work, number) for number in range(THREADS)]
        time.sleep(max(0.0, until - time.monotonic()))
        outage.give_up(Stopped("API", "any", "the end"))
        for each in works:
            with contextlib.suppress(Stopped):
                each.result()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    report.with_suffix(".cpu").write_text(str(usage.ru_utime + usage.ru_stime))


class Trial:
    """A group under way."""

    def __init__(self, group: Group, store: Store | None, folder: Path, seconds: float) -> None:
        """Start its processes."""
        self._group, self._seconds = group, seconds
        self._reports = [folder / f"{number}.times" for number in range(group.processes)]
        url = store.url if store else None
        self._processes: list[BaseProcess] = [
            CONTEXT.Process(target=send, args=(url, seconds, each)) for each in self._reports
        ]
        for each in self._processes:
            each.start()
        self._killed_at: float | None = None

    def kill(self) -> None:
        """Kill the first process, if that is what is tried."""
        if self._group.is_one_killed:
            self._processes[0].kill()
            self._killed_at = time.monotonic()

    def end(self) -> Used:
        """Wait for the end, and return what was done."""
        for each in self._processes:
            each.join()
        times = sorted(at for report in self._reports for at in told(report))
        after = None
        if self._killed_at is not None:
            after = _part([at for at in told(self._reports[1]) if at > self._killed_at + 62])
        cpus = [path.with_suffix(".cpu") for path in self._reports]
        spent = sum(float(path.read_text()) for path in cpus if path.exists())
        part = _part(times)
        return Used(len(times), most_in_a_window(times), part, after, 1000 * spent / len(times))


def _part(times: list[float]) -> float:
    """Return which part of the limit was used after the first so many requests."""
    if len(times) <= LIMIT:
        return 0.0
    return (len(times) - LIMIT) / (LIMIT / 60) / (times[-1] - times[LIMIT - 1])


def main(options: argparse.Namespace) -> None:
    """Run all groups and keep the table."""
    there = ["SQLite", *["PostgreSQL"] * (SERVER in os.environ)]
    groups = [Group(name, *kind) for name in there for kind in KINDS]
    groups.append(Group("not shared", 1))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trials = []
        for number, group in enumerate(groups):
            (place := folder / str(number)).mkdir()
            store = _store(group, place, stack)
            trials.append(Trial(group, store, place, options.minutes * 60))
        time.sleep(options.minutes * 30)
        for trial in trials:
            trial.kill()
        rows = [(group, trial.end()) for group, trial in zip(groups, trials, strict=True)]
    keep("shared_rate", _text(rows, options.minutes))
    if any(used.most > LIMIT for _, used in rows):
        sys.exit(1)


def _store(group: Group, folder: Path, stack: contextlib.ExitStack) -> Store | None:
    if group.database == "PostgreSQL":
        return stack.enter_context(postgres())
    return SqliteStore(folder / "rates.db") if group.database == "SQLite" else None


def _text(rows: list[tuple[Group, Used]], minutes: float) -> str:
    head = (
        f"# A shared rate\n\n`python -m tests.bench shared_rate`, {where()}. Processes send for "
        f"{minutes:.0f} minutes as much as they may, {THREADS} requests at a time, on one account "
        f"with {LIMIT} writes a minute. PostgreSQL is that of {SERVER}, on this machine.\n\n"
        "| database | processes | requests | most in any 60 s | of the limit | CPU ms a request |\n"
        "|---|---|---|---|---|---|\n"
    )
    return head + "".join(_row(group, used) for group, used in rows)


def _row(group: Group, used: Used) -> str:
    killed = ", one killed with -9 half way" if group.is_one_killed else ""
    after = f"; the other, from 62 s after: {used.after_kill:.1%}" if used.after_kill else ""
    return (
        f"| {group.database} | {group.processes}{killed} | {used.requests} | {used.most} "
        f"| {used.part:.1%}{after} | {used.cpu:.1f} |\n"
    )
