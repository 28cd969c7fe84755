"""Make a run one that only plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from tap_contacts.plugin.status_line import make_way
from target_contacts.planning.held import Held, Wanted
from target_contacts.planning.sink import PlanningSink

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from target_contacts.delivery.verdict import Verdict
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.planning.planner import Planner
    from target_contacts.sinks.base import ApiSink


class PlannedRun:
    """What stands in for ledger and sinks in a run that only plans."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self._held: Held | None = None
        self._wanted = Wanted()

    def ledger(self, ledger: Ledger) -> Ledger:
        """Return a copy of a ledger, which is closed."""
        try:
            copy = ledger.copied()
        finally:
            ledger.close()
        self.planner.ledger_state = copy.state()
        return copy

    def left_out(self, known: AbstractSet[str]) -> set[str]:
        """Return which of the contacts that the ledger knows a list may leave out."""
        return self._wanted.left_out(known)

    def sink(self, sink: ApiSink[Any], stream: str) -> ApiSink[Any]:
        """Return what stands in for a stream's sink, so that nothing is written."""
        self._held = self._held or Held(sink, self._wanted)
        return cast("ApiSink[Any]", PlanningSink(sink, self.planner, self._held, stream))

    def show(self, verdicts: Iterable[Verdict]) -> None:
        """Print what would be written. It goes where the log goes: STATE alone is for stdout."""
        make_way()
        for line in self.planner.lines(self._held.untold if self._held else "", verdicts):
            click.echo(line, err=True)
