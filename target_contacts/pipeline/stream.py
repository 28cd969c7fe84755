"""A stream, as its SCHEMA message declares it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Stream(NamedTuple):
    """A stream, as its SCHEMA message declares it."""

    name: str
    schema: Mapping[str, Any]
    key_properties: Sequence[str]
    """Names of the key's properties, in the order of the message."""
    is_sample: bool = False
    """Whether it only checks settings, so that the ledger neither has nor gets its key."""

    @property
    def sorted_keys(self) -> list[str]:
        """Return the names of the key's properties in the order of the ledger."""
        return sorted(self.key_properties)
