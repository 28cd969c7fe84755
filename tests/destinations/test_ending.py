"""A command with `destinations` that is ended on its way, and what its processes do then."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crash.runs import KILLED, Runs
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.doors import QUICK, overall, residents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.crash.runs import Running

ACCOUNTS, PEOPLE = 4, 6
LONGEST = 10.0
"""Seconds in which all has to end."""


class Town:
    """Accounts of an API whose creates must not be repeated, and runs that write to them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.accounts = [stack.enter_context(ZohoVoice(latency=0.05)) for _ in range(ACCOUNTS)]
        self._answers, self._enough = 0, threading.Event()
        for account in self.accounts:
            account.date = self._counting(account.date)
        listed = [
            {**each.target_config(), "name": f"flat {n}", "only": {"flat": n}}
            for n, each in enumerate(self.accounts)
        ]
        config = {**QUICK, "destinations": listed, "destinations_at_once": 2, "concurrency": 1}
        self.runs = Runs(folder, config)
        self.messages = residents([n % ACCOUNTS for n in range(ACCOUNTS * PEOPLE)])

    def _counting(self, told: Callable[[], str | None]) -> Callable[[], str | None]:
        """Return what tells an answer's time, and notes when there were enough of them."""

        def date() -> str | None:
            self._answers += 1
            if self._answers >= PEOPLE:
                self._enough.set()
            return told()

        return date

    def under_way(self) -> tuple[Running, list[int]]:
        """Return a run whose processes have written something, and their numbers."""
        running = self.runs.start(self.messages)
        assert self._enough.wait(120)
        return running, children(running.pid)

    def names(self) -> list[list[str]]:
        """Return the last names that each account holds."""
        return [sorted(str(c["last_name"]) for c in each.contacts) for each in self.accounts]

    def wanted(self) -> list[list[str]]:
        """Return the last names that each account is to hold in the end."""
        numbers = range(ACCOUNTS * PEOPLE)
        return [sorted(f"N{n}" for n in numbers if n % ACCOUNTS == a) for a in range(ACCOUNTS)]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Serve the accounts."""
    with ExitStack() as stack:
        yield Town(tmp_path, stack)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def are_gone(pids: list[int]) -> bool:
    """Say whether processes end in time; one that nobody has waited for has ended, too."""
    until = time.monotonic() + LONGEST
    while any(map(is_alive, pids)) and time.monotonic() < until:
        time.sleep(0.01)
    return not any(map(is_alive, pids))


def is_alive(pid: int) -> bool:
    """Say whether a process runs."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    return False


def test_after_kill_9_nothing_goes_on_and_the_next_run_completes_all(town: Town) -> None:
    """None of its processes writes on without it; nobody is lost and nobody doubled."""
    running, pids = town.under_way()
    running.kill()
    assert pids
    assert are_gone(pids)
    assert running.ended().code == KILLED
    assert town.names() != town.wanted()
    run = town.runs.start(town.messages).ended()
    assert (run.code, town.names()) == (0, town.wanted())
    assert run.out == '"read"\n'


def test_a_signal_ends_all_processes_and_the_next_run_completes_all(town: Town) -> None:
    """What is in flight is settled, no other destination is begun, no STATE goes on."""
    running, pids = town.under_way()
    began = time.monotonic()
    running.process.terminate()
    run = running.ended()
    assert time.monotonic() - began < LONGEST
    assert (run.code, run.out) == (143, "")
    assert are_gone(pids)
    assert overall(run)["not_begun"] > 0
    run = town.runs.start(town.messages).ended()
    assert (run.code, town.names()) == (0, town.wanted())


def test_a_process_that_is_killed_fails_alone(town: Town) -> None:
    """As when the system is out of memory: its destination is named, the others are done."""
    running, pids = town.under_way()
    os.kill(pids[0], signal.SIGKILL)
    run = running.ended(120)
    assert (run.code, run.out, len(overall(run)["failed"])) == (1, "", 1)
    run = town.runs.start(town.messages).ended()
    assert (run.code, town.names()) == (0, town.wanted())
