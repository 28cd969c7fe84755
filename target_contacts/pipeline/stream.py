"""What a stream says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Stream(NamedTuple):
    """What the SCHEMA message of a stream says."""

    name: str
    schema: Mapping[str, Any]
    key_properties: Sequence[str]
    """Names of the key's properties, in the order of the message."""

    @property
    def sorted_keys(self) -> list[str]:
        """Return the names of the key's properties in the order in which their values are kept."""
        return sorted(self.key_properties)
