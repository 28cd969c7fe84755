"""What is wrong with a ledger is said in one clear sentence, and what is in it stays right."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from target_contacts.ledger.errors import LedgerError
from target_contacts.ledger.ledger import Ledger
from target_contacts.ledger.tables import METADATA
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Finished, Workplace, contacts, singer
from tests.support.ledger_stores import PostgresStore, postgres
from tests.support.zoho_people import ANNA, bins, names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SECRET = "l3dger-passw0rd"
PEOPLE = [{**ANNA, "id": n, "mobile": f"+4915{n:08}"} for n in range(60)]


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


@pytest.fixture
def database() -> Iterator[PostgresStore]:
    """Return an empty database of PostgreSQL."""
    with postgres() as made:
        yield made


def run_with(
    zoho: ZohoVoice, workplace: Workplace, ledger_url: str, env: Mapping[str, str] | None = None
) -> Finished:
    """Run the target on one contact with this ledger, and expect no traceback."""
    settings = {**zoho.target_config(), "ledger_url": ledger_url}
    run = workplace.target(settings, contacts(ANNA, state={"at": 1}), env=env)
    assert "Traceback" not in run.log
    assert SECRET not in run.log
    return run


# The opening.


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "ledger_url is no SQLAlchemy URL"),
        (f"mysql+pymysql://user:{SECRET}@db/x", "mysql is not supported. Use sqlite:///FILE or"),
        (f"postgres://user:{SECRET}@db/x", "postgres is not supported"),
        (f"postgresql+psycopg2://user:{SECRET}@db/x", "pip install 'singer-contacts[postgres]'"),
        ("sqlite:///missing/ledger.db", "cannot be opened: it cannot be opened or written"),
        ("sqlite:///file/ledger.db", "cannot be opened: it cannot be opened or written"),
        ("sqlite:///folder", "cannot be opened: it cannot be opened or written"),
    ],
)
def test_a_ledger_url_that_cannot_be_right_is_a_wrong_setting(
    zoho: ZohoVoice, workplace: Workplace, url: str, sentence: str
) -> None:
    """Exit code 2 before anything is sent; the sentence says what to do and shows no password."""
    (workplace.folder / "file").touch()
    (workplace.folder / "folder").mkdir()
    run = run_with(zoho, workplace, url)
    assert (run.code, run.out, zoho.log) == (2, "", [])
    assert sentence in run.log


def test_a_missing_driver_is_named_with_what_to_install(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Without psycopg the sentence says how it comes."""
    (workplace.folder / "psycopg.py").write_text("raise ImportError('no pq wrapper available')")
    path = {"PYTHONPATH": str(workplace.folder)}
    run = run_with(zoho, workplace, f"postgresql://user:{SECRET}@127.0.0.1:1/x", env=path)
    assert run.code == 2
    assert "driver of postgresql+psycopg is not installed" in run.log
    assert "pip install 'singer-contacts[postgres]'" in run.log


