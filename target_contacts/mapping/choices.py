"""Convert values that must be in a list of the destination's: statuses, roles, genders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.values.basic import is_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


def status_name(value: Any, names: Mapping[str, str]) -> Any:
    """Return the name of a status, which may come with the id that it has at its source.

    Args:
        value: Name or id, or both as Zoho Voice sends them.
        names: Names of the source's statuses by id.
    """
    given = value if isinstance(value, dict) else {"id": value, "display_value": value}
    return names.get(str(given.get("id"))) or given.get("display_value")
