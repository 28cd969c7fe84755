"""Count the requests that contacts take into PORTERS, and again with one in a hundred changed.

The fewest are what the bytes of the contacts sent would take in full requests of 15,000 bytes and
200 contacts. The sandbox answers; its own work is part of the seconds.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_contacts.apis.porters.wire import EMPTY_SIZE, MAX_BYTES, MAX_ITEMS
from tests.bench.runs import TARGET, keep, spent, where
from tests.bench.writing import stream
from tests.sandbox.porters import Porters

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tests.sandbox.messages import Request

REPLAY = [sys.executable, "-m", "tests.stock.replay"]
"""A bare client that sends what the target sent."""


LATENCY = 0.05
"""Seconds until a slow PORTERS answers."""


class Took(NamedTuple):
    """What one run took."""

    what: str
    contacts: int
    writes: int
    fewest: int
    seconds: float
    cpu: float

    def row(self) -> str:
        """Return it as a row of a table."""
        more = f"{self.writes / self.fewest - 1:.1%}" if self.fewest else "0"
        return (
            f"| {self.what} | {self.contacts} | {self.writes} | {self.fewest} | {more} | "
            f"{self.seconds:.1f} | {self.cpu:.1f} |\n"
        )


class Bench:
    """Runs of the target against one PORTERS of the sandbox."""

    def __init__(self, porters: Porters, folder: Path, concurrency: int | None = None) -> None:
        """Take the server, an empty folder and a setting."""
        self._porters, self._folder = porters, folder
        config: dict[str, Any] = {
            **porters.target_config(),
            "ledger_url": f"sqlite:///{folder}/ledger.db",
            "rejects_dir": str(folder),
            "concurrency": concurrency,
        }
        config["porters"]["requests_per_minute"] = (
            1_000_000  # the documents' 500 would be waited for
        )
        (folder / "config.json").write_text(json.dumps(config))

    def new(self, contacts: int) -> list[Took]:
        """Write contacts that PORTERS does not have yet; then let a bare client send the same."""
        took = self.written("new", contacts, contacts, 0)
        recorded = [(each.raw_path, _kept(each), each.body.decode()) for each in self._writes]
        path = self._folder / "requests.json"
        path.write_text(json.dumps(recorded), encoding="utf-8")
        seconds, cpu, _ = spent([*REPLAY, self._porters.url, str(path)], self._folder)
        if len(self._porters.contacts) != 2 * contacts:
            msg = "PORTERS did not take what was sent again."
            raise SystemExit(msg)
        bare = took._replace(what="the same requests, bare", seconds=seconds, cpu=cpu)
        return [took, bare]

    def changed(self, contacts: int) -> list[Took]:
        """Write the same contacts again, of which one in a hundred has changed."""
        some = contacts // 100
        return [self.written("one in a hundred changed", contacts, some, some)]

    def written(self, what: str, contacts: int, sent: int, changed: int) -> Took:
        """Write a stream of so many contacts, of which so many are to be sent."""
        lines = stream(self._folder / "lines", contacts, changed=changed)
        before = len(self._porters.log)
        command = [*TARGET, "--config", str(self._folder / "config.json")]
        seconds, cpu, _ = spent(command, self._folder, lines)
        requests = [each.request for each in self._porters.log[before:]]
        self._writes = [each for each in requests if b"<Item>" in each.body]
        used = sum(len(each.body) - EMPTY_SIZE for each in self._writes)
        full = used / (MAX_BYTES - EMPTY_SIZE)
        fewest = max(ceil(full), ceil(sent / MAX_ITEMS))
        return Took(what, contacts, len(self._writes), fewest, seconds, cpu)


def _kept(request: Request) -> dict[str, str]:
    """Return the headers of a request but those that a client makes."""
    made = {"host", "content-length", "connection", "accept-encoding"}
    return {name: value for name, value in request.headers.items() if name not in made}


def measure(contacts: int, at_once: Sequence[int]) -> list[Took]:
    """Return the rows of one turn."""
    with Porters() as porters, tempfile.TemporaryDirectory() as name:
        bench = Bench(porters, Path(name))
        return [
            *bench.new(contacts),
            *bench.changed(contacts),
            *(_late(contacts, each) for each in at_once),
        ]


def _late(contacts: int, at_once: int) -> Took:
    """Write new contacts into a PORTERS that takes its time, with so many requests at once."""
    with Porters(latency=LATENCY) as porters, tempfile.TemporaryDirectory() as name:
        what = f"new, each answer after {1000 * LATENCY:.0f} ms, {at_once} at once"
        return Bench(porters, Path(name), at_once).written(what, contacts, contacts, 0)


def _median(rows: Sequence[Took]) -> Took:
    seconds = statistics.median(row.seconds for row in rows)
    return rows[0]._replace(seconds=seconds, cpu=statistics.median(row.cpu for row in rows))


def main(options: argparse.Namespace) -> None:
    """Measure and keep the table."""
    turns = [measure(options.contacts, options.at_once) for _ in range(options.runs)]
    rows = "".join(_median(same).row() for same in zip(*turns, strict=True))
    head = (
        f"# Requests into PORTERS\n\n{where()}; medians of {options.runs} runs in turn.\n\n"
        "| | contacts | writes | fewest possible | more | seconds | CPU s |\n" + "|---" * 7 + "|\n"
    )
    keep("porters", head + rows)
