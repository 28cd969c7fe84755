"""Say once what would otherwise be said with each record."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging


class WarnOnce:
    """Log each text as a warning when it comes for the first time."""

    def __init__(self, logger: logging.Logger) -> None:
        """Take the log."""
        self._logger = logger
        self._said: set[str] = set()

    def __call__(self, text: str) -> None:
        """Log a text, unless it was logged before."""
        if text not in self._said:
            self._said.add(text)
            self._logger.warning("%s", text)
