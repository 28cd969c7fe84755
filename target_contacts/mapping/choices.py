"""Take values that must be among those that a destination has: statuses, roles, genders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.values.basic import is_empty

if TYPE_CHECKING:
    from collections.abc import Callable


class NotKnown(ValueError):
    """A value is none of those that the destination has; one that no setting gave is left out."""


def one_of(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a conversion for a field that takes only what is in a list of the destination's.

    A status of which neither id nor name is given is no value.
    """

    def converted(value: Any) -> Any:
        if isinstance(value, dict) and all(map(is_empty, value.values())):
            return None
        try:
            return convert(value)
        except ValueError as error:
            raise NotKnown(str(error)) from None

    return converted
