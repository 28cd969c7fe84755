"""Look up once more what contacts belong to, where the destination says that it is not there."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_contacts.transport.errors import Refused
    from target_contacts.delivery.planned import Planned, Received
    from target_contacts.errors import Rejected
    from target_contacts.parents.references import References
    from target_contacts.sinks.base import ApiSink


class Again:
    """The records of a stream that were refused for an id that the ledger knew, each once.

    Args:
        sink: Knows what a refusal is about.
        references: What contacts belong to.
    """

    def __init__(self, sink: ApiSink[Any], references: References) -> None:
        self._sink, self._references = sink, references
        self._waiting: list[Received] | None = None
        self._taken: set[str] = set()
        """Keys of the records that came here before."""

    def takes(self, item: Planned, error: Rejected | Refused) -> bool:
        """Keep an item that is to be looked up once more; say whether it is one."""
        wire = self._sink.missing_parent(error)
        if self._waiting is None or wire is None or item.key in self._taken:
            return False
        if not self._references.forget(wire, str(item.payload.get(wire))):
            return False
        self._taken.add(item.key)
        self._waiting.append(item.received)
        return True

    @contextlib.contextmanager
    def kept(self) -> Iterator[list[Received]]:
        """Keep records meanwhile; give the list that takes them."""
        found = self._waiting = []
        try:
            yield found
        finally:
            self._waiting = None
