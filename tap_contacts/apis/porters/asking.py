"""PORTERS (HRBC): what those who read need of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping

    from lxml.etree import _Element

    from tap_contacts.transport.session import Answer


class Asks(Protocol):
    """Speaks to one company database."""

    @property
    def title(self) -> str:
        """Return the name in messages."""

    @property
    def logger(self) -> logging.Logger:
        """Return the log."""

    @property
    def partition(self) -> str:
        """Return the id of the company database that requests are for."""

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request until it is answered."""

    def listed(
        self,
        path: str,
        query: Mapping[str, Any],
        key: str,
        rows_of: Callable[[_Element | None], list[dict[str, str]]],
        **options: Any,
    ) -> list[dict[str, str]]:
        """Return all rows of a short list."""
