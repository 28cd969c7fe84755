"""What a run leaves on disk is for its owner only, and goes where it was told to go."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from target_contacts.errors import Rejected
from target_contacts.ledger.entry import WRITTEN, Entry
from target_contacts.ledger.ledger import Ledger
from target_contacts.report.rejects import Rejects
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.zoho_people import ANNA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UMASKS = (0, 0o022, 0o077, 0o277, 0o777)
OWNER, FOLDER = 0o600, 0o700


@contextlib.contextmanager
def umask(bits: int) -> Iterator[None]:
    """Take these rights from all that is made."""
    before = os.umask(bits)
    try:
        yield
    finally:
        os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Return the rights to the files of a folder."""
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in folder.iterdir()}


def rejected(folder: Path | str) -> Rejects:
    """Reject a record into a folder."""
    rejects = Rejects(str(folder), "zoho_voice")
    schema: dict[str, Any] = {"type": "SCHEMA", "stream": "contacts"}
    record = {"type": "RECORD", "stream": "contacts", "record": ANNA}
    rejects.add(schema, record, Rejected("no", "refused"))
    rejects.close()
    return rejects


@pytest.mark.parametrize("bits", UMASKS, ids=oct)
@pytest.mark.parametrize("linked", [False, True], ids=["file", "dangling link"])
def test_a_new_ledger_is_for_its_owner_only(tmp_path: Path, bits: int, *, linked: bool) -> None:
    """With the files that SQLite puts beside it, and also where a link leads to it."""
    (tmp_path / "there").mkdir()
    if linked:
        (tmp_path / "ledger.db").symlink_to("there/ledger.db")
    with umask(bits):
        ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", "a")
        ledger.lock(0)
        ledger.put("contacts", [Entry("k", WRITTEN, "1")])
        found = modes(tmp_path / "there" if linked else tmp_path)
        ledger.close()
    found.pop("there", None)
    assert found == dict.fromkeys(("ledger.db", "ledger.db-wal", "ledger.db-shm"), OWNER)


def test_a_ledger_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    """Who lets a group read it, does so on purpose."""
    Ledger(f"sqlite:///{tmp_path}/ledger.db", "a").close()
    (tmp_path / "ledger.db").chmod(0o640)
    Ledger(f"sqlite:///{tmp_path}/ledger.db", "a").close()
    assert modes(tmp_path) == {"ledger.db": 0o640}


def test_nothing_of_others_is_written_or_cut_short(tmp_path: Path) -> None:
    """A link with the name that a lock file of earlier versions had leads to no harm."""
    (tmp_path / "precious").write_text("mine")
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", "a")
    (tmp_path / f"ledger.db.{ledger.account[:8]}.lock").symlink_to("precious")
    ledger.lock(0)
    ledger.put("contacts", [Entry("k", WRITTEN, "1")])
    ledger.close()
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.parametrize("bits", UMASKS[:3], ids=oct)
def test_rejects_are_for_their_owner_only(tmp_path: Path, bits: int) -> None:
    """Files and the folders that are made for them; a folder that is there stays as it is."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there").chmod(0o755)
    with umask(bits):
        made = rejected(tmp_path / "new" / "rejects")
        rejected(tmp_path / "there")
    assert modes(tmp_path) == {"new": FOLDER, "there": 0o755}
    assert modes(tmp_path / "new") == {"rejects": FOLDER}
    assert made.path
    assert modes(tmp_path / "new" / "rejects") == {made.path.name: OWNER}
    assert list(modes(tmp_path / "there").values()) == [OWNER]


@pytest.mark.parametrize(
    "folder",
    ["file", "file/below", "dangling", "loop", "/proc/x", "/dev/null/x", "x" * 300, "a\0b"],
    ids=repr,
)
def test_a_folder_that_takes_no_rejects_is_a_wrong_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """A look beforehand finds it, and so does the first record that is rejected."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("missing")
    before = set(tmp_path.iterdir())
    with pytest.raises(ConfigurationError, match=r"^rejects_dir: .* cannot be written to"):
        Rejects(folder, "zoho_voice").assert_writable()
    with pytest.raises(ConfigurationError, match=r"^rejects_dir: .* cannot be written to"):
        rejected(folder)
    assert set(tmp_path.iterdir()) == before


def test_a_look_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither a folder nor a file."""
    Rejects(str(tmp_path / "new" / "rejects"), "zoho_voice").assert_writable()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [(), ("--check",)], ids=["run", "check"])
def test_the_command_ends_with_2(workplace: Workplace, options: tuple[str, ...]) -> None:
    """Whoever finds it."""
    with ZohoVoice() as zoho:
        settings = {**zoho.target_config(), "rejects_dir": "/proc/x", "phone_region": "DE"}
        wrong = {**ANNA, "email": "no address"}
        run = workplace.target(settings, contacts(wrong, state={"at": 1}), *options)
    assert (run.code, run.out, "Unexpected" in run.log) == (2, "", False)
    assert "rejects_dir: /proc/x cannot be written to" in run.log
