"""A wrong setting ends in one sentence that names it and code 2, or the run works."""

from __future__ import annotations

import functools
import json
import math
import os
import random
import re
import shutil
from contextlib import ExitStack
from itertools import chain, cycle, permutations
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin.setting_errors import unknown
from tap_contacts.plugin.typed import without_nulls
from tap_contacts.tap import TapContacts
from target_contacts.target import SINKS, TargetContacts
from tests.sandbox.__main__ import DESTINATIONS
from tests.support.commands import FAST, Finished, Workplace, contacts, singer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tap_contacts.plugin.base import ContactsPlugin

EVERY_CASE = "EVERY_CASE" in os.environ

Path_ = tuple[str, ...]
PLUGINS: dict[str, type[ContactsPlugin]] = {
    "tap-contacts": TapContacts,
    "target-contacts": TargetContacts,
}
TITLES = [kind.client_class.title for kind in SINKS.values()]
ANNA = {
    "id": 1,
    "first_name": "Anna",
    "last_name": "Beispiel",
    "email": "anna@example.com",
    "mobile": "+4915112345678",
    "company": "Acme",
    "owner_email": "owner@example.com",
}
LINES = singer(contacts(ANNA))
QUICK = {**FAST, "max_tries": 1, "timeout_seconds": 5}
NO_WORLD = {"HTTPS_PROXY": "http://127.0.0.1:9", "LOGLEVEL": "WARNING"}
"""Whoever leaves api_url out must not reach the real API from here."""

OTHERS = {"parents": "porters", "owners": "porters"}
"""Settings that only some APIs take, each with one that does."""

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
SOME = 8 if EVERY_CASE else 2
"""Wrong values that each setting gets, chosen by chance that is always the same."""

SHOWN = {"file"}
"""Settings of paths, which a message shows."""

LATER = {"ledger_url", "rejects_dir", "report_dir"}
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
        self.apis = {kind.api: stack.enter_context(kind()) for kind in DESTINATIONS}
        for api in self.apis.values():
            api.seed()
        self.workplace = Workplace(folder)

    def config(self, command: str, setting: str) -> dict[str, Any]:
        """Return right settings of the API that a setting is of."""
        api = setting if setting in self.apis else OTHERS.get(setting, "zoho_voice")
        sandbox = self.apis[api]
        account = {api: sandbox.tap_config()}
        whole = sandbox.target_config() if command == "target-contacts" else account
        return {**whole, **{each: {} for each in OTHERS if each == setting}, **QUICK}

    def run(self, command: str, config: Mapping[str, Any], *options: str, **more: str) -> Finished:
        """Run a command afresh; more are variables of the environment."""
        shutil.rmtree(self.workplace.folder / "rejects", ignore_errors=True)
        for name in ("target-contacts.db*", "plan.jsonl"):
            for path in self.workplace.folder.glob(name):
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
    if SECRET in run.log + run.out and name not in SHOWN:
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


TEXTS = ("{", "[", "", " ", "null", "nan", "1e999", "five", "x\\nx", "[[", '{"a": 1}', "a,b")


@pytest.mark.parametrize("command", PLUGINS)
def test_a_wrong_variable_is_one_sentence(world: World, command: str) -> None:
    """What is no JSON, no number, no flag: the setting is named, without the value."""
    prefix = command.upper().replace("-", "_")
    found = []
    for (name,) in (path for each, path in ALL if each == command and len(path) == 1):
        if name in LATER:
            continue
        config = world.config(command, name)
        for text in random.Random(name).sample(TEXTS, SOME):  # noqa: S311
            before = world.asked
            files = {key: value for key, value in config.items() if key != name}
            variables = {f"{prefix}_{name.upper()}": text}
            run = world.run(command, files, "--config=ENV", **variables)
            if told := complaint(run, name, asked=world.asked > before):
                found.append(f"{name}: {text!r}: {told}")
    assert found == []


OPTIONS = {
    "tap-contacts": ("--check", "--discover", "--test=schema"),
    "target-contacts": ("--check", "--explain", "--plan=plan.jsonl"),
}


@pytest.mark.parametrize("command", PLUGINS)
def test_other_commands_refuse_the_same_settings(world: World, command: str) -> None:
    """One wrong value for each setting, with one option after the other."""
    paths = [path for name, path in ALL if name == command and path[0] not in LATER]
    several = [OPTIONS[command]] * len(paths) if EVERY_CASE else zip(cycle(OPTIONS[command]))
    found = [
        tried(world, command, path, chosen(command, path, 1), option)
        for path, options in zip(paths, several, strict=False)
        for option in options
    ]
    assert list(chain(*found)) == []


