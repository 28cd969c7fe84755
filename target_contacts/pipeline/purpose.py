"""What a run is for."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.delivery.bounds import Given
    from target_contacts.delivery.gate import Gate
    from target_contacts.planning.planner import Planner


class Purpose(enum.Enum):
    """What a run is for."""

    WRITE = enum.auto()
    CHECK = enum.auto()
    """Settings are checked; another run may go on meanwhile."""
    LOOK = enum.auto()
    """The ledger is looked into; another run may go on meanwhile."""
    REPAIR = enum.auto()
    """The ledger is changed, moved or compared; nothing is written at the destination."""
    PLAN = enum.auto()
    """What would be written is kept as a plan; nothing is sent, and the ledger stays as it is."""
    EXPLAIN = enum.auto()
    """What would be written is explained; nothing is asked, sent or kept."""


@dataclass(frozen=True)
class Task:
    """What the command asks of one run."""

    purpose: Purpose = Purpose.WRITE
    limit: int | None = None
    """How many records are sent at most; None: all."""
    allow: Mapping[str, Given] | None = None
    """Limits of guards that go before those of the settings."""
    planner: Planner | None = None
    """Keeps what would be written, if the run is for that."""
    gate: Gate | None = None
    """Lets only what stands in a plan be sent; None: all is."""
    destination: str = ""
    """Its name among several destinations; "" if the settings name one alone."""
