"""Settings, states and stream maps: taken however they come, refused in one sentence."""

from __future__ import annotations

import codecs
import json
import os
import re
import sqlite3
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_contacts.plugin.typed import typed
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST, contacts, singer
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.commands import Workplace
    from tests.support.launched import Launchers

ANNA = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678", "owner_id": "5"}
NAMELESS = {"id": 2, "mobile": "+4915112345678"}


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


# Types.

SCHEMA = {
    "properties": {
        "whole": {"type": ["integer", "null"]},
        "number": {"type": ["number", "null"]},
        "flag": {"type": ["boolean", "null"]},
        "names": {"type": ["array", "null"], "items": {"type": "string"}},
        "inner": {
            "type": ["object", "null"],
            "properties": {"whole": {"type": "integer"}, "text": {"type": "string"}},
        },
        "text": {"type": ["string", "null"]},
        "either": {"type": ["integer", "string"]},
    }
}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("whole", "5", 5),
        ("whole", " -1 ", -1),
        ("whole", "", None),
        ("whole", "5.5", "5.5"),
        ("whole", "five", "five"),
        ("whole", "٣", "٣"),
        ("number", "5", 5),
        ("number", "0.25", 0.25),
        ("number", "1e3", 1000.0),
        ("number", "nan", "nan"),
        ("number", "inf", "inf"),
        ("number", "1e400", "1e400"),
        ("flag", "TRUE", True),
        ("flag", "no", False),
        ("flag", "0", False),
        ("flag", "perhaps", "perhaps"),
        ("names", '["a", "b"]', ["a", "b"]),
        ("names", "a, b", ["a", "b"]),
        ("names", "[a", "[a"),
        ("inner", '{"whole": "7", "text": "7"}', {"whole": 7, "text": "7"}),
        ("inner", "[1]", "[1]"),
        ("inner", "x", "x"),
        ("text", "5", "5"),
        ("either", "5", "5"),
        ("unknown", "5", "5"),
    ],
)
def test_texts_become_what_a_setting_must_be(name: str, text: str, value: object) -> None:
    """What cannot be read so stays a text, which is then refused by name."""
    found = typed({name: text}, SCHEMA)[name]
    assert (found, type(found)) == (value, type(value))


@settings(derandomize=True, deadline=None, database=None)
@given(st.sampled_from(sorted(SCHEMA["properties"])), st.text(max_size=12))
def test_no_text_is_too_odd_for_a_setting(name: str, text: str) -> None:
    """Nothing is raised, and what is text already never changes."""
    found = typed({name: text}, SCHEMA)
    assert set(found) == {name}
    assert name not in {"text", "either"} or found[name] == text


