"""Compare the ledger with the destination, by reading alone."""

from __future__ import annotations

import functools
import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport.errors import ApiError, GivenUp, Refused
from target_contacts.commands.destination import Destination
from target_contacts.commands.entries import Entries
from target_contacts.commands.written_form import Cuts, WrittenForm
from target_contacts.ledger.entry import WRITTEN
from target_contacts.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_contacts.ledger.inventory import Linked

MOST_SINGLE = 20
"""Contacts that are read one by one rather than listed."""

MOST_SHOWN = 20
"""Keys that are named of each kind."""

BATCH = 1000
"""Contacts of a list that are looked for in the ledger together."""

AS_WRITTEN, CHANGED, THERE, GONE, UNTOLD = "as written", "changed", "there", "gone", "not told"
KINDS = (AS_WRITTEN, CHANGED, THERE, GONE, UNTOLD)


Group = tuple[str, tuple[str, ...], Cuts]
"""Stream, fields and cut texts of contacts that are told together to be changed, or not."""


class Compare(Entries):
    """Compare what the ledger knows with what is there."""

    def check(self) -> Iterator[str]:
        """Yield how many contacts are there, gone and changed, and the keys of some.

        Raises:
            ApiError: If the destination does not tell.
        """
        if self.stream:
            self.assert_known()
        self._found: dict[str, Counter[str]] = defaultdict(Counter)
        self._keys: dict[str, list[str]] = defaultdict(list)
        self._unproven: dict[Group, list[Linked]] = defaultdict(list)
        self._unproven_count: Counter[Group] = Counter()
        self._compare()
        self._close()
        yield from self._told()

    def _compare(self) -> None:
        count = self.inventory.count_linked(self._which)
        if not count:
            return
        if count <= MOST_SINGLE:
            for entry in self.inventory.linked(self._which):
                self._read(entry)
        elif self._destination.can.can_list:
            self._list()
        else:
            why = f"contacts cannot be listed, and {count} are too many to be read one by one"
            raise self._unreadable(why)

    def _unreadable(self, why: str) -> ApiError:
        return ApiError(self.title, "--ledger check", why, "Nothing is known of what is there.")

    # One by one.

    def _read(self, entry: Linked) -> None:
        try:
            held = self._destination.sink.read_back(entry.remote_id)
        except Refused as error:
            if not self._destination.can.can_list:
                raise self._unreadable(error.answered) from None
            held = None
        except GivenUp:
            held = None
        if held is not None:
            self._there(entry, held)
            return
        is_there = self._destination.is_there(entry.remote_id)
        self._count(UNTOLD if is_there is None else THERE if is_there else GONE, entry)

    # From a list.

    def _list(self) -> None:
        seen: set[str] = set()
        stored = self._destination.sink.stored()
        try:
            while part := dict(itertools.islice(stored, BATCH)):
                seen.update(part)
                for entry in self.inventory.linked(self._which, list(part)):
                    self._there(entry, part[entry.remote_id])
        except Incomplete as error:
            raise self._unreadable(str(error).rstrip(".")) from None
        self._missing(self.inventory.linked(self._which, without=seen))

    def _missing(self, entries: list[Linked]) -> None:
        """Count what no list holds. The first are asked for: if one is there, lists lack some."""
        first, others = entries[:MOST_SINGLE], entries[MOST_SINGLE:]
        are_gone = [self._is_gone(entry) for entry in first]
        for entry, is_gone in zip(first, are_gone, strict=True):
            self._count(GONE if is_gone else UNTOLD, entry)
        for entry in others:
            self._count(GONE if all(are_gone) else UNTOLD, entry)

    def _is_gone(self, entry: Linked) -> bool:
        try:
            return self._destination.sink.read_back(entry.remote_id) is None
        except Refused:
            return True
        except GivenUp:
            return False

    # What is found.

    def _there(self, entry: Linked, held: Mapping[str, Any]) -> None:
        if entry.status != WRITTEN or entry.payload is None:
            self._count(THERE, entry)
        elif self._form.is_written(entry, held):
            self._count(AS_WRITTEN, entry)
        else:
            group = entry.stream, self._form.counting(entry), self._form.cuts(entry, held)
            self._unproven_count[group] += 1
            if len(self._unproven[group]) < MOST_SHOWN:
                self._unproven[group].append(entry)

    def _close(self) -> None:
        """Count what differs: as changed, if others have values in the same fields and do not."""
        for group, count in self._unproven_count.items():
            kind = CHANGED if self._form.are_proven(*group[1:]) else THERE
            shown = self._unproven[group]
            for entry in shown:
                self._count(kind, entry)
            self._found[group[0]][kind] += count - len(shown)

    def _count(self, kind: str, entry: Linked) -> None:
        self._found[entry.stream][kind] += 1
        if kind in {CHANGED, GONE} and len(self._keys[kind]) < MOST_SHOWN:
            self._keys[kind].append(f"{entry.stream} {entry.key} {entry.remote_id}")

    def _told(self) -> Iterator[str]:
        rows = [
            (stream, *(str(found[kind]) for kind in KINDS))
            for stream, found in sorted(self._found.items())
        ]
        yield from aligned([("stream", *KINDS), *rows]) if rows else ["Nothing to compare."]
        for kind, keys in sorted(self._keys.items()):
            yield f"{kind} (stream, hash of the key, id there):"
            yield from keys
        yield from self._notes()

    def _notes(self) -> Iterator[str]:
        total: Counter[str] = sum(self._found.values(), Counter())
        for kind, note in _NOTES.items():
            if total[kind]:
                yield note

    @property
    def _which(self) -> str | None:
        return self.stream or None

    @functools.cached_property
    def _destination(self) -> Destination:
        found = Destination(self.run)
        found.learn()
        return found

    @functools.cached_property
    def _form(self) -> WrittenForm:
        most = {field.wire: field.max_length for field in self._destination.sink.configured()}
        return WrittenForm(self.ledger.digest, self.inventory.filled_fields(self._which), most)


_NOTES = {
    CHANGED: (
        "changed: not as this target wrote it. Somebody changed it there. It stays so until its "
        "record changes at the source; then it is overwritten."
    ),
    THERE: "there: whether it is as it was written cannot be told by the ledger, which has a hash.",
    GONE: (
        "gone: not there any more. on_gone says what becomes of it when its record changes; "
        "--ledger forget lets the next run create it."
    ),
    UNTOLD: "not told: the destination does not say whether these are there.",
}
