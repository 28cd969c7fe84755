"""Run the quick tests on each Python from 3.10 on that is found, and print what ran.

    python -m tests.pythons [3.12 ...]

Each gets an environment of its own in `.venv-pythons`. Quick are the tests that start few commands:
they execute nearly all code that could depend on the version.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

FIRST, NEWEST = 10, 20
"""Minor versions that are looked for."""

QUICK = (
    *("contact", "values", "mapping", "delivery", "planning", "parents", "transport", "listing"),
    *("ledger/test_upgrade.py", "plugin/test_tap.py", "plugin/test_settings.py"),
    "plugin/test_sdk_suites.py",
)
"""Folders and files of `tests`."""


class Tried(NamedTuple):
    """What came of the tests on one Python."""

    version: str
    outcome: str
    is_well: bool


def main(wanted: Collection[str]) -> int:
    """Run and print; return 0 if all that ran passed and something ran."""
    found = dict(interpreters())
    chosen = {version: of for version, of in found.items() if not wanted or version in wanted}
    tried = [_tried(version, program) for version, program in chosen.items()]
    for each in tried:
        print(f"Python {each.version}: {each.outcome}")
    lacking = sorted(set(wanted or declared()) - set(chosen), key=_minor)
    for version in lacking:
        print(f"Python {version}: not found here, so not run")
    return 0 if tried and all(each.is_well for each in tried) else 1


def interpreters() -> Iterator[tuple[str, Path]]:
    """Yield each version and its program: on the path, else where pyenv keeps it."""
    for minor in range(FIRST, NEWEST):
        version = f"3.{minor}"
        on_path = shutil.which(f"python{version}")
        kept = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
        places = [*([Path(on_path)] if on_path else []), *sorted(kept, reverse=True)]
        works = next((each for each in places if _version_of(each) == version), None)
        if works:
            yield version, works


def _version_of(program: Path) -> str:
    """Return the version of a Python that can make environments; "" if it cannot."""
    asks = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    ended = subprocess.run([program, "-c", asks], capture_output=True, text=True, check=False)
    return ended.stdout.strip()


def declared() -> list[str]:
    """Return the versions that pyproject.toml promises."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    return re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text)


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def _tried(version: str, program: Path) -> Tried:
    """Run the quick tests on a Python."""
    folder = ROOT / ".venv-pythons" / version
    if _installed(folder, program):
        return Tried(version, "the packages could not be installed", is_well=False)
    start = time.monotonic()
    paths = [str(ROOT / "tests" / each) for each in QUICK]
    pytest: list[str | Path] = [
        folder / "bin/pytest",
        "-q",
        "--numprocesses=2",
        "-p",
        "no:cacheprovider",
        *paths,
    ]
    ended = subprocess.run(pytest, cwd=ROOT, capture_output=True, text=True, check=False)
    last = ended.stdout.strip().splitlines()[-1:]
    failed = re.findall(r"^(?:FAILED|ERROR) .*", ended.stdout, re.MULTILINE)
    print("\n".join(failed) or f"Python {version} ran {time.monotonic() - start:.0f} s", flush=True)
    exact = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    outcome = f"{exact.stdout.strip()}: {''.join(last).strip('= ')}"
    return Tried(version, outcome, is_well=ended.returncode == 0)


def _installed(folder: Path, program: Path) -> int:
    """Make an environment with all that the tests need; return 0 if that worked."""
    made = subprocess.run([program, "-m", "venv", folder], check=False).returncode
    pip: list[str | Path] = [
        folder / "bin/pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    wanted: list[str | Path] = ["-c", ROOT / "constraints.txt", "-e", f"{ROOT}[dev]"]
    return (
        made or subprocess.run([*pip, *wanted], check=False, stderr=subprocess.DEVNULL).returncode
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
