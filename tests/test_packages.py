"""The packages and the image: what is in them, and that they run where nothing else is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST, contacts, singer
from tests.support.paths import ROOT
from tests.support.zoho_people import ANNA

if TYPE_CHECKING:
    from collections.abc import Iterable

COMMANDS = ("tap-contacts", "target-contacts")
PACKAGES = ("tap_contacts", "target_contacts")
BESIDE = {
    *("PKG-INFO", "README.md", "CHANGELOG.md", "LICENSE", "constraints.txt", "pyproject.toml"),
    *("docs", ".gitignore"),
}
"""What the source distribution holds beside the code."""

HADOLINT = Path(sys.executable).parent / "hadolint"
DISTRIBUTION = "singer-contacts"


def ran(*command: str | Path, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, without what this environment sets for Python."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL", "COV"))}
    return subprocess.run(
        command, cwd=cwd, env=kept, input=stdin, capture_output=True, text=True, check=False
    )


def files_of(package: str) -> set[str]:
    """Return the files of a package of the code, as they are to be distributed."""
    listed = (ROOT / package).rglob("*")
    files = (path for path in listed if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(ROOT)) for path in files}


def built(folder: Path) -> tuple[Path, Path]:
    """Build both packages into a folder; return the source distribution and the wheel.

    The wheel is built from the source distribution, so that holds all that is needed.
    """
    command = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    ended = ran(*command, cwd=folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (source,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return source, wheel


def assert_only(names: Iterable[str], beside: Iterable[str]) -> None:
    """Each file of the code is there, and nothing else but what is named beside it."""
    code = {name for name in names if name.startswith(tuple(f"{each}/" for each in PACKAGES))}
    assert code == files_of(PACKAGES[0]) | files_of(PACKAGES[1])
    assert {name.partition("/")[0] for name in set(names) - code} == set(beside)


def test_the_packages_install_into_an_empty_folder_and_run(tmp_path: Path) -> None:
    """Nothing is missing in them and nothing too much; both commands work without a clone.

    Beside the wheel there is only what it declares to need, in the versions of this environment.
    """
    source, wheel = built(tmp_path)
    with tarfile.open(source) as archive:
        inside = [name.partition("/")[2] for name in archive.getnames()]
        assert {member.uid for member in archive.getmembers()} == {0}
    assert_only(inside, BESIDE)
    with zipfile.ZipFile(wheel) as packed:
        (about,) = {name.partition("/")[0] for name in packed.namelist() if "dist-info" in name}
        assert_only(packed.namelist(), [about])

    venv.create(tmp_path / "venv", symlinks=True)
    programs = tmp_path / "venv/bin"
    pip = (sys.executable, "-m", "pip", "--python", programs / "python", "--quiet")
    options = ("--no-index", "--no-deps", "--no-compile")
    installed = ran(*pip, "install", *options, wheel, cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    (folder,) = (tmp_path / "venv/lib").glob("*/site-packages")
    link_needed(folder)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert ran(*pip, "check", cwd=empty).stdout in {"", "No broken requirements found.\n"}
    for command in COMMANDS:
        told = json.loads(ran(programs / command, "--about", "--format=json", cwd=empty).stdout)
        assert (told["name"], told["version"]) == (command, version())
    check(programs, empty)


def link_needed(folder: Path) -> None:
    """Bring what the distribution in a folder needs into it, and what that needs in turn."""
    (ours,) = metadata.distributions(name=DISTRIBUTION, path=[str(folder)])
    waiting, seen = [*needed(ours, set())], set[str]()
    while waiting:
        each = waiting.pop()
        found = metadata.distribution(each.name)
        if str(each) not in seen:
            seen.add(str(each))
            link(found, folder)
            waiting += needed(found, each.extras)


def needed(distribution: metadata.Distribution, extras: set[str]) -> Iterable[Requirement]:
    """Return what a distribution needs with some of its extras."""
    every = map(Requirement, distribution.requires or ())
    return [
        each
        for each in every
        if each.marker is None or any(each.marker.evaluate({"extra": of}) for of in {"", *extras})
    ]


def link(distribution: metadata.Distribution, folder: Path) -> None:
    """Link the files of a distribution, or the folders that they are in, into another folder."""
    for top in {path.parts[0] for path in distribution.files or ()} - {"..", "__pycache__"}:
        place = Path(str(distribution.locate_file(top)))
        if place.exists() and not (folder / top).exists():
            (folder / top).symlink_to(place)


def check(programs: Path, folder: Path) -> None:
    """Both commands check an account of the sandbox; the target explains a record."""
    with ZohoVoice() as sandbox:
        sandbox.seed()
        configs = {
            "tap-contacts": {**FAST, "zoho_voice": sandbox.tap_config()},
            "target-contacts": {**FAST, **sandbox.target_config()},
        }
        for command, config in configs.items():
            (folder / "config.json").write_text(json.dumps(config))
            ended = ran(programs / command, "--config", "config.json", "--check", cwd=folder)
            assert (ended.returncode, "Zoho Voice at" in ended.stdout) == (0, True), ended.stderr
        explain = (programs / "target-contacts", "--config", "config.json", "--explain")
        ended = ran(*explain, cwd=folder, stdin=singer(contacts(ANNA)))
    assert "1 of 1 records would be sent" in ended.stdout, ended.stderr


def version() -> str:
    """Return the version that pyproject.toml names."""
    found = re.search(
        r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    assert found
    return found[1]


# The changelog.


def test_the_changelog_is_honest_about_what_is_released() -> None:
    """It is in the form of Keep a Changelog, and lists a version only once it has a date."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert [
        h for h in headings[1:] if not re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", h)
    ] == []
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


