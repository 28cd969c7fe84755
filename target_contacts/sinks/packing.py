"""Pack what is sent together, and measure what goes alone."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any, TypeVar

from target_contacts.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_contacts.mapping.field import Payload

T = TypeVar("T")

LARGEST = 1_000_000
"""Bytes of a contact's request but for images, whose size has a rule of its own."""

UNQUOTED = f"{string.ascii_letters}{string.digits}_.-~ ".encode()
"""What takes one byte in a form; every other byte takes three."""

LONGEST_CHARACTER = 12
"""Bytes that one character takes at most in a form."""


def packs(
    items: Iterable[T], size: Callable[[T], int], largest: int, most: Callable[[T], int]
) -> Iterator[list[T]]:
    """Yield items packed, as many together as may be; one that is too large goes alone.

    Args:
        items: What is to be packed, in its order.
        size: Returns the bytes of an item.
        largest: Most bytes of a pack.
        most: Returns how many items a pack that holds this one may have.
    """
    pack: list[T] = []
    bytes_, limit = 0, 0
    for item in items:
        bytes_, limit = bytes_ + size(item), min(limit, most(item))
        if pack and (bytes_ > largest or len(pack) >= limit):
            yield pack
            pack = []
        if not pack:
            bytes_, limit = size(item), most(item)
        pack.append(item)
    if pack:
        yield pack


def assert_sane(payload: Payload) -> None:
    """Raise Rejected if a contact is larger than any request ought to be, naming its longest field.

    Measured is what a form takes, the largest of the forms in which contacts are sent.
    """
    if sum(map(_characters, payload.values())) * LONGEST_CHARACTER <= LARGEST:
        return
    sizes = {wire: _size(value) for wire, value in payload.items()}
    if sum(sizes.values()) > LARGEST:
        longest = max(sizes, key=sizes.__getitem__)
        reason = (
            f"the contact takes {sum(sizes.values())} bytes and a request at most {LARGEST}; its "
            f"longest field is {longest}"
        )
        raise Rejected(reason, "too_large", field=longest)


def _characters(value: Any) -> int:
    """Return the characters of a value; an image has none."""
    return 0 if isinstance(value, bytes) else len(value if isinstance(value, str) else str(value))


def _size(value: Any) -> int:
    """Return the bytes that a value takes in a form; those of an image do not count."""
    if isinstance(value, bytes):
        return 0
    text = json.dumps(value, ensure_ascii=False, default=str).encode(errors="replace")
    return len(text) + 2 * len(text.translate(None, UNQUOTED))
