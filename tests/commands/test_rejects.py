"""`--rejects summary` says how rejections are mended, `show` what records look like."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from target_contacts.commands import masked, mending
from target_contacts.errors import OUTCOME_UNKNOWN
from target_contacts.target import TargetContacts
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts, singer
from tests.support.paths import ROOT
from tests.support.privacy import CONTACT, found
from tests.support.privacy import person as canary
from tests.support.zoho_people import ANNA, BERT, bins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Finished


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running Zoho Voice, empty."""
    with ZohoVoice() as server:
        yield server


class Rejected:
    """A run that rejected something, and the commands on its file."""

    def __init__(self, zoho: ZohoVoice, workplace: Workplace, *rows: dict[str, Any]) -> None:
        """Write the records."""
        self.workplace, self.config = workplace, zoho.target_config()
        assert workplace.target(self.config, contacts(*rows)).code == 3
        (self.path,) = sorted((workplace.folder / "rejects").iterdir())
        zoho.log.clear()

    def command(self, verb: str, *options: str, **settings: Any) -> Finished:
        """Run a command on the file."""
        given = "--rejects", verb, str(self.path), *options
        return self.workplace.target({**self.config, **settings}, "", *given)


LACKS = [{**ANNA, "id": number, "mobile": None} for number in (1, 2)]
INVALID = {**BERT, "id": 3, "email": "nonsense"}


def settings_in(text: str) -> list[dict[str, Any]]:
    """Return the lines for the config that are printed."""
    found = re.findall(r"^[^{]*(\{.*\})$", text, re.MULTILINE)
    return [json.loads(each) for each in found]


def test_a_summary_counts_and_names_the_settings(zoho: ZohoVoice, workplace: Workplace) -> None:
    """By stream, code and field, the most first; nothing is asked of the account."""
    rejected = Rejected(zoho, workplace, *LACKS, INVALID)
    ended = rejected.command("summary")
    assert (ended.code, zoho.log) == (0, []), ended.log
    rows = [line.split() for line in ended.out.splitlines()[:3]]
    assert rows == [
        ["stream", "code", "field", "HTTP", "records", "attempts"],
        ["contacts", "missing", "mobile", "2", "1"],
        ["contacts", "invalid", "email", "1", "1"],
    ]
    lines = settings_in(ended.out)
    assert {"field_map": {"mobile": "…"}} in lines
    assert {"on_invalid_value": "drop_field"} in lines
    assert "0 of 3 records pass the local checks now. Look-ups at the destination are" in ended.out


def test_the_settings_that_it_names_mend_the_rejects(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The summary says so before anything is sent; then the file empties."""
    rejected = Rejected(zoho, workplace, *LACKS, INVALID)
    mended = {"on_invalid_value": "drop_field", "defaults": {"mobile": "+4915100000000"}}
    assert "3 of 3 records pass the local checks" in rejected.command("summary", **mended).out
    again = workplace.target({**rejected.config, **mended}, rejected.path.read_text())
    assert (again.code, again.summary["rejected"]) == (0, 0)


def test_show_masks_values(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Type, length and kinds of characters; as many records as are asked for."""
    rejected = Rejected(zoho, workplace, *LACKS, INVALID)
    ended = rejected.command("show", "-n", "1")
    assert ended.out.startswith("1: contacts, invalid, email, 20")
    assert ended.out.splitlines()[1:-1] == [
        "  id          number, 1 digits",
        "  first_name  text, 4 characters: letters",
        "  mobile      text, 14 characters: digits, +",
        "  email       text, 8 characters: letters",
    ]
    assert ended.out.splitlines()[-1] == "There are more: set -n."
    assert rejected.command("show", "-n", "3").out.count("contacts, ") == 3


def test_show_needs_no_config(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Whoever has the file may look at it."""
    rejected = Rejected(zoho, workplace, INVALID)
    ended = workplace.plain("target-contacts", "--rejects", "show", str(rejected.path))
    assert (ended.code, ended.out.count("contacts, invalid")) == (0, 1)


def test_a_summary_needs_a_config() -> None:
    """It is told which option is missing, and why; a file need not be there for that."""
    ended = CliRunner().invoke(TargetContacts.command(), ["--rejects", "summary", "x.jsonl"])
    assert ended.exit_code == 2
    needs = "--rejects summary needs --config FILE: it asks the settings what would be sent."
    assert needs in ended.output


@pytest.mark.parametrize("verb", ["summary", "show"])
def test_nothing_personal_is_shown(zoho: ZohoVoice, workplace: Workplace, verb: str) -> None:
    """Neither values nor names of fields that may be some, nor the API's own words."""
    row = {**canary(1), "mobile": None, "x1kanarie+a@example.com": "Kanarienvögel"}
    rejected = Rejected(zoho, workplace, row)
    text = rejected.path.read_text()
    assert found(CONTACT, text.encode())
    rejected.path.write_text(text.replace('"field":"mobile"', '"field":"1kanarie+a@example.com"'))
    ended = rejected.command(verb)
    assert ended.code == 0
    assert found(CONTACT, (ended.out + ended.log).encode()) == []
    assert "*" in ended.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"id,name\n1,Anna\n", "is no rejects file: line 1"),
        (b'{"type":"RECORD"}\n', "is no rejects file: line 1"),
        (b'{"type":"RECORD","stream":"a","record":[]}\n', "is no rejects file: line 1"),
        (b"[1]\n", "is no rejects file: line 1"),
        (b"\xff\n", "is no rejects file: line 1"),
        (None, "cannot be read"),
    ],
)
@pytest.mark.parametrize("verb", ["summary", "show"])
def test_another_file_is_said_to_be_none(
    zoho: ZohoVoice, workplace: Workplace, verb: str, text: bytes | None, words: str
) -> None:
    """In one sentence, without a word of it."""
    path = workplace.folder / "file"
    if text is not None:
        path.write_bytes(text)
    ended = workplace.target(zoho.target_config(), "", "--rejects", verb, str(path))
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.log
    assert "Anna" not in ended.log
    assert "Traceback" not in ended.log


