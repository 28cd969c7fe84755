"""What other people's pipelines and this project's maintainers rely on: names and layout."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.crash import launch
from tests.support.paths import ROOT
from tests.support.product import APIS, about, settings

if TYPE_CHECKING:
    from pathlib import Path


@cache
def parts(path: Path) -> tuple[ast.AST, ...]:
    """Return all parts of a module, those within others, too."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> frozenset[str]:
    """Return the modules that a file imports."""
    plain = {a.name for n in parts(path) if isinstance(n, ast.Import) for a in n.names}
    froms = {n.module or "" for n in parts(path) if isinstance(n, ast.ImportFrom)}
    return frozenset(plain | froms)


SHARED = ("apis", "listing", "plugin", "transport")
"""Rooms of the tap that the target may import, too."""


@cache
def files(*folders: str) -> list[Path]:
    """Return the Python files below a folder, of which there must be some."""
    found = sorted(ROOT.joinpath(*folders).rglob("*.py"))
    assert found, folders
    return found


def rooms(path: Path, package: str) -> set[str]:
    """Return the rooms of a package from which a file imports."""
    found = {name for name in imports(path) if name.partition(".")[0] == package}
    return {name.removeprefix(package).removeprefix(".").partition(".")[0] for name in found}


@pytest.mark.parametrize("folder", ["tap_contacts/apis", "target_contacts/sinks", "tests/sandbox"])
def test_each_api_has_the_same_base_name_in_every_folder(folder: str) -> None:
    """`find -name 'porters*'` is all there is about PORTERS."""
    there = {path.stem for path in (ROOT / folder).iterdir()}
    assert [f"{folder}/{api}" for api in APIS if api not in there] == []


def test_the_folder_of_the_apis_holds_nothing_else() -> None:
    """`ls tap_contacts/apis` says which APIs there are; each has a `client.py`."""
    found = {path.name for path in (ROOT / "tap_contacts/apis").iterdir()} - {"__pycache__"}
    assert found == {"__init__.py", *APIS}


FILES = ("client", "codes", "facts", "settings", "sign_in", "wire")
"""Files that the folder of each API has; where contacts can be read, `reading` is one more."""

HOMES = {
    "ApiClient": "client",
    "ACCOUNT": "settings",
    "SETTINGS": "settings",
    "CODES": "codes",
    "judge": "codes",
    "SignIn": "sign_in",
    "TokenSignIn": "sign_in",
    "HEADERS": "wire",
    "is_expected": "wire",
    "contacts": "reading",
    "read_contacts": "reading",
    "normal": "reading",
}
"""What each of them holds: names, and the bases of classes."""


def names(path: Path) -> set[str]:
    """Return the names that a module defines, and the bases of its classes."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    classes = [each for each in body if isinstance(each, ast.ClassDef)]
    given = [to for each in body if isinstance(each, ast.Assign) for to in each.targets]
    bases = [base for each in classes for base in each.bases]
    functions = {each.name for each in body if isinstance(each, ast.FunctionDef)}
    return functions | {each.id for each in [*given, *bases] if isinstance(each, ast.Name)}


@pytest.mark.parametrize("api", APIS)
def test_the_folder_of_each_api_has_the_same_files(api: str) -> None:
    """Whoever knows the folder of one API knows where to look in that of another."""
    folder = ROOT / "tap_contacts/apis" / api
    reads = (ROOT / "tap_contacts/streams" / f"{api}.py").exists()
    wanted = [*FILES, *["reading"] * reads]
    assert [name for name in wanted if not (folder / f"{name}.py").exists()] == []
    for path in files("tap_contacts/apis", api):
        homes = {name: HOMES[name] for name in names(path) & HOMES.keys()}
        assert set(homes.values()) <= {path.stem}, (path, homes)


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
            texts = {n.value for n in parts(path) if isinstance(n, ast.Constant)}
            assert texts.isdisjoint(APIS), path


def test_guards_that_name_files_name_those_there_are() -> None:
    """What moves without its guard is not guarded any more, and nobody is told."""
    assert launch.missing() == []
    lint = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    own = re.findall(r'"((?:tap|target)_contacts(?:\.\w+)+)"', lint)
    assert own
    assert [name for name in own if not (ROOT / f"{name.replace('.', '/')}.py").exists()] == []


ORDER = {
    "target_contacts": (
        "target",
        "cli",
        "destinations",
        "commands",
        "pipeline",
        "planning",
        "delivery",
        "parents",
        "sinks",
        "mapping",
        "contact",
        "values",
    ),
    "tap_contacts": ("tap", "streams", "apis", "plugin", "listing", "transport"),
}
"""Rooms of each package, each of which may import from those that stand behind it."""

ASIDE = {"target_contacts": ("ledger", "report", "singer"), "tap_contacts": ()}
"""Rooms that know none of these, and that all may know."""

BELOW = {
    "target_contacts": {"declared", "errors", "settings", "shutdown"},
    "tap_contacts": set[str](),
}
"""What everybody may import."""

TOP = {
    "target_contacts": {"__main__": {"target"}, "target": set[str](), "cli": set[str]()},
    "tap_contacts": {
        "__main__": {"plugin", "tap"},
        "tap": {"kept_files", "writer"},
        "streams": {"fast_path", "unknown_fields", "writer"},
        "fast_path": {"writer"},
        "kept_files": {"plugin"},
        "unknown_fields": {"plugin"},
        "writer": {"plugin"},
    },
}
"""Modules beside the rooms, and what they and the rooms import of these."""


def allowed(package: str, room: str) -> set[str]:
    """Return the rooms from which a room may import."""
    order, aside = ORDER[package], ASIDE[package]
    below = set(order[order.index(room) + 1 :]) | {*aside} if room in order else set()
    return below | BELOW[package] | TOP[package].get(room, set()) | {room}


def modules(package: str) -> dict[str, Path]:
    """Return the files of a package by the names under which they are imported."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in files(package)
    }


