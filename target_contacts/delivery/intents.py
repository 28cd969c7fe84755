"""Enter into the ledger what is about to leave, so that nothing is sent that nobody remembers.

Before a create or a deletion leaves, its intent is on disk. Before an update leaves, so is that the
payload of its contact is in doubt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from target_contacts.ledger.entry import INTENT, LEAVING, WRITTEN, Entry
from target_contacts.sinks.item import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_contacts.delivery.planned import Planned
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.sinks.base import ApiSink


class Intents:
    """The intents of one stream.

    Args:
        sink: Says by what a contact can be looked up.
        ledger: Takes the entries.
        stream: The stream's name.
    """

    def __init__(self, sink: ApiSink[Any], ledger: Ledger, stream: str) -> None:
        self._sink, self._ledger, self._stream = sink, ledger, stream
        self._open: set[str] = set()
        """Keys of creates that were announced and have no outcome yet."""

    def announce(self, items: Sequence[Planned]) -> None:
        """Enter that items are about to leave; a create that may be repeated needs no intent."""
        idempotent = self._sink.capabilities.idempotent
        announced = [item for item in items if item.action is not Action.CREATE or not idempotent]
        self._ledger.put(self._stream, [self.entry(item) for item in announced])
        self._open.update(
            item.key for item in announced if item.action is Action.CREATE and item.intent is None
        )

    def entry(self, item: Planned) -> Entry:
        """Return the entry of an item about to leave; an update's payload is in doubt from then."""
        if item.action is not Action.CREATE:
            leaves = item.action is Action.DELETE or item.may_be_deleted
            filled, status = item.in_doubt or item.filled, LEAVING if leaves else WRITTEN
            source = item.source if item.action is Action.UPDATE else None
            return Entry(
                item.key,
                status,
                item.remote_id,
                source=source,
                filled=filled,
                created=item.is_ours,
            )
        identity = self._ledger.digest(self._sink.looked_for(item))
        return Entry(item.key, INTENT, payload=item.merged, identity=identity)

    def undo(self, refused: Iterable[Planned]) -> None:
        """Put back the versions that were accepted before updates that were not carried out."""
        updates = (item for item in refused if item.action is Action.UPDATE)
        known = ((item, item.known.source if item.known else None) for item in updates)
        self._ledger.put(
            self._stream, [replace(self.entry(item), source=source) for item, source in known]
        )

    def close(self, keys: Iterable[str]) -> None:
        """Take note that these have left: what became of them is entered elsewhere."""
        self._open.difference_update(keys)

    def leave(self) -> None:
        """Leave all that was announced as it is: it may be there, whatever is withdrawn later."""
        self._open.clear()

    def withdraw(self) -> None:
        """Forget the creates that were announced but surely did not leave."""
        self._ledger.drop(self._stream, sorted(self._open))
        self._open.clear()
