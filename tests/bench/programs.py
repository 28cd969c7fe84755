"""Say how each program is started that the standard table compares."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from tests.bench.runs import BIN, TARGET
from tests.stock.wire import CONNECTIONS
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stock.wire import Job

OURS, DEFAULT, STOCK, DLT, DRT, LIMIT = ("ours", "ours, 4 at once", "stock", "dlt", "drt", "limit")
AT_ONCE = {OURS: CONNECTIONS, DEFAULT: 4}
"""Requests in flight of each of ours; the others have as many connections as the first."""
PEERS = (DLT, DRT)
PLACE = ROOT / ".venv-peers"


def writer(who: str, job: Job, config: dict[str, Any]) -> list[str]:
    """Return the command that writes what is in the job's file or on standard input."""
    folder = ROOT / job.folder
    if who in AT_ONCE:
        return [*TARGET, "--config", _written(folder / "config.json", config)]
    if who == STOCK:
        told = {"api": job.api, "api_url": job.url, "access_token": job.token}
        return stock_target(folder, told)
    path = _written(folder / "job.json", job)
    if who == LIMIT:
        return [sys.executable, "-m", "tests.stock.limit", "write", path]
    return [python(who), "-m", f"tests.peers.{who}_writer", path]


def stock_target(folder: Path, config: dict[str, Any]) -> list[str]:
    """Return the command of the stock target; without an address it only validates."""
    path = _written(folder / "stock.json", config)
    return [sys.executable, "-m", "tests.stock.target", "--config", path]


def reader(who: str, url: str, folder: Path) -> list[str]:
    """Return the command that reads the contacts of Zoho Voice."""
    if who == LIMIT:
        return [sys.executable, "-m", "tests.stock.limit", "read", url]
    if who == DLT:
        return [python(who), "-m", "tests.peers.dlt_reader", url, str(folder)]
    account = {"access_token": "t", "api_url": url}
    config = {"zoho_voice": account, "concurrency": CONNECTIONS}
    path = _written(folder / "tap.json", config)
    tap = [str(BIN / "tap-contacts")]
    command = tap if who == OURS else [sys.executable, "-m", "tests.stock.tap"]
    return [*command, "--config", path]


def python(who: str) -> str:
    """Return the interpreter of a peer's environment."""
    return str(PLACE / who / "bin/python")


def _written(path: Path, told: object) -> str:
    path.write_text(json.dumps(told), encoding="utf-8")
    return str(path)
