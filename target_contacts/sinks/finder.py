"""What finds the ids of clients, customers and owners at a destination."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

from target_contacts.values.basic import compared

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from tap_contacts.transport.facts import Fact


class Finder(Protocol):
    """Find ids by values; it keeps what was told, so that nothing is asked twice in a run.

    Values are without blanks around them, in Unicode's form NFC. What is told may raise ApiError.
    """

    takes_values: bool = False
    """Whether the destination takes the values themselves in the place of ids."""

    def find(self, values: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return the ids of each value, which are none or several if it is not one's alone.

        Others that are known by now may be there, too, each with all of its ids or some.
        """

    def all(self) -> Mapping[str, Collection[str]]:
        """Return the ids of every value there is."""

    def changed(self, since: datetime) -> Mapping[str, Collection[str]] | None:
        """Return what may be called otherwise than at a moment: values that there are now, and ids.

        None: that would take more than one request for each 200 of them.
        """

    def fact(self) -> Fact:
        """Return whether the API tells what is looked up, by asking for as little as it can."""


class Listed(Finder, Protocol):
    """Find ids in a list that is read as a whole, once."""

    _found: dict[str, set[str]] | None = None

    @abstractmethod
    def _read(self) -> Iterable[tuple[object, object]]:
        """Return value and id of each of the list."""

    def find(self, values: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return the ids of every value there is."""
        del values
        return self.all()

    def all(self) -> Mapping[str, Collection[str]]:
        """Return the ids of every value there is."""
        if self._found is None:
            self._found = by_value(self._read())
        return self._found

    def changed(self, since: datetime) -> Mapping[str, Collection[str]] | None:
        """Return None: the list takes too many requests."""
        del since
        return None


def by_value(
    rows: Iterable[tuple[object, object]], found: dict[str, set[str]] | None = None
) -> dict[str, set[str]]:
    """Return the ids of each value, with those found before; rows that lack one are left out."""
    found = {} if found is None else found
    for value, remote_id in rows:
        if (told := compared(value)) and (one := compared(remote_id)):
            found.setdefault(told, set()).add(one)
    return found
