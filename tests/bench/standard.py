"""Measure the standard table: tap and target beside stock ones, dlt, drt and the limit.

After each run the account is looked at: whether it holds each contact once, as its record says.
Times are those of whole commands, start included.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tests.bench import programs
from tests.bench.accounts import APIS
from tests.bench.programs import AT_ONCE, DEFAULT, DLT, DRT, LIMIT, OURS, STOCK
from tests.bench.runs import keep, served, spent
from tests.bench.standard_table import Took, text
from tests.bench.writing import person, stream
from tests.sandbox.bas_ip import BasIp
from tests.stock.wire import Job

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from tests.bench.runs import Server
    from tests.sandbox.server import Sandbox

LONGEST = 9.0
"""Seconds; a program that took longer is not run again, unless it is ours."""
BUDGET = 480.0
"""Seconds of the whole; after them nothing is run again."""
LEAST = 100
"""Records of the smallest line."""
UNLIMITED = 1_000_000
"""Requests a minute: the documented rates would be waited for."""


class Round(Protocol):
    """Works that belong together, and who does them."""

    programs: Sequence[str]
    works: Sequence[str]

    def run(self, who: str) -> list[Took]:
        """Let a program do them once."""
        ...


class Writing:
    """New contacts into an empty account, and then a few of them changed."""

    def __init__(self, api: str, latency: float, count: int, who: Sequence[str]) -> None:
        """Take the API, seconds until it answers, and who writes how many."""
        self.programs = who
        self._name, self._api, self._latency, self._count = api, APIS[api], latency, count
        into = f"into {self._api.title}, {1000 * latency:.0f} ms"
        self._changed = max(1, count // 100)
        self.works: Sequence[str] = [
            f"write {count:,} new {into}",
            f"{self._changed:,} of {count:,} changed {into}",
        ]

    def run(self, who: str) -> list[Took]:
        """Let a program write new contacts, and those that know what they wrote the changes."""
        sandbox = self._api.sandbox(latency=self._latency)
        with sandbox, tempfile.TemporaryDirectory() as folder:
            runs = zip(self.works, (0, self._changed), strict=True)
            knows = who in (OURS, LIMIT)
            return [
                self._once(who, sandbox, folder, work, changed)
                for work, changed in runs
                if knows or not changed
            ]

    def _once(self, who: str, sandbox: Sandbox, folder: str, work: str, changed: int) -> Took:
        lines = stream(Path(folder) / "lines", self._count, changed=changed)
        job = Job(self._name, sandbox.url, self._api.token(sandbox), str(lines), folder)
        before = len(sandbox.log)
        command = programs.writer(who, job, self._config(sandbox, folder, AT_ONCE.get(who, 0)))
        took = spent(command, Path(folder), lines)
        requests = len(sandbox.log) - before
        records = (person(number, int(number < changed)) for number in range(self._count))
        return Took(work, who, *took, requests, self._api.is_right(sandbox, records))

    def _config(self, sandbox: Sandbox, folder: str, at_once: int) -> dict[str, Any]:
        config = sandbox.target_config()
        config[self._name]["requests_per_minute"] = UNLIMITED
        ledger = {"ledger_url": f"sqlite:///{folder}/ledger.db", "rejects_dir": folder}
        return {**config, **ledger, "concurrency": at_once}


class Unchanged:
    """A stream of which nothing has changed since the last run."""

    programs: Sequence[str] = (OURS, STOCK, LIMIT)

    def __init__(self, monitor: Sandbox, folder: Path, count: int) -> None:
        """Take a server, an empty folder and how many records there are."""
        self._monitor, self._folder, self._count = monitor, folder, count
        self.works: Sequence[str] = [f"meet {count:,} unchanged"]
        self._met: set[str] = set()

    def run(self, who: str) -> list[Took]:
        """Let a program meet them again; the stock target only validates them."""
        lines = self._folder / "lines"
        if not lines.exists():
            stream(lines, self._count)
        command = self._command(who, str(lines))
        if who not in {*self._met, STOCK}:
            self._met.add(who)
            spent(command, self._folder, lines)
        before = len(self._monitor.log)
        took = spent(command, self._folder, lines)
        requests, held = len(self._monitor.log) - before, len(self._monitor.contacts)
        return [Took(self.works[0], who, *took, requests, right=held == self._count)]

    def _command(self, who: str, lines: str) -> list[str]:
        if who == STOCK:
            return programs.stock_target(self._folder, {})
        config = {
            **self._monitor.target_config(),
            "ledger_url": f"sqlite:///{self._folder}/ledger.db",
            "rejects_dir": str(self._folder),
        }
        job = Job("porters", self._monitor.url, "", lines, str(self._folder), sends=False)
        return programs.writer(who, job, config)


class Reading:
    """All contacts of Zoho Voice."""

    programs: Sequence[str] = (OURS, STOCK, DLT, LIMIT)

    def __init__(self, server: Server, latency: float, count: int) -> None:
        """Take a server with canned answers, seconds until it answers, and how many there are."""
        self._server, self._latency, self._count = server, latency, count
        self.works: Sequence[str] = [f"read {count:,} of Zoho Voice, {1000 * latency:.0f} ms"]

    def run(self, who: str) -> list[Took]:
        """Let a program read them."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self._server.count(latency=self._latency, contacts=self._count)
            took = spent(programs.reader(who, self._server.url, folder), folder)
            requests = self._server.count()["requests"]
            return [Took(self.works[0], who, *took, requests, self._is_right(who, folder))]

    def _is_right(self, who: str, folder: Path) -> bool:
        """Say whether each contact was read once."""
        if who == DLT:
            lines = [each for path in _loaded(folder) for each in path.read_bytes().splitlines()]
        else:
            every = (folder / "out").read_bytes().splitlines()
            lines = [each for each in every if b'"zoho_voice_contacts"' in each[:70]]
            lines = [each for each in lines if b'"RECORD"' in each[:30]]
        ids = {each.partition(b'"contact_id":')[2][:25].partition(b",")[0] for each in lines}
        return len(lines) == len(ids) == self._count


