"""The hash by which a ledger knows what was written into a contact.

It has three parts, so that a contact can be compared with it although an API tells values otherwise
than it takes them, and tells nothing of fields that are empty:

* 8 characters for the values that are compared, without what APIs like to change in them,
* 8 for the names of their fields,
* 16 for the whole payload, by which a record is known to be as it was.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from target_contacts.ledger.entry import CANONICAL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

PART = 8
"""Characters of the hash of values, and of that of names."""

MOST_KNOWN = 4096
"""Combinations of fields whose hash is known without making it."""

_NEEDLESS = b' "[]()+-/'
"""What does not count in values: how numbers are set apart, and whether a value is a text or one of
a list."""

_BREAKS = (b"\\r", b"\\n", b"\\t")
"""The same, as JSON writes it."""


def is_same(one: str, other: str) -> bool:
    """Say whether two hashes are of one payload; one may be a hash of the whole payload alone."""
    return one[2 * PART :] == other[2 * PART :]


class WrittenHash:
    """Make the hashes of payloads."""

    def __init__(self, digest: Callable[[object], str]) -> None:
        self._digest = digest
        self._known: dict[tuple[str, ...], str] = {}

    def of(self, payload: Mapping[str, Any], compared: Mapping[str, Any]) -> str:
        """Return the hash of a payload.

        Args:
            payload: What is written.
            compared: The values that the contact is sure to hold then. None is empty.
        """
        whole = self._digest(payload)[2 * PART :]
        return f"{self.values(compared)}{self.names(tuple(compared))}{whole}"

    def values(self, values: Mapping[str, Any]) -> str:
        """Return the first part of the hash."""
        return self._digest(folded(values))[:PART]

    def names(self, names: tuple[str, ...]) -> str:
        """Return the second part, in whichever order the names are."""
        found = self._known.get(names)
        if found is None:
            found = self._digest(sorted(names))[:PART]
            if len(self._known) < MOST_KNOWN:
                self._known[names] = found
        return found

    def are(self, written: str, held: Mapping[str, Any]) -> bool:
        """Say whether a hash is of the values that a contact holds in the fields that count."""
        return written[:PART] == self.values(held)

    def names_in(self, written: str) -> str:
        """Return the second part of a hash."""
        return written[PART : 2 * PART]

    def is_of(self, written: str, names: Collection[str]) -> bool:
        """Say whether the values of these fields are the ones that count in a hash."""
        return self.names_in(written) == self._digest(sorted(names))[:PART]


def folded(values: Mapping[str, Any]) -> str:
    """Return values without case, blanks, punctuation of numbers, and their types."""
    text = CANONICAL.encode(values).translate(None, _NEEDLESS)
    for each in _BREAKS if b"\\" in text else ():
        text = text.replace(each, b"")
    if text.isascii():
        return text.lower().decode()
    return unicodedata.normalize("NFKC", text.decode()).casefold().replace(" ", "")
