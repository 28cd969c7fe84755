"""Pack what is sent together, and halve what was refused together."""

from __future__ import annotations

import json
import string
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from tap_contacts.transport.errors import GivenUp
from target_contacts.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_contacts.transport.errors import Refused
    from target_contacts.mapping.field import Payload
    from target_contacts.sinks.first_writes import FirstWrites

T = TypeVar("T")

LARGEST = 1_000_000
"""Bytes of a contact's request but for images, whose size has a rule of its own."""

UNQUOTED = f"{string.ascii_letters}{string.digits}_.-~ ".encode()
"""What takes one byte in a form; every other byte takes three."""

LONGEST_CHARACTER = 12
"""Bytes that one character takes at most in a form."""


class Pack(msgspec.Struct, Generic[T], frozen=True):
    """What goes in one request."""

    items: Sequence[T]
    is_half: bool = False
    """Whether it failed together with others; then it goes before what did not."""

    @property
    def is_to_be_halved(self) -> bool:
        """Say whether it is halved again if it fails, so that it need not be sent twice."""
        return self.is_half and len(self.items) > 1


class Waiting(Generic[T]):
    """Packs that are still to be sent; what has to go again goes before the next ones.

    While the account has accepted nothing, a pack that is refused is halved only once. Then single
    items are tried.
    """

    def __init__(self, packs: Iterator[Pack[T]], first_writes: FirstWrites) -> None:
        self._next, self._first = packs, first_writes
        self._again: list[Pack[T]] = []
        self._set_aside: list[Sequence[T]] = []
        """Halves that were refused while nothing had been accepted."""

    @property
    def has_parts(self) -> bool:
        """Say whether parts of what failed together are waiting."""
        return bool(self._set_aside) or any(pack.is_half for pack in self._again)

    def make_ready(self) -> bool:
        """Pack what goes next, unless something waits; say whether anything is left."""
        if not self._again:
            self._again.extend(islice(self._next, 1))
        return bool(self._again or self._set_aside)

    def take(self) -> Pack[T] | None:
        """Return what goes next; None if nothing is left."""
        if self._set_aside and not (self._again and self._again[-1].is_half):
            self._take_up()
        self.make_ready()
        return self._again.pop() if self._again else None

    def put_back(self, items: Sequence[T]) -> None:
        """Have items sent again, if there are any, as if for the first time."""
        self._again += [Pack(items)] if items else []

    def put_behind(self, *parts: Sequence[T]) -> None:
        """Have parts of what failed together sent again, in their order, behind what waits."""
        self._again[:0] = [Pack(part, is_half=True) for part in reversed(parts)]

    def halve(self, pack: Pack[T], error: Rejected | Refused | GivenUp) -> bool:
        """Have what failed together sent again in parts; return False if it is one item."""
        if len(pack.items) == 1:
            return False
        if isinstance(error, GivenUp) or self._first.is_over:
            self._halve(pack.items)
            return True
        self._first.refuse_together(error, is_last=pack.is_half)
        if pack.is_half:
            self._set_aside.append(pack.items)
        else:
            self._halve(pack.items)
        return True

    def _halve(self, items: Sequence[T]) -> None:
        middle = len(items) // 2
        halves = (items[middle:], items[:middle])
        self._again += [Pack(half, is_half=True) for half in halves if half]

    def _take_up(self) -> None:
        """Have one item of each half go alone; all halves, once something has been accepted."""
        aside, self._set_aside = self._set_aside, []
        for items in aside:
            if self._first.is_over:
                self._halve(items)
            else:
                self._again.append(Pack(items[-1:], is_half=True))
                self._set_aside += [items[:-1]] if items[1:] else []


def packs(
    items: Iterable[T], size: Callable[[T], int], largest: int, most: Callable[[T], int]
) -> Iterator[Pack[T]]:
    """Yield items packed, as many together as may be; one that is too large goes alone.

    `size` returns the bytes of an item, `most` how many items a pack that holds it may have.
    """
    pack: list[T] = []
    bytes_, limit = 0, 0
    for item in items:
        bytes_, limit = bytes_ + size(item), min(limit, most(item))
        if pack and (bytes_ > largest or len(pack) >= limit):
            yield Pack(pack)
            pack = []
        if not pack:
            bytes_, limit = size(item), most(item)
        pack.append(item)
    if pack:
        yield Pack(pack)


def assert_sane(payload: Payload) -> None:
    """Raise Rejected if a contact is larger than any request ought to be, naming its longest field.

    Measured is what a form takes, the largest of the forms in which contacts are sent.
    """
    if _characters(payload.values()) * LONGEST_CHARACTER <= LARGEST:
        return
    sizes = {wire: _size(value) for wire, value in payload.items()}
    if sum(sizes.values()) > LARGEST:
        longest = max(sizes, key=sizes.__getitem__)
        reason = (
            f"the contact takes {sum(sizes.values())} bytes and a request at most {LARGEST}; its "
            f"longest field is {longest}"
        )
        raise Rejected(reason, "too_large", field=longest)


def _characters(values: Iterable[Any]) -> int:
    try:
        return len("".join(values))
    except TypeError:  # not all are text
        return len("".join([str(each) for each in values if not isinstance(each, bytes)]))


def _size(value: Any) -> int:
    if isinstance(value, bytes):
        return 0
    text = json.dumps(value, ensure_ascii=False, default=str).encode(errors="replace")
    return len(text) + 2 * len(text.translate(None, UNQUOTED))
