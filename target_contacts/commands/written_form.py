"""Tell whether a contact is as it was written, of which only a hash is known.

What may have been written is put together of what the contact holds, in the forms in which values
are sent. If no contact of those that were given the same fields has the hash, the API tells values
otherwise than it takes them, and then nothing is known of the others either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.values.basic import as_text, is_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from target_contacts.ledger.inventory import Linked


class WrittenForm:
    """Compare contacts with the hashes of what was written.

    Args:
        digest: Makes the hash of a payload, as the ledger has it.
        filled: The fields that contacts were given, by the id in their entries.
        wires: All fields of the destination.
    """

    def __init__(
        self,
        digest: Callable[[object], str],
        filled: Mapping[str, Sequence[str]],
        wires: Collection[str],
    ) -> None:
        self._digest, self._filled = digest, filled
        seldom = {wire for names in filled.values() for wire in names}
        self._empty = [(), sorted(seldom), sorted({*seldom, *wires})]
        """Fields of which a record may have had no value, and said so."""

    def is_written(self, entry: Linked, held: Mapping[str, Any]) -> bool:
        """Say whether a contact surely is as it was written."""
        wires = self._filled.get(entry.filled or "")
        if entry.payload is None or wires is None:
            return False
        return any(self._digest(each) == entry.payload for each in self._written(wires, held))

    def _written(
        self, wires: Sequence[str], held: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """Yield what may have been written."""
        for form in (_plain, as_text, _as_flag):
            there = {wire: form(held[wire]) for wire in wires if not is_empty(held.get(wire))}
            for empty in self._empty:
                yield {**dict.fromkeys((w for w in empty if is_empty(held.get(w))), ""), **there}


def _plain(value: Any) -> Any:
    return value


def _as_flag(value: Any) -> str:
    text = as_text(value)
    return text.lower() if text.lower() in {"true", "false"} else text
