"""The real Meltano, with this project's own meltano.yml, against the sandbox."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.directions import SOURCES
from tests.sandbox.__main__ import Sandboxes
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.launched import Launchers
from tests.support.meltano import WITH_MELTANO, meltano
from tests.support.paths import ROOT
from tests.support.people import put
from tests.support.product import APIS, about, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = ("pyproject.toml", "README.md", "LICENSE", "tap_contacts", "target_contacts")
PLUGINS = ("tap-contacts", "target-contacts")
JOBS = ("contacts-to-porters", "porters-to-zoho-voice")
LONG_AGO = datetime(2026, 1, 1, tzinfo=timezone.utc)
BUILT_IN = ("faker_config", "stream_maps.")
"""Settings of the SDK that mean nothing for contacts."""


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    """Return all APIs running, the sources with the vendors' samples."""
    with ExitStack() as stack:
        started = Sandboxes(stack)
        started.seed()
        yield started


def made_project(folder: Path, sandboxes: Sandboxes) -> None:
    """Copy this project into a folder; its environment sandbox points to the running sandbox."""
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    text = (ROOT / "meltano.yml").read_text(encoding="utf-8")
    for port, sandbox in enumerate(sandboxes.by_port, start=7101):
        text = text.replace(f"http://127.0.0.1:{port}", sandbox.url)
    (folder / "meltano.yml").write_text(text, encoding="utf-8")


def install(project: Path, launchers: Launchers) -> None:
    """Let Meltano install both plugins, and put commands that start quickly in their place.

    What the plugins need is not installed: `tests/test_packages.py` shows that it is found.
    """
    env = {"PIP_NO_DEPS": "1", "PIP_NO_COMPILE": "1"}
    meltano(project, "--environment=sandbox", "install", env=env)
    for command in PLUGINS:
        (installed,) = project.glob(f".meltano/*/{command}/venv/bin/{command}")
        shutil.copy(launchers.folder / command, installed)


@pytest.fixture
def launchers() -> Iterator[Launchers]:
    """Return a folder of commands that start quickly."""
    with tempfile.TemporaryDirectory() as folder, Launchers(Path(folder)) as made:
        yield made


@WITH_MELTANO
def test_jobs_states_and_commands(
    tmp_path: Path, sandboxes: Sandboxes, launchers: Launchers
) -> None:
    """One project shows all of it: each call of Meltano takes seconds."""
    made_project(tmp_path, sandboxes)
    install(tmp_path, launchers)
    assert_jobs_run_and_their_states_survive(tmp_path, sandboxes)
    assert_a_suffix_gives_each_account_a_state_of_its_own(tmp_path, sandboxes)
    assert_the_commands_look_into_the_ledger(tmp_path, sandboxes)


def run(project: Path, *what: str, **env: str) -> str:
    """Run jobs, whose states have this suffix; return what Meltano wrote."""
    return meltano(project, "--environment=sandbox", "run", *what, env=env)


def assert_jobs_run_and_their_states_survive(project: Path, sandboxes: Sandboxes) -> None:
    """`meltano run` writes every contact once; the second run has the state.

    Of an API whose changes can be read, it reads one change and no more.
    """
    porters: Any = sandboxes.sources["porters"]
    porters.now, now = (lambda: LONG_AGO), porters.now
    for number in range(3):
        names = {"first_name": f"Anna{number}", "last_name": "Berg"}
        put(porters, {**names, "email": f"a{number}@example.com", "mobile": f"+4915111111{number}"})
    porters.now = now
    every = sum(len(source.contacts) for source in sandboxes.sources.values())
    written = sandboxes.destinations["porters"]
    first = run(project, *JOBS, "--state-id-suffix=one")
    assert f'"created": {every}' in first
    assert f'"created": {len(porters.contacts)}' in first
    assert "Incremental state has been updated" in first
    writes = len(written.writes)
    porters.change(porters.contacts[1]["Contact.P_Id"], **{"Contact.P_Mobile": "+491512222222"})
    second = run(project, JOBS[0], "--state-id-suffix=one")
    whole = sum(len(sandboxes.sources[api].contacts) for api in ("zoho_voice", "cobai"))
    assert f'"created": 0, "updated": 1, "unchanged": {whole},' in second
    assert "No state was found" not in second
    assert (len(written.contacts), len(written.writes)) == (every, writes + 1)