def test_settings_come_from_the_environment(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Numbers, flags, lists and objects; two rejections are not more than `max_rejects`."""
    config = {**zoho.target_config(), **FAST}
    env = {
        "TARGET_CONTACTS_API": config["api"],
        "TARGET_CONTACTS_ZOHO_VOICE": json.dumps({**config["zoho_voice"], "page_size": "7"}),
        "TARGET_CONTACTS_MAX_REJECTS": "5",
        "TARGET_CONTACTS_LOCK_WAIT_SECONDS": "0.5",
        "TARGET_CONTACTS_RETRY_WAIT_SECONDS": "0.01",
        "TARGET_CONTACTS_DRY_RUN": "true",
        "TARGET_CONTACTS_STREAMS": '["people"]',
        "TARGET_CONTACTS_FIELD_MAP": '{"company": "owner_id"}',
        "TARGET_CONTACTS_CONCURRENCY": "",
    }
    people = singer(contacts(ANNA, NAMELESS, {**NAMELESS, "id": 3}, stream="people"))
    ended = workplace.plain("target-contacts", "--config=ENV", env=env, stdin=people)
    assert (ended.code, zoho.writes) == (0, [])
    assert '"created": 1' in ended.log
    assert '"rejected": 2' in ended.log
    assert '"dry_run": true' in ended.log
    config_file = workplace.folder / "target.json"
    config_file.write_text(json.dumps({**config, "max_rejects": "0", "streams": ["people"]}))
    both = workplace.plain("target-contacts", "--config", "target.json", stdin=people)
    assert both.code == 3


def test_settings_of_the_tap_come_from_the_environment(workplace: Workplace) -> None:
    """With `--config=ENV`; as text in a file, as Meltano writes them, they are taken, too."""
    with Cobai() as cobai:
        cobai.seed()
        account = json.dumps(cobai.tap_config())
        env = {
            "TAP_CONTACTS_COBAI": account,
            "TAP_CONTACTS_CONCURRENCY": "3",
            "TAP_CONTACTS_TIMEOUT_SECONDS": "7.5",
            "TAP_CONTACTS_EMIT_ACTIVATE_VERSION_MESSAGES": "yes",
        }
        ended = workplace.plain("tap-contacts", "--config=ENV", env=env)
        texts = {"cobai": account, "concurrency": "3", "timeout_seconds": "7.5"}
        (workplace.folder / "tap.json").write_text(json.dumps(texts))
        again = workplace.plain("tap-contacts", "--config", "tap.json")
    assert (ended.code, "ACTIVATE_VERSION" in ended.out) == (0, True)
    assert (again.code, '"Rico"' in again.out) == (0, True)


def test_a_variable_that_cannot_be_read_is_named(workplace: Workplace) -> None:
    """All of them in one go, code 2, without their values."""
    env = {
        "TARGET_CONTACTS_API": "bas_ip",
        "TARGET_CONTACTS_BAS_IP": "secret",
        "TARGET_CONTACTS_MAX_REJECTS": "five",
        "TARGET_CONTACTS_DRY_RUN": "perhaps",
        "TARGET_CONTACTS_TIMEOUT_SECONDS": "long",
    }
    ended = workplace.plain("target-contacts", "--config=ENV", env=env)
    assert (ended.code, "Traceback" in ended.log) == (2, False)
    for sentence in (
        "bas_ip must be of type object",
        "max_rejects must be of type integer",
        "dry_run must be of type boolean",
        "timeout_seconds must be of type number",
    ):
        assert sentence in ended.log
    assert "secret" not in ended.log


# Files.


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The config file target.json is empty."),
        (b"{", "The config file target.json is not JSON: line 1, column 2."),
        (b'{"api": "zoho_voice",\n "mode": geheim}', "is not JSON: line 2, column 10."),
        (b'\xef\xbb\xbf{"api": "zoho_voice",\r\n x}', "is not JSON: line 2, column 2."),
        (b"[]", "The config file target.json is not a JSON object."),
        (b"{}\n{}\n", "holds 2 JSON values, one a line: keep the last one alone."),
        ('{"api": "x"}'.encode("utf-16"), "is UTF-16: save it as UTF-8."),
        (b'{"api": "\xfc"}', "is not UTF-8: save it as UTF-8."),
    ],
)
def test_a_config_file_that_cannot_be_read_is_named(
    workplace: Workplace, body: bytes, sentence: str
) -> None:
    """One sentence, code 2; of several files the one at fault."""
    (workplace.folder / "other.json").write_text("{}")
    (workplace.folder / "target.json").write_bytes(body)
    ended = workplace.plain("target-contacts", "--config", "other.json", "--config", "target.json")
    assert ended.code == 2
    assert sentence in ended.log
    assert "Traceback" not in ended.log
    assert "geheim" not in ended.log


def test_a_byte_order_mark_at_a_config_file_is_passed_over(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Editors write one; later files go before earlier ones, as with the SDK."""
    config = json.dumps(zoho.target_config()).encode()
    (workplace.folder / "target.json").write_bytes(codecs.BOM_UTF8 + config)
    (workplace.folder / "more.json").write_text('{"rejects_dir": "more"}')
    files = ("--config", "target.json", "--config", "more.json")
    ended = workplace.plain("target-contacts", *files, stdin=singer(contacts(NAMELESS)))
    assert (ended.code, (workplace.folder / "more").is_dir()) == (3, True)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (None, "cannot be read: No such file or directory."),
        (b"", "is empty."),
        (b" \n", "is empty."),
        (b'{"bookmarks":{}}\n{"bookmarks":{}}\n', "holds 2 JSON values, one a line"),
        (b'{"bookmarks":', "is not JSON: line 1, column 14."),
        (b"[]", "is not a JSON object."),
        (b'{"type": "STATE", "value": {}}', "is a whole STATE message"),
        (b'{"bookmarks": [1]}', "holds bookmarks that are none."),
        (b'{"bookmarks": {"cobai_contacts": 7}}', "holds bookmarks that are none."),
        ('{"bookmarks": {}}'.encode("utf-16"), "is UTF-16: save it as UTF-8."),
    ],
)
def test_a_state_file_that_is_none_is_named_with_what_to_do(
    workplace: Workplace, body: bytes | None, sentence: str
) -> None:
    """One sentence with the file's name, code 2, before anything is asked."""
    with Cobai() as cobai:
        (workplace.folder / "tap.json").write_text(json.dumps({"cobai": cobai.tap_config()}))
        if body is not None:
            (workplace.folder / "state.json").write_bytes(body)
        files = ("--config", "tap.json", "--state", "state.json")
        ended = workplace.plain("tap-contacts", *files)
        assert (ended.code, ended.out, cobai.log) == (2, "", [])
    assert f"The state file state.json {sentence}" in ended.log
    assert "or leave --state out" in ended.log
    assert "Traceback" not in ended.log


