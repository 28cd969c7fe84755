"""What the product says of itself."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import Any

from tests.support.commands import BIN
from tests.support.paths import ROOT

APIS = tuple(sorted(path.parent.name for path in ROOT.glob("tap_contacts/apis/*/client.py")))
"""All APIs, by the folders of their code."""


def about(command: str) -> dict[str, Any]:
    """Return what a plugin says of itself."""
    told: dict[str, Any] = json.loads(_about(command))
    return told


@cache
def _about(command: str) -> bytes:
    options = ["--about", "--format=json"]
    return subprocess.run([BIN / command, *options], capture_output=True, check=True).stdout


def settings(schema: dict[str, Any], above: str = "") -> dict[str, dict[str, Any]]:
    """Return the settings of a schema by their dotted names."""
    found: dict[str, dict[str, Any]] = {}
    for name, one in schema.get("properties", {}).items():
        found[above + name] = one
        found |= settings(one, f"{above}{name}.")
    return found
