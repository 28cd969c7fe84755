"""Measure how fast the target writes: against a stock target of the SDK and a bare client.

    python -m tests.bench_target [--creates 2000] [--records 200000] [--latencies 0 20 50 200]

Servers and writers are processes of their own. `seconds` is the whole run, start included; `above`
is the CPU time but that of a start with nothing to write. The table goes to
tests/results/target.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS = Path(__file__).parent / "results" / "target.md"
TARGET = [str(Path(sys.executable).parent / "target-contacts")]
STOCK = [sys.executable, "-m", "tests.stock.target"]
CONNECTIONS = 8


class Row(NamedTuple):
    """What one run took."""

    what: str
    writer: str
    latency: float
    records: int
    requests: int
    seconds: float
    cpu: float
    above: float
    megabytes: float


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


class Server:
    """A server in a process of its own."""

    def __init__(self, port: int) -> None:
        """Take its port."""
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def count(self, latency: float = 0.0) -> dict[str, Any]:
        """Return what the last run asked for, and set the next one up."""
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", f"/count?latency={latency}")
        told: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return told


@contextmanager
def served() -> Iterator[Server]:
    """Serve canned answers."""
    command = [sys.executable, "-m", "tests.stock.writes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise SystemExit(1)
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.terminate()


class Bench:
    """Runs of writers against one server."""

    def __init__(self, server: Server, folder: Path) -> None:
        """Take a server and an empty folder."""
        self._server, self._folder = server, folder
        self._nothing = folder / "nothing"
        self._nothing.touch()
        self._starts: dict[str, float] = {}

    def run(self, what: str, writer: str, config: dict[str, Any], lines: Path, **at: float) -> Row:
        """Run a writer once."""
        path = self._folder / "config.json"
        path.write_text(json.dumps(config))
        kind = writer.partition(" ")[0]
        command = [*(STOCK if kind == "stock" else TARGET), "--config", str(path)]
        if kind not in self._starts:
            self._starts[kind] = min(self._spent(command, self._nothing)[1] for _ in range(3))
        self._server.count(at.get("latency", 0.0))
        seconds, cpu, megabytes = self._spent(command, lines)
        told = self._server.count()
        with lines.open("rb") as file:
            records = sum(b'"RECORD"' in line[:30] for line in file)
        above = cpu - self._starts[kind]
        asked = told["requests"]
        return Row(
            what, writer, at.get("latency", 0.0), records, asked, seconds, cpu, above, megabytes
        )

    def _spent(self, command: list[str], lines: Path) -> tuple[float, float, float]:
        """Run a command; return seconds, CPU seconds and its largest size in megabytes."""
        began = time.monotonic()
        with lines.open("rb") as stdin, (self._folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=log, cwd=Path.cwd()
            )
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit((self._folder / "log").read_text())
        cpu = usage.ru_utime + usage.ru_stime
        return time.monotonic() - began, cpu, usage.ru_maxrss / 1024

    def zoho(self, concurrency: int) -> dict[str, Any]:
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

    def monitor(self) -> dict[str, Any]:
        """Return the config of a target that knows the contacts from an earlier run."""
        account = {"username": "u", "password": "p", "api_url": self._server.url}
        template = {"number_template": "sip:{mobile}@pbx.example.com"}
        common = self._common(self._folder / "monitor.db")
        return {**common, "api": "bas_ip", "bas_ip": {**account, **template}}

    def _common(self, ledger: Path) -> dict[str, Any]:
        rejects = str(self._folder)
        return {"ledger_url": f"sqlite:///{ledger}", "rejects_dir": rejects}


def bare(server: Server, count: int, latency: float) -> Row:
    """Create contacts over so many connections and do nothing else: the limit."""
    server.count(latency)
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
    return Row("create", writer, latency, count, told["requests"], told["seconds"], 0, 0, 0)


def measure(options: argparse.Namespace) -> list[Row]:
    """Return the rows of the table."""
    rows = []
    with served() as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(server, folder)
        creates = stream(folder / "creates", options.creates)
        stock = {"api_url": server.url, "access_token": "t"}
        for latency in (each / 1000 for each in options.latencies):
            at = {"latency": latency}
            for connections in (CONNECTIONS, 1):
                config = bench.zoho(connections)
                rows.append(bench.run("create", f"target x{connections}", config, creates, **at))
            rows.append(bench.run("create", "stock", stock, creates, **at))
            rows.append(bare(server, options.creates, latency))
        many = stream(folder / "many", options.records)
        rows.append(bench.run("first run", "target", bench.monitor(), many))
        for _ in range(options.runs):
            rows.append(bench.run("unchanged", "target", bench.monitor(), many))
            rows.append(bench.run("only validated", "stock", {}, many))
        again = stream(folder / "again", options.records, times=options.times)
        rows.append(bench.run("unchanged", "target", bench.monitor(), again))
    return rows


def report(rows: list[Row]) -> str:
    """Return the table."""
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    where = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    text = (
        f"# How fast the target writes\n\n{now:%Y-%m-%d}, {where}, {os.cpu_count()} cores. `bare` "
        "sends the same requests over as many connections and does nothing else; `stock` is a "
        "RecordSink of the SDK, which knows nothing of unchanged records and only validates them; "
        "`above` is the CPU time but that of the start.\n\n"
        "| | writer | answers after | records | requests | seconds | records/s | CPU s | above "
        "| records per CPU s above | MB |\n" + "|---" * 11 + "|\n"
    )
    for row in rows:
        per_cpu = f"{row.records / row.above:.0f}" if row.above > 0 else ""
        text += (
            f"| {row.what} | {row.writer} | {row.latency * 1000:.0f} ms | {row.records} | "
            f"{row.requests} | {row.seconds:.2f} | {row.records / row.seconds:.0f} | "
            f"{row.cpu:.2f} | {row.above:.2f} | {per_cpu} | {row.megabytes:.0f} |\n"
        )
    return text


def main() -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_target", description=__doc__)
    parser.add_argument("--creates", type=int, default=2_000)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--latencies", type=float, nargs="+", default=[0, 20, 50, 200])
    text = report(measure(parser.parse_args()))
    print(text)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
