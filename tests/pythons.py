"""Run the quick tests on each Python from 3.10 on that is found, and print what ran.

    python -m tests.pythons [3.12 ...]

Each gets an environment of its own in `.venv-pythons`. One that is not there comes from Debian, as
root and with debootstrap. Quick are the tests that start few commands: they execute nearly all code
that could depend on the version.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.debian import prefix
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

VERSIONS = [f"3.{minor}" for minor in range(10, 20)]
"""Those that are looked for."""

QUICK = (
    *("contact", "values", "mapping", "delivery", "planning", "parents", "transport", "listing"),
    *("ledger/test_upgrade.py", "plugin/test_tap.py", "plugin/test_settings.py"),
    "plugin/test_sdk_suites.py",
)
"""Folders and files of `tests`."""


PLACE = ROOT / ".venv-pythons"


class Interpreter(NamedTuple):
    """A Python, and what comes before a command that runs where it is."""

    program: Path
    prefix: tuple[str, ...] = ()

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command of its environment or its own, in the folder of this project."""
        whole = [*self.prefix, *command]
        return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, check=False)


class Tried(NamedTuple):
    """What came of the tests on one Python."""

    version: str
    outcome: str
    is_well: bool


def main(wanted: Collection[str]) -> int:
    """Run and print; return 0 if all that ran passed and something ran."""
    chosen = dict(interpreters(wanted or VERSIONS))
    tried = [_tried(version, program) for version, program in chosen.items()]
    for each in tried:
        print(f"Python {each.version}: {each.outcome}")
    lacking = sorted(set(wanted or declared()) - set(chosen), key=_minor)
    for version in lacking:
        print(f"Python {version}: not found here, so not run")
    return 0 if tried and all(each.is_well for each in tried) else 1


def interpreters(wanted: Collection[str]) -> Iterator[tuple[str, Interpreter]]:
    """Yield each version that is to be had: on the path, where pyenv keeps it, or from Debian."""
    for version in wanted:
        on_path = shutil.which(f"python{version}")
        kept = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
        places = [*([Path(on_path)] if on_path else []), *sorted(kept, reverse=True)]
        works = next((each for each in places if _version_of(each) == version), None)
        if works:
            yield version, Interpreter(works)
        elif before := prefix(version, PLACE):
            yield version, Interpreter(Path(f"/usr/bin/python{version}"), before)


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


def _tried(version: str, python: Interpreter) -> Tried:
    """Run the quick tests on a Python."""
    folder = PLACE / version
    if not _is_installed(folder, python):
        return Tried(version, "the packages could not be installed", is_well=False)
    start = time.monotonic()
    paths = [str(ROOT / "tests" / each) for each in QUICK]
    options = ("-q", "--numprocesses=2", "-p", "no:cacheprovider")
    ended = python.run(folder / "bin/pytest", *options, *paths)
    last = ended.stdout.strip().splitlines()[-1:]
    failed = re.findall(r"^(?:FAILED|ERROR) .*", ended.stdout, re.MULTILINE)
    print("\n".join(failed) or f"Python {version} ran {time.monotonic() - start:.0f} s", flush=True)
    exact = python.run(python.program, "--version").stdout.strip()
    outcome = f"{exact}: {''.join(last).strip('= ')}"
    return Tried(version, outcome, is_well=ended.returncode == 0)


def _is_installed(folder: Path, python: Interpreter) -> bool:
    """Make an environment with all that the tests need; say whether that worked."""
    made = python.run(python.program, "-m", "venv", folder)
    options = ("--quiet", "--disable-pip-version-check", "-c", ROOT / "constraints.txt")
    installed = python.run(folder / "bin/pip", "install", *options, "-e", f"{ROOT}[dev]")
    return made.returncode == installed.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
