"""Tell the starts of a machine apart: its clock of seconds begins anew with each."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec

APART = 5.0
"""Seconds between two starts at the least; the clock of the day may be set by less."""

_ID = Path("/proc/sys/kernel/random/boot_id")


class Boot(msgspec.Struct, frozen=True, array_like=True):
    """A start of a machine.

    Some containers of one machine have ids of their own, and the clock of the day may be set. So
    another start is one of another id and another time.
    """

    identity: str
    began: float
    """Seconds since 1970."""

    def is_before(self, other: Boot) -> bool:
        """Say whether the machine was started again, by another of its starts that is known."""
        return self.identity != other.identity and abs(self.began - other.began) > APART


def boot() -> Boot | None:
    """Return the last start of this machine; None where nothing tells it."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return Boot(_ID.read_text("ascii").strip(), time.time() - time.monotonic())
    return None
