"""What the streams of a run tell each other of the contacts that they find, create and delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from target_contacts.delivery.planned import Planned


class Stream(Protocol):
    """One stream of the run."""

    def know(self, remote_id: str, fields: Mapping[str, Any]) -> None:
        """Add a contact that another stream of this run has created."""

    def know_changed(self, remote_id: str, payload: Mapping[str, Any]) -> None:
        """Know what another stream of this run has written into a contact."""

    def know_gone(self, remote_ids: Sequence[str]) -> None:
        """Know that contacts are not there any more, so that they are never adopted."""

    def know_there(self, remote_id: str) -> None:
        """Know that a contact is there that may have come since all were asked for."""

    @property
    def held(self) -> Collection[Planned]:
        """Return the creates of the stream that were not answered and may still be carried out."""


class Peers:
    """The streams of a run, which know of each other's contacts."""

    def __init__(self) -> None:
        self._streams: list[Stream] = []
        self.unsent: dict[str, Mapping[str, Any]] = {}
        """What records say of contacts that the run created or adopted, and is never sent."""

    def join(self, stream: Stream) -> None:
        """Add a stream."""
        self._streams.append(stream)

    def _others(self, stream: Stream) -> Iterator[Stream]:
        return (each for each in self._streams if each is not stream)

    def tell(self, stream: Stream, remote_id: str, fields: Mapping[str, Any]) -> None:
        """Let the other streams know what a contact holds."""
        for other in self._others(stream):
            other.know(remote_id, fields)

    def tell_changed(self, stream: Stream, remote_id: str, payload: Mapping[str, Any]) -> None:
        """Let the other streams know what was written into a contact."""
        for other in self._others(stream):
            other.know_changed(remote_id, payload)

    def tell_there(self, remote_id: str) -> None:
        """Let all streams know that a contact is there."""
        for each in self._streams:
            each.know_there(remote_id)

    def tell_gone(self, remote_ids: Sequence[str]) -> None:
        """Let all streams know contacts that were deleted since they looked."""
        for each in self._streams:
            each.know_gone(remote_ids)

    def held_by_others(self, stream: Stream) -> list[Planned]:
        """Return the creates of the other streams that were not answered."""
        return [item for other in self._others(stream) for item in other.held]
