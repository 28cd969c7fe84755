"""Give a database up that accepts a statement and never answers, as a server that was frozen."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa


class _Watch:
    """Cuts a connection unless it was released before.

    Args:
        descriptor: The number of the connection's socket.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._lock, self._is_over = descriptor, threading.Lock(), False

    def cut(self) -> None:
        """End the connection for both sides; whoever waits for an answer gets an error."""
        with self._lock, contextlib.suppress(OSError):
            if self._is_over:
                return
            connected = socket.socket(fileno=self._descriptor)
            try:
                connected.shutdown(socket.SHUT_RDWR)
            finally:
                connected.detach()

    def release(self) -> None:
        """Leave the connection alone from now on."""
        with self._lock:
            self._is_over = True


@contextlib.contextmanager
def given_up_after(seconds: float, connection: sa.Connection) -> Iterator[None]:
    """Have statements in the block fail if they are not all answered in so many seconds.

    The server's own limits do not help, and neither do those of TCP: its system answers for it.
    """
    driver = connection.connection.dbapi_connection
    watch = _Watch(driver.fileno())  # type: ignore[union-attr]
    timer = threading.Timer(seconds, watch.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        watch.release()
        timer.cancel()
