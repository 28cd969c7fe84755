"""Where files of this project are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "tests" / "data"
RESULTS = ROOT / "tests" / "results"
