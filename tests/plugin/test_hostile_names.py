"""Names from outside: they forge no line of the log, and whose they are is not told."""

from __future__ import annotations

import json
import re
import subprocess
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_contacts.plugin import printable
from tests.sandbox.messages import Response
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, contacts
from tests.support.plain import PlainApi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

ANNA = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678", "email": "anna@example.com"}

FORGED = "2026-01-01 00:00:00,000 | INFO     | target-contacts | all is well"
CONTROLS = [
    "\x1b[2J\x1b[1;1Hgone",
    f"name\n{FORGED}",
    f"name\r{FORGED}",
    f"name\x0b\x0c\x85\u2028\u2029{FORGED}",
    "\u202eeman",
    "\u2066a\u2069\u200b\u200f\ufeff",
    "bell\x07\x08\x7f\x9b31m",
    "\U000e0041tag",
]
EVERY_CONTROL = "".join(sorted({char for name in CONTROLS for char in name if ord(char) > 126}))
SHORT = f"\x1b[2J\r\x07\x08\x0b\x0c{EVERY_CONTROL}gone"
"""All of these signs in a name of a length that is shown."""
HOSTILE = [CONTROLS[1], SHORT]
PEOPLE = ["anna@example.com", "+49 151 12345678", "0151-12345678", "id 4915112345678"]

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \| [A-Z]+ +\| ")


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def is_clean(text: str) -> bool:
    """Say whether a text can do nothing to a terminal."""
    return all(printable.text(line) == line for line in text.split("\n"))


def assert_clean(log: str) -> None:
    """Demand that a log is made of whole lines that one logger wrote each."""
    assert is_clean(log)
    lines = log.removesuffix("\n").split("\n")
    assert [line for line in lines if not LINE.match(line)] == []
    assert [line for line in lines if line.startswith("2026-01-01")] == []


# Texts.


@settings(derandomize=True, deadline=None, database=None, max_examples=50)
@given(st.text())
def test_any_text_becomes_harmless_and_stays_told_apart(text: str) -> None:
    """Nothing but printable characters and blanks is left, and plain texts stay as they are."""
    made = printable.text(text)
    assert all(char.isprintable() or char.isspace() for char in made)
    assert len(made.splitlines()) <= 1
    assert printable.text(made) == made
    assert made == text or not text.isprintable()


@pytest.mark.parametrize(
    "name",
    [
        "first_name",
        "Client.P_Name",
        "_sdc_x",
        "$ref",
        "Straße 2",
        "連絡先",
        "नाम",
        "e-mail",
        "a1234",
        "Complément d'adresse",
        "Telefon (geschäftl.)",
        "Tel./Fax",
        "@odata.etag",
        "dc:title",
    ],
)
def test_what_looks_like_a_name_is_shown(name: str) -> None:
    """Letters of all scripts, a few digits, and the signs that names of columns have."""
    assert printable.is_name(name)


@pytest.mark.parametrize(
    "name", [*PEOPLE, *CONTROLS, "", " ", "12", "a" * 61, "a12345", "a@b", "@a@b"]
)
def test_what_does_not_is_not(name: str) -> None:
    """Addresses, numbers, ids, sentences and what is no text to read."""
    assert not printable.is_name(name)


# The target.


def stream_of(name: str, place: str, stream: str = "contacts") -> list[dict[str, Any]]:
    """Return messages that have a name in a certain place."""
    head, record = contacts(ANNA, stream=stream)
    schema, fields = head["schema"], dict(ANNA)
    below = {"work": {name: {"email": "x@example.org"}}, name: {name: "x"}}
    forms: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "declared": ({"properties": {name: {"type": ["null", "string"]}}}, {name: "x"}),
        "undeclared": ({}, {name: "x"}),
        "nested": ({}, {"more": below}),
        "wrong": ({"properties": {name: {"type": "integer"}}}, {name: "x"}),
        "wrong pattern": ({"patternProperties": {".": {"maxLength": 16}}}, {name: "x" * 17}),
        "key": ({}, {name: "x"}),
        "no key": ({}, {}),
    }
    rules, more = forms[place]
    declared = {**schema["properties"], **rules.get("properties", {})}
    head["schema"] = {**schema, **rules, "properties": declared}
    head["key_properties"] = ["id", name] if "key" in place else ["id"]
    return [head, {**record, "record": {**fields, **more}}]


