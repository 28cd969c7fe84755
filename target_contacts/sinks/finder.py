"""What finds the ids of clients, customers and owners at a destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tap_contacts.transport.facts import Fact


class Finder(Protocol):
    """Find ids by values; it keeps what was told, so that nothing is asked twice in a run."""

    def find(self, values: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return the ids of each value, which are none or several if it is not one's alone.

        Args:
            values: Values without blanks around them, in Unicode's form NFC.

        Raises:
            ApiError: If the API does not tell.
        """

    def fact(self) -> Fact:
        """Return whether the API tells what is looked up, by asking for as little as it can."""