README = (ROOT / "README.md").read_text("utf-8")
RECIPE = "\n".join(re.findall(r"^\$ (.*state\.json.*)$", README, re.MULTILINE))
"""How the README keeps the state."""


def test_the_recipe_for_the_state_outlives_a_run_that_passed_none_on(
    zoho: ZohoVoice, tmp_path: Path, launchers: Launchers
) -> None:
    """The first run has no state, a failed one leaves the last; the next one goes on."""
    with Cobai() as cobai:
        cobai.seed()
        (tmp_path / "tap.json").write_text(json.dumps({"cobai": cobai.tap_config()}))
        config = {**zoho.target_config(), "defaults": {"mobile": "+4915112345678"}}
        (tmp_path / "target.json").write_text(json.dumps({**config, **FAST, "max_tries": 1}))
        states = []
        for fails in (False, True, False):
            zoho.faults.clear()
            if fails:
                zoho.fault(times=-1, status=503)
                cobai.change(cobai.contacts[0]["uuid"], lastName="Other")
            env = {**os.environ, "PATH": launchers.path}
            subprocess.run(
                ["bash", "-c", RECIPE], cwd=tmp_path, env=env, capture_output=True, check=False
            )
            states.append(json.loads((tmp_path / "state.json").read_text()))
    assert all("bookmarks" in state for state in states)
    assert [held["last_name"] for held in zoho.contacts] == ["Other"]


# Stream maps.


