"""Make the plugin definitions for Meltano Hub from what the commands say of themselves.

    python -m tests.hub

writes `docs/hub/<plugin>.yml`, which `meltano add --from-ref` takes, too. `tests/test_hub.py`
compares these files with what this makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from tests.settings_page import TITLES, UNUSED
from tests.support.paths import ROOT
from tests.support.product import APIS, about, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = ROOT / "docs/hub"

PLUGINS = ("tap-contacts", "target-contacts")
HEAD = "# Made by `python -m tests.hub` from `{} --about`.\n"

OF_HUB = {
    "tap-contacts": (
        *("catalog", "discover", "state", "activate-version", "about"),
        *("stream-maps", "schema-flattening", "structured-logging"),
    ),
    "target-contacts": ("about", "stream-maps", "schema-flattening"),
}
"""Capabilities that the Hub has words for, by plugin."""

KINDS = {
    "integer": "integer",
    "number": "decimal",
    "boolean": "boolean",
    "array": "array",
    "object": "object",
    "string": "string",
}
"""The Hub's kind of setting for each type of JSON schema."""


def definition(plugin: str) -> dict[str, Any]:
    """Return the definition of a plugin."""
    told = about(plugin)
    return {
        "name": plugin,
        "variant": "singer-contacts",
        "namespace": plugin.replace("-", "_"),
        "label": "Contacts",
        "description": told["description"],
        "pip_url": "singer-contacts",
        "executable": plugin,
        "capabilities": [each for each in told["capabilities"] if each in OF_HUB[plugin]],
        "settings": list(_settings(told["settings"])),
        **_required(told["settings"]),
        "supported_python_versions": told["supported_python_versions"],
        "maintenance_status": "beta",
        "quality": "unknown",
        "keywords": ["meltano_sdk", "contacts", "crm"],
    }


def text(plugin: str) -> str:
    """Return the file of a plugin."""
    made = yaml.safe_dump(definition(plugin), sort_keys=False, width=100, allow_unicode=True)
    return HEAD.format(plugin) + str(made)


def _settings(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, one in settings(dict(schema)).items():
        if name not in APIS and not name.startswith(UNUSED):
            yield _setting(name, one)


def _setting(name: str, one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a setting as the Hub describes it.

    One in an object has no default there: Meltano would hand it over, and thereby give the object.
    """
    api, _, own = name.rpartition(".")
    made: dict[str, Any] = {"name": name, "label": _label(api, own), **_kind(one)}
    if one.get("secret"):
        made["sensitive"] = True
    if one.get("default") is not None and not api:
        made["value"] = one["default"]
    return {**made, "description": one["description"]}


def _label(api: str, name: str) -> str:
    words = name.replace("_", " ")
    return f"{TITLES.get(api, api.capitalize())}: {words}" if api else words.capitalize()


def _kind(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return the kind of a setting; none if its values are of several types."""
    if choices := one.get("enum"):
        return {"kind": "options", "options": [{"label": c, "value": c} for c in choices]}
    if one.get("format") == "date-time":
        return {"kind": "date_iso8601"}
    types = [kind for kind in one["type"] if kind != "null"]
    return {"kind": KINDS[types[0]]} if len(types) == 1 else {}


def _required(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return which settings must be given, if some must be."""
    always = schema.get("required", [])
    return {"settings_group_validation": [always]} if always else {}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in PLUGINS:
        (FOLDER / f"{each}.yml").write_text(text(each), encoding="utf-8")
