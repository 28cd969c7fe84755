"""Watch contacts travel: from all APIs that can be read into all of the sandbox, twice.

    python -m tests.demo [--contacts NUMBER] [--commands FOLDER]

The second run goes on from the STATE of the first: of PORTERS and Valomnia it reads what changed
since, which is nothing, and it sends no write. Exits with 1 if anything is lost, doubled or
rejected.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.table import Table

from tap_contacts.streams.incremental import IncrementalStream
from tap_contacts.tap import STREAMS
from tests.sandbox.__main__ import Sandboxes
from tests.support.commands import BIN
from tests.support.people import put

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.sandbox.server import Sandbox

DEFAULTS = {"last_name": "(unknown)", "email": "unknown@example.com", "mobile": "+10000000000"}
"""What the vendors' samples lack and some APIs require."""

LOGIN_NAMES = {
    "zoho_voice_contacts": {"web_user_name": "'zoho_voice-' + contact_id"},
    "porters_contacts": {"web_user_name": "'porters-' + record['Contact.P_Id']"},
    "valomnia_contacts": {"web_user_name": "'valomnia-' + id"},
}
"""Stream maps: cobai wants a login name for each contact; others have none, but an id."""

SETTINGS: dict[str, Any] = {"cobai": {"field_map": {}, "stream_maps": LOGIN_NAMES}}
"""Settings of targets beside the sandbox's own."""

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
BY_DATE = {
    api
    for api, streams in STREAMS.items()
    if any(issubclass(each, IncrementalStream) for each in streams)
}
"""APIs that tell when contacts changed; of these a second run reads nothing again."""


def main(words: Sequence[str] | None = None) -> int:
    """Run every pipeline twice, show what came of it, and return the exit code.

    Args:
        words: Options of the command; None: those of this process.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--contacts", type=int, default=40, help="besides the vendors' samples")
    parser.add_argument("--commands", default=BIN, help="folder of the commands that are run")
    options = parser.parse_args(words)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandboxes = Sandboxes(stack)
        fill(sandboxes, options.contacts)
        write_configs(sandboxes, folder)
        held = {api: len(source.contacts) for api, source in sandboxes.sources.items()}
        again = sum(count for api, count in held.items() if api not in BY_DATE)
        expected = (sum(held.values()), again)
        rows = []
        for destination in sandboxes.destinations.values():
            rows.append(run_twice(destination, Place(folder, options.commands), expected))
            pass_ten_minutes(sandboxes.sources["zoho_voice"])
    show(rows, expected[0], len(held))
    return 0 if all(row["ok"] for row in rows) else 1


def fill(sandboxes: Sandboxes, count: int) -> None:
    """Put the vendors' samples and so many made-up contacts in, each a minute after the other."""
    sandboxes.seed()
    for number, source in zip(range(count), itertools.cycle(sandboxes.sources.values())):
        set_clock(source, START + timedelta(minutes=number))
        first, last = f"First{number}", f"Last{number}"
        ways = {"email": f"contact{number}@example.com", "mobile": f"+4915{number:09}"}
        put(source, {"first_name": first, "last_name": last, "gender": "FEMALE", **ways})


def set_clock(source: Any, now: datetime) -> None:
    """Tell the APIs that know the time what it is."""
    if source.api in BY_DATE:
        source.now = now if source.api == "valomnia" else lambda: now


def pass_ten_minutes(zoho: Any) -> None:
    """Let time pass at Zoho, which gives ten access tokens in ten minutes: each tap takes one."""
    before = zoho.options.clock
    zoho.options.clock = lambda: before() + 600


def write_configs(sandboxes: Sandboxes, folder: Path) -> None:
    """Write a config for the tap and one for the target of each API."""
    for name, config in sandboxes.configs().items():
        api = name.removeprefix("target-")
        added = {**SETTINGS.get(api, {}), "defaults": {**DEFAULTS, **config.get("defaults", {})}}
        complete = config if name == "tap" else {**config, **added}
        (folder / f"{name}.json").write_text(json.dumps(complete, indent=2))


class Place(NamedTuple):
    """Where pipelines are run."""

    folder: Path
    commands: Path


def run_twice(destination: Sandbox, place: Place, expected: tuple[int, int]) -> dict[str, Any]:
    """Run one pipeline two times and return what happened."""
    target = f"target-contacts --config target-{destination.api}.json"
    first = run(f"tap-contacts --config tap.json | {target} > states.jsonl", place)
    writes = len(destination.writes)
    state = "--state <(tail -n 1 states.jsonl)"
    second = run(f"tap-contacts --config tap.json {state} | {target}", place)
    row = {
        "api": destination.api,
        "created": first["created"],
        "held": len(destination.contacts),
        "rejected": first["rejected"] + second["rejected"],
        "unchanged": second["unchanged"],
        "again": len(destination.writes) - writes,
    }
    total, again = expected
    return {**row, "ok": list(row.values()) == [destination.api, total, total, 0, again, 0]}


def run(pipe: str, place: Place) -> dict[str, Any]:
    """Run a pipeline in a shell, show it and what cannot land; return its target's summary."""
    print(f"\n$ {pipe}", flush=True)
    ended = subprocess.run(
        ["bash", "-c", f"set -o pipefail; PATH={place.commands}:$PATH; {pipe}"],
        cwd=place.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = ended.stderr.splitlines()
    summaries = [line.partition("summary: ")[2] for line in lines if "summary: {" in line]
    if ended.returncode not in {0, SOME_REJECTED} or not summaries:
        sys.exit(f"{ended.stderr}\nThe pipeline failed with exit code {ended.returncode}.")
    counts: dict[str, Any] = json.loads(summaries[0])
    for stream, fields in counts.pop("not_carried").items():
        print(f"no place for these of {stream}: {', '.join(fields)}")
    print(*(line.rpartition("| ")[2] for line in lines if " rejected: " in line), sep="\n", end="")
    print(json.dumps(counts), flush=True)
    return counts


SOME_REJECTED = 3
"""Exit code of a target that is done but rejected records."""


def show(rows: list[dict[str, Any]], expected: int, sources: int) -> None:
    """Print the counts of each destination."""
    table = Table(title=f"{expected} contacts of all {sources} sources, into")
    for name in (
        "destination",
        "created",
        "held",
        "rejected",
        "run 2: same",
        "run 2: writes",
        "",
    ):
        table.add_column(name)
    for row in rows:
        *counts, ok = row.values()
        table.add_row(*map(str, counts), "ok" if ok else "WRONG")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
