"""Count what became of the records of a run. Each one read or left ends in exactly one bin."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tap_contacts.plugin import metrics, printable
from tap_contacts.plugin.printable import HIDDEN
from target_contacts.report.unfilled import Unfilled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_contacts.transport.usage import Usage

NOT_THERE = "left out, unknown there"
"""What is done with a value that the destination does not have."""

OF_RECORDS = frozenset(("schema", "missing_key"))
"""Codes of rejections whose field is the record's, not the destination's."""

MARKED = "marked"
"""What has become of a contact that is in the bin of the deleted ones, but was only marked."""

BINS = ("created", "updated", "unchanged", "deleted", "rejected", "skipped")


class Books:
    """Count what became of the records, and report it at the end."""

    def __init__(self) -> None:
        self.read = 0
        self.left = 0
        """Records that did not come, of which ACTIVATE_VERSION says that they left the source."""
        self.marked = 0
        """Contacts in the bin of the deleted ones that were only marked."""
        self.bins: Counter[str] = Counter()
        self.by_stream: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """The same by stream."""
        self.skips: Counter[tuple[str, str]] = Counter()
        """Skipped records by stream and reason."""
        self.rejections: Counter[tuple[str, str, str]] = Counter()
        """Rejected records by stream, code and field."""
        self.dropped_or_truncated: Counter[tuple[str, str, str]] = Counter()
        """Values that did not fit: stream, field and what was done."""
        self.noted: Counter[tuple[str, str, str]] = Counter()
        """Values not written or looked up quite as they came: stream, field and why."""
        self.left_alone: Counter[tuple[str, str, str]] = Counter()
        """Values of contacts that stay as they are: stream, field and policy."""
        self.read_first = 0
        """Contacts that were read before they were written, since a policy needs it."""
        self.doubled: list[tuple[str, str, list[str]]] = []
        """Contacts that were created twice: stream, id in the ledger, ids of the others."""
        self.not_carried: dict[str, set[str]] = {}
        """Fields that no field of the destination takes, by stream."""
        self.unnamed: Counter[str] = Counter()
        """Number of such fields whose names may not be shown, by stream."""
        self.unfilled = Unfilled()
        """Entries of `field_map` that gave no record a value."""
        self._passed_over: set[str] = set()
        """Streams that are not written, nor read for names of statuses."""
        self.asked = False
        """Whether the settings name the streams to write."""

    def enter(self, outcome: str, count: int = 1, stream: str = "") -> None:
        """Count records of a stream into a bin."""
        if count:
            self.bins[outcome] += count
            self.by_stream[stream][outcome] += count

    def write(self, action: str, stream: str, count: int) -> None:
        """Count contacts that were written; marked ones are in the bin of the deleted."""
        self.marked += count if action == MARKED else 0
        self.enter("deleted" if action == MARKED else action, count, stream)

    def skip(self, stream: str, reason: str) -> None:
        """Count one record as skipped."""
        self.enter("skipped", 1, stream)
        self.skips[stream, reason] += 1

    def skipped_for(self, reason: str) -> int:
        """Return how many records of all streams were skipped for a reason."""
        return sum(count for (_, why), count in self.skips.items() if why == reason)

    def pass_over(self, stream: str, *, asked: bool) -> None:
        """Note a stream that is not written."""
        self._passed_over.add(stream)
        self.asked = asked

    @property
    def passed_over(self) -> dict[str, int]:
        """Return how many records there were in each stream that is not written."""
        counts: Counter[str] = Counter(dict.fromkeys(sorted(self._passed_over), 0))
        for (stream, _), count in self.skips.items():
            counts.update({stream: count} if stream in counts else {})
        return dict(counts)

    def reject(self, stream: str, code: str, field: str | None) -> tuple[str, str, str]:
        """Count one record as rejected; return as what: stream, code and field."""
        self.enter("rejected", 1, stream)
        kind = (stream, code, shown(field, code))
        self.rejections[kind] += 1
        return kind

    def count_rejects(self, api: str) -> None:
        """Log metrics of how many records were rejected, by stream and code."""
        found: Counter[tuple[str, str]] = Counter()
        for (stream, code, _), count in self.rejections.items():
            found[stream, code] += count
        for (stream, code), count in found.items():
            metrics.count(metrics.Counted.REJECTS, count, api=api, stream=stream, code=code)
        if not found:
            metrics.count(metrics.Counted.REJECTS, 0, api=api)

    def count_unfit(self, stream: str, values: list[tuple[str, str]]) -> None:
        """Count values that were left out or cut short, and clear their list."""
        self.dropped_or_truncated.update((stream, field, done) for field, done in values)
        values.clear()

    def leave_fields(self, stream: str, names: Iterable[str]) -> None:
        """Note fields that nothing takes. Those whose names may not be shown are counted."""
        for name in names:
            if name == HIDDEN:
                self.unnamed[stream] += 1
            else:
                self.not_carried.setdefault(stream, set()).add(name)

    def note(self, stream: str, field: str, done: str) -> None:
        """Count a value that is not written, or not looked up, quite as it came."""
        self.noted[stream, field, done] += 1

    def leave_alone(self, stream: str, field: str, policy: str) -> None:
        """Count a value of a contact that stays as it is, by a policy."""
        self.left_alone[stream, field, policy] += 1

    def double(self, stream: str, remote_id: str, others: list[str]) -> None:
        """Note a contact that was created twice, since the first create was carried out late."""
        self.doubled.append((stream, remote_id, others))

    def counts(self) -> dict[str, int]:
        """Return how many records were read, and are in each bin that is not empty."""
        bins = {name: n for name in BINS if (n := self.bins[name])}
        return {"read": self.read, **bins, **self._beside()}

    def _beside(self) -> dict[str, int]:
        beside = {"left": self.left, MARKED: self.marked, "read_first": self.read_first}
        return {name: count for name, count in beside.items() if count}

    def summary(self, usage: Usage, *, dry_run: bool) -> dict[str, object]:
        """Return the counts of the run, and the requests that it took."""
        counts: dict[str, object] = {"read": self.read}
        counts |= {name: self.bins[name] for name in BINS}
        counts |= self._beside()
        counts["requests"] = sum(usage.calls.values())
        counts["calls"] = dict(usage.calls)
        counts["repeated"] = usage.repeats
        counts["waited_seconds"] = round(usage.waited, 1)
        if open_ones := self.read + self.left - sum(self.bins.values()):
            counts["unsettled"] = open_ones
        counts |= self._fields()
        if self.doubled:
            counts["doubled"] = [[stream, kept, *others] for stream, kept, others in self.doubled]
        return counts | ({"dry_run": True} if dry_run else {})

    def _fields(self) -> dict[str, object]:
        found: dict[str, object] = {"passed_over": self.passed_over} if self._passed_over else {}
        found["not_carried"] = {s: sorted(names) for s, names in self.not_carried.items() if names}
        if self.unnamed:
            found["not_carried_unnamed"] = dict(self.unnamed)
        if self.dropped_or_truncated:
            found["dropped_or_truncated"] = _rows(self.dropped_or_truncated)
        if self.noted:
            found["noted"] = _rows(self.noted)
        if self.left_alone:
            found["left_alone"] = _rows(self.left_alone)
        return found


def shown(field: str | None, code: str) -> str:
    """Return the name of the field at fault as it may be shown: a record's may be any text."""
    if field and code in OF_RECORDS:
        return printable.name(field)
    return field or "-"


def _rows(counter: Counter[tuple[str, str, str]]) -> list[list[object]]:
    return [[*what, count] for what, count in sorted(counter.items())]
