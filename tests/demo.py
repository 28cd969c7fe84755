"""Watch contacts travel: Zoho Voice and cobai into all five APIs of the sandbox, twice.

    python -m tests.demo [--contacts NUMBER]

The second run sends no write: nothing has changed. Exits with 1 if anything is lost or doubled.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from tests.commands import BIN
from tests.sandbox.__main__ import Sandboxes

if TYPE_CHECKING:
    from tests.sandbox.server import Sandbox

DEFAULTS = {"last_name": "(unknown)", "email": "unknown@example.com", "mobile": "+10000000000"}
"""What the vendors' samples lack and some of the five APIs require."""

LOGIN_NAMES = {"cobai": {"field_map": {"webUserName": "contact_id"}}}
"""cobai wants a login name for each contact; Zoho Voice has none, but an id."""


def main() -> int:
    """Run every pipeline twice, show what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--contacts", type=int, default=40, help="besides the vendors' samples")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandboxes = Sandboxes(stack)
        fill(sandboxes, options.contacts)
        write_configs(sandboxes, folder)
        expected = sum(len(source.contacts) for source in sandboxes.sources.values())
        rows = [run_twice(d, folder, expected) for d in sandboxes.destinations.values()]
    show(rows, expected)
    return 0 if all(row["ok"] for row in rows) else 1


def fill(sandboxes: Sandboxes, count: int) -> None:
    """Put the vendors' samples and so many made-up contacts into Zoho Voice."""
    for source in sandboxes.sources.values():
        source.seed()
    zoho: Any = sandboxes.sources["zoho_voice"]
    for number in range(count):
        zoho.add(
            first_name=f"First{number}",
            last_name=f"Last{number}",
            mobile=f"+4915{number:09}",
            email=f"contact{number}@example.com",
            company="Example Ltd",
        )


def write_configs(sandboxes: Sandboxes, folder: Path) -> None:
    """Write a config for the tap and one for the target of each API."""
    for name, config in sandboxes.configs().items():
        api = name.removeprefix("target-")
        added = {**LOGIN_NAMES.get(api, {}), "defaults": {**DEFAULTS, **config.get("defaults", {})}}
        complete = config if name == "tap" else {**config, **added}
        (folder / f"{name}.json").write_text(json.dumps(complete, indent=2))


def run_twice(destination: Sandbox, folder: Path, expected: int) -> dict[str, Any]:
    """Run one pipeline two times and return what happened."""
    target = f"target-contacts --config target-{destination.api}.json"
    pipe = f"tap-contacts --config tap.json | {target}"
    print(f"\n$ {pipe}", flush=True)
    first = run(pipe, folder)
    writes = len(destination.writes)
    second = run(pipe, folder)
    row = {
        "api": destination.api,
        "created": first["created"],
        "held": len(destination.contacts),
        "unchanged": second["unchanged"],
        "again": len(destination.writes) - writes,
    }
    right = [destination.api, expected, expected, expected, 0]
    return {**row, "ok": list(row.values()) == right}


def run(pipe: str, folder: Path) -> dict[str, Any]:
    """Run a pipeline in a shell and return the summary of its target."""
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; PATH={BIN}:$PATH; {pipe}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    summaries = [line for line in ended.stderr.splitlines() if "summary: {" in line]
    if ended.returncode or not summaries:
        sys.exit(f"{ended.stderr}\nThe pipeline failed with exit code {ended.returncode}.")
    print(summaries[0].partition("summary: ")[2], flush=True)
    counts: dict[str, Any] = json.loads(summaries[0].partition("summary: ")[2])
    return counts


def show(rows: list[dict[str, Any]], expected: int) -> None:
    """Print the counts of each destination."""
    table = Table(title=f"{expected} contacts of Zoho Voice and cobai, into")
    for name in ("destination", "created", "held", "run 2: unchanged", "run 2: writes", ""):
        table.add_column(name)
    for row in rows:
        *counts, ok = row.values()
        table.add_row(*map(str, counts), "ok" if ok else "WRONG")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
