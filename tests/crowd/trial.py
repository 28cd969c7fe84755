"""Run the real command on the crowd, against one API of the sandbox, in five steps."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.crowd.judge import Judge
from tests.crowd.maker import HAND, A, B
from tests.crowd.people import STREAMS, Crowd, in_advance
from tests.crowd.places import put, takes
from tests.crowd.truth import REGION
from tests.sandbox.__main__ import DESTINATIONS
from tests.support.commands import Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.crowd.people import Entry
    from tests.sandbox.messages import Logged
    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished

KINDS = {kind.api: kind for kind in DESTINATIONS}
ROOM: dict[str, dict[str, Any]] = {
    "bas_ip": {"max_contacts": 1_000_000},
    "cobai": {"inferred_fields": True},  # without an e-mail address nobody could be recognised
}
SETTINGS = {"phone_region": REGION, "requests_per_minute": 1_000_000}
"""All else is default, but for what an API demands."""

STEPS = ("1 stream A", "2 stream B", "3 both again", "4 ledger lost", "5 some there before")
AGAIN = STEPS[2]
READ = re.compile(r"GET /\S*/contacts?(/(?!contact_status)|$)")
"""A request that reads contacts."""

ONE = re.compile(r"/contacts?/[^/]+$")
"""Path of one contact."""

DONE = (0, 3)
"""Exit codes of a run that came to its end."""

LASTING = ("doubled", "missing", "no evidence", "left open")
"""What is counted by its number after the last run of a step, not added up."""

REJECTED = ("ambiguous needlessly", "refused needlessly")
WRONG = ("overwritten", "doubled", "missing", "no evidence")
FAULTS = (*WRONG, *REJECTED, "writes of what is unchanged", "failed")
"""Counts that should be none."""
BINS = ("created", "updated", "unchanged")


@dataclass
class Step:
    """What came of one step."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    """Whom the faults concern."""

    def add(self, run: Counter[str], notes: Sequence[str]) -> None:
        """Add a run."""
        self.notes += notes
        for name in LASTING:
            self.counts.pop(name, None)
        self.counts += run

    @property
    def faults(self) -> dict[str, int]:
        """Return what should not be."""
        return {name: self.counts[name] for name in FAULTS if self.counts[name]}


class Place:
    """An API, a folder and a judge."""

    def __init__(self, stack: ExitStack, api: str, crowd: Crowd) -> None:
        """Start an empty API; the stack stops it."""
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crowd-")))
        self.sandbox: Sandbox = stack.enter_context(KINDS[api](**ROOM.get(api, {})))
        self.crowd, self._workplace, self._folder = crowd, Workplace(folder), folder
        self._judge = Judge(crowd, api)

    def put(self, entries: Sequence[Entry]) -> None:
        """Put people in by hand, if the API takes them; before the first run."""
        taken = [entry for entry in entries if takes(self.sandbox.api, entry)]
        for entry in taken:
            put(self.sandbox, entry)
        self._judge = Judge(self.crowd, self.sandbox.api, taken, self.sandbox.contacts)

    def lose_ledger(self) -> None:
        """Remove the ledger's files."""
        for path in self._folder.glob("target-contacts.db*"):
            path.unlink()

    def step(self, name: str, *sources: str) -> Step:
        """Send streams, one run each, and judge what came of it."""
        step = Step(name)
        for source in sources:
            step.add(self._run(source), self._judge.notes)
        if name != AGAIN:
            del step.counts["writes of what is unchanged"]
        return step

    def _run(self, source: str) -> Counter[str]:
        sent, logged = self.crowd.told_by(source), len(self.sandbox.log)
        before = self._rejects()
        config = {**self.sandbox.target_config(), **SETTINGS}
        records = [entry.record for entry in sent]
        ended = self._workplace.target(config, contacts(*records, stream=STREAMS[source]))
        rejected = [line for path in self._rejects() - before for line in _records(path)]
        counts = self._judge.after(source, self.sandbox.contacts, _codes(sent, rejected))
        counts += _requests(self.sandbox, logged)
        return counts + _of_run(ended, counts["writes"] - sum(map(_tries, rejected)))

    def _rejects(self) -> set[Path]:
        return set(self._folder.glob("rejects/*.singer.jsonl"))


def _records(path: Path) -> list[dict[str, Any]]:
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line["type"] == "RECORD"]


def _codes(sent: Sequence[Entry], rejected: Sequence[dict[str, Any]]) -> dict[int, str]:
    """Return the codes of rejections by the numbers of the entries."""
    numbers = {entry.key: entry.number for entry in sent}
    return {numbers[line["record"]["id"]]: line["rejection"]["code"] for line in rejected}


def _tries(rejected: dict[str, Any]) -> int:
    """Return how often the API refused a record; each time was a write that was due."""
    rejection = rejected["rejection"]
    return int(rejection["attempts"]) if rejection["http_status"] else 0


def _requests(sandbox: Sandbox, start: int) -> Counter[str]:
    """Count the requests since the log was so long.

    A look-up is a request that reads contacts, but for one read of each contact that is written.
    """
    lines = sandbox.log[start:]
    writes = [line.request.path for line in lines if _is_write(sandbox, line)]
    asked = Counter(line.request.path for line in lines if _is_read(line))
    for_writes = asked & Counter(path for path in writes if ONE.search(path))
    counts = {"writes": len(writes), "reads": asked.total()}
    return Counter({**counts, "look-ups": asked.total() - for_writes.total()})


def _is_write(sandbox: Sandbox, line: Logged) -> bool:
    return line.executed and sandbox.is_write(line.request)


def _is_read(line: Logged) -> bool:
    return bool(READ.match(f"{line.request.method} {line.request.path}"))


def _of_run(ended: Finished, beyond: int) -> Counter[str]:
    """Count what a run says of itself, and the writes beyond those that were refused again."""
    if ended.code not in DONE:
        return Counter({"failed": 1})
    bins = {name: ended.summary[name] for name in BINS}
    return Counter({**bins, "writes of what is unchanged": max(0, beyond)})


def trial(api: str, crowd: Crowd) -> list[Step]:
    """Send the crowd to an API, in all five steps, and return what came of each."""
    with ExitStack() as stack:
        place = Place(stack, api, crowd)
        steps = [place.step(STEPS[0], A), place.step(STEPS[1], B), place.step(AGAIN, A, B)]
        place.lose_ledger()
        steps.append(place.step(STEPS[3], A, B))
        elsewhere = Place(stack, api, in_advance(crowd))
        elsewhere.put(elsewhere.crowd.told_by(HAND))
        return [*steps, elsewhere.step(STEPS[4], A, B)]
