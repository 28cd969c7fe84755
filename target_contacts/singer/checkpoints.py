"""Find the STATE that may be passed on: every record before it is settled."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

State = dict[str, Any]


class Checkpoints:
    """Keep the order of records and states, and pass on states as soon as they are safe."""

    def __init__(self, write: Callable[[State], None]) -> None:
        self._write = write
        self._read = 0
        self._open: OrderedDict[int, None] = OrderedDict()
        self._states: deque[tuple[int, State]] = deque()
        self._last = -1
        """Records read before the last state came; -1: none has."""

    def opened(self) -> int:
        """Note one more record, and return its number."""
        self._read += 1
        self._open[self._read] = None
        return self._read

    def settled(self, number: int) -> None:
        """Note that the outcome of a record is durable."""
        del self._open[number]

    def saw(self, state: State) -> None:
        """Keep a state that covers all records read so far."""
        self._states.append((self._read, state))
        self._last = self._read

    @property
    def ends_with_state(self) -> bool:
        """Say whether a state has come after all that was read."""
        return self._last == self._read

    def pass_on(self) -> None:
        """Pass on the last state that covers nothing unsettled, if it is a new one."""
        oldest = next(iter(self._open), self._read + 1)
        safe = None
        while self._states and self._states[0][0] < oldest:
            _, safe = self._states.popleft()
        if safe is not None:
            self._write(safe)
