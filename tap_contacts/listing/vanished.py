"""Tell rows that were deleted after they were listed from those that an API will not give."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Vanished:
    """What has gone from a listing since it was read: it is listed again when that is asked."""

    def __init__(self, listed: Callable[[], Iterable[str]]) -> None:
        """Take what lists the keys of all rows."""
        self._list = listed
        self._lock = threading.Lock()
        self._keys: set[str] = set()
        self._began = float("-inf")

    def has(self, key: str, listed_at: float) -> bool:
        """Say whether a row that was listed is not any more.

        Args:
            key: Of the row.
            listed_at: When it was, by `time.monotonic`.
        """
        with self._lock:
            if self._began < listed_at or key in self._keys:
                self._began, self._keys = time.monotonic(), set(self._list())
            return key not in self._keys
