"""Run the real Meltano, where it is installed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

MELTANO = Path(os.environ.get("MELTANO", ROOT / ".venv-meltano/bin/meltano"))

WITH_MELTANO = pytest.mark.skipif(
    not MELTANO.exists(), reason="Meltano is not installed; `make test` does so"
)


def meltano(project: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run Meltano in a project and return what it wrote."""
    kept = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    ended = subprocess.run(
        [MELTANO, *arguments],
        cwd=project,
        env={**kept, "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false", **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr
