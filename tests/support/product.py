"""What the product says of itself."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.support.commands import BIN
from tests.support.paths import ROOT

APIS = tuple(sorted(path.parent.name for path in ROOT.glob("tap_contacts/apis/*/client.py")))
"""All APIs, by the folders of their code."""


def about(command: str) -> dict[str, Any]:
    """Return what a plugin says of itself."""
    ended = subprocess.run(
        [BIN / command, "--about", "--format=json"], capture_output=True, check=True
    )
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def settings(schema: dict[str, Any], above: str = "") -> dict[str, dict[str, Any]]:
    """Return the settings of a schema by their dotted names."""
    found: dict[str, dict[str, Any]] = {}
    for name, one in schema.get("properties", {}).items():
        found[above + name] = one
        found |= settings(one, f"{above}{name}.")
    return found
