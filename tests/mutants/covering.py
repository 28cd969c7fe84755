"""Know which tests execute which lines, and how long they take."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from coverage import CoverageData
from coverage.exceptions import CoverageException

from tests.mutants.plugin import TIMES
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

HERE = Path(__file__).parent
DATA = ROOT / ".mutants"
QUICK = 0.5
"""Seconds: as many tests as there are that take less are cheaper than one that starts a command.

That is much longer than such a test takes alone, since measuring slows it down."""

PACKAGES = ("tap_contacts", "target_contacts", "tests")
TESTS = (
    *("tests/delivery", "tests/ledger", "tests/listing", "tests/report", "tests/transport"),
    *("tests/apis/test_porters*.py", "tests/apis/test_valomnia*.py"),
    *("tests/pipeline/test_target.py", "tests/pipeline/test_explain.py"),
    *("tests/pipeline/test_guards.py", "tests/pipeline/test_limit.py"),
    "tests/pipeline/test_checkpoints.py",
)
"""Where the tests of the modules are. Others execute their lines, too, but promise other things."""


def measure(tests: Sequence[str]) -> None:
    """Run the tests and keep which lines each of them executes; or add this of some tests."""
    if not tests:
        shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(exist_ok=True)
    ini = str(HERE / "coverage.ini")
    env = {**os.environ, "MUTANTS": str(DATA), "COVERAGE_PROCESS_START": ini}
    run = [sys.executable, "-m", "coverage"]
    command = ["run", "--rcfile", ini, "-m", "pytest", "-q", "-p", "tests.mutants.plugin"]
    which = tests or [str(path) for pattern in TESTS for path in sorted(ROOT.glob(pattern))]
    subprocess.run([*run, *command, *which], cwd=ROOT, env=env, check=False)
    _combine()


def _combine() -> None:
    """Put together what each process has written; a process that was killed may leave half."""
    whole = CoverageData(str(DATA / "coverage"))
    whole.read()
    for path in sorted(DATA.glob("coverage.*")):
        part = CoverageData(str(path))
        try:
            part.read()
            whole.update(part)
        except (CoverageException, sqlite3.Error) as error:
            print(f"{path.name} is left out: {error}", file=sys.stderr)
        part.close()
        path.unlink(missing_ok=True)
    whole.close()


def is_measured() -> bool:
    """Say whether nothing has changed since."""
    files = (path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    data = DATA / "coverage"
    return data.exists() and data.stat().st_mtime > max(path.stat().st_mtime for path in files)


class Covering:
    """The tests that passed, by the lines that they execute."""

    def __init__(self) -> None:
        """Read what was measured."""
        lines = (DATA / TIMES).read_text(encoding="utf-8").splitlines()
        self.seconds: Mapping[str, float] = dict(map(json.loads, lines))
        self._data = CoverageData(str(DATA / "coverage"))
        self._data.read()
        self._of: dict[str, Mapping[int, set[str]]] = {}

    def tests(self, module: Path, lines: range) -> list[str]:
        """Return the tests of some lines: those that take no time, then in turn of each function.

        Lines that are executed by the import alone are those of all tests of the module.
        """
        of = self._lines(module)
        found = {test for line in lines for test in of.get(line, ())}
        importing = of.get(min(of, default=0), set())
        if found <= importing:
            found = {test for tests in of.values() for test in tests}
        return list(self._in_turn(found))

    def _lines(self, module: Path) -> Mapping[int, set[str]]:
        name = str(ROOT / module)
        if name not in self._of:
            told = self._data.contexts_by_lineno(name)
            self._of[name] = {line: set(self._known(contexts)) for line, contexts in told.items()}
        return self._of[name]

    def _known(self, contexts: Iterable[str]) -> Iterator[str]:
        """Yield the tests that contexts name; what a process inherited stands before a bar."""
        for context in contexts:
            test = context.rpartition("|")[2]
            for phase in ("setup", "call", "teardown"):
                test = test.removesuffix(f" ({phase})")
            if test in self.seconds:
                yield test

    def _in_turn(self, tests: Iterable[str]) -> Iterator[str]:
        of_function: defaultdict[str, list[str]] = defaultdict(list)
        for test in sorted(tests, key=lambda each: (self.seconds[each], each)):
            if self.seconds[test] < QUICK:
                yield test
            else:
                of_function[test.partition("[")[0]].append(test)
        for several in zip_longest(*of_function.values()):
            yield from filter(None, several)