def test_a_stream_map_is_no_unknown_setting(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The streams in it are the user's; a setting beside it that is none is still named."""
    config = {**zoho.target_config(), "stream_maps": {"contacts": {"owner_id": "None"}}, "x": 1}
    run = workplace.target(config, contacts(ANNA))
    assert (run.code, len(zoho.contacts)) == (0, 1)
    assert "Unknown setting stream_maps" not in run.log
    assert "Unknown setting x is ignored" in run.log


@pytest.mark.parametrize(
    ("maps", "sentence"),
    [
        ({"contacts": {"__else__": "__else__"}}, "stream_maps.contacts.__else__ may only be null"),
        ({"contacts": {"__else__": True}}, "stream_maps.contacts.__else__ may only be null"),
        ({"contacts": {"__else__": {}}}, "stream_maps.contacts.__else__ may only be null"),
        ({"__else__": "x"}, "__else__ may only be null"),
        ({"contacts": "x"}, "stream_maps.contacts must be an object of fields, or null"),
        ({"contacts": [1]}, "stream_maps.contacts must be an object of fields, or null"),
        ({"contacts": {"email": 7}}, "stream_maps.contacts.email must be an expression as text"),
        ({"contacts": {"email": "a +"}}, "stream_maps holds an expression that cannot be read"),
        ({"contacts": {"id": None}}, "Removing key property 'id' is not permitted"),
        ([], "stream_maps must be of type object"),
    ],
)
def test_a_wrong_stream_map_is_one_sentence_and_code_2(
    zoho: ZohoVoice, workplace: Workplace, maps: Any, sentence: str
) -> None:
    """Nothing is sent, and no error of the SDK shows."""
    run = workplace.target({**zoho.target_config(), "stream_maps": maps}, contacts(ANNA))
    assert (run.code, zoho.writes) == (2, [])
    assert sentence in run.log
    assert "Unexpected" not in run.log


def test_a_stream_map_that_fails_on_a_record_rejects_it_alone(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """An expression may meet a value that it cannot reckon with."""
    maps = {"contacts": {"company": "'of ' + nick"}}
    people = [{**ANNA, "nick": "A"}, {**ANNA, "id": 2, "nick": None}, {**ANNA, "id": 3, "nick": 7}]
    run = workplace.target({**zoho.target_config(), "stream_maps": maps}, contacts(*people))
    assert (run.code, [held["company"] for held in zoho.contacts]) == (3, ["of A"])
    assert {each["code"] for each in workplace.rejections} == {"stream_map"}


def test_a_wrong_stream_map_of_the_tap_is_one_sentence(workplace: Workplace) -> None:
    """Code 2 there, too."""
    with Cobai() as cobai:
        config = {"cobai": cobai.tap_config(), "stream_maps": {"cobai_contacts": {"role": "a +"}}}
        run = workplace.tap(config)
    assert (run.code, run.out) == (2, "")
    assert "stream_maps holds an expression that cannot be read" in run.log


# --check.


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"defaults": {"nickname": "x"}}, "defaults names nickname"),
        ({"field_map": {"nickname": "x"}}, "field_map names nickname"),
        ({"value_map": {"nickname": {}}}, "value_map names nickname"),
        ({"policies": {"nickname": "never"}}, "policies names nickname"),
        ({"stream_policies": {"x": {"nickname": "never"}}}, "stream_policies.x names nickname"),
        ({"match_on": ["nickname"]}, "match_on names nickname"),
        ({"phone_region": "Germany"}, "phone_region must be the two-letter code"),
        ({"ledger_url": "sqlite:////no/such/folder/x.db"}, "ledger_url"),
        ({"ledger_url": "nonsense"}, "ledger_url"),
        ({"rejects_dir": "file/below"}, "rejects_dir: file/below cannot be written to"),
        ({"rejects_dir": "file"}, "rejects_dir: file cannot be written to: it is no folder"),
        ({"stream_maps": {"contacts": 7}}, "stream_maps.contacts must be"),
    ],
)
def test_check_refuses_what_a_run_would_refuse(
    zoho: ZohoVoice, workplace: Workplace, change: dict[str, Any], sentence: str
) -> None:
    """Code 2 and the same sentence, before anything is asked."""
    (workplace.folder / "file").write_text("")
    run = workplace.target({**zoho.target_config(), **change}, [], "--check")
    assert (run.code, run.out, zoho.log) == (2, "", [])
    assert sentence in run.log


def test_check_refuses_a_ledger_that_is_damaged(zoho: ZohoVoice, workplace: Workplace) -> None:
    """As a run does, with code 1."""
    (workplace.folder / "target-contacts.db").write_text("no database at all, but a text")
    for options in ((), ("--check",)):
        run = workplace.target(zoho.target_config(), contacts(ANNA), *options)
        assert (run.code, zoho.writes) == (1, [])
        assert "is no SQLite database, or damaged" in run.log


def test_check_names_fields_that_the_account_does_not_have(workplace: Workplace) -> None:
    """What only the account can tell is asked for, and nothing is written."""
    with Porters() as sandbox:
        config = {**sandbox.target_config(), "field_map": {"Contact.U_Gone": "x"}}
        run = workplace.target(config, [], "--check")
        assert (run.code, sandbox.writes) == (2, [])
    assert "names Contact.U_Gone: not in use in this company database" in run.log


def test_check_goes_on_beside_a_run_and_leaves_no_rejects(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """It takes no lock: who looks at the settings does not disturb the night's run."""
    config = zoho.target_config()
    workplace.target(config, contacts(ANNA))
    with sqlite3.connect(workplace.folder / "target-contacts.db") as ledger:
        before = ledger.execute("SELECT count(*) FROM contacts").fetchall()
    run = workplace.target(config, [], "--check")
    assert (run.code, workplace.rejects) == (0, [])
    assert "answers" in run.out
    with sqlite3.connect(workplace.folder / "target-contacts.db") as ledger:
        assert ledger.execute("SELECT count(*) FROM contacts").fetchall() == before
