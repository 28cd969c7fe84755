"""Remember the keys of all rows of a list, in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left

MOST_KEY_DIGITS = 19
"""Most digits of a key that is kept as a number."""


class SeenKeys:
    """The keys of all rows read. While they are ascending numbers, each takes eight bytes."""

    def __init__(self, keys: list[str]) -> None:
        self._keys: array[int] | set[str] = array("Q")
        self._greatest = 0
        self.last = ""
        for key in keys:
            self.add(key)

    @property
    def ascend(self) -> bool:
        """Say whether all keys are ascending numbers so far."""
        return isinstance(self._keys, array)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: str) -> bool:
        if isinstance(self._keys, set):
            return key in self._keys
        number = _key_number(key)
        place = bisect_left(self._keys, number)
        return place < len(self._keys) and self._keys[place] == number

    def add(self, key: str) -> bool:
        """Add a key; say whether it is a new one."""
        keys, number = self._keys, _key_number(key)
        if isinstance(keys, array) and number > self._greatest:
            keys.append(number)
            self._greatest = number
        elif key in self:
            return False
        elif isinstance(keys, set):
            keys.add(key)
        else:
            self._keys = {*map(str, keys), key}
        self.last = key
        return True


def _key_number(key: str) -> int:
    """Return a key as a number; 0 if it is not a plain one."""
    plain = key.isascii() and key.isdigit() and len(key) <= MOST_KEY_DIGITS and key[0] != "0"
    return int(key) if plain else 0
