"""Count the requests that contacts take into PORTERS, and again with one in a hundred changed.

The fewest are what the bytes of the contacts sent would take in full requests of 15,000 bytes and
200 contacts. The sandbox answers; its own work is part of the seconds.
"""

from __future__ import annotations

import json
import tempfile
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_contacts.apis.porters_wire import EMPTY_SIZE, MAX_BYTES, MAX_ITEMS
from tests.bench.runs import keep, spent, where
from tests.bench.writing import TARGET, stream
from tests.sandbox.porters import Porters

if TYPE_CHECKING:
    import argparse

    from tests.bench.runs import Spent


class Bench:
    """Runs of the target against one PORTERS of the sandbox."""

    def __init__(self, porters: Porters, folder: Path) -> None:
        """Take the server and an empty folder."""
        self._porters, self._folder = porters, folder
        config: dict[str, Any] = {
            **porters.target_config(),
            "ledger_url": f"sqlite:///{folder}/ledger.db",
            "rejects_dir": str(folder),
        }
        config["porters"]["requests_per_minute"] = (
            1_000_000  # the documents' 500 would be waited for
        )
        (folder / "config.json").write_text(json.dumps(config))

    def row(self, what: str, contacts: int, sent: int, changed: int) -> str:
        """Write a stream of so many contacts, of which so many are to be sent; return its row."""
        lines = stream(self._folder / "lines", contacts, changed=changed)
        before = len(self._porters.log)
        took = spent([*TARGET, "--config", str(self._folder / "config.json")], self._folder, lines)
        bodies = [each.request.body for each in self._porters.log[before:] if each.request.body]
        writes = [body for body in bodies if b"<Item>" in body]
        full = sum(len(body) - EMPTY_SIZE for body in writes) / (MAX_BYTES - EMPTY_SIZE)
        fewest = max(ceil(full), ceil(sent / MAX_ITEMS))
        return _row(what, contacts, len(writes), fewest, took)


def _row(what: str, contacts: int, writes: int, fewest: int, took: Spent) -> str:
    more = f"{writes / fewest - 1:.1%}" if fewest else "0"
    return (
        f"| {what} | {contacts} | {writes} | {fewest} | {more} | {took.seconds:.1f} | "
        f"{took.cpu:.1f} |\n"
    )


def main(options: argparse.Namespace) -> None:
    """Measure and keep the table."""
    count = options.contacts
    with Porters() as porters, tempfile.TemporaryDirectory() as name:
        bench = Bench(porters, Path(name))
        rows = bench.row("new", count, count, 0)
        rows += bench.row("one in a hundred changed", count, count // 100, count // 100)
        held = len(porters.contacts)
    head = (
        f"# Requests into PORTERS\n\n{where()}; {count} contacts, {held} held in the end.\n\n"
        "| | contacts | writes | fewest possible | more | seconds | CPU s |\n" + "|---" * 7 + "|\n"
    )
    keep("porters", head + rows)
