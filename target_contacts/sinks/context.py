"""What a sink needs of the run that it writes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.settings import Settings
    from target_contacts.sinks.first_writes import FirstWrites


class Told(Protocol):
    """What an API told of the account in earlier runs, by subject."""

    def lately(self, subject: str, seconds: float) -> str | None:
        """Return what was told in the last seconds, if it was."""

    def put(self, subject: str, text: str) -> None:
        """Keep what was told just now."""

    def forget(self, subject: str) -> None:
        """Keep nothing of a subject."""


class Context(NamedTuple):
    """What a sink needs of the run that it writes in."""

    settings: Settings
    status_names: Mapping[str, str]
    """Names of the source's contact statuses by id, of which more may come."""
    halted: Callable[[], bool]
    """Say whether the run is to end, so that nothing more may be sent."""
    owned: Callable[[Sequence[str]], AbstractSet[str]]
    """Return which of these contacts belong to records of the stream already."""
    digest: Callable[[object], str]
    """Return a keyed hash, the same in every run with this account."""
    count_unfit: Callable[[list[tuple[str, str]]], None]
    """Count values that are left out: field, and what was done."""
    first_writes: FirstWrites
    """Whether the account has accepted a write; while it has not, one goes at a time."""
    told: Told | None = None
    """What earlier runs were told; None if everything is to be asked for."""
