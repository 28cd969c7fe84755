"""A lock that threads get in the order in which they ask for it."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class FairLock:
    """Let one thread at a time into a block, the one that has waited longest.

    Of a lock of `threading`, a thread that comes back at once may take it again and again.
    """

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        """The thread in the block comes first."""

    @property
    def asking(self) -> int:
        """Return how many threads wait, or are in the block."""
        return len(self._waiting)

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Wait for the block."""
        mine = threading.Event()
        with self._asking:
            self._waiting.append(mine)
            self._let_first_in()
        try:
            mine.wait()
            yield
        finally:  # also if a signal ends the waiting
            with self._asking:
                self._waiting.remove(mine)
                self._let_first_in()

    def _let_first_in(self) -> None:
        if self._waiting:
            self._waiting[0].set()