def assert_a_suffix_gives_each_account_a_state_of_its_own(
    project: Path, sandboxes: Sandboxes
) -> None:
    """Without it the second account of a pair would get only what changed since the first.

    Of the sources, only the one of the job is asked.
    """
    people = sandboxes.sources["porters"].contacts
    others = [each for api, each in sandboxes.sources.items() if api != "porters"]
    asked = [len(each.log) for each in others]
    with ZohoVoice() as other:
        name = "TARGET_CONTACTS_ZOHO_VOICE_ZOHO_VOICE"
        env = {f"{name}_API_URL": other.url, f"{name}_ACCOUNTS_URL": other.url}
        told = run(project, JOBS[1], "--state-id-suffix=two", **env)
        assert len(other.contacts) == len(people)
    assert [len(each.log) for each in others] == asked
    with contextlib.closing(sqlite3.connect(project / ".meltano/meltano.db")) as database:
        states = {row[0] for row in database.execute("SELECT state_id FROM state")}
    pair = "sandbox:tap-contacts-porters-to-target-contacts-zoho-voice"
    assert {f"{pair}:one", f"{pair}:two"} <= states
    assert "No state was found" in told


def assert_the_commands_look_into_the_ledger(project: Path, sandboxes: Sandboxes) -> None:
    """`meltano invoke` hands over their options, and its plugin's settings; nothing is sent."""
    zoho = sandboxes.destinations["zoho_voice"]
    writes = len(zoho.writes)
    command = ("target-contacts-zoho-voice", "--ledger", "check", "--stream", "porters_contacts")
    assert "as written" in meltano(project, "--environment=sandbox", "invoke", *command)
    assert len(zoho.writes) == writes


def declared(kind: str, name: str) -> dict[str, dict[str, Any]]:
    """Return the settings that meltano.yml declares for a plugin."""
    whole = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (plugin,) = (each for each in whole["plugins"][kind] if each["name"] == name)
    return {setting["name"]: setting for setting in plugin["settings"]}


@pytest.mark.parametrize(
    ("kind", "name"), [("extractors", "tap-contacts"), ("loaders", "target-contacts")]
)
def test_meltano_yml_declares_every_setting(kind: str, name: str) -> None:
    """Each setting of `--about` is there, with its description, and the secrets are sensitive."""
    told = {
        setting: one
        for setting, one in settings(about(name)["settings"]).items()
        if setting not in APIS and not setting.startswith(BUILT_IN)
    }
    found = declared(kind, name)
    assert set(told) - set(found) == set(), "in the settings, but not in meltano.yml"
    assert set(found) - set(told) == set(), "in meltano.yml, but not in the settings"
    assert {n for n, s in found.items() if s.get("sensitive")} == {
        n for n, one in told.items() if one.get("secret")
    }
    assert {n: s["description"] for n, s in found.items()} == {
        n: one["description"] for n, one in told.items()
    }


def test_there_is_an_extractor_for_each_source_and_a_loader_for_each_destination() -> None:
    """Each reads one API's streams and no other's, or writes one; two environments."""
    whole = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    loaders = {each["name"] for each in whole["plugins"]["loaders"]}
    assert loaders == {"target-contacts", *(f"target-contacts-{dashed(api)}" for api in APIS)}
    selected = {each["name"]: each["select"] for each in whole["plugins"]["extractors"]}
    assert selected.pop("tap-contacts") == ["*.*"]
    assert set(selected) == {f"tap-contacts-{dashed(api)}" for api in SOURCES}
    for api, stream in SOURCES.items():
        mine = selected[f"tap-contacts-{dashed(api)}"]
        assert f"{stream}.*" in mine
        assert [each for each in mine if not each.startswith(f"{api}_")] == []
    assert {each["name"] for each in whole["environments"]} == {"sandbox", "production"}


def test_the_addresses_of_the_sandbox_are_those_that_make_sandbox_prints(
    sandboxes: Sandboxes,
) -> None:
    """A server's port is 7101 and its place in the list, and the API of an address is its own."""
    ports = {sandbox: port for port, sandbox in enumerate(sandboxes.by_port, start=7101)}
    whole = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (given,) = (e["config"]["plugins"] for e in whole["environments"] if e["name"] == "sandbox")
    (tap,) = (each["config"] for each in given["extractors"])
    targets = {each["name"]: each["config"] for each in given["loaders"]}
    local = "http://127.0.0.1:"
    for api, sandbox in sandboxes.sources.items():
        assert tap.get(f"{api}.api_url") == f"{local}{ports[sandbox]}", f"{api}, read"
    for api, sandbox in sandboxes.destinations.items():
        config = targets.get(f"target-contacts-{dashed(api)}", {})
        assert config.get(f"{api}.api_url") == f"{local}{ports[sandbox]}", f"{api}, written"


def test_each_job_does_what_it_is_called() -> None:
    """`contacts-to-porters` reads all sources, `valomnia-to-cobai` reads one."""
    whole = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    jobs = {job["name"]: job["tasks"] for job in whole["jobs"]}
    assert {f"contacts-to-{dashed(api)}" for api in APIS} <= set(jobs)
    for name, tasks in jobs.items():
        source, to = name.split("-to-")
        tap = "tap-contacts" if source == "contacts" else f"tap-contacts-{source}"
        assert tasks == [f"{tap} target-contacts-{to}"]


def dashed(api: str) -> str:
    """Return an API's name as those of plugins have it."""
    return api.replace("_", "-")
