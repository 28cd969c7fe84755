"""Make the page of all settings from the settings' own JSON schema.

    python -m tests.settings_page > docs/settings.md

`tests/test_docs.py` compares the page with what this prints.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from target_contacts.target import SINKS
from tests.support.product import APIS, about, settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Schemas = Mapping[str, dict[str, Any]]

TAP, TARGET = "tap-contacts", "target-contacts"

TITLES = {api: kind.client_class.title for api, kind in sorted(SINKS.items())}

OF_SDK = (
    "batch_size_rows",
    "validate_records",
    "stream_maps",
    "stream_map_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_max_key_length",
    "flattening_separator",
)
"""Settings that the SDK adds; what stands below `stream_maps` is documented there."""

UNUSED = ("faker_config", "stream_maps.")
"""Settings of the SDK that mean nothing here, or that it documents itself."""

HEAD = """# Settings

This page is made from the settings' JSON schema:
`python -m tests.settings_page > docs/settings.md`.
`--about --format markdown` of either command prints the same.

* Settings come from the file that `--config` names, or from the environment with `--config=ENV`
  ([orchestration](orchestration.md#settings-from-the-environment)).
* `*` marks secrets. An empty default means that the setting is not set.
* `null` counts as not set.
* A value that begins with `@/` names a file that holds it
  ([secrets from files](orchestration.md#secrets-from-files)).
* An unknown setting that resembles a known one, or a wrong value, ends the run with exit code 2
  before anything is sent. Other unknown settings are ignored with a warning.
* A setting of an API belongs into the API's object: `porters.app_id` is
  `{"porters": {"app_id": "…"}}`.
"""


def page() -> str:
    """Return the page."""
    tap, target = (settings(about(command)["settings"]) for command in (TAP, TARGET))
    parts = [HEAD, "## tap-contacts\n", "The tap reads an API when the API's object is there.\n"]
    parts += [*_table(tap, _common(tap)), "\n## target-contacts\n"]
    parts += [*_table(target, _common(target)), ""]
    for api, title in TITLES.items():
        parts += [f"## {title}\n", *_of_api(api, tap, target), ""]
    parts += ["## The SDK's settings\n", "They work as the SDK documents them.\n"]
    parts += _of_sdk(tap, target)
    return "\n".join(parts) + "\n"


def _common(schemas: Schemas) -> list[str]:
    """Return the settings that are neither an API's nor the SDK's."""
    apart = (*APIS, *(f"{api}." for api in APIS), *OF_SDK, *UNUSED)
    return [name for name in schemas if not name.startswith(apart)]


def _table(schemas: Schemas, names: Iterable[str]) -> Iterator[str]:
    yield "| setting | type | default | meaning |"
    yield "|---|---|---|---|"
    for name in names:
        yield "| " + " | ".join(_cells(name, schemas[name])) + " |"


def _of_api(api: str, tap: Schemas, target: Schemas) -> Iterator[str]:
    names = [name for name in {**target, **tap} if name.startswith(f"{api}.")]
    yield "| setting | used by | type | default | meaning |"
    yield "|---|---|---|---|---|"
    for name in names:
        first, *others = _cells(name, (tap if name in tap else target)[name])
        yield "| " + " | ".join([first, _users(name, tap, target), *others]) + " |"


def _of_sdk(tap: Schemas, target: Schemas) -> Iterator[str]:
    yield "| setting | used by | type | default | meaning |"
    yield "|---|---|---|---|---|"
    for name in OF_SDK:
        first, *others = _cells(name, {**tap, **target}[name])
        yield "| " + " | ".join([first, _users(name, tap, target), *others]) + " |"


def _users(name: str, tap: Schemas, target: Schemas) -> str:
    """Return which commands know a setting."""
    return ", ".join([*["tap"] * (name in tap), *["target"] * (name in target)])


def _cells(name: str, schema: Mapping[str, Any]) -> list[str]:
    secret = " \\*" if schema.get("secret") else ""
    default = schema.get("default")
    shown = "" if default is None else f"`{_plain(default)}`"
    return [f"`{name}`{secret}", _type(schema), shown, _meaning(schema)]


def _type(schema: Mapping[str, Any]) -> str:
    """Return the type of a setting's values, with their bounds."""
    types = [kind for kind in schema["type"] if kind != "null"]
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    bounds = [f"from {least}"] if least is not None else []
    bounds += [f"to {schema['maximum']}"] if "maximum" in schema else []
    if schema.get("exclusiveMinimum") is not None:
        bounds[0] = f"above {least}"
    return " ".join([" or ".join(types), *bounds])


def _meaning(schema: Mapping[str, Any]) -> str:
    words = str(schema["description"]).replace("|", "\\|")
    if choices := schema.get("enum"):
        words += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    return words.replace("<data_center>", "`<data_center>`")


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    print(page(), end="")