def test_a_file_without_records_says_so(zoho: ZohoVoice, workplace: Workplace) -> None:
    """An empty one is no failure."""
    path = workplace.folder / "file"
    path.write_text(singer(contacts()))
    for verb in ("summary", "show"):
        ended = workplace.target(zoho.target_config(), "", "--rejects", verb, str(path))
        assert (ended.code, ended.out) == (0, "The file holds no record.\n")


def test_rejects_takes_no_options_of_the_ledger(zoho: ZohoVoice, workplace: Workplace) -> None:
    """And -n goes with `show` alone."""
    for more in (("--key", "1"), ("-n", "2"), ("--check",)):
        given = "--rejects", "summary", "x", *more
        assert workplace.target(zoho.target_config(), "", *given).code == 2


def test_each_code_that_is_ours_says_what_mends_it() -> None:
    """Those of the code are in the table, and each setting that it names is one."""
    source = "".join(path.read_text("utf-8") for path in (ROOT / "target_contacts").rglob("*.py"))
    codes = {*re.findall(r"Rejected\([^()]*?, \"([a-z_]+)\"", source), OUTCOME_UNKNOWN}
    assert codes - mending.MENDS.keys() == set()
    schema = json.loads(json.dumps(TargetContacts.config_jsonschema))
    TargetContacts.append_builtin_config(schema)
    known = schema["properties"]
    for mend in mending.MENDS.values():
        named = {name for settings in mend.settings for name in settings}
        assert named <= {*known, mending.LOOKUP}


@pytest.mark.parametrize("code", [*mending.MENDS, "E7"])
def test_a_line_has_no_name_that_is_not_known(code: str) -> None:
    """Without field or attribute the settings that need them are left out."""
    for field, attribute in (("email", "email"), ("wire", ""), ("", "")):
        text = "\n".join(mending.lines("people", code, field, attribute))
        assert "{field}" not in text
        assert "{attribute}" not in text
        assert "{stream}" not in text
        assert mending.LOOKUP not in text
        assert '""' not in text
        settings_in(text)


@pytest.mark.parametrize(
    ("attribute", "setting"), [("customer_id", "parents"), ("owner_id", "owners")]
)
def test_the_setting_is_named_that_a_field_belongs_to(attribute: str, setting: str) -> None:
    """An owner is not looked up by what is said of clients."""
    text = "\n".join(mending.lines("people", "unknown_parent", "wire", attribute))
    default = {setting: {"missing": "default"}, "defaults": {attribute: "…"}}
    assert settings_in(text) == [{setting: {"file": "…"}}, default]
    text = "\n".join(mending.lines("people", "ambiguous_parent", "wire", attribute))
    assert settings_in(text) == [{setting: {"file": "…"}}]


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (None, "null"),
        (True, "flag"),
        (12, "number, 2 digits"),
        (-1.5, "number, 2 digits"),
        ("", "text, empty"),
        ("Zoë 7", "text, 5 characters: letters, digits, blanks"),
        ("+49 (30) 1", "text, 10 characters: digits, punctuation, blanks, +"),
        ("a@b.de", "text, 6 characters: letters, @, ."),
        ("\t€", "text, 2 characters: symbols, control characters"),
        ({"a": 1}, "object, 1 properties"),
        ([1, 2], "list, 2 items"),
    ],
)
def test_the_form_of_a_value(value: object, form: str) -> None:
    """It tells what is odd about a value, and not the value."""
    assert masked.form(value) == form


def test_a_stale_file_changes_nothing(zoho: ZohoVoice, workplace: Workplace) -> None:
    """What the summary calls sendable is still skipped if a later version has landed."""
    rejected = Rejected(zoho, workplace, INVALID)
    workplace.target(rejected.config, contacts({**BERT, "id": 3, "company": "New"}))
    mended = {"on_invalid_value": "drop_field"}
    again = workplace.target({**rejected.config, **mended}, rejected.path.read_text())
    assert bins(again.summary) == {"skipped": 1}