@cache
def arrows(package: str) -> dict[str, set[str]]:
    """Return which modules of its own package each module imports, for types alone or not."""
    there = modules(package)
    found: dict[str, set[str]] = {}
    for name, path in there.items():
        taken = [n for n in parts(path) if isinstance(n, ast.ImportFrom)]
        whole = [n for n in parts(path) if isinstance(n, ast.Import)]
        full = {a.name: a.name for n in whole for a in n.names}
        full |= {f"{n.module}.{a.name}": n.module or "" for n in taken for a in n.names}
        found[name] = {one if one in there else of for one, of in full.items()} & {*there}
    return found


def room_of(name: str) -> str:
    """Return the room that a module is in; a module of the package itself is one of its own."""
    return ".".join(name.split(".")[1:2])


@pytest.mark.parametrize("package", ORDER)
def test_imports_run_down_from_room_to_room(package: str) -> None:
    """A room knows those below it and the side rooms; these know none of them."""
    wrong = {
        (name, other)
        for name, others in arrows(package).items()
        for other in others
        if room_of(other) not in allowed(package, room_of(name))
    }
    assert wrong == set()
    rooms_there = {room_of(name) for name in arrows(package)} - {""}
    named = {*ORDER[package], *ASIDE[package], *BELOW[package], *TOP[package]}
    assert named == rooms_there


@pytest.mark.parametrize("package", ORDER)
def test_no_files_know_each_other(package: str) -> None:
    """There is no circle of imports, inside a room or beyond: what knows nothing is taken away."""
    left = arrows(package)
    while ends := {name for name, others in left.items() if not others - {name}}:
        left = {name: others - ends for name, others in left.items() if name not in ends}
    assert left == {}


def test_a_sink_knows_its_api_and_nothing_of_the_run() -> None:
    """What an API does can be tried without a run: no ledger, no message, no class of the SDK."""
    for path in files("target_contacts/sinks"):
        known = {name for name in imports(path) if name.startswith("singer_sdk")}
        assert known <= {"singer_sdk.exceptions"}, path
        assert rooms(path, "target_contacts").isdisjoint({"ledger", "singer"}), path


def test_an_import_that_runs_up_is_not_allowed() -> None:
    """The order is as strict as it says: side rooms know no room, no room knows one above it."""
    assert "pipeline" not in allowed("target_contacts", "delivery")
    assert "sinks" not in allowed("target_contacts", "ledger")
    assert "mapping" in allowed("target_contacts", "sinks")
    assert "plugin" not in allowed("tap_contacts", "transport")


SECRETS = ("secret", "token", "password", "_key")
"""How the names of secret settings end."""


@pytest.mark.parametrize("command", ["tap-contacts", "target-contacts"])
def test_each_plugin_knows_its_version_and_marks_its_secrets(command: str) -> None:
    """`--version` finds the distribution; what is called like a secret is one, and nothing else."""
    told = about(command)
    found = settings(told["settings"])
    called = {name for name in found if name.endswith(SECRETS)}
    marked = {name for name, one in found.items() if one.get("secret")}
    assert told["version"] == "0.1.0"
    assert called - marked == set(), "not marked with secret=True"
    assert marked - called == set(), f"secret, but the name does not end in one of {SECRETS}"


@pytest.mark.parametrize("command", ["tap-contacts", "target-contacts"])
def test_every_setting_is_described(command: str) -> None:
    """No setting stands in `--about` without a description."""
    found = settings(about(command)["settings"])
    assert [name for name, one in found.items() if not one.get("description")] == []


IMPORT_OF_A_TEST = re.compile(r"^\s*(?:from|import)\s.*\btest_", re.MULTILINE)
"""What a line looks like that may import a test, or a test of a function."""


def test_no_test_imports_another() -> None:
    """What several of them use stands in `tests/support`; each can be read and moved alone."""
    for path in files("tests"):
        if not IMPORT_OF_A_TEST.search(path.read_text(encoding="utf-8")):
            continue
        found = {name for name in imports(path) if name.startswith("tests.")}
        assert [name for name in found if name.rpartition(".")[2].startswith("test_")] == [], path
