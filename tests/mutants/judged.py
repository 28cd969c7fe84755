"""Run the tests of a mutant in a copy of this folder."""

from __future__ import annotations

import compileall
import os
import resource
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_item import TestOutcome, WorkerOutcome

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.mutants.drawn import Mutant

NOTICED, TIMED_OUT, SURVIVED = "noticed", "timed out", "survived"
START_SECONDS = 20.0
"""What a run may take beside its tests."""
SLOWER = 4.0
"""How many times longer tests may take than they did when they were measured."""
MOST_MEMORY = 6 << 30
"""Bytes that the tests of a mutant may address: a loop without end must not take all there are."""


def judged(
    mutants: Sequence[Mutant],
    tests: Sequence[Sequence[str]],
    seconds: Sequence[float],
    workers: int,
) -> Iterator[str]:
    """Yield what became of each mutant.

    Args:
        mutants: The mutants.
        tests: The tests that each of them meets, in order.
        seconds: How long these take without it.
        workers: How many are tried at once.
    """
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as folder,
        ProcessPoolExecutor(workers, initializer=_enter, initargs=(folder,)) as pool,
    ):
        yield from pool.map(_judged, mutants, tests, seconds)


def _enter(folder: str) -> None:
    """Work in a copy of the files that git knows, from which the tests import then."""
    place = Path(folder) / str(os.getpid())
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, names.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes((ROOT / name).read_bytes())
    compileall.compile_dir(place, quiet=1)
    os.chdir(place)
    os.environ["PYTHONPATH"] = str(place)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _judged(mutant: Mutant, tests: Sequence[str], seconds: float) -> str:
    if not tests:
        return SURVIVED
    Path("which.txt").write_text("".join(f"{test}\n" for test in tests), encoding="utf-8")
    options = "-x -q -n 0 -p no:cacheprovider --no-header --durations=0 @which.txt"
    timeout = START_SECONDS + SLOWER * seconds
    result = mutate_and_test([mutant.spec], f"{sys.executable} -m pytest {options}", timeout)
    output = str(result.output)
    if result.worker_outcome is not WorkerOutcome.NORMAL or "ERROR: not found" in output:
        raise RuntimeError(output)
    if result.test_outcome is TestOutcome.SURVIVED:
        return SURVIVED
    return TIMED_OUT if output == "timeout" else NOTICED
