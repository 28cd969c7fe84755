"""Count what would be written, and show the counts. No value of a contact stands in them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from target_contacts.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_contacts.planning.planned_write import PlannedWrite

HEAD = ("stream", "action", "attribute", "contacts", "emptied")


class Counted(NamedTuple):
    """What is counted by itself."""

    stream: str
    action: str
    attribute: str = ""


class Tally:
    """Count the writes of a plan."""

    def __init__(self) -> None:
        self._contacts: Counter[Counted] = Counter()
        self._emptied: Counter[Counted] = Counter()
        self._changed: Counter[tuple[str, str]] = Counter()
        """Values that somebody else changed, by stream and attribute."""
        self._policies: Counter[tuple[str, str, str]] = Counter()
        """Contacts by stream, attribute and the policy that it has."""
        self._notes: Counter[tuple[str, str]] = Counter()
        """Contacts by stream and what is said of them."""

    def count(self, write: PlannedWrite, attributes: Mapping[str, str]) -> None:
        """Count a write, with the attribute that fills each field of the destination."""
        stream, action = write.stream, write.action
        self._contacts[Counted(stream, action)] += 1
        for wire, value in write.fields.items():
            counted = Counted(stream, action, attributes.get(wire, wire))
            self._contacts[counted] += 1
            self._emptied[counted] += value.new == ""
        for wire in write.changed_there or ():
            self._changed[stream, attributes.get(wire, wire)] += 1
        for wire, policy in (write.policies or {}).items():
            self._policies[stream, attributes.get(wire, wire), policy] += 1
        self._notes.update((stream, note) for note in _notes(write))

    def counts(self) -> list[dict[str, str | int]]:
        """Return how many contacts each action concerns, by stream."""
        found = ((c, n) for c, n in sorted(self._contacts.items()) if not c.attribute)
        return [{"stream": c.stream, "action": c.action, "contacts": n} for c, n in found]

    def table(self) -> list[str]:
        """Return the lines of a table, each column as wide as it must be."""
        rows = [
            (*counted, str(count), str(self._emptied[counted] or ""))
            for counted, count in sorted(self._contacts.items())
        ]
        return aligned([HEAD, *rows]) if rows else ["Nothing would be written."]

    def below(self) -> Iterator[str]:
        """Yield what reading the contacts showed."""
        for (stream, attribute), count in sorted(self._changed.items()):
            yield f"{stream}: contacts whose {attribute} others have changed there: {count}"
        for (stream, attribute, policy), count in sorted(self._policies.items()):
            yield f"{stream}: contacts whose {attribute} has the policy {policy}: {count}"
        for (stream, note), count in sorted(self._notes.items()):
            yield f"{stream}: contacts that {note}: {count}"


def _notes(write: PlannedWrite) -> Iterator[str]:
    if write.action == "create":
        return
    if write.gone:
        yield "are not there any more"
    elif not write.is_told:
        yield "cannot be read there, so that their old values are not known"
    elif write.changed_there is None and write.is_known:
        yield "others may have changed there, which cannot be told"
