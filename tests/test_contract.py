"""What other people's pipelines and this project's maintainers rely on: names and layout."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.commands import BIN
from tests.crash import launch

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


SHARED = ("apis", "listing", "plugin", "transport")
"""Rooms of the tap that the target may import, too."""


def files(*parts: str) -> list[Path]:
    """Return the Python files below a folder, of which there must be some."""
    found = sorted(ROOT.joinpath(*parts).rglob("*.py"))
    assert found, parts
    return found


def rooms(path: Path, package: str) -> set[str]:
    """Return the rooms of a package from which a file imports."""
    found = {name for name in imports(path) if name.partition(".")[0] == package}
    return {name.removeprefix(package).removeprefix(".").partition(".")[0] for name in found}


@pytest.mark.parametrize("folder", ["tap_contacts/apis", "target_contacts/sinks", "tests/sandbox"])
def test_each_api_has_the_same_base_name_in_every_folder(folder: str) -> None:
    """`find -name 'porters*'` is all there is about PORTERS."""
    there = {path.stem for path in (ROOT / folder).iterdir()}
    assert [api for api in APIS if api not in there] == []


def test_the_folder_of_the_apis_holds_nothing_else() -> None:
    """`ls tap_contacts/apis` says which APIs there are."""
    found = {path.name for path in (ROOT / "tap_contacts/apis").iterdir()} - {"__pycache__"}
    assert found == {"__init__.py", *APIS}


def test_what_both_sides_know_imports_neither_side() -> None:
    """The shared rooms import neither the tap's own code nor the target."""
    for path in (path for room in SHARED for path in files("tap_contacts", room)):
        assert rooms(path, "tap_contacts") <= {*SHARED}, path
        assert rooms(path, "target_contacts") == set(), path


def test_no_api_knows_another() -> None:
    """A folder of an API imports no other API's."""
    for api in APIS:
        for path in files("tap_contacts/apis", api):
            known = {name for name in imports(path) if name.startswith("tap_contacts.apis")}
            assert {name for name in known if name.split(".")[2:3] != [api]} == set(), path


def test_the_target_knows_nothing_else_of_the_tap() -> None:
    """The target imports the shared rooms only, and the tap nothing of the target."""
    for path in files("target_contacts"):
        assert rooms(path, "tap_contacts") <= {*SHARED}, path
    for path in files("tap_contacts"):
        assert rooms(path, "target_contacts") == set(), path


def test_no_api_is_named_outside_its_own_files_and_the_registries() -> None:
    """A sixth API is a new folder and new modules, never a branch somewhere else."""
    registries = {"tap.py", "target.py"}
    for package in ("tap_contacts", "target_contacts"):
        for path in files(package):
            own = any(part.startswith(APIS) for part in path.relative_to(ROOT).parts)
            if own or path.name in registries:
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
            assert texts.isdisjoint(APIS), path


def test_guards_that_name_files_name_those_there_are() -> None:
    """What moves without its guard is not guarded any more, and nobody is told."""
    assert launch.missing() == []
    lint = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    own = re.findall(r'"((?:tap|target)_contacts(?:\.\w+)+)"', lint)
    assert own
    assert [name for name in own if not (ROOT / f"{name.replace('.', '/')}.py").exists()] == []


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
