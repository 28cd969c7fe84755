"""Import what a run needs by its name, and leave the rest."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

ThingT = TypeVar("ThingT")


class ByName(Mapping[str, ThingT]):
    """Things by name, each imported from its place, `module:name`, when it is asked for."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> ThingT:
        found: ThingT = pkgutil.resolve_name(self._places[name])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
