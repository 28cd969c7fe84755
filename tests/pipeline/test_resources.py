"""The ledger is opened once a run, and its file is locked from the first question to the end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from target_contacts.ledger.entry import Guarded
from target_contacts.ledger.errors import LedgerError
from target_contacts.pipeline.purpose import Purpose, Task
from target_contacts.pipeline.resources import Resources
from target_contacts.pipeline.run_builder import build
from target_contacts.planning.planner import Planner
from target_contacts.settings import typed
from target_contacts.shutdown import Interrupted, Shutdown
from target_contacts.target import SINKS
from tests.support.fake_sink import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_contacts.ledger.ledger import Ledger
    from target_contacts.pipeline.run import Run

pytestmark = pytest.mark.skipif(
    not hasattr(fcntl, "F_OFD_GETLK"), reason="no locks of open file descriptions"
)

LOCK = "hhqqi4x"
SQLITE, ACCOUNT, NAME = "SQLite's own", "of the account", "of the file's name"
PLACES = {SQLITE: (1 << 30, 512), ACCOUNT: (1 << 60, 1 << 60), NAME: (1 << 61, 1 << 61)}
"""Where the locks are in SQLite's file, and how long these places are."""
HELD_BACK = Guarded("max_deletes", "contacts", "", "k", is_held=True)
ENDED = pytest.mark.parametrize("was_ended", [False, True], ids=["", "a guard ended the last run"])


class Folder:
    """A folder with a ledger, from which runs are made."""

    def __init__(self, folder: Path, handle: int) -> None:
        """Take the folder, and a descriptor of the ledger's file."""
        self._url, self._handle = f"sqlite:///{folder / 'ledger.db'}", handle

    def config(self, **settings: Any) -> dict[str, Any]:
        """Return the settings of a run."""
        account = {"access_token": "1000.x", "api_url": "http://127.0.0.1:9"}
        own = {"api": "zoho_voice", "zoho_voice": account, "ledger_url": self._url}
        return {**DEFAULTS, **own, **settings}

    def run(self, purpose: Purpose = Purpose.WRITE, **settings: Any) -> Run:
        """Return a run that has opened nothing."""
        task = Task(purpose, planner=Planner() if purpose is Purpose.PLAN else None)
        return build(SINKS, self.config(**settings), Shutdown(), lambda _: None, task)

    def end_by_guard(self) -> None:
        """Enter that a guard ended the last run."""
        with contextlib.closing(self.run()) as run:
            run.ledger.guarded.add([HELD_BACK])

    @property
    def locks(self) -> set[str]:
        """Return which locks another process would meet."""
        return {name for name, place in PLACES.items() if self._is_locked(*place)}

    def _is_locked(self, start: int, length: int) -> bool:
        asked = struct.pack(LOCK, fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
        told = fcntl.fcntl(self._handle, fcntl.F_OFD_GETLK, asked)
        return bool(struct.unpack(LOCK, told)[0] != fcntl.F_UNLCK)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """Return a folder with an empty ledger."""
    handle = os.open(tmp_path / "ledger.db", os.O_RDWR | os.O_CREAT, 0o600)
    yield Folder(tmp_path, handle)
    os.close(handle)  # only now: it takes the locks of SQLite away, which belong to the process


def test_the_ledger_is_kept_from_the_question_to_the_end(folder: Folder) -> None:
    """Nothing is closed between, and another run may write until this one does."""
    run = folder.run()
    assert folder.locks == set()
    assert not run.was_stopped()
    assert folder.locks == {SQLITE, NAME}
    run.open()
    assert folder.locks == {SQLITE, NAME, ACCOUNT}
    assert not run.ledger.guarded.all()
    run.close()
    assert folder.locks == set()


def test_what_is_counted_first_takes_no_lock_of_the_run_away(folder: Folder) -> None:
    """After a run that a guard ended, what this one would do is counted on a ledger of its own."""
    folder.end_by_guard()
    run = folder.run()
    assert run.was_stopped()
    assert folder.locks == set()
    with contextlib.closing(folder.run(Purpose.PLAN)) as counting:
        assert counting.ledger.guarded.all() == [HELD_BACK]
    run.open()
    assert folder.locks == {SQLITE, NAME, ACCOUNT}
    run.close()
    assert folder.locks == set()


@ENDED
def test_a_second_run_cannot_write_while_the_first_does(folder: Folder, *, was_ended: bool) -> None:
    """Whichever of them asked its ledger first; once the first has ended, it can."""
    if was_ended:
        folder.end_by_guard()
    first, second = folder.run(), folder.run()
    assert [run.was_stopped() for run in (second, first)] == [was_ended] * 2
    first.open()
    with pytest.raises(LedgerError, match="another run writes to the same account"):
        second.open()
    first.close()
    third = folder.run()
    assert third.was_stopped() is was_ended
    third.open()
    third.close()


@ENDED
def test_a_run_that_is_refused_after_the_question_leaves_nothing_open(
    folder: Folder, *, was_ended: bool
) -> None:
    """Before its ledger is locked; one that knows nothing is refused by `require_ledger`."""
    if was_ended:
        folder.end_by_guard()
    for settings in (dict[str, Any](), {"require_ledger": True}):
        run = folder.run(**settings)
        assert run.was_stopped() is was_ended
        if settings:
            with pytest.raises(ConfigurationError, match="require_ledger"):
                run.open()
        run.close()
        assert folder.locks == set()


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.WRITE])
def test_only_a_run_that_writes_asks_before(folder: Folder, purpose: Purpose) -> None:
    """Others open nothing for it, whatever ended the last run."""
    folder.end_by_guard()
    run = folder.run(purpose)
    assert not run.was_stopped()
    assert folder.locks == set()
    run.close()


@pytest.mark.parametrize("error", [LedgerError("Ledger", "read", "no", "Look."), Interrupted()])
def test_a_question_that_fails_leaves_nothing_open(folder: Folder, error: BaseException) -> None:
    """The run opens the ledger itself then, and says what is wrong."""
    given = folder.config()
    resources = Resources(
        SINKS["zoho_voice"].client_class,
        given,
        typed(given),
        shutdown=Shutdown(),
        purpose=Purpose.WRITE,
        planned=None,
    )

    def fail(ledger: Ledger) -> bool:
        assert folder.locks == {SQLITE, NAME}
        assert ledger.is_empty()
        raise error

    with pytest.raises(type(error)):
        resources.asked_before(fail)
    assert folder.locks == set()
    assert resources.ledger.is_empty()
    assert folder.locks == {SQLITE, NAME, ACCOUNT}
    resources.close()
    assert folder.locks == set()
