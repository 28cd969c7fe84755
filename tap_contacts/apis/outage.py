"""Go easy on an API that does not answer: one request at a time, and none once given up."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from tap_contacts.apis.errors import Retry, Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 3
"""Failures in a row, over all threads, that make an outage."""


class Outage:
    """What all threads know of how an API answers."""

    def __init__(self) -> None:
        """Start with an API that answers."""
        self._failures = 0
        self._one = threading.Lock()
        self._over: Stopped | None = None

    def give_up(self, error: Stopped) -> Stopped:
        """Make every further request fail with this error, too, without being sent."""
        self._over = error
        return error

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn to send a request, and take note of how it ends.

        Raises:
            Stopped: If the API was given up.
        """
        in_turn = self._one if self._failures >= PATIENCE else contextlib.nullcontext()
        with in_turn:
            if self._over:
                raise self._over
            try:
                yield
            except Retry:
                self._failures += 1
                raise
            self._failures = 0