def _loaded(folder: Path) -> Iterator[Path]:
    return (folder / "read/contacts/contacts").glob("*.jsonl")


def measured(round_: Round, turns: int, until: float) -> Iterator[Took]:
    """Yield what each program took, in turns; who took long is not run again.

    No turn but the first begins after a moment of the monotonic clock.
    """
    slow: set[str] = set()
    for turn in range(turns):
        if turn and time.monotonic() > until:
            return
        for who in (each for each in round_.programs if each not in slow):
            took = _checked(round_.run(who))
            yield from took
            if who != OURS and max(each.seconds for each in took) > LONGEST:
                slow.add(who)


def _checked(took: list[Took]) -> list[Took]:
    """Print what a run took; nothing is worth measuring if ours leaves it wrong."""
    for each in took:
        print(each, file=sys.stderr, flush=True)
        if each.who == OURS and not each.right:
            msg = f"{each.work}: not each contact is there once, as its record says"
            raise SystemExit(msg)
    return took


@contextmanager
def rounds(part: float) -> Iterator[list[Round]]:
    """Set up the rounds of the table, or a part of each."""

    def some(count: int) -> int:
        return max(LEAST, int(count * part))

    everybody = (OURS, STOCK, DLT, DRT, LIMIT)
    with ExitStack() as stack:
        reads = stack.enter_context(served("reads"))
        monitor = stack.enter_context(BasIp(max_contacts=10**9))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield [
            Writing("porters", 0.05, some(20_000), (OURS, DEFAULT, *everybody[1:])),
            Writing("porters", 0.0, some(20_000), everybody),
            Writing("zoho_voice", 0.05, some(1_000), everybody),
            Unchanged(monitor, folder, some(100_000)),
            Reading(reads, 0.05, some(20_000)),
            Reading(reads, 0.0, some(100_000)),
        ]


def main(options: argparse.Namespace) -> None:
    """Measure and keep the table; a part of it is only printed."""
    began = time.monotonic()
    with rounds(options.part) as every:
        works = [work for each in every for work in each.works]
        took = [each for round_ in every for each in measured(round_, options.runs, began + BUDGET)]
    told = text(works, took, (time.monotonic() - began) / 60)
    if options.part == 1:
        keep("standard", told)
    else:
        print(told)
