"""Say what became of all destinations together."""

from __future__ import annotations

import json
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.destinations.child import Outcome
    from target_contacts.destinations.settings import Destination

MOST_NAMED = 50
"""Most destinations that a sentence names. The summary names all."""

DONE = frozenset((0, 3))
"""Exit codes of a run that has settled all of its records: they are written or rejected."""

WORST_FIRST = (1, 2, 4, 3)
"""Exit codes of single runs, by which one stands for all: first that which another run mends."""

_LOG = logging.getLogger("contacts.destinations")


class Report:
    """What became of the destinations."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._codes = Counter[int]()
        self._failed: list[str] = []
        self._counts = Counter[str]()
        self._states: set[str] = set()
        """The last STATEs that were passed on, two at most."""

    def note(self, destination: Destination, outcome: Outcome) -> None:
        """Take note of a destination that has ended."""
        self._codes[outcome.code] += 1
        self._counts.update(outcome.counts)
        if outcome.code not in DONE:
            self._failed.append(destination.name)
        if len(self._states) < 2:  # noqa: PLR2004
            self._states.add(outcome.said)

    @property
    def state(self) -> str:
        """Return the STATE to pass on; "" unless all destinations have settled all before it."""
        is_done = sum(self._codes[code] for code in DONE) == self._count
        return next(iter(self._states)) if is_done and len(self._states) == 1 else ""

    @property
    def code(self) -> int:
        """Return the exit code; that of a run which ended otherwise counts as failed."""
        if self._codes.keys() - {0, *WORST_FIRST}:
            return WORST_FIRST[0]
        return next((code for code in WORST_FIRST if self._codes[code]), 0)

    def show(self, left: Mapping[str, int]) -> None:
        """Log it."""
        for stream, count in left.items():
            text = "Records of %s that go to no destination, since no only names their values: %d."
            _LOG.warning(text, stream, count)
        if self._failed:
            names = ", ".join(sorted(self._failed)[:MOST_NAMED])
            further = len(self._failed) - MOST_NAMED
            more = f" and {further} more" if further > 0 else ""
            text = "%d of %d destinations failed: %s%s. The others are done; the lines that begin "
            text += "with their names say why."
            shown = printable.text(names)
            _LOG.error(text, len(self._failed), self._count, shown, more)
        _LOG.info("destinations: %s", json.dumps(self._summary(left)))

    def _summary(self, left: Mapping[str, int]) -> dict[str, Any]:
        ended = sum(self._codes.values())
        summary: dict[str, Any] = {
            "destinations": self._count,
            "done": sum(self._codes[code] for code in DONE),
            "failed": sorted(self._failed),
            "exit_codes": {str(code): n for code, n in sorted(self._codes.items())},
            **self._counts,
        }
        summary |= {"not_begun": self._count - ended} if ended < self._count else {}
        return summary | ({"taken_by_none": dict(left)} if left else {})