PLACES = ["declared", "undeclared", "nested", "wrong", "wrong pattern", "key", "no key"]


@pytest.mark.parametrize("place", PLACES)
def test_a_name_of_a_field_forges_no_line_and_tells_nobody(
    place: str, zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Wherever it stands, it is escaped or counted; an address is nowhere in the log."""
    names = [*CONTROLS, SHORT, *PEOPLE]
    streams = [stream_of(name, place, f"contacts{n}") for n, name in enumerate(names)]
    config, messages = {**zoho.target_config(), "streams": ["*"]}, [*chain(*streams)]
    run = workplace.target(config, messages)
    assert (run.code in {0, 3}, run.summary["read"]) == (True, len(names))
    assert_clean(run.log)
    assert not [person for person in PEOPLE if person in run.log]
    explained = workplace.target(config, messages, "--explain")
    assert f"Stream contacts{len(names) - 1}" in explained.out
    assert is_clean(explained.out)
    assert not [person for person in PEOPLE if person in explained.out + explained.log]


@pytest.mark.parametrize("kind", ["SCHEMA", "RECORD", "ACTIVATE_VERSION", "BATCH", "STATE"])
@pytest.mark.parametrize("name", HOSTILE, ids=["long", "short"])
def test_a_name_of_a_stream_forges_no_line(
    kind: str, name: str, zoho: ZohoVoice, workplace: Workplace
) -> None:
    """It is refused, or escaped."""
    messages: dict[str, dict[str, Any]] = {
        "SCHEMA": {"type": "SCHEMA", "stream": name, "schema": {"properties": {}}},
        "RECORD": {"type": "RECORD", "stream": name, "record": {}},
        "ACTIVATE_VERSION": {"type": "ACTIVATE_VERSION", "stream": name, "version": 1},
        "BATCH": {"type": "BATCH", "stream": name, "manifest": [name], "encoding": {name: name}},
        "STATE": {"type": "STATE", "value": {"bookmarks": {name: {name: name}}}},
    }
    run = workplace.target(zoho.target_config(), [*contacts(ANNA), messages[kind]])
    assert run.code in {0, 1}
    assert_clean(run.log)


def test_a_table_on_its_side_costs_one_line(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Ten thousand addresses as names of columns are counted; what looks like a name is named."""
    wide = {f"person{number}@example.com": "x" for number in range(3000)}
    run = workplace.target(zoho.target_config(), contacts({**ANNA, **wide, "zodiac": "x"}))
    assert run.code == 0
    lines = [line for line in run.log.splitlines() if "has no field for" in line]
    assert len(lines) == 1
    assert "zodiac, 3000 whose names are no names of fields" in lines[0]
    assert run.summary["not_carried"] == {"contacts": ["zodiac"]}
    assert run.summary["not_carried_unnamed"] == {"contacts": 3000}
    assert "person" not in run.log


# Settings.

SETTINGS: list[Any] = [
    lambda name: {name: 1},
    lambda name: {"zoho_voice": {name: name}},
    lambda name: {"field_map": {name: "first_name"}},
    lambda name: {"field_map": {"first_name": name}},
    lambda name: {"defaults": {name: "x"}},
    lambda name: {"value_map": {name: {name: name}}},
    lambda name: {"policies": {name: "never"}, "stream_policies": {name: {name: "never"}}},
    lambda name: {"value_map": {"contact_status": {name: name}}},
    lambda name: {"match_on": [name]},
    lambda name: {"match_on": [[name]]},
    lambda name: {"streams": [name]},
    lambda name: {"stream_maps": {name: {name: name}}},
    lambda name: {"stream_maps": {"contacts": {name: name}}},
    lambda name: {"stream_maps": {"contacts": {"__filter__": name}}},
    lambda name: {"mode": name},
    lambda name: {"phone_region": name},
    lambda name: {"rejects_dir": f"missing/{name}".replace("\0", "")},
    lambda name: {"report_dir": f"missing/{name}".replace("\0", "")},
    lambda name: {"ledger_url": name},
    lambda name: {"ledger_account": name},
    lambda name: {"api": name},
]


@pytest.mark.parametrize("number", range(len(SETTINGS)))
def test_a_setting_forges_no_line(number: int, zoho: ZohoVoice, workplace: Workplace) -> None:
    """Whatever is wrong with it, it is said in one line."""
    for name in HOSTILE:
        given = SETTINGS[number](name)
        nested = given.get("zoho_voice")
        own = {"zoho_voice": {**zoho.target_config()["zoho_voice"], **nested}} if nested else given
        config = {**zoho.target_config(), **own}
        run = workplace.target(config, contacts({**ANNA, "first_name": ""}, ANNA))
        assert_clean(run.log)
        assert "Unexpected" not in run.log


@pytest.mark.parametrize("name", HOSTILE, ids=["long", "short"])
def test_a_tap_s_settings_catalog_and_state_forge_no_line(
    name: str, zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Names in files that the tap is given are escaped, too."""
    zoho.seed()
    config = {"zoho_voice": zoho.tap_config()}
    found = json.loads(workplace.tap(config, "--discover").out)
    found["streams"][0]["tap_stream_id"] = found["streams"][0]["stream"] = name
    found["streams"][-1]["schema"]["properties"][name] = {"type": "string"}
    (workplace.folder / "catalog").write_text(json.dumps(found))
    (workplace.folder / "state").write_text(json.dumps({"bookmarks": {name: {name: name}}}))
    odd = {"zoho_voice": {**zoho.tap_config(), name: 1}, name: 1}
    files: list[list[str]] = [
        ["--catalog", "catalog"],
        ["--state", "state"],
        ["--config", "missing\nx"],
        [],
    ]
    for options in files:
        run = workplace.tap(config if options else odd, *options)
        if options[:1] != ["--config"]:
            assert_clean(run.log)
        assert is_clean(run.log)


@pytest.mark.parametrize("name", HOSTILE, ids=["long", "short"])
def test_an_answer_forges_no_line(name: str, workplace: Workplace) -> None:
    """The words of an API are escaped."""

    def answer() -> Response:
        body = json.dumps({"code": name, "message": name, "status": "ERROR", name: name})
        return Response(400, body.encode(), {"Content-Type": "application/json"})

    with PlainApi(answer) as api, ZohoVoice() as zoho:
        config = zoho.target_config()
        config["zoho_voice"] |= {"api_url": api.url}
        for option in ([], ["--check"]):
            run = workplace.target(config, contacts(ANNA), *option)
            assert_clean(run.log)
            assert is_clean(run.out)


# The ways to log.


def test_json_logs_stay_json(zoho: ZohoVoice, workplace: Workplace) -> None:
    """With structured logging each line is an object, whatever the names are."""
    (workplace.folder / "logging.yaml").write_text(
        "version: 1\n"
        "disable_existing_loggers: false\n"
        "formatters: {structured: {(): singer_sdk.logging.StructuredFormatter}}\n"
        "handlers: {h: {class: logging.StreamHandler, stream: ext://sys.stderr,"
        " formatter: structured}}\n"
        "root: {level: INFO, handlers: [h]}\n"
    )
    env = {"SINGER_SDK_LOG_CONFIG": str(workplace.folder / "logging.yaml")}
    done = workplace.target(zoho.target_config(), stream_of(SHORT, "undeclared"), env=env)
    lines = [json.loads(line) for line in done.log.splitlines()]
    told = [str(line.get("message")) for line in lines]
    assert any(each.startswith("summary: {") for each in told)
    assert all(map(is_clean, told))


WARNED = """
import logging, sys, warnings
from tap_contacts.plugin import printable
printable.install()
logging.basicConfig(format="%(name)s %(message)s", level=logging.DEBUG)
logging.captureWarnings(True)
warnings.warn("a\\nb\\x1b[2J")
logging.getLogger("some.library").warning("%s and %d\\n", "x\\u202ey", 7)
logging.getLogger("another").warning("plain %s", "text")
logging.getLogger("third").warning(ValueError("a\\rb"))
"""


def test_all_loggers_and_warnings_are_covered() -> None:
    """Those of libraries, too, each in one line."""
    python = BIN / "python"
    done = subprocess.run([python, "-c", WARNED], capture_output=True, check=True, timeout=60)
    log = done.stderr.decode().splitlines()
    assert log[0].startswith("py.warnings UserWarning: a\\nb\\x1b[2J (")
    assert log[1:] == [
        "some.library x\\u202ey and 7\\n",
        "another plain text",
        "third a\\rb",
    ]
