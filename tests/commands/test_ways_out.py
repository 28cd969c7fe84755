"""Each row of the page on what to do when a run stops ends with a command that can be run."""

from __future__ import annotations

import copy
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice
from tests.support.commands import Finished, Workplace, contacts, singer
from tests.support.paths import ROOT
from tests.support.zoho_people import ANNA, BERT, names

if TYPE_CHECKING:
    from collections.abc import Iterator


def rows() -> list[list[str]]:
    """Return the cells of all rows of the section."""
    text = (ROOT / "docs/rejects.md").read_text("utf-8")
    section = text[text.index("## When it stops") :].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [each for each in cells if each[-1] != "then"]


COMMANDS = sorted({row[-1] for row in rows()})


def test_each_row_ends_with_a_command() -> None:
    """There are as many as before, and none says only what to think about."""
    assert len(rows()) > 40
    assert [row for row in rows() if not re.fullmatch(r"`[^`]+`", row[-1])] == []
    text = "".join(COMMANDS)
    for verb in ("list", "show", "forget", "relink", "export", "check"):
        assert f"--ledger {verb}" in text


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running Zoho Voice, empty."""
    with ZohoVoice() as server:
        yield server


class Desk:
    """A folder in which each file is there that the page names."""

    def __init__(self, zoho: ZohoVoice, workplace: Workplace) -> None:
        """Write one contact, reject one, and know a contact that no record has."""
        self._zoho, self._workplace = zoho, workplace
        signed_in = {"api_url": zoho.url, "access_token": ACCESS_TOKEN}
        self._config = {**zoho.target_config(), "zoho_voice": signed_in}
        workplace.target({**self._config, "ledger_account": "other"}, contacts(BERT))
        self._id = str(zoho.contacts[0]["contact_id"])
        workplace.target(self._config, contacts(ANNA, {**BERT, "id": 3, "email": "x"}))
        self._known = str(zoho.contacts[1]["contact_id"])
        (self._rejects,) = (workplace.folder / "rejects").iterdir()
        text = singer(contacts({**ANNA, "company": "Acme"}, state={"at": 1}))
        (workplace.folder / "contacts.jsonl").write_text(text)

    def run(self, shown: str) -> Finished:
        """Run a command as the page has it."""
        of = self._known if "show" in shown else self._id
        line = shown.strip("`").replace("FILE", str(self._rejects)).replace(" ID", f" {of}")
        command, _, name = line.replace(">", "<").partition("<")
        words = shlex.split(command)
        if words[:1] == ["tap-contacts"]:
            return self._workplace.tap({"zoho_voice": self._zoho.tap_config()})
        given = (self._workplace.folder / name.strip()).read_text() if name else ""
        return self._workplace.target(self._config, given, *words)


def test_each_command_is_done(zoho: ZohoVoice, workplace: Workplace) -> None:
    """With exit code 0, whatever it shows; nobody is lost or doubled by it."""
    desk, ledger = Desk(zoho, workplace), workplace.folder / "target-contacts.db"
    before, held = ledger.read_bytes(), copy.deepcopy(zoho.state.held)
    for shown in COMMANDS:
        ledger.write_bytes(before)
        zoho.state.held = copy.deepcopy(held)
        ended = desk.run(shown)
        assert ended.code == 0, (shown, ended.log)
        assert ended.out + ended.log, shown
        assert sorted(names(zoho)) == ["Anna", "Bert"], shown


def test_what_a_wrong_mapping_wrote_is_undone(zoho: ZohoVoice, workplace: Workplace) -> None:
    """What the right one says goes over it; what only the wrong one filled is cleared by hand."""
    config = zoho.target_config()
    wrong = {"field_map": {"company": "email", "last_name": "first_name"}}
    people = [{**ANNA, "last_name": "Arnold"}, {**BERT, "last_name": "Bauer"}]
    empty = {"stream_maps": {"contacts": {"company": "''"}}}
    told = []
    for settings in ({}, wrong, {}, empty, {}):
        allowed = ("--allow", "max_cleared=2") if settings is empty else ()
        ended = workplace.target({**config, **settings}, contacts(*people), *allowed)
        assert ended.code == 0, ended.log
        told.append([(each["last_name"], each["company"]) for each in zoho.contacts])
    right, bad = [("Arnold", ""), ("Bauer", "")], [("Anna", ANNA["email"]), ("Bert", BERT["email"])]
    half = [("Arnold", ANNA["email"]), ("Bauer", BERT["email"])]
    assert told == [right, bad, half, right, right]


def test_keys_and_ids_of_ambiguous_records_are_read_from_the_rejects(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Each is relinked to one of the contacts that its reason names, then piped in again."""
    for person in (ANNA, ANNA, BERT, BERT):
        zoho.add(**{name: value for name, value in person.items() if name != "id"}, last_name="L")
    people = [{**ANNA, "last_name": "L"}, {**BERT, "last_name": "L"}]
    config = zoho.target_config()
    workplace.target(config, contacts(*people))
    rejects = singer(workplace.rejects)
    for line in (each for each in workplace.rejects if each["type"] == "RECORD"):
        first = re.findall(r"\d{10,}", line["rejection"]["reason"])[0]
        key = "--stream", line["stream"], "--key", str(line["record"]["id"])
        done = workplace.target(config, "", "--ledger", "relink", *key, "--remote-id", first)
        assert done.code == 0, done.log
    assert workplace.target(config, rejects).summary["updated"] == 2
    assert len(zoho.contacts) == 4
