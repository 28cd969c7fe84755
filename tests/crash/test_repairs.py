"""A ledger whose repair is killed is as it was before, or as it is to be: never in between."""

from __future__ import annotations

import random
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from target_contacts.ledger.entry import WRITTEN, Entry, Keys
from target_contacts.ledger.ledger import Ledger
from target_contacts.ledger.tables import METADATA
from tests.crash.runs import KILLED, Runs
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST, SOON

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.support.ledger_stores import Store

SEED, POINTS, MANY = 5, 2, 300
"""Points at which each command is killed; records that the ledger knows."""

NAMED = "--stream", "contacts", "--key", "7"
VERBS = {
    "forget": ("forget", *NAMED),
    "forget all": ("forget", "--stream", "contacts", "--all"),
    "relink": ("relink", *NAMED, "--remote-id", "{contact}"),
    "import": ("import", "--file", "{file}"),
}


class Bench:
    """An account whose ledger is put back before each command."""

    def __init__(self, folder: Path, zoho: ZohoVoice, url: str) -> None:
        """Take an empty folder and database, and a destination with a contact of no record."""
        own = {"ledger_url": url, "ledger_account": "office"}
        config: dict[str, Any] = {**FAST, **SOON, **zoho.target_config(), **own}
        self._runs, self._url = Runs(folder, config), url
        with closing(self._opened()) as ledger:
            ledger.stream_keys.put("contacts", Keys(["id"], has_former=False))
            known = range(MANY)
            ledger.put("contacts", [_entry(ledger, number) for number in known])
        self._whole = self._tables()
        self.file = folder / "ledger.jsonl"
        assert self.ended(["export", "--file", str(self.file)]) == 0

    def _opened(self) -> Ledger:
        return Ledger(self._url, "zoho_voice office")

    def _tables(self) -> dict[str, list[dict[str, Any]]]:
        engine = sa.create_engine(self._url)
        with closing(engine.connect()) as connection:
            found = {
                name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
                for name, table in METADATA.tables.items()
            }
        engine.dispose()
        return found

    def put_back(self, *, empty: bool) -> None:
        """Let the ledger be what it was, or empty; no run has been killed."""
        engine = sa.create_engine(self._url)
        with engine.begin() as connection:
            for name, table in METADATA.tables.items():
                connection.execute(sa.delete(table))
                if not empty and self._whole[name]:
                    connection.execute(sa.insert(table), self._whole[name])
        engine.dispose()

    def ended(self, options: Sequence[str], kill_at: int | None = None) -> int:
        """Run a command, which may be killed or have its steps counted; return its exit code."""
        words = ["--ledger", *options]
        if kill_at is None:
            return self._runs.run([], words).code
        running = self._runs.start([], kill_at, words)
        code = running.ended().code
        self.steps = running.steps if kill_at == 0 else 0
        return code

    def rows(self) -> list[bytes]:
        """Return what the ledger knows, without the times of change."""
        with closing(self._opened()) as ledger, ledger.transfer.lines() as lines:
            return [line.rpartition(b',"20')[0] or line for line in lines]


def _entry(ledger: Ledger, number: int) -> Entry:
    return Entry(ledger.digest([str(number)]), WRITTEN, f"no-{number}", "p" * 32, source="s" * 32)


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running Zoho Voice with a contact."""
    with ZohoVoice() as server:
        server.add(first_name="Anna", mobile="+4915112345678")
        yield server


@pytest.mark.parametrize("verb", VERBS)
def test_a_killed_repair_is_done_or_not(
    tmp_path: Path, zoho: ZohoVoice, store: Store, verb: str
) -> None:
    """SIGKILL at executed lines that a seed draws; then the same command does it."""
    bench = Bench(tmp_path, zoho, store.url)
    known = {"contact": str(zoho.contacts[0]["contact_id"]), "file": str(bench.file)}
    options = [each.format(**known) for each in VERBS[verb]]
    is_empty = verb == "import"
    bench.put_back(empty=is_empty)
    before = bench.rows()
    assert bench.ended(options, 0) == 0
    after, steps = bench.rows(), bench.steps
    assert before != after
    drawn = random.Random(f"{SEED} {verb}")  # noqa: S311
    codes = []
    for at in [drawn.randint(steps * 2 // 3, steps) for _ in range(POINTS)]:
        bench.put_back(empty=is_empty)
        codes.append(bench.ended(options, at))
        found = bench.rows()
        assert found in (before, after), f"seed {SEED}, step {at}"
        assert codes[-1] == KILLED or found == after
    assert codes.count(KILLED) >= POINTS // 2
    store.end_runs()
    assert bench.ended(options) in ({0} if found == before or is_empty else {0, 1})
    assert bench.rows() == after
