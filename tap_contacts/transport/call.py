"""One request, as a client asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

READ = "GET"


@dataclass(frozen=True)
class Call:
    """One request to be sent, as often as its meaning allows."""

    method: str
    path: str
    repeatable: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    several: bool = False
    """Whether it is for several records, which may be asked for one by one if it fails."""
    once: bool = False
    """Whether it is repeated only if it was throttled."""

    @property
    def reads(self) -> bool:
        """Say whether it changes nothing."""
        return self.method == READ

    @property
    def asked(self) -> str:
        """Return the request in the words used in messages: without query and body."""
        return f"{self.method} {self.path}"
