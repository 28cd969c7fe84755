"""Tell which fields of a contact somebody else changed since this target wrote them.

The ledger holds only a hash of what was written last. So what may have been written is put
together, of what the contact holds and of what its record says now, until the hash is the same.
Where both the source and somebody else changed a field, it is not, and nobody can tell.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from target_contacts.values.basic import as_text, is_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_contacts.mapping.field import Payload

MOST_DIFFERENT = 6
"""Fields that may differ; each one more doubles the hashes that are tried."""

_FLAGS = ("true", "false")


def changed_there(
    says: Payload,
    held: Mapping[str, Any],
    differ: Sequence[str],
    is_written: Callable[[Payload], bool],
) -> list[str] | None:
    """Return the fields that somebody else changed; None if that cannot be told.

    Args:
        says: What the record says now; "" clears a field.
        held: What the contact holds.
        differ: The fields in which these differ.
        is_written: Says whether a payload is the one that was written last.
    """
    if len(differ) > MOST_DIFFERENT:
        return None
    for changed in _subsets(differ):
        kept = {w: _in_form(held.get(w), says.get(w)) for w in differ if w not in changed}
        if any(map(is_written, _written(says, kept))):
            return sorted(changed)
    return None


def _subsets(wires: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(len(wires) + 1):
        yield from combinations(wires, size)


def _written(says: Payload, kept: Mapping[str, Any]) -> Iterable[Payload]:
    """Return what may have been written: an empty field was sent as "", or not at all."""
    empty = {wire: "" for wire, value in kept.items() if is_empty(value)}
    filled = {**says, **{wire: value for wire, value in kept.items() if wire not in empty}}
    without = {wire: value for wire, value in filled.items() if wire not in empty}
    return [{**without, **empty}, without] if empty else [without]


def _in_form(value: Any, like: Any) -> Any:
    """Return a value in the form in which another is sent."""
    if not isinstance(like, str):
        return value
    return as_text(value).lower() if like in _FLAGS else as_text(value)
