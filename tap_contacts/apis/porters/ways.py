"""Remember what PORTERS (HRBC) takes of a read that the documents leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

_OFFSETS = "%s does not take %s here: lists are read by offsets, and each contact is taken once."


class Ways:
    """What reads may ask for, until it is refused."""

    def __init__(self, title: str, logger: logging.Logger) -> None:
        self._title, self._logger = title, logger
        self.has_order = self.has_ranges = True
        """Whether an order is taken, and a range of ids."""
        self.has_several = True
        """Whether several ids are taken in one condition."""

    def refuse_order(self) -> None:
        """Note that no order is taken, and say so once."""
        if self.has_order:
            self.has_order = False
            self._logger.warning(_OFFSETS, self._title, "an order")

    def refuse_ranges(self) -> None:
        """Note that no range of ids is taken, and say so once."""
        if self.has_ranges:
            self.has_ranges = False
            self._logger.warning(_OFFSETS, self._title, "a range of ids")
