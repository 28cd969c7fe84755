"""A ledger that is not the one of former runs is refused or warned of, if that can be told."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from target_contacts.ledger.trust import warn_of_temporary
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.zoho_people import ANNA, BERT

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIRED = {"require_ledger": True}


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


@pytest.mark.parametrize("options", [(), ("--check",)], ids=["run", "check"])
def test_a_new_ledger_is_refused_before_any_request(
    zoho: ZohoVoice, workplace: Workplace, options: tuple[str, ...]
) -> None:
    """Again and again, although the first try leaves its file behind."""
    config = {**zoho.target_config(), **REQUIRED, "ledger_url": "sqlite:///target-contacts.db"}
    for _ in range(2):
        run = workplace.target(config, contacts(ANNA), *options)
        assert (run.code, zoho.log) == (2, [])
        assert f"The ledger is {workplace.folder.resolve()}/target-contacts.db, in a" in run.log
        assert "require_ledger: the ledger knows nothing of this account" in run.log


def test_a_used_ledger_serves_its_account_only(zoho: ZohoVoice, workplace: Workplace) -> None:
    """One that holds another account's contacts is as good as a new one."""
    config = zoho.target_config()
    assert workplace.target(config, contacts(ANNA)).code == 0
    assert workplace.target({**config, **REQUIRED}, contacts(ANNA, BERT)).code == 0
    asked = len(zoho.log)
    run = workplace.target({**config, **REQUIRED, "ledger_account": "other"}, contacts(ANNA))
    assert (run.code, len(zoho.log)) == (2, asked)


RELATIVE = ["sqlite:///x.db", "sqlite:///sub/x.db", "sqlite:///file:x.db?uri=true"]
SAFE = ["sqlite://", "sqlite:////tmp/x.db", "sqlite:///file::memory:?uri=true&mode=memory"]
ELSEWHERE = "postgresql+psycopg://user@host/database"


@pytest.mark.parametrize("url", [*RELATIVE, *SAFE, ELSEWHERE])
def test_a_relative_path_in_a_temporary_folder_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    """The warning names the file; who gives a whole path knows where it is."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.chdir(folder)
        warn_of_temporary(url, logging.getLogger("contacts.test"))
    named = [record.getMessage() for record in caplog.records]
    assert len(named) == (url in RELATIVE)
    assert all(str(Path(folder).resolve()) in text for text in named)


@pytest.mark.parametrize("url", RELATIVE)
def test_a_relative_path_elsewhere_is_fine(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    """Such as in the folder of a service."""
    monkeypatch.chdir("/")
    warn_of_temporary(url, logging.getLogger("contacts.test"))
    assert caplog.records == []
