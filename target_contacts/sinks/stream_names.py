"""What the name of a stream says of the API that it was read from."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.sinks.base import ApiSink


class StreamNames:
    """What the names of streams say of the APIs that can be written, and were read here."""

    def __init__(self, kinds: Mapping[str, type[ApiSink[Any]]]) -> None:
        self._kinds = kinds

    @cached_property
    def ends_of_statuses(self) -> tuple[str, ...]:
        """Return the ends of the names of the streams that hold the sources' contact statuses."""
        kinds = self._kinds.values()
        return tuple(end for kind in kinds for end in kind.capabilities.status_streams)

    def api_of(self, stream: str) -> str | None:
        """Return the API that a stream was read from; None if none of these."""
        return next((api for api in self._kinds if stream.startswith(f"{api}_")), None)