# What the fuzz does not reach.


ACCOUNT = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}
BASE: dict[str, dict[str, Any]] = {
    "tap-contacts": {"zoho_voice": ACCOUNT},
    "target-contacts": {"api": "zoho_voice", "zoho_voice": ACCOUNT},
}


def refused(command: str, config: Mapping[str, Any]) -> str:
    """Return why a command refuses settings; nothing is asked or read for that."""
    with pytest.raises(ConfigurationError) as caught:
        PLUGINS[command](config={**BASE[command], **config})
    return str(caught.value)


@pytest.mark.parametrize(
    ("command", "config", "name", "meant"),
    [
        ("target-contacts", {"dry_runn": True}, "dry_runn", "dry_run"),
        ("target-contacts", {"polices": {"*": "never"}}, "polices", "policies"),
        ("target-contacts", {"Mode": "upsert"}, "Mode", "mode"),
        ("target-contacts", {"parents": {"frm": "x"}}, "parents.frm", "parents.from"),
        ("tap-contacts", {"start_dat": "x"}, "start_dat", "start_date"),
        *(
            (command, {"zoho_voice": {**ACCOUNT, "pagesize": 3}}, "zoho_voice.pagesize",
             "zoho_voice.page_size")
            for command in PLUGINS
        ),
    ],
)  # fmt: skip
def test_a_misspelt_setting_ends_with_the_one_it_may_be_meant_for(
    command: str, config: dict[str, Any], name: str, meant: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In one sentence: a run without the setting that was meant could not be undone."""
    assert refused(command, config) == f"Unknown setting {name}; did you mean {meant}?"
    assert "Unknown setting" not in caplog.text


def test_a_misspelt_setting_ends_the_command_with_2(world: World) -> None:
    """Nothing is asked of the account."""
    config = world.config("target-contacts", "zoho_voice")
    run = world.run("target-contacts", {**config, "dry_runn": True})
    assert (run.code, world.asked) == (2, 0)
    assert "Unknown setting dry_runn; did you mean dry_run?" in run.log


def test_an_unknown_setting_of_a_look_up_ends_with_those_that_there_are() -> None:
    """No other program has settings there."""
    told = refused("target-contacts", {"owners": {"x": 1}})
    assert told.startswith("Unknown setting owners.x; known are from, lookup, file, ")


@pytest.mark.parametrize("command", PLUGINS)
def test_an_unknown_setting_that_resembles_none_is_a_warning(
    command: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Other programs may leave settings of their own there, the user in stream maps."""
    free = {"stream_maps": {}, "stream_map_config": {"my": 1}, "faker_config": {"other": 1}}
    PLUGINS[command](config={**BASE[command], **free, "x": 3})
    told = [each.getMessage() for each in caplog.records if "Unknown" in each.getMessage()]
    assert told == ["Unknown setting x is ignored; see --about for all."]


def test_settings_of_one_command_are_no_misspelt_ones_of_the_other() -> None:
    """One file may serve both."""
    schemas = {command: PLUGINS[command].config_jsonschema for command in PLUGINS}
    for (one, schema), (other, _) in permutations(schemas.items()):
        config = {path[0]: 1 for path in settings_of(other)}
        config |= {
            name: dict.fromkeys(of["properties"], 1)
            for name, of in schemas[other]["properties"].items()
            if name in TapContacts.accounts
        }
        assert [each.sentence for each in unknown(config, schema) if each.is_refused] == [], one


@pytest.mark.parametrize(
    "name",
    ["load_method", "add_record_metadata", "default_target_schema", "hard_delete", "batch_config",
     "batch_size_rows", "batch_wait_limit_seconds", "target_schema", "validate_records",
     "environment", "catalog", "state", "select", "metadata", "schema", "plugin_config"],
)  # fmt: skip
@pytest.mark.parametrize("command", PLUGINS)
def test_what_orchestrators_add_is_no_misspelt_setting(command: str, name: str) -> None:
    """The usual settings of SDK targets, and of what starts them."""
    settings_of(command)
    found = unknown({name: 1}, PLUGINS[command].config_jsonschema)
    assert [each.sentence for each in found if each.is_refused] == []


def explained(world: World, config: dict[str, Any]) -> tuple[int, str, str]:
    """Return the exit code and what the target says of a config."""
    run = world.run("target-contacts", config, "--explain")
    return run.code, run.out, run.log


@pytest.mark.parametrize("api", SINKS)
def test_null_is_as_good_as_not_given(world: World, api: str) -> None:
    """A default takes its place. A look-up is given as soon as its object is there."""
    config = world.config("target-contacts", api)
    every = [path for name, path in ALL if name == "target-contacts" and "__else__" not in path]
    paths = [path for path in every if path[0] not in OTHERS or len(path) == 1]
    objects = {path[:-1] for path in paths}
    others = {*SINKS} - {api}
    leaves = [path for path in paths if path[0] not in others and path not in objects]
    nulls = functools.reduce(with_null, leaves, config)
    assert explained(world, nulls)[:2] == explained(world, config)[:2]


@pytest.mark.parametrize("api", SINKS)
def test_null_is_missed_like_what_is_not_given(world: World, api: str) -> None:
    """Each setting that is given, one by one; one that is needed is named."""
    config = world.config("target-contacts", api)
    for path in [("api",), (api,), *((api, name) for name in config[api])]:
        code, out, log = explained(world, changed(config, path, None))
        given = changed(config, path, None)
        functools.reduce(dict.__getitem__, path[:-1], given).pop(path[-1])
        assert (code, out) == explained(world, given)[:2], path
        assert code == 0 or path[-1] in log, path


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"owners": {"from": None, "missing": None}}, {}),
        ({"owners": {"from": None, "missing": "default"}}, {"owners": {"missing": "default"}}),
        ({"owners": {}}, {"owners": {}}),
        ({"stream_map_config": {"my": None}}, {"stream_map_config": {"my": None}}),
    ],
)
def test_an_object_of_nulls_is_not_given(given: dict[str, Any], kept: dict[str, Any]) -> None:
    """Meltano gives one for each object of settings that nobody set; an empty one is given."""
    assert without_nulls(given, TargetContacts.config_jsonschema) == kept


