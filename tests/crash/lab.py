"""One API, a proxy before it and a target: what is sent, what comes of it, and the judgement."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
import tempfile
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.crash.people import Shapes, numbers, shapes
from tests.crash.proxy import Proxy
from tests.crash.rules import PASS, Rule, Seen
from tests.crash.runs import Runs
from tests.sandbox.__main__ import DESTINATIONS
from tests.support.tls import TRUST, certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from typing_extensions import Self

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished

KINDS = {kind.api: kind for kind in DESTINATIONS}
QUICK = {
    "retry_wait_seconds": 0.01,
    "requests_per_minute": 1_000_000,
    "timeout_seconds": 5,
    "unanswered_wait_seconds": 0.05,
}
BINS = ("created", "updated", "unchanged", "deleted", "rejected", "skipped")
LOOK_UP = re.compile(r"GET /\S*/contacts?(/|$)")
"""A request that reads contacts: those of a run that only creates are its look-ups."""


class Lab:
    """One trial's place: an empty API, a proxy, a folder; a context manager that cleans up."""

    def __init__(self, api: str, *, secure: bool = False, **settings: Any) -> None:
        """Take the API's name, whether it is spoken to by TLS, and settings of the target."""
        self.api = api
        self._kind, self._settings, self._secure = KINDS[api], settings, secure
        self.problems: list[str] = []
        """What was found wrong, each in a few words."""
        self.lost: set[int] = set()
        """Numbers of contacts reported done that the API lacks."""
        self.doubled: set[int] = set()
        """Numbers of contacts that the API held twice at any time."""

    def __enter__(self) -> Self:
        """Start API and proxy."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crash-")))
            self.sandbox: Sandbox = stack.enter_context(self._kind())
            self.proxy = stack.enter_context(Proxy(self.sandbox.url, secure=self._secure))
            trusted = {TRUST: str(certificate())} if self._secure else {}
            self.runs = Runs(folder, self.config(), trusted)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop both and remove the folder."""
        self._stack.close()

    def config(self) -> dict[str, Any]:
        """Return the target's config, its requests going through the proxy."""
        text = json.dumps(self.sandbox.target_config())
        config: dict[str, Any] = json.loads(text.replace(self.sandbox.url, self.proxy.url))
        return {**config, **QUICK, "concurrency": 4, **self._settings}

    def run(self, messages: Sequence[Mapping[str, Any]], *options: str) -> Finished:
        """Run the target to its end and note what is doubled then."""
        return self.settled(self.runs.run(messages, options))

    def settled(self, ended: Finished) -> Finished:
        """Wait until all that was sent has been carried out, and note what is doubled then."""
        self.proxy.wait_until_idle()
        self.doubled |= {number for number, each in self.held().items() if len(each) > 1}
        return ended

    def forget_pauses(self) -> None:
        """Let the next run send at once, as if what earlier ones were asked to wait were over."""
        for rates in self.runs.folder.glob("*.rates*"):
            rates.unlink()

    def held(self) -> Shapes:
        """Return what the API holds."""
        return shapes(self.sandbox.contacts)

    def disturb(
        self,
        rules: Iterable[Rule],
        *,
        among: Callable[[Seen], bool] | None = None,
        first: int = 1,
        every: int = 1,
    ) -> None:
        """Let each rule in turn disturb one request; once all have disturbed, everything passes.

        Args:
            rules: What becomes of the requests that are disturbed.
            among: Whether a request counts; default: those that ask for a change of contacts.
            first: Number of the first request to be disturbed, of those that count.
            every: How many requests it is from one that is disturbed to the next.
        """
        waiting, matches = iter(rules), itertools.count(1)
        counts = among or self.is_write

        def choose(seen: Seen) -> Rule:
            if not counts(seen):
                return PASS
            beyond = next(matches) - first
            return next(waiting, PASS) if beyond >= 0 and beyond % every == 0 else PASS

        self.proxy.choose = choose

    def calm(self) -> None:
        """Let everything pass from now on."""
        self.disturb(())

    def is_write(self, seen: Seen) -> bool:
        """Say whether a request asks for a change of contacts, going by the contacts in it."""
        return not seen.line.startswith("GET") and bool(seen.numbers)

    def is_about_contacts(self, seen: Seen) -> bool:
        """Say whether a request asks for contacts or for a change of some."""
        return self.is_write(seen) or LOOK_UP.match(seen.line) is not None

    def open_intents(self) -> int:
        """Return how many creates the ledger knows to be without outcome."""
        path = self.runs.folder / "target-contacts.db"
        if not path.exists():
            return 0
        with closing(sqlite3.connect(path)) as ledger:
            query = "SELECT count(*) FROM contacts WHERE status = 'intent'"
            try:
                return int(ledger.execute(query).fetchone()[0])
            except sqlite3.OperationalError:
                return 0  # killed before the table was made

    def look_ups(self) -> int:
        """Return how many requests read contacts."""
        return sum(bool(LOOK_UP.match(seen.line)) for seen in self.proxy.seen)

    def disturbed_numbers(self) -> set[int]:
        """Return the numbers of the contacts in requests that the proxy disturbed."""
        return {number for seen, _ in self.proxy.disturbed for number in seen.numbers}

    def unanswered(self) -> int:
        """Return how many contacts were written by requests that the proxy disturbed."""
        disturbed = (seen for seen, _ in self.proxy.disturbed if self.is_write(seen))
        return sum(len(seen.numbers) for seen in disturbed)

    def written(self) -> Counter[int]:
        """Return how often each contact was sent in a request that asks for a change."""
        writes = filter(self.is_write, self.proxy.seen)
        return Counter(number for seen in writes for number in seen.numbers)

    # Judgement.

    def must(self, holds: object, problem: str) -> None:
        """Note a problem unless a condition holds."""
        if not holds:
            self.problems.append(problem)

    def must_hold(self, expected: Iterable[int], wanted: Shapes, when: str) -> None:
        """Note contacts that the API lacks, or holds otherwise than they should be by now."""
        held, rejected = self.held(), numbers(self.runs.rejected())
        for number in expected:
            if number in rejected:
                continue
            if number not in held:
                self.lost.add(number)
            elif held[number] != wanted[number] and number not in self.doubled:
                self.problems.append(f"contact {number} is not as it should be {when}")

    def must_be_well(self, ended: Finished) -> None:
        """Note it if a run did not end well or its books do not balance."""
        self.must(ended.code == 0, f"exit code {ended.code}: {ended.log[-600:]}")
        if ended.code in {0, 3}:
            counts = ended.summary
            left = counts.get("left", 0)
            balance = counts["read"] + left == sum(counts[name] for name in BINS)
            self.must(balance and "unsettled" not in counts, f"books: {counts}")

    @property
    def verdict(self) -> tuple[int, int, list[str]]:
        """Return how many are lost, how many doubled, and what else is wrong."""
        return len(self.lost), len(self.doubled), self.problems
