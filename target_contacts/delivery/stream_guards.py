"""The guards of a run as one stream asks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_contacts.delivery.guards import Guards
    from target_contacts.delivery.planned import Planned


class StreamGuards:
    """The guards of a run as one stream asks them."""

    def __init__(self, guards: Guards, stream: str, attributes: Mapping[str, str]) -> None:
        self._guards, self._stream, self._attributes = guards, stream, attributes
        self._is_started = False

    @property
    def ends_sending(self) -> bool:
        """Say whether even what was let through is not to be sent."""
        return self._guards.ends_sending

    def admits(self, item: Planned) -> bool:
        """Say whether an item may be sent, and count it; the same one may be sent again."""
        if not self._is_started:
            self._is_started = True
            self._guards.start(self._stream)
        cleared: Sequence[str] = ()
        if item.cleared:
            cleared = sorted({self._attributes.get(wire, wire) for wire in item.cleared})
        return self._guards.admits(self._stream, item.key, item.action.name, cleared)

    def remember(self) -> None:
        """Let the ledger know what was let through, before it is sent."""
        self._guards.remember()