def with_null(config: dict[str, Any], path: Path_) -> dict[str, Any]:
    """Return a config with null for a setting that it does not give."""
    place: Any = config
    for name in path[:-1]:
        place = place.get(name) or {}
    return config if path[-1] in place else changed(config, path, None)


@pytest.mark.parametrize("command", PLUGINS)
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"api": "cobai", "api": "porters"}', "gives api twice: keep one."),
        (b'{"cobai": {"api_url": 1, "api_url": 2}}', "gives api_url twice: keep one."),
        (b"[" * 100_000, "is not JSON."),
        (b'{"timeout_seconds": 1' + b"0" * 5000 + b"}", "is not JSON."),
    ],
)
def test_a_config_file_with_other_faults_is_named(
    tmp_path: Path, world: World, command: str, body: bytes, sentence: str
) -> None:
    """A usage error, code 2."""
    (tmp_path / "odd.json").write_bytes(body)
    run = world.run(command, {}, "--config", "odd.json")
    assert (run.code, world.asked) == (2, 0)
    assert f"The config file odd.json {sentence}" in run.log


@pytest.mark.parametrize("depth", [60, 600, 5000, 50_000])
@pytest.mark.parametrize("name", ["defaults", "value_map", "streams", "other"])
def test_settings_that_nest_deep_are_one_sentence(world: World, name: str, depth: int) -> None:
    """In a file or a variable, whatever Python's stack holds."""
    config = world.config("target-contacts", "zoho_voice")
    nested = '{"a":' * depth + "1" + "}" * depth
    body = json.dumps({**config, name: 0}).replace(f'"{name}": 0', f'"{name}": {nested}')
    (world.workplace.folder / "deep.json").write_text(body)
    runs = [
        world.run("target-contacts", config, "--config", "deep.json"),
        world.run(
            "target-contacts",
            config,
            "--config=ENV",
            **{f"TARGET_CONTACTS_{name.upper()}": nested[:100_000]},
        ),
    ]
    assert {run.code for run in runs} <= {0, 2}
    assert not any("Unexpected" in run.log or "Traceback" in run.log for run in runs)


@pytest.mark.parametrize("command", PLUGINS)
@pytest.mark.parametrize("name", ["nowhere.json", ".", ""])
def test_a_config_file_that_is_none_is_named(world: World, command: str, name: str) -> None:
    """Not there, or a folder."""
    run = world.run(command, {}, "--config", name)
    assert run.code == 2
    assert re.search(f"The config file {name} cannot be read: (No such file|Is a dir)", run.log)