# The image.


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines if line.strip()]


def test_the_image_runs_as_a_user_without_rights_and_keeps_its_data_on_a_volume() -> None:
    """The last user has a number other than 0, and owns the folder it works in."""
    last = dict(instructions())
    assert last["USER"].isdigit()
    assert int(last["USER"]) > 0
    assert last["VOLUME"] == last["WORKDIR"] == "/data"
    assert re.search(r"useradd --uid (\d+)", last["RUN"])[1] == last["USER"]  # type: ignore[index]


def test_the_image_is_made_of_named_versions() -> None:
    """Each base has a tag that is no moving `latest`; packages are those of the constraints."""
    bases = [of.split()[0] for name, of in instructions() if name == "FROM"]
    assert [base for base in bases if not re.fullmatch(r"[\w./-]+:\d[\w.-]+", base)] == []
    installs = [of for _, of in instructions() if "pip install" in of]
    assert [of for of in installs if "-c constraints.txt" not in of] == []
    assert "[postgres]" in installs[0]


def test_no_layer_of_the_image_gets_what_is_not_needed() -> None:
    """Only the code and what builds it are copied; the context leaves out all else."""
    copied = [of.split()[:-1] for name, of in instructions() if name in {"COPY", "ADD"}]
    ours = {each for of in copied for each in of if not each.startswith(("--from", "/opt"))}
    allowed = set((ROOT / ".dockerignore").read_text("utf-8").split())
    assert ours == {*PACKAGES, "pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
    assert allowed == {"*", "**/__pycache__", *(f"!{each}" for each in ours)}
    assert [of for name, of in instructions() if name in {"ARG", "ADD"}] == []
    assert [each for each in ours if not (ROOT / each).exists()] == []


@pytest.mark.skipif(not HADOLINT.exists(), reason="no hadolint for this machine")
@pytest.mark.parametrize(
    ("text", "findings"),
    [((ROOT / "Dockerfile").read_text("utf-8"), set()), ("FROM python\n", {"DL3006"})],
    ids=["ours", "one without a tag"],
)
def test_a_linter_finds_nothing_in_the_dockerfile(
    tmp_path: Path, text: str, findings: set[str]
) -> None:
    """Nor a matter of style; it does find what is wrong elsewhere."""
    ended = ran(
        HADOLINT, "--no-color", "--failure-threshold", "style", "-", cwd=tmp_path, stdin=text
    )
    assert set(re.findall(r"\b(?:DL|SC)\d{4}\b", ended.stdout)) == findings
    assert ended.returncode == bool(findings), ended.stderr


def has_docker() -> bool:
    """Say whether there is a Docker daemon."""
    program = shutil.which("docker")
    return (
        bool(program)
        and not subprocess.run(
            [program or "", "info"], capture_output=True, check=False, timeout=60
        ).returncode
    )


@pytest.mark.skipif(not has_docker(), reason="no Docker daemon: the image was not built")
def test_the_image_runs_both_commands(tmp_path: Path) -> None:
    """It is built, and each command says what it is."""
    made = ran("docker", "build", "--quiet", "--tag", "singer-contacts-test", ROOT, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    for command in COMMANDS:
        run = ("docker", "run", "--rm", "singer-contacts-test", command, "--about")
        assert command in ran(*run, cwd=tmp_path).stdout
