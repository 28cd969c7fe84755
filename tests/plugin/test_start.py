"""What a command imports before it has anything to do."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.singer.reader import MessageReader
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN
from tests.support.product import APIS

if TYPE_CHECKING:
    from pathlib import Path


def imported(folder: Path, command: str, config: dict[str, Any], *options: str) -> set[str]:
    """Run a command that has nothing to read, and return the modules that it has imported."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    ended = subprocess.run(
        [sys.executable, BIN / command, "--config", str(path), *options],
        cwd=folder,
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"^import time:.*\| +(\S+)$", ended.stderr, re.MULTILINE))


def apis(modules: set[str]) -> set[str]:
    """Return the APIs whose requests are among modules."""
    return {api for api in APIS if f"tap_contacts.apis.{api}.client" in modules}


def test_a_target_without_input_opens_nothing_and_imports_little(tmp_path: Path) -> None:
    """Neither the ledger's database, nor what reads records, nor any other API."""
    with ZohoVoice() as zoho:
        modules = imported(tmp_path, "target-contacts", zoho.target_config())
    assert apis(modules) == {"zoho_voice"}
    late = {"sqlalchemy", "lxml", "pyrate_limiter", "target_contacts.pipeline.contact_sink"}
    assert modules & late == set()
    assert not (tmp_path / "target-contacts.db").exists()


def test_a_tap_imports_only_the_apis_that_it_reads(tmp_path: Path) -> None:
    """The settings of the others are known without their code."""
    with ZohoVoice() as zoho:
        config = {"zoho_voice": zoho.tap_config()}
        modules = imported(tmp_path, "tap-contacts", config, "--discover")
    assert apis(modules) == {"zoho_voice"}
    assert modules & {"lxml", "pyrate_limiter"} == set()


@pytest.mark.parametrize(("given", "is_there"), [(b"", False), (b"{}\n", True), (b"\n", True)])
def test_to_wait_for_input_takes_nothing_out(given: bytes, is_there: bool) -> None:  # noqa: FBT001
    """The first line is still to be read."""
    pipe = io.BufferedReader(io.BytesIO(given))
    assert MessageReader().has_input(pipe) == is_there
    assert pipe.read() == given


def test_input_that_cannot_be_looked_at_may_be_there() -> None:
    """Whether it is shows when it is read."""
    assert MessageReader().has_input(io.BytesIO())
