"""What is done beside a request to PORTERS that is under way, and what has to wait for its end."""

from __future__ import annotations

import fcntl
import itertools
import os
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.porters import Porters
from tests.support.commands import Workplace, contacts
from tests.support.ledger_stores import SqliteStore
from tests.support.porters_lists import people
from tests.support.porters_people import WRITE, held
from tests.support.zoho_people import bins

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.faults import Fault
    from tests.sandbox.messages import Request, Response

ANNOUNCED = "SELECT count(*) FROM contacts"
WRITTEN = f"{ANNOUNCED} WHERE status = 'written'"


FLIGHT = 4
"""Requests that PORTERS gets at once, unless it is set otherwise."""


class Together(Porters):
    """A PORTERS that answers its first write at once, and the next ones only when several wait."""

    def __init__(self, several: int = FLIGHT) -> None:
        """Take how many have to wait."""
        super().__init__()
        self._barrier = threading.Barrier(several)
        self._together = range(1, 1 + several)
        self._numbers = itertools.count()

    def answer(self, request: Request) -> tuple[Response | None, Fault | None]:
        """Answer a request."""
        if self.is_write(request) and next(self._numbers) in self._together:
            self._barrier.wait(timeout=20)
        return super().answer(request)


@pytest.mark.parametrize("several", [2, FLIGHT])
def test_requests_are_under_way_together(workplace: Workplace, several: int) -> None:
    """As many as are set, once PORTERS has taken the first one, which goes alone."""
    with Together(several) as porters:
        settings = {**porters.target_config(), "concurrency": several}
        wanted = people(45 * (1 + several), memo=100)
        run = workplace.target(settings, contacts(*wanted, state={"at": 1}))
        assert (run.code, run.messages) == (0, [{"at": 1}]), run.log
        assert sorted(held(porters)) == sorted(each["name"] for each in wanted)
        assert len(porters.writes) == 1 + several


@pytest.mark.parametrize("cut", ["before", "after"])
def test_requests_that_are_lost_together_double_nobody(workplace: Workplace, cut: str) -> None:
    """Whether PORTERS has carried them out or not: only who was in them is looked up."""
    with Together() as porters:
        porters.fault(on=WRITE, after=1, times=FLIGHT, cut=cut)
        wanted = people(45 * (1 + FLIGHT), memo=100)
        run = workplace.target(porters.target_config(), contacts(*wanted, state={"at": 1}))
        assert (run.code, run.messages) == (0, [{"at": 1}]), run.log
        assert sorted(held(porters)) == sorted(each["name"] for each in wanted)


LOCK = "hhqqi4x"
ACCOUNTS = 1 << 60
"""Where the locks of accounts are in SQLite's file, and how many there may be."""


class Breaking(Porters):
    """A PORTERS whose client's ledger fails before the second write is answered."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the ledger."""
        super().__init__()
        self.folder, self.store = folder, SqliteStore(folder / "breaking.db")
        self.free: list[bool] = []
        """Whether another run could have had the account before the third write was answered."""

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        if self.is_write(request):
            if len(self.writes) == 1:
                self.store.fail()
            elif self.writes and not self.free:
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
    """The account is kept until the third request is answered; the next run doubles nothing."""
    with Breaking(workplace.folder) as porters:
        settings = {**porters.target_config(), "ledger_url": porters.store.url}
        records = contacts(*people(140, memo=100), state={"at": 1})
        run = workplace.target(settings, records)
        assert (run.code, run.out, porters.free, len(porters.contacts)) == (1, "", [False], 140)
        assert porters.store.lost in run.log
        porters.store.mend()
        again = workplace.target(settings, records)
        first = again.summary["unchanged"]
        assert (again.code, bins(again.summary)["created"]) == (0, 140 - first)
        assert (len(porters.contacts), first > 0) == (140, True)
