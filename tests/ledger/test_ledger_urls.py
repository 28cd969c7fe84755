"""A wrong `ledger_url` is a wrong setting: a sentence, exit code 2, no secret in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from singer_sdk.exceptions import ConfigurationError

from target_contacts.ledger.errors import LedgerError
from target_contacts.ledger.ledger import Ledger
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.ledger_stores import NO_SERVER, SERVER, PostgresStore, postgres
from tests.support.zoho_people import ANNA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "l3dger-passw0rd"

WRONG = {
    "": "no SQLAlchemy URL",
    "sqlite": "no SQLAlchemy URL",
    "sqlite:/x.db": "no SQLAlchemy URL",
    "sqlite:///a\0b.db": "no SQLAlchemy URL",
    "sqlite:///x.db?nonsense=1": "SQLite has no option nonsense; it has",
    f"sqlite:///x.db?password={SECRET}": "SQLite has no option password; it has",
    "sqlite:///x.db?timeout=abc": "timeout must be a number of seconds",
    "sqlite:///x.db?timeout=-1": "timeout must be a number of seconds",
    "sqlite:///x.db?timeout=nan": "timeout must be a number of seconds",
    "sqlite:///x.db?timeout=1&timeout=2": "timeout must be a number of seconds",
    "sqlite:///x.db?detect_types=abc": "one of its options",
    "sqlite:///x.db?cached_statements=99999999999999": "one of its options",
    "sqlite:///x.db?uri=maybe": "one of its options",
    "sqlite:///file:x.db?mode=bogus&uri=true": "one of its options",
    "sqlite:///file:x.db?vfs=bogus&uri=true": "one of its options",
    "sqlite:///file:missing.db?mode=ro&uri=true": "cannot be opened or written",
    "sqlite:///file:missing.db?mode=rw&uri=true": "cannot be opened or written",
    "sqlite:///folder": "cannot be opened or written",
    "sqlite:///file/x.db": "cannot be opened or written",
    "sqlite:///missing/x.db": "cannot be opened or written",
    "sqlite:///loop": "cannot be opened or written",
    "sqlite:////proc/x.db": "cannot be opened or written",
    f"sqlite:///{'x' * 300}": "cannot be opened or written",
    "sqlite:////dev/null": "what stands there is no file",
    "sqlite:///fifo": "what stands there is no file",
    "sqlite://host/x.db": "one of its options",
    f"sqlite+bogus://u:{SECRET}@/x.db": "sqlite+bogus is not supported",
    f"oracle://u:{SECRET}@h/d": "oracle is not supported",
    f"postgresql+bogus://u:{SECRET}@h/d": "driver of postgresql+bogus is not installed",
    f"postgresql+asyncpg://u:{SECRET}@h/d": "driver of postgresql+asyncpg is not installed",
    f"postgresql://u:{SECRET}@h:abc/d": "no SQLAlchemy URL",
    f"postgresql://u:{SECRET}@[::1/d": "no SQLAlchemy URL",
    f"postgresql://u:{SECRET}@h:0/d": "port must be a number from 1 to 65535",
    f"postgresql://u:{SECRET}@h:65536/d": "port must be a number from 1 to 65535",
    f"postgresql://u:{SECRET}@h:-5/d": "port must be a number from 1 to 65535",
}
"""URLs, and words of the sentence on each."""

OPTIONS = (
    "nonsense=1",
    f"passwort={SECRET}",
    "sslmode=bogus",
    "sslmode=require",
    "sslmode=verify-full&sslrootcert=/missing",
    "connect_timeout=abc",
    "keepalives=abc",
    "port=abc",
    "hostaddr=bogus",
    "service=nope",
    "target_session_attrs=bogus",
    "channel_binding=bogus",
    "gssencmode=bogus",
    "options=-cnonsense%3D1",
    "options=-cstatement_timeout%3Dabc",
    "prepare_threshold=abc",
)
"""Options that the driver of PostgreSQL or its server does not take."""


@pytest.fixture
def database() -> Iterator[PostgresStore]:
    """Return an empty database of PostgreSQL."""
    with postgres() as made:
        yield made


def opened(url: str) -> None:
    """Open a ledger, and close it."""
    ledger = Ledger(url, "a")
    ledger.lock(0)
    ledger.close()


def sentence_on(url: str) -> str:
    """Return what is said about a wrong URL."""
    with pytest.raises(ConfigurationError) as raised:
        opened(url)
    sentence = str(raised.value)
    assert sentence.startswith("ledger_url")
    assert SECRET not in sentence
    return sentence


@pytest.mark.parametrize(("url", "words"), WRONG.items(), ids=map(repr, WRONG))
def test_a_wrong_url_is_a_wrong_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    """The sentence says what is wrong; no file is left where none was asked for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "fifo")
    before = set(tmp_path.iterdir())
    assert words in sentence_on(url)
    if "option" not in words:
        assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("option", OPTIONS)
