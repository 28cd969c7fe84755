"""A wrong setting ends in one sentence that names it and code 2, or the run works."""

from __future__ import annotations

import json
import math
import random
import shutil
from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.tap import TapContacts
from target_contacts.target import SINKS, TargetContacts
from tests.commands import FAST, Finished, Workplace, contacts, singer
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tap_contacts.apis.plugin import ContactsPlugin
    from tests.sandbox.server import Sandbox

Path_ = tuple[str, ...]
PLUGINS: dict[str, type[ContactsPlugin]] = {
    "tap-contacts": TapContacts,
    "target-contacts": TargetContacts,
}
KINDS: tuple[type[Sandbox], ...] = (BasIp, Cobai, Porters, Valomnia, ZohoVoice)
TITLES = [kind.client_class.title for kind in SINKS.values()]
ANNA = {
    "id": 1,
    "first_name": "Anna",
    "last_name": "Beispiel",
    "email": "anna@example.com",
    "mobile": "+4915112345678",
}
LINES = singer(contacts(ANNA))
QUICK = {**FAST, "max_tries": 1, "timeout_seconds": 5}
NO_WORLD = {"HTTPS_PROXY": "http://127.0.0.1:9", "LOGLEVEL": "WARNING"}
"""Whoever leaves api_url out must not reach the real API from here."""

SECRET = "geheim-kanarie"
WRONG: tuple[Any, ...] = (
    *(None, "", " ", "x" * 5000, f"{SECRET}\nX: y", f"{SECRET}\r\n\r\n", f"{SECRET}\x00", "\x7f"),
    *(
        "é日本",
        "\u2028",
        "\ud800",
        "{",
        "[",
        "a.b[",
        "{mobile!z}",
        "{nope}",
        "sip:{mobile:>9999999}",
    ),
    *(-1, 0, 10**9, 10**30, -(10**30), 1e300, math.nan, math.inf, 0.5, 3000.0, True, False),
    *([], [[]], [[[1]]], [None], ["a\nb"], ["\ud800"], {}, {"a": 1}, {"a": {"b": [1]}}),
    *({"a\nb": "c\x00"}, {"\ud800": "x"}, {"": None}, {"id": math.nan}),
    *("https://host:99999", "https://host:abc", "https://[::1", "https://ho st", "https://é..x"),
    *(f"https://user:{SECRET}@host", "https://a..b", "https://" + "a" * 300, "https://:1", "//"),
)
SOME = 10
"""Wrong values that each setting gets, chosen by chance that is always the same."""

LATER = {"ledger_url", "rejects_dir"}
"""Settings whose wrong values are told where files and databases are opened."""


def declared(schema: Mapping[str, Any], above: Path_ = ()) -> Iterator[Path_]:
    """Yield the paths of all settings, objects before what is in them."""
    for name, known in schema.get("properties", {}).items():
        yield (*above, name)
        yield from declared(known, (*above, name))


def settings_of(command: str) -> list[Path_]:
    """Return the paths of all settings of a command, the SDK's own included."""
    plugin = PLUGINS[command]
    plugin.append_builtin_config(plugin.config_jsonschema)
    return list(declared(plugin.config_jsonschema))


ALL = [(command, path) for command in PLUGINS for path in settings_of(command)]
GROUPS = sorted({(command, path[0]) for command, path in ALL})


def chosen(command: str, path: Path_, most: int) -> list[Any]:
    """Return some wrong values for a setting."""
    values = random.Random(f"{command} {path}").sample(WRONG, most)  # noqa: S311
    if path[-1] != "requests_per_minute":  # a slow run is none that fails
        return values
    return [value for value in values if not (type(value) in {int, float} and 0 < value < 1000)]


def changed(config: Mapping[str, Any], path: Path_, value: object) -> dict[str, Any]:
    """Return a config with one setting changed."""
    copy: dict[str, Any] = json.loads(json.dumps(config))
    place = copy
    for name in path[:-1]:
        place = place.setdefault(name, {})
    place[path[-1]] = value
    return copy


