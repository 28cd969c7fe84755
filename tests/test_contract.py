"""What other people's pipelines and this project's maintainers rely on: names and layout."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.commands import BIN

ROOT = Path(__file__).parent.parent
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


def imports(path: Path) -> set[str]:
    """Return the modules that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    plain = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    return plain | {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}


@pytest.mark.parametrize("folder", ["tap_contacts/apis", "target_contacts/sinks", "tests/sandbox"])
def test_each_api_has_the_same_base_name_in_every_folder(folder: str) -> None:
    """`find -name 'porters*'` is all there is about PORTERS."""
    assert [api for api in APIS if not (ROOT / folder / f"{api}.py").exists()] == []


def test_what_both_sides_know_imports_neither_side() -> None:
    """`tap_contacts.apis` imports neither the tap nor the target."""
    for path in (ROOT / "tap_contacts/apis").glob("*.py"):
        own = {name for name in imports(path) if name.startswith(("tap_", "target_"))}
        assert {name for name in own if not name.startswith("tap_contacts.apis")} == set(), path


def test_the_target_knows_nothing_else_of_the_tap() -> None:
    """The target imports `tap_contacts.apis` only, and the tap nothing of the target."""
    for path in (ROOT / "target_contacts").rglob("*.py"):
        tap = {name for name in imports(path) if name.startswith("tap_contacts")}
        assert {name for name in tap if not name.startswith("tap_contacts.apis")} == set(), path
    for path in (ROOT / "tap_contacts").rglob("*.py"):
        assert {name for name in imports(path) if name.startswith("target_")} == set(), path


def test_no_api_is_named_outside_its_own_files_and_the_registries() -> None:
    """A sixth API is a new module, never a branch somewhere else."""
    registries = {"tap.py", "target.py"}
    for package in ("tap_contacts", "target_contacts"):
        for path in (ROOT / package).rglob("*.py"):
            if path.stem.startswith(APIS) or path.name in registries:
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
            assert texts.isdisjoint(APIS), path


@pytest.mark.parametrize("command", ["tap-contacts", "target-contacts"])
def test_each_plugin_knows_its_version_and_marks_its_secrets(command: str) -> None:
    """`--version` finds the distribution; every secret setting says so."""
    told = about(command)
    secrets = {
        name
        for name in settings(told["settings"])
        if name.rpartition(".")[2].endswith(("secret", "token", "password", "secret_access_key"))
    }
    marked = {n for n, one in settings(told["settings"]).items() if one.get("secret")}
    assert told["version"] == "0.1.0"
    assert secrets == marked


@pytest.mark.parametrize("command", ["tap-contacts", "target-contacts"])
def test_every_setting_is_described(command: str) -> None:
    """No setting stands in `--about` without a description."""
    found = settings(about(command)["settings"])
    assert [name for name, one in found.items() if not one.get("description")] == []
