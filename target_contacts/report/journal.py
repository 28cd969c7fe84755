"""Note what became of each record, for the report of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.report.outcome_file import OutcomeFile

EXAMPLES = 3
"""Keys that are kept for each kind of rejection, as digests."""


MOST_KINDS = 10_000
"""Sets of fields that are counted apart."""


class Journal:
    """What became of the records of a run that were not unchanged. A plan has no file."""

    def __init__(self, file: OutcomeFile | None = None) -> None:
        self._file = file
        self.examples: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
        """Digests of keys of some rejected records, by stream, code and field."""
        self._sent, self._cleared = _Fields(), _Fields()

    def write(  # noqa: PLR0913  # the columns of a line
        self,
        stream: str,
        action: str,
        key: str,
        *,
        remote_id: str | None,
        sent: tuple[str, ...],
        cleared: tuple[str, ...],
        attempt: int,
    ) -> None:
        """Note a contact that was written, and at which attempt over all runs."""
        self._sent.add(stream, sent)
        if cleared:
            self._cleared.add(stream, cleared)
        if self._file:
            self._file.add(
                stream,
                action,
                key,
                remote_id=remote_id,
                sent=sent,
                cleared=cleared,
                attempt=attempt,
            )

    def reject(self, kind: tuple[str, str, str], key: str | None, attempt: int) -> None:
        """Note a rejected record, and at which attempt; `key` is None if the key was not read."""
        stream, code, _ = kind
        if key and len(known := self.examples[kind]) < EXAMPLES:
            known.append(key)
        if self._file:
            self._file.add(stream, "rejected", key, code=code, attempt=attempt)

    def skip(self, stream: str, key: str, reason: str) -> None:
        """Note a skipped record."""
        if self._file:
            self._file.add(stream, "skipped", key, reason=reason)

    def flush(self) -> None:
        """Write what was noted."""
        if self._file:
            self._file.flush()

    def fields(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return by stream and field how many contacts got a value there, or were emptied."""
        found: dict[str, dict[str, dict[str, int]]] = {}
        for what, fields in (("filled", self._sent), ("cleared", self._cleared)):
            for (stream, name), count in fields.counts().items():
                found.setdefault(stream, {}).setdefault(name, {})[what] = count
        return found


class _Fields:
    """Count contacts by field. Those with the same fields are counted together at first."""

    def __init__(self) -> None:
        self._together: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._single: Counter[tuple[str, str]] = Counter()

    def add(self, stream: str, names: tuple[str, ...]) -> None:
        self._together[stream, names] += 1
        if len(self._together) > MOST_KINDS:
            self.counts()

    def counts(self) -> Mapping[tuple[str, str], int]:
        for (stream, names), count in self._together.items():
            for name in names:
                self._single[stream, name] += count
        self._together.clear()
        return self._single