def test_a_damaged_file_is_left_as_it_is(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A file that is no database is neither overwritten nor taken for an empty ledger."""
    path = workplace.folder / "ledger.db"
    path.write_bytes(b"no database at all " * 300)
    run = run_with(zoho, workplace, "sqlite:///ledger.db")
    assert (run.code, zoho.log, path.read_bytes()) == (1, [], b"no database at all " * 300)
    assert "Ledger ledger.db: open: the file is no SQLite database, or damaged." in run.log


def test_a_read_only_ledger_sends_nothing(zoho: ZohoVoice, workplace: Workplace) -> None:
    """What could not be remembered is not sent; with nothing to send, the run is done."""
    assert run_with(zoho, workplace, "sqlite:///ledger.db").code == 0
    run = run_with(zoho, workplace, "sqlite:///file:ledger.db?mode=ro&uri=true")
    assert (run.code, run.messages, len(zoho.writes)) == (0, [{"at": 1}], 1)
    settings = {**zoho.target_config(), "ledger_url": "sqlite:///file:ledger.db?mode=ro&uri=true"}
    run = workplace.target(settings, contacts({**ANNA, "company": "Acme"}, state={"at": 2}))
    assert (run.code, run.out, len(zoho.writes)) == (1, "", 1)
    assert "write: it is read-only. Let this user write the database" in run.log


def test_a_read_only_ledger_gives_no_right_to_write(tmp_path: Path) -> None:
    """Not even of what needs no intent, such as a create that may be repeated."""
    path = tmp_path / "ledger.db"
    Ledger(f"sqlite:///{path}", "a").close()
    ledger = Ledger(f"sqlite:///file:{path}?mode=ro&uri=true", "a")
    ledger.lock(0)
    with pytest.raises(LedgerError, match="it is read-only"):
        ledger.lease.prove()
    ledger.close()


def test_a_locked_file_is_waited_for_and_then_named(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Another program's transaction stops the run when the time of the URL is over."""
    url = "sqlite:///ledger.db?timeout=0.1"
    assert run_with(zoho, workplace, url).code == 0
    other = sqlite3.connect(workplace.folder / "ledger.db")
    other.execute("BEGIN EXCLUSIVE")
    settings = {**zoho.target_config(), "ledger_url": url}
    run = workplace.target(settings, contacts({**ANNA, "company": "Acme"}))
    other.close()
    assert (run.code, len(zoho.writes)) == (1, 1)
    assert "another program holds it locked for too long. End that program" in run.log


def test_a_ledger_is_for_its_owner_only(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Nobody else may read the ledger's files, whatever the umask."""
    run = run_with(zoho, workplace, "sqlite:///ledger.db")
    files = {path.name: path.stat().st_mode & 0o777 for path in workplace.folder.glob("ledger.db*")}
    assert (run.code, files) == (0, {"ledger.db": 0o600})


def test_a_link_to_a_ledger_is_the_same_ledger(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The lock is beside the file itself, so two ways to it cannot be used at once."""
    (workplace.folder / "link.db").symlink_to("ledger.db")
    run_with(zoho, workplace, "sqlite:///ledger.db")
    run = run_with(zoho, workplace, "sqlite:///link.db")
    assert bins(run.summary) == {"unchanged": 1}
    assert list(workplace.folder.glob("link.db*.lock")) == []


# A full disk.

LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Run a command whose files may not grow beyond so many bytes."""


def limited(workplace: Workplace, settings: dict[str, Any], size: int) -> Finished:
    """Run the target where no file may grow beyond a size."""
    path = workplace.folder / "limited.json"
    path.write_text(json.dumps({**FAST, **settings}))
    command = [str(BIN / "target-contacts"), "--config", str(path)]
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(size), *command],
        cwd=workplace.folder,
        input=singer(contacts(*PEOPLE, state={"at": 1})),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Finished(ended.returncode, ended.stdout, ended.stderr)


def assert_nothing_is_lost_or_doubled(
    zoho: ZohoVoice, workplace: Workplace, settings: dict[str, Any]
) -> None:
    """Run again where there is space, and compare what is at the destination."""
    with contextlib.closing(sqlite3.connect(workplace.folder / "ledger.db")) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    run = workplace.target(settings, contacts(*PEOPLE, state={"at": 1}))
    assert (run.code, run.messages) == (0, [{"at": 1}])
    held = [contact["mobile"] for contact in zoho.contacts]
    assert sorted(held) == [person["mobile"] for person in PEOPLE]


@pytest.mark.parametrize("size", [112_000, 140_000, 200_000])
def test_a_disk_that_takes_no_more_stops_the_run_and_doubles_nothing(
    zoho: ZohoVoice, workplace: Workplace, size: int
) -> None:
    """In the middle of the run: named error, no STATE; what landed is found by the rerun."""
    settings = {**zoho.target_config(), "ledger_url": "sqlite:///ledger.db", "match_on": []}
    run = limited(workplace, settings, size)
    assert (run.code, run.out) == (1, "")
    assert "Ledger ledger.db: write: the disk does not take what is written." in run.log
    assert "Traceback" not in run.log
    assert 0 < len(zoho.contacts) < len(PEOPLE)
    assert_nothing_is_lost_or_doubled(zoho, workplace, settings)


def test_no_space_for_a_new_ledger_is_named(zoho: ZohoVoice, workplace: Workplace) -> None:
    """If not even the tables fit, nothing is sent."""
    settings = {**zoho.target_config(), "ledger_url": "sqlite:///ledger.db", "match_on": []}
    run = limited(workplace, settings, 4096)
    assert (run.code, run.out, zoho.writes) == (1, "", [])
    assert "Ledger ledger.db: open: the disk does not take what is written." in run.log
    assert "Traceback" not in run.log
    assert_nothing_is_lost_or_doubled(zoho, workplace, settings)


TABLE_BYTES = 2 * 4096 + 24
"""What an empty table takes: a page in the file, and one in its log."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Workplace]:
    """Return a folder on a disk of 256 KiB, where the system lets us mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small disk is not permitted here")
    yield Workplace(folder)
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_named(zoho: ZohoVoice, small_disk: Workplace) -> None:
    """With real ENOSPC: named error, no STATE; with space again, all is there once."""
    tables = len(METADATA.tables) * TABLE_BYTES
    (small_disk.folder / "ballast").write_bytes(b"x" * (92_000 - tables))
    settings = {**zoho.target_config(), "ledger_url": "sqlite:///ledger.db", "match_on": []}
    run = small_disk.target(settings, contacts(*PEOPLE, state={"at": 1}))
    assert (run.code, run.out) == (1, "")
    assert "Ledger ledger.db: write: the disk is full. Free some space, then run again." in run.log
    assert 0 < len(zoho.contacts) < len(PEOPLE)
    (small_disk.folder / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk.folder)], check=True)
    assert_nothing_is_lost_or_doubled(zoho, small_disk, settings)


