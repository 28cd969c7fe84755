"""Find values that are spelled otherwise at the destination: the setting `lookup_loosely`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from target_contacts.values.company_spelling import Spelling


class Loosely:
    """Find the names that are spelled like a value."""

    def __init__(self, spelling: Callable[[str], Spelling]) -> None:
        self._spelling = spelling
        self._names: defaultdict[str, dict[str, Spelling]] = defaultdict(dict)
        """Names with their spellings, by what is left of them."""
        self._ids: dict[str, set[str]] = {}
        """The ids of each name."""

    def take(self, ids: Mapping[str, Collection[str]]) -> None:
        """Take names and their ids."""
        for name, several in ids.items():
            if name not in self._ids:
                told = self._spelling(name)
                self._names[told.core][name] = told
            self._ids.setdefault(name, set()).update(several)

    def core(self, value: str) -> str:
        """Return what is left of a value when it does not count how it is spelled."""
        return self._spelling(value).core

    def ids(self, value: str) -> dict[str, str]:
        """Return the ids of the names that are spelled like a value, each with one of its names."""
        meant = self._spelling(value)
        alike = self._names.get(meant.core, {}).items()
        names = sorted(name for name, told in alike if told.is_like(meant))
        return {remote_id: name for name in names for remote_id in self._ids[name]}
