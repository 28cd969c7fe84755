"""Keep what a run would write, and count it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.plugin import printable
from target_contacts.planning.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from target_contacts.delivery.verdict import Verdict
    from target_contacts.planning.planned_write import PlannedWrite


class Planner:
    """What a run would write, of all streams.

    Args:
        keep: Takes each write; None: only counts are kept, and no contact is read.
        keeps_rejects: Whether records that are refused go into a rejects file.
    """

    def __init__(
        self, keep: Callable[[PlannedWrite], None] | None = None, *, keeps_rejects: bool = True
    ) -> None:
        self.keeps_rejects = keeps_rejects
        self.reads = keep is not None
        """Whether the contacts that are changed are read."""
        self._keep = keep or (lambda _: None)
        self.tally = Tally()
        self.ledger_state = ""
        """Hash of what the ledger knew before the run."""

    def lines(self, untold: str, verdicts: Iterable[Verdict]) -> list[str]:
        """Return what would be written in lines, without a value of a contact."""
        found = [
            *self.tally.table(),
            *(self.tally.below() if self.reads else ()),
            *([f"Old values cannot be read: {untold}"] if untold else ()),
            *map(_guarded, verdicts),
        ]
        return list(map(printable.text, found))

    def add(self, write: PlannedWrite, attributes: Mapping[str, str]) -> None:
        """Take a write, and the attribute that fills each field of the destination."""
        self.tally.count(write, attributes)
        self._keep(write)


def _guarded(verdict: Verdict) -> str:
    guard, stream, attribute = verdict.counted
    of = "".join(f" {name}" for name in (stream, attribute) if name)
    would = "would end the run" if verdict.seen > verdict.limit else "lets it through"
    return f"{guard}{of}: {verdict.seen} of at most {verdict.limit}; {would}"
