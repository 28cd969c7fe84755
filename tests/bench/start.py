"""Measure the CPU time of a start, and what the SDK imports for it.

The least of seven runs in turn counts: what else the machine does only adds.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.runs import BIN, keep, spent, where

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection

RUNS = 7
IMPORT = [sys.executable, "-c", "import singer_sdk, singer_sdk.target_base"]
COMMANDS = {
    "Python alone": [sys.executable, "-c", ""],
    "`import singer_sdk, singer_sdk.target_base`": IMPORT,
    "`target-contacts` without input": [str(BIN / "target-contacts"), "--config"],
    "`tap-contacts --about`": [str(BIN / "tap-contacts"), "--about"],
}
GROUPS = {
    "`requests`, `urllib3`, `jsonpath-ng`": {"requests", "urllib3", "jsonpath_ng"},
    "`fsspec`, `universal-pathlib`, `asyncio`": {"fsspec", "upath", "asyncio"},
    "`joblib`, `multiprocessing`": {"joblib", "multiprocessing"},
    "`python-dotenv`": {"dotenv"},
}
CONFIG = '{"api": "cobai", "cobai": {"access_key_id": "k", "secret_access_key": "s"}}'


def starts() -> dict[str, float]:
    """Return the CPU seconds of each command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.json").write_text(CONFIG, encoding="utf-8")
        config = [str(folder / "config.json")]
        whole = {of: [*each, *config * (each[-1] == "--config")] for of, each in COMMANDS.items()}
        turns = [{of: spent(each, folder).cpu for of, each in whole.items()} for _ in range(RUNS)]
    return {of: min(turn[of] for turn in turns) for of in COMMANDS}


def shares() -> dict[str, float]:
    """Return the part of the SDK's import that each group of packages takes."""
    command = [sys.executable, "-X", "importtime", *IMPORT[1:]]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    found = re.findall(r"^import time: +(\d+) \| +\d+ \| +([\w.]+)", told, re.MULTILINE)
    took = {name: int(microseconds) for microseconds, name in found}
    every = sum(took.values())
    return {group: _of(took, packages) / every for group, packages in GROUPS.items()}


def _of(took: dict[str, int], packages: Collection[str]) -> int:
    return sum(each for name, each in took.items() if name.partition(".")[0] in packages)


def main(options: argparse.Namespace) -> None:
    """Measure and keep both tables."""
    del options
    seconds = "".join(f"| {of} | {each:.2f} |\n" for of, each in starts().items())
    parts = "".join(f"| {of} | {share:.0%} |\n" for of, share in shares().items())
    keep(
        "start",
        f"# What a start costs\n\n{where()}; the least of {RUNS} runs in turn.\n\n"
        f"| | CPU s |\n|---|---|\n{seconds}\n"
        f"| imported with the SDK | of that import |\n|---|---|\n{parts}",
    )
