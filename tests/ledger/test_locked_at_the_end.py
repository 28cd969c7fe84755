"""A signal comes while another program holds the ledger: what was sent stays announced."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

from tests.support.commands import Workplace, contacts, singer
from tests.support.ledger_runs import Watched, config, end_input, feed, started
from tests.support.ledger_stores import SqliteStore
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.under_way import UnderWay

CARL = {**ANNA, "id": 3, "first_name": "Carl"}
PATIENCE = 0.1
"""Seconds for which a run waits for the lock, as the URL of the store says."""


def end_while_locked(zoho: Watched, store: SqliteStore, run: UnderWay) -> None:
    """Lock the ledger and signal as Anna arrives, beside Bert, who is answered later."""
    zoho.release, signalled = threading.Event(), threading.Event()
    alone = iter(["the first request of a run"])

    def lock() -> None:
        if not next(alone, "") and not signalled.is_set() and zoho.arrived.wait(30):
            store.fail()
            run.send_signal(signal.SIGTERM)
            signalled.set()

    zoho.before_write = lock
    feed(run, singer(contacts({**CARL, "company": "Acme"}, ANNA, BERT, state={"at": 1})))
    end_input(run)
    assert signalled.wait(30)
    time.sleep(PATIENCE * 10)
    store.mend()
    zoho.release.set()
    assert run.communicate(timeout=30)[0] == ""
    zoho.before_write = None


def test_what_was_sent_and_cannot_be_entered_is_not_sent_again(
    workplace: Workplace, tmp_path: Path
) -> None:
    """Its intent stays, also that of a create under way: the next run looks both up."""
    store = SqliteStore(tmp_path / "shared.db")
    with Watched() as zoho:
        settings = config(zoho, store, concurrency=2, checkpoint_seconds=60)
        workplace.target(settings, contacts(CARL))
        with started(workplace, settings) as run:
            end_while_locked(zoho, store, run)
        assert (run.returncode, len(store.rows())) == (143, 3)
        again = workplace.target(settings, contacts(ANNA, BERT))
        assert sum(bins(again.summary).values()) == 2
        assert sorted(names(zoho)) == ["Anna", "Bert", "Carl"]
