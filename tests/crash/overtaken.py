"""A run loses the account while its announced creates wait, and a second run writes the same.

PostgreSQL: the first run's connection ends. SQLite: files named like locks are removed, or the
second run reaches the ledger by another name; there it must not get in. Then the creates of the
first, which the API has kept waiting, are turned away, and it goes on.
"""

from __future__ import annotations

import os
import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_contacts.ledger.lease import LEASE_SECONDS
from tests.crash.lab import Lab
from tests.crash.people import after, covered
from tests.crash.rules import Rule
from tests.crash.runs import Running, Runs
from tests.crash.trials import FIRST, SETTINGS, Tally, batches, measured
from tests.support.ledger_stores import SERVER, PostgresStore, postgres

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Finished

WAYS = ("connection", "file")
"""Ways to lose the account."""

_LATER = b"HTTP/1.1 429 X\r\nContent-Length: 0\r\n\r\n"
_PATIENT = {**SETTINGS[0], "timeout_seconds": 60}

SQLITE = ("clean-up", "hard link", "other mount")
"""Ways in which a second run tries to get at a file."""


@dataclass(frozen=True)
class Overtaking:
    """What one trial does."""

    api: str
    how: str
    at: float
    """Share of the way through the writes at which the first run has to wait."""

    @classmethod
    def drawn(cls, api: str, seed: int, number: int) -> Overtaking:
        """Draw one; the same arguments, and a server or none, give the same."""
        draw = random.Random(f"{seed}/{api}/lease/{number}")  # noqa: S311
        ways = WAYS if SERVER in os.environ else ("file",)
        return cls(api, draw.choice(ways), draw.random())


def overtaken(trial: Overtaking) -> Tally:
    """Carry a trial out in a lab of its own and return what came of it."""
    if trial.how == "connection":
        with postgres() as store, Lab(trial.api, **_PATIENT, ledger_url=store.url) as lab:
            _server(trial, lab, store)
    else:
        with Lab(trial.api, **_PATIENT) as lab:
            _file(trial, lab)
    lost, doubled, problems = lab.verdict
    told = [f"{trial}: lost {sorted(lab.lost)}"] if lost else []
    told += [f"{trial}: doubled {sorted(lab.doubled)}"] if doubled else []
    told += [f"{trial}: {problem}" for problem in problems]
    tally = Tally(points=1, lost=lost, doubled=doubled, other=len(problems))
    tally.problems = told
    return tally


def _server(trial: Overtaking, lab: Lab, store: PostgresStore) -> None:
    """End the connection; the second run takes over, and the first must stop."""
    first = _waiting(trial, lab)
    store.fail()
    lab.must_be_well(lab.runs.run(batches(trial.api)[0]))
    lab.proxy.release.set()
    ended = lab.settled(first.ended())
    lab.must(ended.code == 1, f"the first run ended with {ended.code}: {ended.log[-300:]}")
    _end(trial, lab, ended)


def _file(trial: Overtaking, lab: Lab) -> None:
    """Take the file's lock away as far as that goes; a second run must not get in."""
    first = _waiting(trial, lab)
    elsewhere = lab.runs.folder / "elsewhere"
    elsewhere.mkdir()
    for way in SQLITE:
        ledger = _reached(way, lab.runs.folder, elsewhere)
        second = Runs(elsewhere, {**lab.config(), "ledger_url": f"sqlite:///{ledger}"})
        refused = second.run(batches(trial.api)[0])
        lab.must(refused.code == 1, f"the second run ended with {refused.code}: {way}")
        lab.must(not refused.summary["requests"], f"the second run sent requests: {way}")
    time.sleep(LEASE_SECONDS)  # so that the first run needs a proof
    lab.proxy.release.set()
    ended = lab.settled(first.ended())
    lab.must_be_well(ended)
    _end(trial, lab, ended)


def _reached(way: str, folder: Path, elsewhere: Path) -> Path:
    """Return a way to the ledger of a folder."""
    ledger = folder / "target-contacts.db"
    if way == "clean-up":
        for path in folder.glob("*.lock"):
            path.unlink()
        return ledger
    other = (elsewhere if way == "other mount" else folder) / f"other-{ledger.name}"
    os.link(ledger, other)
    return other


def _waiting(trial: Overtaking, lab: Lab) -> Running:
    """Start a run, and return it when it waits with creates that are announced."""
    writes = measured(trial.api, 0)[0].writes
    later = Rule(commits=False, answer=_LATER, waits=True, kill="on arrival")
    lab.disturb([later] * 4, first=1 + int(trial.at * writes))
    arrived = threading.Event()
    lab.proxy.kill = arrived.set
    running = lab.runs.start(batches(trial.api)[0])
    lab.must(arrived.wait(60), "the first run did not wait")
    lab.calm()
    return running


def _end(trial: Overtaking, lab: Lab, ended: Finished) -> None:
    """Run what follows from the first run's STATE, and judge."""
    batch: list[Any] = list(batches(trial.api)[0])
    wanted = measured(trial.api, 0)[0].holds
    lab.must_hold(covered(batch, ended.messages), wanted, "as the first run's STATE says")
    lab.must_be_well(lab.run(after(batch, ended.messages)))
    lab.must_hold(range(1, len(FIRST) + 1), wanted, "at the end")
