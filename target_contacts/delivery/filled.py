"""Say what an update has to change: fill, clear, or leave alone.

The ledger remembers which fields of a contact this target filled, and from which properties of the
record; it does not remember with what. So what is gone at the source is cleared at the destination
if it came from there, and what a record merely lacks is left alone.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.contact import origins
from target_contacts.contact.derive import JOINT
from target_contacts.mapping.field import without_empty
from target_contacts.mapping.policies import OF_UPDATES
from target_contacts.values.basic import is_empty

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact
    from target_contacts.delivery.planned import Planned
    from target_contacts.ledger.entry import Fill
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.field import Field, Payload

REMEMBERED = 4096
"""Combinations of fields whose row is known without looking."""

LEFT_ALONE = ""
"""Marks the properties of a value that an update has left as it was: the value is an older one."""


class Change(NamedTuple):
    """What an update sends, and what is filled then."""

    payload: Payload
    filled: str | None
    """Id of the ledger's row for what this target has filled after it."""
    in_doubt: str | None
    """The same while nobody knows whether the update was carried out."""
    kept: Sequence[str]
    """Fields whose value is gone at the source and cannot be cleared."""
    incomplete: Sequence[str]
    """Fields that are left alone, since the record lacks a part of their value."""
    cleared: Sequence[str]
    """Fields that are filled and are to be empty."""


class FilledFields:
    """Remember which fields of the contacts of one stream were filled, and from what."""

    def __init__(self, ledger: Ledger, fields: Iterable[Field], *, clears: bool) -> None:
        self._ledger, self._clears = ledger, clears
        self._attributes = {field.wire: field.attribute for field in fields}
        self._fixed = {field.wire for field in fields if not field.clears}
        self._ids: dict[tuple[Sequence[str], Sequence[str | None]], str] = {}
        self._attributes_of = functools.lru_cache(maxsize=REMEMBERED)(self._in_order)

    def id_of(
        self,
        contact: Contact,
        payload: Payload,
        paths: Mapping[str, str],
        record: Mapping[str, Any],
    ) -> str:
        """Return the id of the ledger's row for what a record fills."""
        sources, wires = contact.sources, tuple(without_empty(payload))
        told = [*map(sources.get, self._attributes_of(wires))]
        for wire in contact.fields.keys() & wires if contact.fields else ():
            told[wires.index(wire)] = _mapped_from(wire, sources, paths)
        known = wires, tuple(told)
        found = self._ids.get(known)
        if found is None:
            of = zip(wires, told, strict=True)
            fill = {wire: self._hashes(origins.tops(source or "", record)) for wire, source in of}
            found = self._ledger.fill_id(fill)
            if len(self._ids) < REMEMBERED:
                self._ids[known] = found
        return found

    def _in_order(self, wires: tuple[str, ...]) -> list[str]:
        """Return the attribute of each field; "" if it has none."""
        return [self._attributes.get(wire, "") for wire in wires]

    def change(self, item: Planned, before: str | None) -> Change:
        """Return what an update has to send; `before` is None if nobody knows what was filled."""
        if before is None:
            return Change(_of_unknown(item), item.filled, item.filled, (), (), ())
        fill, earlier, lacking = self._compared(item, before)
        gone = self._gone(item, fill, earlier)
        emptied = self._emptied(gone, item)
        filled = {w: of for w, of in earlier.items() if w not in emptied}
        filled |= fill | {w: sorted({LEFT_ALONE, *earlier[w]}) for w in lacking}
        return Change(
            _stated(item, earlier, {*fill} - {*lacking}) | emptied,
            self._ledger.fill_id(filled),
            self._ledger.fill_id(earlier | filled),
            [wire for wire in gone if wire not in emptied],
            lacking,
            [wire for wire, default in emptied.items() if default == ""],
        )

    def unchanged(self, item: Planned, before: str | None) -> str | None:
        """Return the id of the row for what is filled, if nothing has to be sent."""
        fill, earlier, lacking = self._compared(item, before)
        older = {w for w in fill if LEFT_ALONE in earlier.get(w, ())}
        gone = self._gone(item, fill, earlier)
        if older.difference(lacking) or self._emptied(gone, item):
            return None
        left = [w for w, policy in item.policies.items() if policy in OF_UPDATES]
        others = {w for w in left if w not in earlier}
        whole = {w: of for w, of in fill.items() if w not in lacking and w not in others}
        return self._ledger.fill_id(earlier | whole)

    def _compared(self, item: Planned, before: str | None) -> tuple[Fill, Fill, list[str]]:
        """Return what is filled now, what was, and the fields of which a part is lacking."""
        known = self._ledger.fills(filter(None, (item.filled, before)))
        fill, earlier = known.get(item.filled or "", {}), known.get(before or "", {})
        fewer = [w for w, of in fill.items() if of and {*of} < {*earlier.get(w, ())}]
        here = {LEFT_ALONE, *self._hashes(item.received.record)} if fewer else set()
        return fill, earlier, [w for w in fewer if not {*earlier[w]} - {*fill[w]} <= here]

    def _gone(self, item: Planned, fill: Fill, earlier: Fill) -> list[str]:
        """Return the fields whose value is gone: its properties are there, without it.

        A property that holds another value says so only where the record has none for the field.
        """
        told = {w: of for w, of in earlier.items() if w not in fill and w not in item.left_out}
        if not told:
            return []
        record = item.received.record
        bare_names = [name for name, value in record.items() if _holds_no_value(value)]
        bare, here = ({LEFT_ALONE, *self._hashes(names)} for names in (bare_names, record))
        return [
            wire
            for wire, of in told.items()
            if (of and bare.issuperset(of))
            or (item.payload.get(wire) == "" and here.issuperset(of))
        ]

    def _emptied(self, gone: Iterable[str], item: Planned) -> Payload:
        defaults = item.fallback
        free = [w for w in gone if w not in self._fixed and w not in item.policies]
        return {w: defaults.get(w, "") for w in free if w in defaults or self._clears}

    def left(self, row: str | None, before: str | None, wires: Collection[str]) -> str | None:
        """Return the id of a row in which some fields are as they were, since they are not sent."""
        known = self._ledger.fills(filter(None, (row, before)))
        if row is None:
            return None
        earlier = known.get(before or "", {})
        kept = {wire: of for wire, of in earlier.items() if wire in wires}
        others = {wire: of for wire, of in known[row].items() if wire not in wires}
        return self._ledger.fill_id(others | kept)

    def _hashes(self, names: Iterable[str]) -> list[str]:
        """Return what properties are remembered by: their names may be personal."""
        return sorted({self._ledger.digest(name)[:8] for name in names})


def _mapped_from(wire: str, sources: Mapping[str, str], paths: Mapping[str, str]) -> str:
    """Return what names the properties that `field_map` fills a field from."""
    return JOINT.join(sources.get(start, start) for start in paths.get(wire, "").split(JOINT))


def _holds_no_value(value: Any) -> bool:
    """Say whether a property has no value, or may have one less than before."""
    return isinstance(value, (dict, list)) or is_empty(value)


def _of_unknown(item: Planned) -> Payload:
    """Return the values of a contact of which it is not known what filled it: none is cleared."""
    sent = {w: item.fallback.get(w, "") if v == "" else v for w, v in item.payload.items()}
    return {wire: value for wire, value in sent.items() if value != ""}


def _stated(item: Planned, earlier: Fill, complete: AbstractSet[str]) -> Payload:
    """Return the values that a record states in full; a default never goes over a value."""
    return {
        w: v
        for w, v in item.payload.items()
        if v != "" and (w not in earlier or (w in complete and w not in item.fallback))
    }
