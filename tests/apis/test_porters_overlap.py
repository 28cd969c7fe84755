"""What is done beside a request to PORTERS that is under way, and what has to wait for its end."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import struct
import time
from contextlib import closing
from typing import TYPE_CHECKING

from tests.sandbox.porters import Porters
from tests.support.commands import Workplace, contacts
from tests.support.ledger_stores import SqliteStore
from tests.support.porters_lists import people
from tests.support.zoho_people import bins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.server import Request, Response

ANNOUNCED = "SELECT count(*) FROM contacts"
WRITTEN = f"{ANNOUNCED} WHERE status = 'written'"


class Patient(Porters):
    """A PORTERS that answers its writes once the ledger has what it waits for, or too late."""

    def __init__(self, ledger: Path, *awaited: tuple[str, int]) -> None:
        """Take the ledger's file, and for each write how to count there, and up to what."""
        super().__init__()
        self.ledger, self._awaited = ledger, list(awaited)
        self.seen: list[int] = []
        """How many there were at each answer."""

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        if self.is_write(request) and self._awaited:
            self.seen.append(self._entries(*self._awaited.pop(0)))
        return super().handle(request)

    def _entries(self, count: str, most: int) -> int:
        latest, found = time.monotonic() + 20, 0
        while found < most and time.monotonic() < latest:
            with closing(sqlite3.connect(self.ledger)) as ledger:
                (found,) = ledger.execute(count).fetchone()
            time.sleep(0.01)
        return found


def patient(workplace: Workplace, count: int, *awaited: tuple[str, int]) -> tuple[Patient, int]:
    """Write people into a patient PORTERS; return it, and how many were created."""
    with Patient(workplace.folder / "patient.db", *awaited) as porters:
        settings = {**porters.target_config(), "ledger_url": f"sqlite:///{porters.ledger}"}
        run = workplace.target(settings, contacts(*people(count)))
    return porters, run.summary["created"]


def test_the_next_request_is_packed_while_one_is_under_way(workplace: Workplace) -> None:
    """Contacts of the second request are on disk as announced before the first one is answered."""
    porters, created = patient(workplace, 120, (ANNOUNCED, 120))
    assert (porters.seen, len(porters.writes), created) == ([120], 2, 120)


def test_an_outcome_is_entered_while_the_next_request_is_under_way(workplace: Workplace) -> None:
    """What the first request created is in the ledger before the second one is answered."""
    porters, created = patient(workplace, 120, (ANNOUNCED, 120), (WRITTEN, 1))
    first, second = (write.request.body.count(b"<Item>") for write in porters.writes)
    assert (porters.seen, created) == ([120, first], first + second)


LOCK = "hhqqi4x"
ACCOUNTS = 1 << 60
"""Where the locks of accounts are in SQLite's file, and how many there may be."""


class Breaking(Porters):
    """A PORTERS whose client's ledger fails before the first write is answered."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the ledger."""
        super().__init__()
        self.folder, self.store = folder, SqliteStore(folder / "breaking.db")
        self.free: list[bool] = []
        """Whether another run could have had the account before the second write was answered."""

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        if self.is_write(request):
            if not self.writes:
                self.store.fail()
            elif not self.free:
                self.free.append(self._is_freed())
        return super().handle(request)

    def _is_freed(self) -> bool:
        """Say whether the account is free after a second, in which the ledger has long failed."""
        time.sleep(1)
        with (self.folder / "breaking.db").open("rb+") as handle:
            asked = struct.pack(LOCK, fcntl.F_WRLCK, os.SEEK_SET, ACCOUNTS, ACCOUNTS, 0)
            kind, *_ = struct.unpack(LOCK, fcntl.fcntl(handle, fcntl.F_OFD_GETLK, asked))
        return bool(kind == fcntl.F_UNLCK)


def test_a_ledger_that_fails_leaves_no_request_behind(workplace: Workplace) -> None:
    """The account is kept until the second request is answered; the next run doubles nothing."""
    with Breaking(workplace.folder) as porters:
        settings = {**porters.target_config(), "ledger_url": porters.store.url}
        records = contacts(*people(90, memo=100), state={"at": 1})
        run = workplace.target(settings, records)
        assert (run.code, run.out, porters.free, len(porters.contacts)) == (1, "", [False], 90)
        assert porters.store.lost in run.log
        porters.store.mend()
        again = workplace.target(settings, records)
        assert (again.code, bins(again.summary)) == (0, {"created": 90})
        assert len(porters.contacts) == 90
