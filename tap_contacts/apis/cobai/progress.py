"""Say how far the customers of cobai were read, so that a later run can go on there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARKED = 10
"""Customers after which progress is told."""


class Done(msgspec.Struct, forbid_unknown_fields=True):
    """How many customers were read, and a hash of their UUIDs: as it stands in a STATE."""

    customers: Annotated[int, msgspec.Meta(gt=0)]
    sha256: str


class CustomersRead:
    """How many of a list of customers have been read.

    Reading starts behind those that an earlier run has read, if they are still the first.
    """

    def __init__(self, customers: Sequence[str], progress: Mapping[str, Any] | None) -> None:
        self._customers = customers
        self._number = _done(customers, progress)
        self._hash = hashlib.sha256("".join(customers[: self._number]).encode())
        self.is_lost = bool(progress) and not self._number
        """Whether the customers that an earlier run has read are others now."""
        self.left = customers[self._number :]

    @property
    def to_come(self) -> int:
        """Return how many customers are still to be read."""
        return len(self._customers) - self._number

    def progress(self) -> dict[str, Any] | None:
        """Count one more customer as read; return the progress if it is to be told."""
        self._hash.update(self._customers[self._number].encode())
        self._number += 1
        if self._number % MARKED or self._number == len(self._customers):
            return None
        return {"customers": self._number, "sha256": self._hash.hexdigest()}


def _done(customers: Sequence[str], progress: Mapping[str, Any] | None) -> int:
    try:
        done = msgspec.convert(progress or None, Done)
    except msgspec.ValidationError:
        return 0
    first = "".join(customers[: done.customers])
    return done.customers if hashlib.sha256(first.encode()).hexdigest() == done.sha256 else 0
