"""Measure how fast the tap reads, beside a stock tap of the SDK and a bare client.

`seconds` is from the first request's arrival to the last answer, as the server saw it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.runs import BIN, CONNECTIONS, Row, Turns, keep, served, spent, where
from tests.bench.runs import table as table_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from tests.bench.runs import Server

READERS = {
    "zoho_voice": [f"tap x{CONNECTIONS}", f"bare x{CONNECTIONS}", "tap x1", "stock x1"],
    "cobai": [f"tap x{CONNECTIONS}", f"bare x{CONNECTIONS}", "tap x1"],
}
LEAST_CPU = 0.3
"""Seconds above the start that are more than the noise."""

AN_ANSWER = {"zoho_voice": 49.0, "cobai": 0.5}
"""Contacts that one answer tells."""
SETTINGS = {"zoho_voice": "contacts", "cobai": "customers"}
"""What the server calls the number of contacts."""


class Bench:
    """Runs of readers against one server."""

    def __init__(self, server: Server, folder: Path) -> None:
        """Take a server and an empty folder."""
        self._server, self._folder = server, folder
        self._starts: dict[tuple[str, str], float] = {}

    def run(self, api: str, reader: str, count: int, latency: float) -> Row:
        """Run a reader once; what its start takes is measured when it first comes."""
        key = (api, reader.partition(" ")[0])
        if key not in self._starts:
            self._starts[key] = 0.0
            self._starts[key] = min(self.run(api, reader, 0, 0).cpu for _ in range(5))
        self._server.count(latency=latency, **{SETTINGS[api]: count})
        _, cpu, megabytes = spent(self._command(api, reader, count), self._folder)
        told = self._server.count()
        if key[1] != "bare" and (records := self._records()) != count:
            msg = f"{reader} wrote {records} of {count} records"
            raise SystemExit(msg)
        took = (told["requests"], told["seconds"], cpu, cpu - self._starts[key], megabytes)
        return Row(api, reader, latency, count, *took)

    def _command(self, api: str, reader: str, count: int) -> list[str]:
        kind, _, connections = reader.partition(" x")
        if kind == "bare":
            arguments = [str(self._server.port), api, str(count), connections]
            return [sys.executable, "-m", "tests.stock.bare", *arguments]
        accounts = {
            "zoho_voice": {"access_token": "t"},
            "cobai": {"access_key_id": "k", "secret_access_key": "s"},
        }
        account = {**accounts[api], "api_url": self._server.url}
        path = self._folder / "tap.json"
        path.write_text(json.dumps({api: account, "concurrency": int(connections)}))
        stock = [sys.executable, "-m", "tests.stock.tap"]
        tap = [str(BIN / "tap-contacts")] if kind == "tap" else stock
        return [*tap, "--config", str(path)]

    def _records(self) -> int:
        """Count the contacts that a tap wrote."""
        with (self._folder / "out").open("rb") as lines:
            return sum(b'"RECORD"' in line[:30] and b'_contacts"' in line[:70] for line in lines)


def measure(bench: Bench, options: argparse.Namespace) -> list[Row]:
    """Return one row for each latency, API and reader."""
    counts = {"zoho_voice": options.contacts, "cobai": options.customers}
    return [
        bench.run(api, reader, _most(api, reader, latency, counts[api], options.wait), latency)
        for latency in (each / 1000 for each in options.latencies)
        for api, readers in READERS.items()
        for reader in readers
    ]


def _most(api: str, reader: str, latency: float, count: int, wait: float) -> int:
    """Return how many contacts a reader reads without waiting too long."""
    connections = int(reader.partition(" x")[2])
    return min(count, int(wait / latency * AN_ANSWER[api] * connections)) if latency else count


def compare(turns: Turns) -> Iterator[str]:
    """Yield how the tap stands to the other readers, API by API and latency by latency."""
    by = {row.name: row for row in turns.rows}
    for row in (row for row in turns.rows if row.who == f"tap x{CONNECTIONS}"):
        rates = [
            turns.times(lambda each: each.rate, row.name, (row.what, who, row.latency))
            for who in ("tap x1", f"bare x{CONNECTIONS}")
        ]
        text = (
            f"{row.what}, {row.latency * 1000:.0f} ms: {rates[0]:.1f} times one request at a time, "
            f"{rates[1]:.0%} of a bare client"
        )
        stock = by.get((row.what, "stock x1", row.latency))
        yield text + (_beside(turns, row, stock) if stock else "")


def _beside(turns: Turns, row: Row, stock: Row) -> str:
    """Return how a row stands to a stock tap's; too little work says nothing of the CPU."""
    rate = turns.times(lambda each: each.rate, row.name, stock.name)
    text = f"; {rate:.1f} times the rate of a stock tap"
    if min(row.above, stock.above) < LEAST_CPU:
        return text
    times = turns.times(lambda each: each.per_cpu_above, row.name, stock.name)
    return f"{text} and {times:.1f} times its records per CPU second but for the start"


def main(options: argparse.Namespace) -> None:
    """Measure and keep the table."""
    with served("reads") as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(server, Path(folder))
        turns = Turns(lambda: measure(bench, options), options.runs)
    text = (
        f"# How fast the tap reads\n\n{where()}; medians of {options.runs} runs in turn, and of "
        "their ratios. `bare` fetches the same and does nothing else, `stock` is a RESTStream of "
        "the SDK; `x8` is over eight connections.\n\n"
    )
    ratios = "".join(f"\n* {line}" for line in compare(turns))
    keep("reading", text + table_of(turns.rows) + ratios + "\n")