def test_a_wrong_option_of_postgresql_is_a_wrong_setting(
    database: PostgresStore, option: str
) -> None:
    """Whether the driver or the server finds it out."""
    words = "the driver or the server does not take one of its options"
    assert words in sentence_on(f"{database.url}?{option}")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///x.db",
        "sqlite+pysqlite:///x.db?timeout=5",
        "sqlite:///file:x.db?uri=true",
        "sqlite:///file:x%20y.db?mode=rwc&uri=true",
        "sqlite://",
    ],
)
def test_a_right_url_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """However a file is named."""
    monkeypatch.chdir(tmp_path)
    opened(url)


def test_right_options_of_postgresql_open(database: PostgresStore) -> None:
    """Those of the driver, and one that would keep texts from being sent."""
    opened(f"{database.url}?connect_timeout=5&application_name=x")
    opened(f"{database.url}?client_encoding=latin1")


@pytest.mark.parametrize("url", ["sqlite:///x.db?nonsense=1", "postgresql://u@127.0.0.1:99999/d"])
@pytest.mark.parametrize("options", [(), ("--check",)], ids=["run", "check"])
def test_the_command_ends_with_2(workplace: Workplace, url: str, options: tuple[str, ...]) -> None:
    """A run says it before anything is sent, and so does `--check`."""
    with ZohoVoice() as zoho:
        settings = {**zoho.target_config(), "ledger_url": url}
        run = workplace.target(settings, contacts(ANNA, state={"at": 1}), *options)
        assert (run.code, run.out, zoho.writes) == (2, "", [])
    assert "Unexpected" not in run.log
    assert "ledger_url: " in run.log


# PostgreSQL that cannot hold a ledger.


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_JP"])
def test_a_database_that_cannot_keep_all_text_is_refused(
    database: PostgresStore, encoding: str
) -> None:
    """Names of streams and ids of contacts may be any text."""
    name = f"{database.name}_{encoding.lower()}"
    made = f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
    engine = sa.create_engine(database.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(made))
        sentence = sentence_on(database.url.replace(database.name, name))
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()
    assert f"the database keeps text as {encoding}" in sentence


@contextlib.contextmanager
def pooled(folder: Path, mode: str) -> Iterator[str]:
    """Give the URL of a PgBouncer before the server of the environment, or skip the test."""
    program = shutil.which("pgbouncer")
    if SERVER not in os.environ or program is None:
        pytest.skip(NO_SERVER if program else "no PgBouncer is installed")
    server = sa.make_url(os.environ[SERVER])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    password = f" password={server.password}" if server.password else ""
    settings = (
        "[databases]",
        f"* = host={server.host} port={server.port} user={server.username}{password}",
        "[pgbouncer]",
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any",
        f"pool_mode = {mode}",
    )
    path = folder / "pgbouncer.ini"
    path.write_text("\n".join(settings))
    folder.chmod(0o755)
    root = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    shown = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with open(path, encoding="utf-8") as ini:  # noqa: PTH123
        command = [*root, program, "/dev/stdin"]
        process = subprocess.Popen(command, stdin=ini, **shown)  # type: ignore[call-overload]
    try:
        next(line for line in process.stderr if "process up" in line)
        yield server.set(port=port, host="127.0.0.1").render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_pool_that_keeps_no_session_is_refused(tmp_path: Path, mode: str) -> None:
    """A lock on a session that the next transaction does not have is none."""
    with pooled(tmp_path, mode) as url:
        assert "a connection pool (such as PgBouncer" in sentence_on(url)


def test_a_pool_that_keeps_the_session_works(tmp_path: Path) -> None:
    """Two runs through it respect each other."""
    with pooled(tmp_path, "session") as url:
        first, second = Ledger(url, "pooled"), Ledger(url, "pooled")
        first.lock(0)
        with pytest.raises(LedgerError, match="another run writes to the same account"):
            second.lock(0)
        first.close()
        second.lock(5)
        second.close()
