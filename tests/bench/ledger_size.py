"""Measure whether a record costs more because the ledger is large.

Contacts are written first. Then rows of others are put into the ledger by SQL. One run meets the
first ones changed, which updates them, and the next one meets them unchanged.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.porters import Bench
from tests.bench.runs import TARGET, keep, spent, where
from tests.bench.writing import stream
from tests.sandbox.porters import Porters

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

LEAST, SHARE = 10_000, 100
"""Records of a run: one in a hundred of the ledger's rows, and no fewer than these."""

_FILL = """
    INSERT INTO contacts
        (account, stream, key, status, remote_id, payload, source, filled, created, changed_at)
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :rows)
    SELECT account, stream, printf('%08x', n * :step) || lower(hex(randomblob(12))), 'written',
        CAST(1000000000 + n AS TEXT), lower(hex(randomblob(16))), lower(hex(randomblob(16))),
        filled, 1, CURRENT_TIMESTAMP
    FROM number, (SELECT account, stream, filled FROM contacts LIMIT 1)
"""
"""Enters rows in the order of their keys, which are spread as hashes are."""

_BUILDING = ("journal_mode=DELETE", "journal_mode=OFF", "synchronous=OFF", "cache_size=-100000")


class Took(NamedTuple):
    """What one run took beside a ledger of some size."""

    rows: int
    disk: float
    """Megabytes of the ledger."""
    what: str
    records: int
    seconds: float
    cpu: float
    above: float
    """Microseconds of CPU time for each record, without the start."""
    megabytes: float

    def row(self) -> str:
        """Return it as a row of a table."""
        return (
            f"| {self.rows} | {self.disk:.0f} | {self.what} | {self.records} | {self.seconds:.1f} "
            f"| {self.cpu:.1f} | {self.above:.0f} | {self.megabytes:.0f} |\n"
        )


def measure(rows: int) -> Iterator[Took]:
    """Yield what runs take beside a ledger of so many rows."""
    records = max(LEAST, rows // SHARE)
    with Porters() as porters, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Bench(porters, folder)
        command = [*TARGET, "--config", str(folder / "config.json")]
        lines, ledger = folder / "lines", folder / "ledger.db"
        spent(command, folder, stream(lines, records))
        fill(ledger, rows - records)
        start = min(spent(command, folder, stream(lines, 1)).cpu for _ in range(3))
        stream(lines, records, changed=records)
        for what in ("changed", "unchanged"):
            took = spent(command, folder, lines)
            above = (took.cpu - start) / records * 1e6
            disk = ledger.stat().st_size / 1e6
            yield Took(rows, disk, what, records, took.seconds, took.cpu, above, took.megabytes)


def fill(ledger: Path, rows: int) -> None:
    """Put rows into a ledger, of other records of the stream that it knows."""
    with closing(sqlite3.connect(ledger, isolation_level=None)) as connection:
        for pragma in _BUILDING:
            connection.execute(f"PRAGMA {pragma}")
        if rows:
            connection.execute(_FILL, {"rows": rows, "step": 2**32 // rows})


def main(options: argparse.Namespace) -> None:
    """Measure and keep the table."""
    rows = "".join(took.row() for size in options.sizes for took in measure(size))
    head = (
        f"# What a large ledger costs\n\n{where()}; one run each. Contacts of PORTERS, answered at "
        "once; the ledger is SQLite's. All records of a run are changed, or none is.\n\n"
        "| rows | MB on disk | records | how many | seconds | CPU s | CPU µs a record | MB |\n"
        + "|---" * 8
        + "|\n"
    )
    keep("ledger_size", head + rows)
