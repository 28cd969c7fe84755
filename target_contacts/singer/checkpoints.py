"""Know which STATE may be passed on: one before which every record is settled."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

State = dict[str, Any]


class Checkpoints:
    """Keep the order of records and states, and pass states on as soon as they are safe."""

    def __init__(self, write: Callable[[State], None]) -> None:
        """Take what passes a state on, once all that it covers is durable."""
        self._write = write
        self._read = 0
        self._open: OrderedDict[int, None] = OrderedDict()
        self._states: deque[tuple[int, State]] = deque()

    def opened(self) -> int:
        """Return the number of one more record, which is not settled yet."""
        self._read += 1
        self._open[self._read] = None
        return self._read

    def settled(self, number: int) -> None:
        """Take note that a record's outcome is durable."""
        del self._open[number]

    def saw(self, state: State) -> None:
        """Keep a state that stands behind all records read so far."""
        self._states.append((self._read, state))

    def pass_on(self) -> None:
        """Pass on the last state that covers nothing unsettled, if it is a new one."""
        oldest = next(iter(self._open), self._read + 1)
        safe = None
        while self._states and self._states[0][0] < oldest:
            _, safe = self._states.popleft()
        if safe is not None:
            self._write(safe)