class World:
    """All APIs, and a folder to run the commands in."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        """Start the APIs."""
        self.apis = {kind.api: stack.enter_context(kind()) for kind in KINDS}
        for api in self.apis.values():
            api.seed()
        self.workplace = Workplace(folder)

    def config(self, command: str, setting: str) -> dict[str, Any]:
        """Return right settings of the API that a setting is of."""
        api = setting if setting in self.apis else "zoho_voice"
        sandbox = self.apis[api]
        account = {api: sandbox.tap_config()}
        return {**(sandbox.target_config() if command == "target-contacts" else account), **QUICK}

    def run(self, command: str, config: Mapping[str, Any], *options: str, **more: str) -> Finished:
        """Run a command afresh; more are variables of the environment."""
        shutil.rmtree(self.workplace.folder / "rejects", ignore_errors=True)
        for path in self.workplace.folder.glob("target-contacts.db*"):
            path.unlink()
        env = {**NO_WORLD, **more}
        return self.workplace.run(command, config, *options, stdin=LINES, env=env)

    @property
    def asked(self) -> int:
        """Return how many requests all APIs got."""
        return sum(len(api.log) for api in self.apis.values())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return running APIs."""
    with ExitStack() as stack:
        yield World(tmp_path, stack)


def complaint(run: Finished, name: str, *, asked: bool) -> str:
    """Return what is not as promised; "" if all is."""
    errors = [line for line in run.log.splitlines() if "| ERROR " in line or "Error: " in line]
    if "Unexpected" in run.log or "Traceback" in run.log:
        return run.log[-600:]
    if SECRET in run.log + run.out:
        return "shows a secret"
    if run.code == 2:
        is_told = len(errors) == 1 and name in errors[0]
        return "" if is_told and not asked else f"{errors}, asked: {asked}"
    answered = any(f"| {title}: " in "".join(errors[-1:]) for title in TITLES)
    return "" if run.code in {0, 3} or (run.code == 1 and answered) else run.log[-600:]


def tried(world: World, command: str, path: Path_, values: list[Any], *options: str) -> list[str]:
    """Return the complaints about all runs with wrong values of one setting."""
    found = []
    for value in values:
        before = world.asked
        run = world.run(command, changed(world.config(command, path[0]), path, value), *options)
        if told := complaint(run, path[-1], asked=world.asked > before):
            found.append(f"{'.'.join(path)}: {value!r:.40}: {told}")
    return found


@pytest.mark.parametrize(("command", "group"), GROUPS)
def test_a_wrong_setting_of_a_file_is_one_sentence(world: World, command: str, group: str) -> None:
    """Whatever it is: code 2 before anything is asked, or the API's own refusal, or it works."""
    if group in LATER:
        pytest.skip("told where it is opened")
    paths = [path for name, path in ALL if (name, path[0]) == (command, group)]
    found = [tried(world, command, path, chosen(command, path, SOME)) for path in paths]
    assert list(chain(*found)) == []


TEXTS = ("{", "[", "", " ", "null", "nan", "1e999", "five", f"{SECRET}\nx", "[[", '{"a": 1}', "a,b")


@pytest.mark.parametrize("command", PLUGINS)
def test_a_wrong_variable_is_one_sentence(world: World, command: str) -> None:
    """What is no JSON, no number, no flag: the setting is named, without the value."""
    prefix = command.upper().replace("-", "_")
    found = []
    for (name,) in (path for each, path in ALL if each == command and len(path) == 1):
        if name in LATER:
            continue
        config = world.config(command, name)
        for text in random.Random(name).sample(TEXTS, 5):  # noqa: S311
            before = world.asked
            files = {key: value for key, value in config.items() if key != name}
            variables = {f"{prefix}_{name.upper()}": text}
            run = world.run(command, files, "--config=ENV", **variables)
            if told := complaint(run, name, asked=world.asked > before):
                found.append(f"{name}: {text!r}: {told}")
    assert found == []


@pytest.mark.parametrize("option", ["--check", "--explain", "--discover", "--test=schema"])
def test_other_commands_refuse_the_same_settings(world: World, option: str) -> None:
    """One wrong value for each setting."""
    command = "tap-contacts" if option in {"--discover", "--test=schema"} else "target-contacts"
    paths = [path for name, path in ALL if name == command and path[0] not in LATER]
    found = [tried(world, command, path, chosen(command, path, SOME)[:1], option) for path in paths]
    assert list(chain(*found)) == []
