"""Each row of the page on what to do when a run stops ends with a command that can be run."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.zoho_voice import ZohoVoice
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
        self._config = zoho.target_config()
        workplace.target({**self._config, "ledger_account": "other"}, contacts(BERT))
        self._id = str(zoho.contacts[0]["contact_id"])
        workplace.target(self._config, contacts(ANNA, {**BERT, "id": 3, "email": "x"}))
        (self._rejects,) = (workplace.folder / "rejects").iterdir()
        text = singer(contacts({**ANNA, "company": "Acme"}, state={"at": 1}))
        (workplace.folder / "contacts.jsonl").write_text(text)

    def run(self, shown: str) -> Finished:
        """Run a command as the page has it."""
        line = shown.strip("`").replace("FILE", str(self._rejects)).replace(" ID", f" {self._id}")
        command, _, name = line.replace(">", "<").partition("<")
        words = shlex.split(command)
        if words[:1] == ["tap-contacts"]:
            return self._workplace.tap({"zoho_voice": self._zoho.tap_config()})
        given = (self._workplace.folder / name.strip()).read_text() if name else ""
        return self._workplace.target(self._config, given, *words)


@pytest.mark.parametrize("shown", COMMANDS)
def test_each_command_is_done(zoho: ZohoVoice, workplace: Workplace, shown: str) -> None:
    """With exit code 0, whatever it shows; nobody is lost or doubled by it."""
    ended = Desk(zoho, workplace).run(shown)
    assert ended.code == 0, ended.log
    assert ended.out + ended.log
    assert sorted(names(zoho)) == ["Anna", "Bert"]
