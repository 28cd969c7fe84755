"""Run the real Meltano, where it is installed.

To import it takes a third of a call. So each call is a fork of a process that has imported it.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

MELTANO = Path(os.environ.get("MELTANO", ROOT / ".venv-meltano/bin/meltano"))

WITH_MELTANO = pytest.mark.skipif(
    not MELTANO.exists(), reason="Meltano is not installed; `make test` does so"
)

FORKS = """
import json, os, signal, sys
from meltano.cli import main

def be(folder, arguments, environment, output):
    signal.alarm(300)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    log = os.open(output, os.O_WRONLY)
    for number, stream in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
        os.dup2(stream, number)
    sys.argv = ["meltano", *arguments]
    sys.exit(main())

for line in sys.stdin:
    child = os.fork()
    if not child:
        be(*json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""What the command does, in a process for each line that says how; writes the exit codes."""


def meltano(project: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run Meltano in a project and return what it wrote."""
    kept = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    given = {**kept, "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false", **(env or {})}
    with tempfile.NamedTemporaryFile("r+", encoding="utf-8") as output:
        asks, codes = _process()
        asks.write(json.dumps((str(project), arguments, given, output.name)) + "\n")
        asks.flush()
        code, log = codes.readline(), output.read()
    assert code == "0\n", log
    return log


@functools.cache
def _process() -> tuple[IO[str], IO[str]]:
    """Start what makes a process for each call; return where it is asked, and where it answers."""
    python = MELTANO.parent / "python"
    started = subprocess.Popen(
        [python, "-I", "-c", FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(started.communicate)
    assert started.stdin
    assert started.stdout
    return started.stdin, started.stdout
