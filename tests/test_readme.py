"""The README says what is true."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.commands import BIN
from tests.directions import table
from tests.sandbox.__main__ import Sandboxes, show
from tests.test_contract import APIS, about, settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
UNUSED = ("faker_config", "stream_maps.")
"""Settings of the SDK that mean nothing here."""


@pytest.mark.parametrize("command", ["tap-contacts", "target-contacts"])
def test_every_setting_is_in_the_readme(command: str) -> None:
    """No setting of `--about` is missing from the tables."""
    names = set(settings(about(command)["settings"])) - set(APIS)
    missing = {name for name in names if f"`{name}`" not in README}
    assert {name for name in missing if not name.startswith(UNUSED)} == set()


def test_the_table_of_directions_is_that_of_the_reviewed_files() -> None:
    """What the README says of each direction follows from what was written into the sandbox."""
    assert table() in README


def test_the_pipelines_of_the_readme_run(tmp_path: Path) -> None:
    """The lines that are shown with the sandbox's configs do what is shown."""
    lines = re.findall(r"^\$ (tap-contacts --config demo/.*)$", README, re.MULTILINE)
    assert len(lines) == 2
    with ExitStack() as stack:
        sandboxes = Sandboxes(stack)
        sandboxes.seed()
        show(sandboxes, tmp_path / "demo")
        for line in lines:
            ended = subprocess.run(
                ["bash", "-o", "pipefail", "-c", line],
                cwd=tmp_path,
                env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == 0, ended.stderr
            assert '{"bookmarks":' in ended.stdout
        held = len(sandboxes.destinations["porters"].contacts)
    assert held == 6


def test_every_make_target_the_readme_names_exists() -> None:
    """`make demo`, `make check test` and `make sandbox` are in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {word for found in re.findall(r"make ([a-z ]+)", README) for word in found.split()}
    known = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert {"demo", "check", "test", "sandbox"} <= named & known
