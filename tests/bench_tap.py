"""Measure how fast the tap reads: against a stock tap of the SDK and against a bare client.

    python -m tests.bench_tap [--contacts 20000] [--customers 2000] [--latencies 0 20 50 200]

Servers and readers are processes of their own. `seconds` is from the first request's arrival to
the last answer, as the server saw it; `CPU` is user and system time of the reader, and `above` is
what of it is not its start, which is measured with nothing to read. Where an answer takes long,
fewer contacts are read. The table goes to tests/results/tap.md.
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
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

BIN = Path(sys.executable).parent
RESULTS = Path(__file__).parent / "results" / "tap.md"
CONNECTIONS = 8
LONGEST = 30.0
"""Seconds that a reader should wait for answers at most: else it reads less."""


class Row(NamedTuple):
    """What one run took."""

    api: str
    reader: str
    latency: float
    records: int
    requests: int
    seconds: float
    cpu: float
    above: float
    """CPU seconds but those of the start."""
    megabytes: float
    """Largest resident size."""

    @property
    def rate(self) -> float:
        """Contacts a second."""
        return self.records / self.seconds

    @property
    def per_cpu(self) -> float:
        """Contacts a CPU second but those of the start."""
        return self.records / max(self.above, 0.01)


class Server:
    """The server with canned answers."""

    def __init__(self, port: int) -> None:
        """Take its port."""
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def count(self, **settings: float) -> dict[str, Any]:
        """Return what the last run asked for, and set the next one up."""
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", f"/count?{query}")
        told: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return told


@contextmanager
def served() -> Iterator[Server]:
    """Serve canned answers."""
    command = [sys.executable, "-m", "tests.stock.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise SystemExit(1)
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.terminate()


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
        what = "contacts" if api == "zoho_voice" else "customers"
        self._server.count(latency=latency, **{what: count})
        cpu, megabytes = self._spent(self._command(api, reader, count))
        told = self._server.count()
        if key[1] != "bare" and (records := self._records()) != count:
            msg = f"{reader} wrote {records} of {count} records"
            raise SystemExit(msg)
        spent = (told["requests"], told["seconds"], cpu, cpu - self._starts[key], megabytes)
        return Row(api, reader, latency, count, *spent)

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
        config = {api: account, "concurrency": int(connections or 1)}
        path = self._folder / "tap.json"
        path.write_text(json.dumps(config))
        tap = [str(BIN / "tap-contacts")] if kind == "tap" else _STOCK
        return [*tap, "--config", str(path)]

    def _spent(self, command: list[str]) -> tuple[float, float]:
        """Run a command; return its CPU seconds and largest size in megabytes."""
        files = [(self._folder / name).open("wb") for name in ("out", "log")]
        process = subprocess.Popen(command, stdout=files[0], stderr=files[1])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit((self._folder / "log").read_text())
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def _records(self) -> int:
        """Count the contacts that a tap wrote."""
        with (self._folder / "out").open("rb") as lines:
            return sum(b'"RECORD"' in line[:30] and b'_contacts"' in line[:70] for line in lines)


_STOCK = [sys.executable, "-m", "tests.stock.tap"]


READERS = {
    "zoho_voice": [f"tap x{CONNECTIONS}", f"bare x{CONNECTIONS}", "tap x1", "stock x1"],
    "cobai": [f"tap x{CONNECTIONS}", f"bare x{CONNECTIONS}", "tap x1"],
}
AN_ANSWER = {"zoho_voice": 49.0, "cobai": 0.5}
"""Contacts that one answer tells."""


def measure(counts: Mapping[str, int], latencies: Sequence[float]) -> list[Row]:
    """Return the rows of the table, for so many contacts by API and answers after so long."""
    with served() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(server, Path(folder))
        return [
            bench.run(api, reader, _most(api, reader, latency, counts[api]), latency)
            for latency in latencies
            for api, readers in READERS.items()
            for reader in readers
        ]


def _most(api: str, reader: str, latency: float, count: int) -> int:
    """Return how many contacts a reader reads without waiting too long."""
    connections = int(reader.partition(" x")[2])
    return min(count, int(LONGEST / latency * AN_ANSWER[api] * connections)) if latency else count


def compare(rows: Sequence[Row]) -> Iterator[str]:
    """Yield how the tap stands to the other readers, API by API and latency by latency."""
    for row in rows:
        same = {r.reader: r for r in rows if (r.api, r.latency) == (row.api, row.latency)}
        if row is not same[f"tap x{CONNECTIONS}"]:
            continue
        serial, bare = same["tap x1"], same[f"bare x{CONNECTIONS}"]
        text = (
            f"{row.api}, {row.latency * 1000:.0f} ms: {row.rate / serial.rate:.1f} times one "
            f"request at a time, {row.rate / bare.rate:.0%} of a bare client"
        )
        if stock := same.get("stock x1"):
            text += f"; {row.per_cpu / stock.per_cpu:.1f} times the records per CPU second of stock"
        yield text


def report(rows: list[Row]) -> str:
    """Return the table."""
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    where = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    text = (
        f"# How fast the tap reads\n\n{now:%Y-%m-%d}, {where}, {os.cpu_count()} cores. `bare` "
        "fetches the same and does nothing else, `stock` is a RESTStream of the SDK; `x8` is over "
        "eight connections; `above` is the CPU time but that of the start.\n\n"
        "| API | reader | answers after | contacts | requests | seconds | contacts/s | CPU s | "
        "above | contacts per CPU s above | MB |\n" + "|---" * 11 + "|\n"
    )
    for row in rows:
        text += (
            f"| {row.api} | {row.reader} | {row.latency * 1000:.0f} ms | {row.records} | "
            f"{row.requests} | {row.seconds:.2f} | {row.rate:.0f} | {row.cpu:.2f} | "
            f"{row.above:.2f} | {row.per_cpu:.0f} | {row.megabytes:.0f} |\n"
        )
    return text + "".join(f"\n* {line}" for line in compare(rows)) + "\n"


def main() -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_tap", description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--latencies", type=float, nargs="+", default=[0, 20, 50, 200])
    options = parser.parse_args()
    latencies = [latency / 1000 for latency in options.latencies]
    counts = {"zoho_voice": options.contacts, "cobai": options.customers}
    text = report(measure(counts, latencies))
    print(text)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
