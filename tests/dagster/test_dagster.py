"""The job of this folder in a real Dagster: an op for each destination, STATE kept once all are."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.airflow.town import Town
from tests.support.commands import BIN

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = os.environ.get("DAGSTER", "")
"""Where Dagster is; `make dagster` sets it."""

JOB = Path(__file__).parent / "contacts_job.py"

pytestmark = pytest.mark.skipif(
    not PROGRAM, reason="Dagster was not asked for; `make dagster` installs it and runs this"
)


def night(folder: Path) -> subprocess.CompletedProcess[str]:
    """Carry out the job."""
    own: Mapping[str, str] = {
        "CONTACTS_BIN": str(BIN),
        "CONTACTS_HOME": str(folder),
        "CONTACTS_RETRY_SECONDS": "0.1",
        "DAGSTER_HOME": str(folder / "dagster"),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
    (folder / "dagster").mkdir(exist_ok=True)
    (folder / "config.json").write_text('{"execution": {"config": {"in_process": {}}}}')
    kept = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    command = [PROGRAM, "job", "execute", "-f", str(JOB), "-j", "contacts", "-c", "config.json"]
    return subprocess.run(
        command, env={**kept, **own}, cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_destination_that_is_off_is_tried_again_and_done_in_the_next_night(
    tmp_path: Path,
) -> None:
    """The others are written; a guard's exit code 4 is not tried again; no STATE is kept."""
    ledger = f"sqlite:///{tmp_path}/ledger.db"
    with Town(flats=2) as town:
        own = {"flat 0": town.off(0), "cobai": {"guards": {"max_creates": 0}}}
        town.configure(tmp_path, ledger, own)
        first = night(tmp_path)
        assert first.returncode == 1
        restarts = [line for line in first.stderr.splitlines() if "STEP_RESTARTED" in line]
        assert len(restarts) == 2, first.stderr
        assert json.loads((tmp_path / "state.json").read_text()) == {}
        held = {name: len(of) for name, of in town.counts().items()}
        assert {name for name, most in held.items() if not most} == {"flat 0", "cobai"}
        town.configure(tmp_path, ledger)
        second = night(tmp_path)
        assert second.returncode == 0, second.stderr
        assert town.counts() == {name: sorted(of) for name, of in town.wanted().items()}
        assert json.loads((tmp_path / "state.json").read_text())["bookmarks"]