# PostgreSQL.


def test_a_server_that_does_not_answer_is_a_failure(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Exit code 1, since it may answer again; host and database are named, the password is not."""
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    url = f"postgresql+psycopg://user:{SECRET}@127.0.0.1:1/contacts?connect_timeout=2"
    run = run_with(zoho, workplace, url)
    assert (run.code, zoho.log) == (1, [])
    sentence = "Ledger PostgreSQL 127.0.0.1/contacts: open: the connection to the server was lost"
    assert sentence in run.log


def test_a_database_that_does_not_exist_is_a_wrong_setting(
    zoho: ZohoVoice, workplace: Workplace, database: PostgresStore
) -> None:
    """Exit code 2: running again does not help."""
    run = run_with(zoho, workplace, database.url.replace(database.name, "no_such_database"))
    assert (run.code, zoho.log) == (2, [])
    assert "ledger_url: the ledger cannot be opened: the server does not let" in run.log


def test_a_user_without_rights_is_a_wrong_setting(
    zoho: ZohoVoice, workplace: Workplace, database: PostgresStore
) -> None:
    """A user who may not create the tables is told so before anything is sent."""
    role = f"reader_{database.name}"
    engine = sa.create_engine(database.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE ROLE {role} LOGIN PASSWORD '{SECRET}'"))
        url = sa.make_url(database.url).set(username=role, password=SECRET)
        run = run_with(zoho, workplace, url.render_as_string(hide_password=False))
        connection.execute(sa.text(f"DROP ROLE {role}"))
    engine.dispose()
    assert (run.code, zoho.log) == (2, [])
    assert "Check that its folder or schema exists and that this user may write there" in run.log


def test_a_read_only_server_stops_the_run(
    zoho: ZohoVoice, workplace: Workplace, database: PostgresStore
) -> None:
    """A server that takes no entries gets none: nothing is sent that could not be remembered."""
    assert run_with(zoho, workplace, database.url).code == 0
    url = f"{database.url}?options=-cdefault_transaction_read_only%3Don"
    settings = {**zoho.target_config(), "ledger_url": url}
    run = workplace.target(settings, contacts({**ANNA, "company": "Acme"}, state={"at": 2}))
    assert (run.code, run.out, len(zoho.writes), names(zoho)) == (1, "", 1, ["Anna"])
    assert "write: it is read-only" in run.log
