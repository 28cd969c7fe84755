"""Pass STATE on to standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec

from tap_contacts.plugin.standard_streams import OutputError, Unread
from tap_contacts.plugin.status_line import make_way

if TYPE_CHECKING:
    from collections.abc import Callable

_STATE = msgspec.json.Encoder(decimal_format="number")

UNREAD = (
    "Nobody reads the STATE any more, so it could not be passed on. What was written is in the "
    "ledger: see what became of the reader, then run again."
)
"""Error when the other end of the pipe is gone."""


class StateWriter:
    """Pass on STATE, until that fails; then call `stop`, so that no more lines are read."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self.error: OutputError | None = None
        """Why STATE could not be passed on, if it could not."""

    def write(self, state: dict[str, Any]) -> None:
        """Pass on a STATE, unless one before it could not be."""
        if self.error:
            return
        try:
            make_way()
            sys.stdout.write(_STATE.encode(state).decode() + "\n")
            sys.stdout.flush()
        except OutputError as error:
            self.error = OutputError(UNREAD) if isinstance(error, Unread) else error
            self._stop()
