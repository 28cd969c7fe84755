"""Run commands and servers as processes of their own, and put what they took into tables."""

from __future__ import annotations

import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.bench.results import cells, report
from tests.support.paths import RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BIN = Path(sys.executable).parent
MEASURE = Path(__file__).with_name("measure.py")
TARGET = [str(BIN / "target-contacts")]
CONNECTIONS = 8
CERTIFICATES = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}
"""Variables that `requests` looks at."""


Name = tuple[str, str, float]
"""What was done, by whom, and the latency."""


class Spent(NamedTuple):
    """What one run of a command took."""

    seconds: float
    cpu: float
    """User and system time in seconds."""
    megabytes: float
    """Largest resident size."""


class Row(NamedTuple):
    """What one reader or writer took for one thing."""

    what: str
    who: str
    latency: float
    records: int
    requests: int
    seconds: float
    cpu: float
    above: float
    """CPU seconds but those of the start."""
    megabytes: float

    @property
    def name(self) -> Name:
        """What tells it from the others of its turn."""
        return self.what, self.who, self.latency

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    @property
    def per_cpu(self) -> float:
        """Records a CPU second, start included; 0 where it is not measured."""
        return self.records / self.cpu if self.cpu else 0.0

    @property
    def per_cpu_above(self) -> float:
        """Records a CPU second but for the start."""
        return self.records / self.above


class Server:
    """A server with canned answers."""

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
def served(module: str) -> Iterator[Server]:
    """Start a server of `tests.stock`, and stop it in the end."""
    command = [sys.executable, "-m", f"tests.stock.{module}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise SystemExit(1)
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.terminate()


def spent(command: Sequence[str], folder: Path, lines: Path | None = None) -> Spent:
    """Run a command; its output goes into the folder's `out` and `log`."""
    took = folder / "took"
    with (
        (lines or Path(os.devnull)).open("rb") as stdin,
        (folder / "out").open("wb") as out,
        (folder / "log").open("wb") as log,
    ):
        whole = [sys.executable, str(MEASURE), str(took), *command]
        done = subprocess.run(whole, stdin=stdin, stdout=out, stderr=log, env=_plain(), check=False)
    if done.returncode:
        raise SystemExit((folder / "log").read_text())
    return Spent(*json.loads(took.read_text()))


def _plain() -> dict[str, str]:
    """Return the environment without certificates of its own: for each request they are checked."""
    return {name: value for name, value in os.environ.items() if name not in CERTIFICATES}


class Turns:
    """What was measured in several turns: everything once in each."""

    def __init__(self, measure: Callable[[], list[Row]], turns: int) -> None:
        """Measure."""
        self._turns = [measure() for _ in range(turns)]

    @property
    def rows(self) -> list[Row]:
        """Return the rows with their median times."""
        return [_median(same) for same in zip(*self._turns, strict=True)]

    def times(self, figure: Callable[[Row], float], one: Name, other: Name) -> float:
        """Return how many times another row's figure that of one is: the median of the turns.

        Both were measured within minutes, and what the machine did meanwhile slowed both.
        """
        named = [{row.name: row for row in rows} for rows in self._turns]
        return float(statistics.median(figure(rows[one]) / figure(rows[other]) for rows in named))


def _median(rows: Sequence[Row]) -> Row:
    def middle(name: str) -> float:
        return float(statistics.median(getattr(row, name) for row in rows))

    cpu, above, megabytes = middle("cpu"), middle("above"), max(row.megabytes for row in rows)
    return rows[0]._replace(seconds=middle("seconds"), cpu=cpu, above=above, megabytes=megabytes)


def where() -> str:
    """Return date and machine."""
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{_processor()}"
    return f"{now:%Y-%m-%d}, Python {platform.python_version()}, {machine}"


def _processor() -> str:
    """Return what Linux calls the processor, in brackets."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f" ({names[0]})" if names else ""


def table(rows: Sequence[Row]) -> str:
    """Return rows as a table."""
    head = (
        "| | | answers after | records | requests | seconds | records/s | CPU s | but the start "
        "| records per CPU s | MB |\n" + "|---" * 11 + "|\n"
    )
    return head + "".join(
        f"| {row.what} | {row.who} | {row.latency * 1000:.0f} ms | {row.records} | {row.requests} "
        f"| {row.seconds:.2f} | {row.rate:.0f} | {row.cpu:.2f} | {row.above:.2f} "
        f"| {row.per_cpu:.0f} | {row.megabytes:.0f} |\n"
        for row in rows
    )


def kept(name: str) -> list[Row]:
    """Return the rows of a table that was kept."""
    return [
        Row(
            what,
            who,
            float(latency.split()[0]) / 1000,
            int(records),
            int(requests),
            *map(float, took),
        )
        for what, who, latency, records, requests, *told in cells(report(name))
        for took in [(told[0], told[2], told[3], told[5])]
    ]


def keep(name: str, text: str) -> None:
    """Print a report and keep it among the results."""
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
