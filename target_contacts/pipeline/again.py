"""Prepare once more the records that were refused because the ledger knew outdated facts.

These are the id of what a contact belongs to, or the fields of the destination.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_contacts.transport.errors import Refused
    from target_contacts.delivery.planned import Planned, Received
    from target_contacts.errors import Rejected
    from target_contacts.parents.references import References
    from target_contacts.sinks.base import ApiSink


class Again:
    """The records of a stream that are prepared once more, each once."""

    def __init__(
        self, sink: ApiSink[Any], references: References, learns_anew: Callable[[], bool]
    ) -> None:
        self._sink, self._references = sink, references
        self._learns_anew, self._has_learned = learns_anew, False
        self._waiting: list[Received] | None = None
        self._taken: set[str] = set()
        """Keys of the records that came here before."""

    def takes(self, item: Planned, error: Rejected | Refused) -> bool:
        """Keep an item that is to be prepared once more; say whether it is one."""
        if self._waiting is None or item.key in self._taken:
            return False
        if not (self._has_forgotten(item, error) or self._knows_better()):
            return False
        self._taken.add(item.key)
        self._waiting.append(item.received)
        return True

    def _has_forgotten(self, item: Planned, error: Rejected | Refused) -> bool:
        """Say whether a refusal is about an id that the ledger knew, which it does no longer."""
        wire = self._sink.missing_parent(error)
        return wire is not None and self._references.forget(wire, str(item.payload.get(wire)))

    def _knows_better(self) -> bool:
        """Say whether the destination's fields are others than those that records were made for."""
        self._has_learned = self._has_learned or self._learns_anew()
        return self._has_learned

    @contextlib.contextmanager
    def kept(self) -> Iterator[list[Received]]:
        """Keep records meanwhile; give the list that takes them."""
        found = self._waiting = []
        self._has_learned = False
        try:
            yield found
        finally:
            self._waiting = None
