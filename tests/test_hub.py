"""The plugin definitions for Meltano Hub, and Meltano itself with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from tests.hub import FOLDER, OF_HUB, PLUGINS, text
from tests.sandbox.porters import Porters
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.meltano import MELTANO, WITH_MELTANO, meltano

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.launched import Launchers

DEMANDED = {"name", "variant", "namespace", "quality"}
KNOWN = DEMANDED | {
    *("label", "description", "pip_url", "executable", "capabilities", "settings", "keywords"),
    *("settings_group_validation", "supported_python_versions", "maintenance_status"),
}
"""What a definition must have and may have by the Hub's schema, as far as it is used here."""

OF_SETTING = {"name", "label", "kind", "options", "sensitive", "value", "description"}
OF_KIND = {
    *("integer", "decimal", "boolean", "array", "object", "string", "options", "date_iso8601"),
}
"""What the Hub's schema knows of a setting, as far as it is used here."""

APART = {"supported_python_versions", "maintenance_status", "quality", "keywords"}
"""What only the Hub knows, and not a `meltano.yml`."""

KINDS = {"tap-contacts": "extractor", "target-contacts": "loader"}


def definition(plugin: str) -> dict[str, Any]:
    """Return the definition of a plugin that is kept."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{plugin}.yml").read_text("utf-8"))
    return found


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_definition_says_what_the_command_says(plugin: str) -> None:
    """`python -m tests.hub` makes the file that is kept."""
    assert (FOLDER / f"{plugin}.yml").read_text("utf-8") == text(plugin), "run python -m tests.hub"


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_definition_is_as_the_hub_asks(plugin: str) -> None:
    """It has what the Hub's schema demands, and nothing that it does not know."""
    told = definition(plugin)
    assert set(told) >= DEMANDED
    assert set(told) - KNOWN == set()
    assert set(told["capabilities"]) <= set(OF_HUB[plugin])
    for one in told["settings"]:
        assert set(one) - OF_SETTING == set(), one["name"]
        assert one.get("kind", "string") in OF_KIND
        assert {"name", "label", "description"} <= set(one)
    names = {one["name"] for one in told["settings"]}
    assert {each for group in told.get("settings_group_validation", ()) for each in group} <= names
    assert [v for v in told["supported_python_versions"] if not v.startswith("3.")] == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_no_secret_has_a_value_and_no_api_is_asked_for_by_a_default(plugin: str) -> None:
    """Meltano hands defaults over: one of an API would be an account without its sign-in."""
    for one in definition(plugin)["settings"]:
        if "value" in one:
            assert not one.get("sensitive")
            assert "." not in one["name"]


@WITH_MELTANO
@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_definition_is_as_meltano_asks(plugin: str) -> None:
    """The schema that Meltano brings for `meltano.yml` takes it as a plugin."""
    (path,) = MELTANO.parent.parent.rglob("meltano/schemas/meltano.schema.json")
    schema = json.loads(path.read_text("utf-8"))
    told = {name: of for name, of in definition(plugin).items() if name not in APART}
    whole = {"version": 1, "plugins": {f"{KINDS[plugin]}s": [told]}}
    errors = jsonschema.Draft202012Validator(schema).iter_errors(whole)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@pytest.fixture
def project(tmp_path: Path, launchers: Launchers) -> Path:
    """Return a Meltano project to which both plugins were added by their definitions.

    The definitions are as kept, but name commands that start quickly instead of a package.
    """
    (tmp_path / "meltano.yml").write_text("default_environment: dev\nenvironments: [{name: dev}]\n")
    for plugin in PLUGINS:
        told = {**definition(plugin), "executable": str(launchers.folder / plugin)}
        del told["pip_url"]
        path = tmp_path / f"{plugin}.yml"
        path.write_text(yaml.safe_dump(told), encoding="utf-8")
        added = ("--plugin-type", KINDS[plugin], "--from-ref", str(path), plugin)
        meltano(tmp_path, "add", "--no-install", *added)
    return tmp_path


@WITH_MELTANO
def test_meltano_adds_and_runs_both_by_their_definitions(project: Path) -> None:
    """`meltano add --from-ref`, settings from the environment, `meltano run`: contacts arrive."""
    with ZohoVoice() as source, Porters() as destination:
        source.seed()
        zoho, config = source.tap_config(), destination.target_config()
        env = {
            **{f"TAP_CONTACTS_ZOHO_VOICE_{name.upper()}": of for name, of in zoho.items()},
            **{f"TARGET_CONTACTS_PORTERS_{n.upper()}": of for n, of in config["porters"].items()},
            "TARGET_CONTACTS_API": "porters",
            "TARGET_CONTACTS_DEFAULTS": json.dumps(config["defaults"]),
        }
        log = meltano(project, "run", "tap-contacts", "target-contacts", env=env)
        assert len(destination.contacts) == len(source.contacts) > 0
    assert f'"created": {len(source.contacts)}' in log
