"""Convert values that must be in a list of the destination's: statuses, roles, genders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.values.basic import is_empty

if TYPE_CHECKING:
    from collections.abc import Callable


class NotKnown(ValueError):
    """A value is not in the destination's list. It is left out unless a setting gave it."""


def one_of(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a conversion that raises NotKnown where the given one raises ValueError.

    A status with neither id nor name is no value.
    """

    def converted(value: Any) -> Any:
        if isinstance(value, dict) and all(map(is_empty, value.values())):
            return None
        try:
            return convert(value)
        except ValueError as error:
            raise NotKnown(str(error)) from None

    return converted
