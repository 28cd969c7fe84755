"""Measure how fast the target writes, beside a stock target of the SDK and a bare client.

`seconds` is the whole run, start included; of creates, from the first request's arrival to the
last answer, as the server saw it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.bench.runs import CONNECTIONS, TARGET, Row, Turns, keep, served, spent, where
from tests.bench.runs import table as table_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from tests.bench.runs import Server

STOCK = [sys.executable, "-m", "tests.stock.target"]
COPY = [sys.executable, "-m", "tests.stock.copy"]
CREATE, FIRST, UNCHANGED = "create", "first run", "unchanged"


def person(number: int, version: int = 0) -> dict[str, Any]:
    """Return a contact as a tap sends it."""
    return {
        "id": str(number),
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "email": f"contact{number}@example.com",
        "mobile": f"+49151{number:08}",
        "phone": f"+4930{number * 7919 % 10**8:08}",
        "company": "Müller & Söhne",
        "street": f"Main Street {version}",
        "state": "Berlin",
        "country": "DE",
        "is_favourite": False,
        "is_spam": False,
        "created_time": "2026-11-22T05:00:00Z",
        "owner": "4711",
    }


def stream(path: Path, count: int, *, changed: int = 0, times: int = 1) -> Path:
    """Write a stream of so many contacts, each the given number of times, some of them changed."""
    properties = {name: {"type": ["string", "boolean", "null"]} for name in person(0)}
    schema = {"type": "object", "properties": properties}
    head = {"type": "SCHEMA", "stream": "contacts", "schema": schema, "key_properties": ["id"]}
    with path.open("w") as file:
        file.write(json.dumps(head) + "\n")
        for _ in range(times):
            for number in range(count):
                record = person(number, int(number < changed))
                line = {"type": "RECORD", "stream": "contacts", "record": record}
                file.write(json.dumps({**line, "time_extracted": "2026-11-22T05:00:00Z"}) + "\n")
                if number % 10_000 == 0:
                    file.write(json.dumps({"type": "STATE", "value": {"at": number}}) + "\n")
    return path


class Bench:
    """Runs of writers against one server."""

    def __init__(self, server: Server, folder: Path) -> None:
        """Take a server and an empty folder."""
        self._server, self._folder = server, folder
        self._starts: dict[str, float] = {}

    def creates(self, writer: str, count: int, latency: float, wait: float) -> Row:
        """Create contacts in an empty account, waiting so many seconds for answers at most."""
        kind, _, connections = writer.partition(" x")
        if latency:
            count = min(count, int(wait / latency * int(connections)))
        if kind == "bare":
            return bare(self._server, count, latency)
        stock = {"api_url": self._server.url, "access_token": "t"}
        config = self._zoho(int(connections)) if kind == "target" else stock
        lines = stream(self._folder / "creates", count)
        row, told = self.run((CREATE, writer, count), config, lines, latency)
        return row._replace(seconds=told["seconds"])

    def validated(self, count: int, lines: Path) -> Row:
        """Let the stock target read and validate a stream, and do nothing with it."""
        return self.run(("only validated", "stock", count), {}, lines)[0]

    def copied(self, count: int, lines: Path) -> Row:
        """Decode and encode a stream, line by line: nobody who reads it takes less."""
        seconds, cpu, megabytes = spent(COPY, self._folder, lines)
        above = cpu - min(spent(COPY, self._folder).cpu for _ in range(3))
        return Row("only copied", "bare", 0.0, count, 0, seconds, cpu, above, megabytes)

    def known(self, what: str, count: int, lines: Path) -> Row:
        """Write to a monitor; from the second time on, it has all contacts."""
        return self.run((what, "target", count), self._monitor(), lines)[0]

    def run(
        self,
        titles: tuple[str, str, int],
        config: dict[str, Any],
        lines: Path,
        latency: float = 0.0,
    ) -> tuple[Row, dict[str, Any]]:
        """Run a writer once; return its row and what the server tells."""
        path = self._folder / "config.json"
        path.write_text(json.dumps(config))
        what, writer, count = titles
        kind = writer.partition(" ")[0]
        command = [*(STOCK if kind == "stock" else TARGET), "--config", str(path)]
        if kind not in self._starts:
            self._starts[kind] = min(spent(command, self._folder).cpu for _ in range(3))
        self._server.count(latency=latency)
        seconds, cpu, megabytes = spent(command, self._folder, lines)
        told = self._server.count()
        took = (told["requests"], seconds, cpu, cpu - self._starts[kind], megabytes)
        return Row(what, writer, latency, count, *took), told

    def _zoho(self, concurrency: int) -> dict[str, Any]:
        """Return the config of a target that creates contacts in an empty ledger."""
        ledger = self._folder / "zoho.db"
        ledger.unlink(missing_ok=True)
        return {
            **self._common(ledger),
            "api": "zoho_voice",
            "zoho_voice": {"api_url": self._server.url, "access_token": "t"},
            "match_on": [],
            "concurrency": concurrency,
        }

    def _monitor(self) -> dict[str, Any]:
        """Return the config of a target that knows the contacts from an earlier run."""
        account = {"username": "u", "password": "p", "api_url": self._server.url}
        template = {"number_template": "sip:{mobile}@pbx.example.com"}
        known = {"contacts_path": "/api/v0/contacts"}
        common = self._common(self._folder / "monitor.db")
        return {**common, "api": "bas_ip", "bas_ip": {**account, **template, **known}}

    def _common(self, ledger: Path) -> dict[str, Any]:
        """Return what every config has; nothing can be read back from canned answers."""
        rejects = str(self._folder)
        return {"ledger_url": f"sqlite:///{ledger}", "rejects_dir": rejects, "canary": False}


def bare(server: Server, count: int, latency: float) -> Row:
    """Create contacts over so many connections and do nothing else: the limit."""
    server.count(latency=latency)
    mine = local()

    def post(number: int) -> None:
        if not hasattr(mine, "connection"):
            mine.connection = HTTPConnection("127.0.0.1", server.port)
        mine.connection.request("POST", "/rest/json/zv/contacts", f"contact={number}")
        mine.connection.getresponse().read()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(post, range(count)))
    told = server.count()
    writer = f"bare x{CONNECTIONS}"
    return Row(CREATE, writer, latency, count, told["requests"], told["seconds"], 0, 0, 0)


def creating(bench: Bench, options: argparse.Namespace) -> list[Row]:
    """Return the rows of creates."""
    writers = [f"target x{CONNECTIONS}", f"bare x{CONNECTIONS}", "target x1", "stock x1"]
    return [
        bench.creates(writer, options.creates, latency / 1000, options.wait)
        for latency in options.latencies
        for writer in writers
    ]


def unchanged(bench: Bench, count: int, many: Path) -> list[Row]:
    """Return the rows of a stream of which nothing has changed."""
    return [
        bench.known(UNCHANGED, count, many),
        bench.validated(count, many),
        bench.copied(count, many),
    ]


class Measured(NamedTuple):
    """What was measured."""

    creates: Turns
    first: Row
    again: Turns
    many: Row | None
    """Of the longest stream, which shows whether memory grows."""

    @property
    def rows(self) -> list[Row]:
        """Return the rows of the table."""
        return [*self.creates.rows, self.first, *self.again.rows, *filter(None, [self.many])]


def measure(bench: Bench, folder: Path, options: argparse.Namespace) -> Measured:
    """Measure everything."""
    creates = Turns(lambda: creating(bench, options), options.runs)
    count = options.records
    many = stream(folder / "many", count)
    first = bench.known(FIRST, count, many)
    again = Turns(lambda: unchanged(bench, count, many), options.runs)
    if not options.longest:
        return Measured(creates, first, again, None)
    times = max(1, options.longest // count)
    longest = stream(folder / "longest", count, times=times)
    return Measured(creates, first, again, bench.known(UNCHANGED, times * count, longest))


def compare(measured: Measured) -> Iterator[str]:
    """Yield how the target stands to the other writers."""
    for row in (row for row in measured.creates.rows if row.who == f"target x{CONNECTIONS}"):
        serial, limit, stock = (
            measured.creates.times(lambda each: each.rate, row.name, (CREATE, who, row.latency))
            for who in ("target x1", f"bare x{CONNECTIONS}", "stock x1")
        )
        yield (
            f"creates at {row.latency * 1000:.0f} ms: {serial:.1f} times one request at a time, "
            f"{limit:.0%} of a bare client, {stock:.1f} times a stock target"
        )
    first, (again, stock_row, copy) = measured.first, measured.again.rows
    cpu, above = (
        measured.again.times(figure, stock_row.name, again.name)
        for figure in (lambda each: each.cpu, lambda each: each.above)
    )
    yield (
        f"{again.records} unchanged: {again.requests} requests, {first.cpu / again.cpu:.1f} times "
        f"less CPU than their first run ({first.above / again.above:.1f} times but the start), and "
        f"{cpu:.1f} times less than a stock target takes to validate them ({above:.1f} times but "
        "the start)"
    )
    bare = measured.again.times(lambda each: each.above, again.name, copy.name)
    yield f"{bare:.1f} times the CPU of a bare copy of their JSON"


def main(options: argparse.Namespace) -> None:
    """Measure and keep the table."""
    with served("writes") as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measured = measure(Bench(server, folder), folder, options)
    text = (
        f"# How fast the target writes\n\n{where()}; medians of {options.runs} runs in turn, and "
        "of their ratios. `bare` sends as many requests over as many connections and does nothing "
        "else; `stock` is a RecordSink of the SDK, which knows nothing of unchanged records. "
        "Creates go to Zoho Voice, all else to a BAS-IP monitor.\n\n"
    )
    ratios = "".join(f"\n* {line}" for line in compare(measured))
    keep("writing", text + table_of(measured.rows) + ratios + "\n")
