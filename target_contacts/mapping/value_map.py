"""Replace values of records as the setting `value_map` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_contacts.plugin.same_name import alike
from target_contacts.contact.field_match import TOLD_BY_VALUE
from target_contacts.contact.spelling import spelled
from target_contacts.values.basic import is_empty, text
from target_contacts.values.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_contacts.contact.model import Contact

_WHOLE = ".0"
"""How spreadsheets end whole numbers."""


class ValueMap:
    """Values at the destination by those in records, for some attributes.

    More `names` of the source's statuses may come later.
    """

    def __init__(
        self,
        setting: Mapping[str, Mapping[str, Any] | None],
        by_wire: Mapping[str, str],
        names: Mapping[str, str],
    ) -> None:
        self._exact = {attribute: pairs for attribute, pairs in setting.items() if pairs}
        self._alike = {
            attribute: {alike(value): new for value, new in pairs.items()}
            for attribute, pairs in self._exact.items()
        }
        self._by_wire, self._names = by_wire, names
        self._wires = {wire for wire, attribute in by_wire.items() if attribute in self._exact}

    def apply(self, record: Mapping[str, Any], contact: Contact) -> None:
        """Replace the values of a contact. Defaults are the destination's values already."""
        for attribute in self._exact:
            if _is_given(contact, attribute):
                self._change(attribute, contact)
            else:
                self._take(attribute, record, contact)
        for wire in contact.fields.keys() & self._wires if self._wires else ():
            self._change_field(wire, contact.fields)

    def _take(self, attribute: str, record: Mapping[str, Any], contact: Contact) -> None:
        """Take the value of a field that is called as the attribute but did not become it."""
        for name, value in record.items():
            found, new = self._found(attribute, value)
            if found and _is_called(name, attribute):
                contact.sources[attribute] = name
                contact.spare.pop(name, None)
                _choose(contact, attribute, new)
                return

    def _change(self, attribute: str, contact: Contact) -> None:
        found, new = self._found(attribute, contact.attributes[attribute])
        if found:
            _choose(contact, attribute, new)

    def _change_field(self, wire: str, fields: dict[str, Any]) -> None:
        found, new = self._found(self._by_wire[wire], fields[wire])
        if found:
            _put(fields, wire, new)

    def _found(self, attribute: str, value: Any) -> tuple[bool, Any]:
        for name in self._forms(value):
            for key, pairs in ((name, self._exact), (alike(name), self._alike)):
                if key in pairs.get(attribute, ()):
                    return True, pairs[attribute][key]
        return False, None

    def _forms(self, value: Any) -> Iterator[str]:
        """Yield the names under which a value may stand in the setting."""
        if isinstance(value, dict):
            forms = self._names.get(str(value.get("id"))), *map(value.get, ("display_value", "id"))
            yield from (
                _named(each) for each in forms if not is_nested(each) and not is_empty(each)
            )
        elif not is_nested(value) and not is_empty(value):
            found = _named(value)
            yield from filter(None, (self._names.get(found), found, found.removesuffix(_WHOLE)))


def _named(value: Any) -> str:
    """Return the name of a plain value; that of a boolean is the one that JSON has for it."""
    return str(value).lower() if isinstance(value, bool) else text(value)


def _is_called(name: str, attribute: str) -> bool:
    if plain(name) == plain(attribute):
        return True
    return attribute in TOLD_BY_VALUE and (spelled((name,)) or ("",))[0] == attribute


def _choose(contact: Contact, attribute: str, new: Any) -> None:
    contact.chosen.add(attribute)
    _put(contact.attributes, attribute, new)
    if attribute not in contact.attributes:
        contact.sources.pop(attribute, None)


def _put(values: dict[str, Any], name: str, new: Any) -> None:
    if is_empty(new):
        values.pop(name, None)
    else:
        values[name] = new


def is_nested(value: object) -> bool:
    """Return whether a value holds others."""
    return isinstance(value, (dict, list))


def _is_given(contact: Contact, attribute: str) -> bool:
    return contact.has(attribute) and contact.sources.get(attribute) != "defaults"
