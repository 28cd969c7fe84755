"""Find out whether a row that an API does not return was deleted after it had been listed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Vanished:
    """The rows that were deleted since a list was read.

    To find out, the list is read again: `listed` returns the keys of all rows.
    """

    def __init__(self, listed: Callable[[], Iterable[str]]) -> None:
        self._list = listed
        self._lock = threading.Lock()
        self._keys: set[str]
        self._began = float("-inf")

    def has(self, key: str, listed_at: float) -> bool:
        """Say whether a row is no longer there that was listed then, by `time.monotonic`."""
        with self._lock:
            if self._began < listed_at or key in self._keys:
                self._began, self._keys = time.monotonic(), set(self._list())
            return key not in self._keys
