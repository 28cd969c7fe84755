"""What the product says of itself."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.support.commands import BIN

APIS = ("bas_ip", "cobai", "porters", "valomnia", "zoho_voice")


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