STREAM = {"tap_stream_id": "cobai_contacts", "schema": {"properties": {}}, "metadata": []}
CATALOGS: tuple[Any, ...] = (
    *({}, {"streams": 5}, {"streams": None}, {"streams": [5]}, {"streams": [{}]}),
    *({"streams": [{**STREAM, "schema": 5}]}, {"streams": [{**STREAM, "metadata": 7}]}),
    {"streams": [{**STREAM, "schema": {"properties": 5}}]},
    {"streams": [{**STREAM, "metadata": [{"breadcrumb": 5}]}]},
    {"streams": [{**STREAM, "metadata": [{"breadcrumb": [], "metadata": [1]}]}]},
)


@pytest.mark.parametrize("catalog", CATALOGS)
def test_a_catalog_that_is_none_is_named(world: World, tmp_path: Path, catalog: Any) -> None:
    """Whatever the SDK would stumble over: code 2, before anything is asked."""
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    config = world.config("tap-contacts", "cobai")
    run = world.run("tap-contacts", config, "--catalog", "catalog.json")
    assert (run.code, run.out, world.asked) == (2, "", 0)
    assert "The catalog file catalog.json is no catalog. Give what --discover wrote" in run.log


@pytest.mark.parametrize(
    "bookmark", [{"partitions": 5}, {"partitions": [5]}, {"progress_markers": 7}]
)
def test_a_state_that_the_sdk_cannot_read_is_named(
    world: World, tmp_path: Path, bookmark: Any
) -> None:
    """The form of what is kept for a stream is looked at, too."""
    (tmp_path / "state.json").write_text(json.dumps({"bookmarks": {"cobai_contacts": bookmark}}))
    config = world.config("tap-contacts", "cobai")
    run = world.run("tap-contacts", config, "--state", "state.json")
    assert (run.code, run.out, world.asked) == (2, "", 0)
    assert "The state file state.json holds bookmarks that are none" in run.log


@pytest.mark.parametrize(
    "expression", ["1/0", "config['x']", "__import__('os')", "fake.name()", "uuid + 1", "nothing"]
)
def test_a_stream_map_of_the_tap_that_fails_on_a_record_is_one_sentence(
    world: World, expression: str
) -> None:
    """The tap cannot reject a record: code 2, and no record is lost in silence."""
    maps = {"cobai_contacts": {"role": expression}}
    run = world.run("tap-contacts", {**world.config("tap-contacts", "cobai"), "stream_maps": maps})
    assert run.code == 2
    assert "stream_maps holds an expression for cobai_contacts that fails on a record" in run.log
    assert "Unexpected" not in run.log


@pytest.mark.parametrize("names", [["id", "id"], "id", [5], [None], [["id"]], {}, 5, True])
def test_keys_that_are_none_are_an_input_error(world: World, names: Any) -> None:
    """The line is named, code 1: what is wrong is the tap, not a setting."""
    head, *rest = contacts(ANNA)
    lines = singer([{**head, "key_properties": names}, *rest])
    config = world.config("target-contacts", "zoho_voice")
    run = world.workplace.run("target-contacts", config, stdin=lines)
    assert (run.code, world.asked) == (1, 0)
    assert "Input line 1 has a key_properties that is not a list of names, each of them" in run.log


@pytest.mark.parametrize("command", PLUGINS)
@pytest.mark.parametrize(
    "options",
    [["--nope"], ["extra"], ["--config"], ["--about", "--format=x"], ["--config=ENV"], []],
)
def test_wrong_usage_ends_with_2(world: World, command: str, options: list[str]) -> None:
    """Of options, of files, of nothing at all."""
    config: dict[str, Any] = {}
    run = world.run(command, config, *options)
    assert run.code == 2
    assert "Error: " in run.log or len(run.log.splitlines()) == 1


@pytest.mark.parametrize("command", PLUGINS)
@pytest.mark.parametrize("option", ["--help", "--version", "--about"])
def test_what_tells_of_the_command_works_with_wrong_settings(
    world: World, command: str, option: str
) -> None:
    """They show what right ones are."""
    wrong = {"api": 5, "cobai": 7, "timeout_seconds": -1, "x\ny": math.inf}
    run = world.run(command, wrong, option)
    assert (run.code, "Unexpected" in run.log) == (0, False)
    assert run.out
