"""What the name of a stream says of the API that it was read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.sinks.base import ApiSink


def status_streams(kinds: Mapping[str, type[ApiSink[Any]]]) -> tuple[str, ...]:
    """Return the ends of the names of the streams that hold the sources' contact statuses."""
    return tuple(end for kind in kinds.values() for end in kind.capabilities.status_streams)


def api_of(stream: str, kinds: Mapping[str, type[ApiSink[Any]]]) -> str | None:
    """Return the API that a stream was read from; None if none of these."""
    return next((api for api in kinds if stream.startswith(f"{api}_")), None)
