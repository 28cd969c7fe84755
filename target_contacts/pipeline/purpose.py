"""What a run is for."""

from __future__ import annotations

import enum


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
