"""Fill in the ids of what contacts belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.contact.derive import JOINT
from target_contacts.contact.paths import FieldPath
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.errors import Rejected
from target_contacts.mapping.foreign_ids import is_own
from target_contacts.mapping.policies import NEVER
from target_contacts.values.basic import compared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_contacts.contact.model import Contact
    from target_contacts.mapping.field import Field, Payload
    from target_contacts.mapping.policies import Policies
    from target_contacts.parents.memory import Match
    from target_contacts.parents.resolver import Resolver
    from target_contacts.settings import Lookup

UNKNOWN, AMBIGUOUS = "unknown_parent", "ambiguous_parent"
"""Codes of rejections: nothing has the value, or several have it."""

TO_BE_ASKED = "(looked up in a run)"
"""What stands for an id in an explanation, for which nothing is asked."""


class Reference:
    """One thing that contacts belong to, such as their client."""

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        terms: Lookup,
        field: Field,
        others: Sequence[Field],
        resolver: Resolver,
        *,
        from_same_api: bool,
        policies: Policies,
    ) -> None:
        self._field, self._others, self.resolver = field, others, resolver
        self.wire = field.wire
        """The destination's field."""
        self._is_modest = field.modest and not from_same_api
        self._rejects = terms.missing == "reject"
        self.attribute = terms.source if terms.source in ATTRIBUTES else ""
        """The attribute of the vocabulary that is looked up, if it is one."""
        self.path = FieldPath(terms.source)
        self._starts = JOINT.join(self.path.starts)
        is_never = any(policies.of(a) == NEVER for a in self.path.attributes)
        self._is_withheld = is_never and not resolver.sends_values
        is_unsent = is_never and resolver.sends_values and not policies.names(field.attribute)
        self.unsent = self.path.text if is_unsent else ""
        """What the id is looked up by, if it is that value itself and is never sent."""

    def note(self, record: Mapping[str, Any], contact: Contact) -> None:
        """Note by what the id of a contact is to be looked up, unless its record has the id."""
        attribute = self._field.attribute
        if self._is_given(contact):
            return
        value = compared(contact.attributes.get(self.attribute))
        value = value or compared(self.path.value(record, {}))
        if value:
            contact.belongs_to |= {attribute: value} if self._may_send(value) else {}
            if contact.has(attribute):
                contact.spare[contact.sources.pop(attribute)] = attribute
            contact.attributes.pop(attribute, None)
        if self._rejects:
            contact.defaults.pop(attribute, None)

    def _may_send(self, value: str) -> bool:
        """Say whether a value may stand for an id at the destination, or has one in the file."""
        return not self.unsent or self.resolver.is_in_file(value)

    def _is_given(self, contact: Contact) -> bool:
        """Say whether a record has an id that can be one of the destination."""
        if self._field.wire in contact.fields:
            return True
        if any(contact.has(other.attribute) for other in self._others):
            return True
        attribute = self._field.attribute
        if not contact.has(attribute) or (self._is_modest and not is_own(self._field, contact)):
            return False
        try:
            self._field.convert(contact.attributes[attribute])
        except ValueError:
            return False
        return True

    def value(self, contact: Contact) -> str | None:
        """Return the value that is to be looked up for a contact, if one is."""
        return contact.belongs_to.get(self._field.attribute)

    def fill(self, contact: Contact) -> Match | None:
        """Give a contact the id of what it belongs to.

        Returns:
            The match, if the value is only spelled alike and comes for the first time.

        Raises:
            Rejected: If nothing has the value, or several have it.
        """
        value = self.value(contact)
        ids = self.resolver.ids(value, withheld=self._is_withheld) if value else None
        if value is None or ids is None:
            return None
        if len(ids) == 1:
            self._give(contact, next(iter(ids)))
            return self.resolver.told_loosely(value)
        if ids:
            raise self._refused(AMBIGUOUS, "several at the destination have the value")
        if self._rejects:
            raise self._refused(UNKNOWN, "nothing at the destination has the value")
        return None

    def learn(self, contacts: Iterable[Contact]) -> None:
        """Look up what contacts belong to, all together; may raise Stopped."""
        values = [value for each in contacts if (value := self.value(each))]
        self.resolver.learn(values, withheld=self._is_withheld)

    def _give(self, contact: Contact, remote_id: str) -> None:
        attribute = self._field.attribute
        contact.attributes[attribute] = remote_id
        contact.defaults.pop(attribute, None)
        contact.sources[attribute] = contact.sources.get(self.attribute) or self._starts

    def _refused(self, code: str, why: str) -> Rejected:
        wire, setting = self._field.wire, self.resolver.setting
        reason = f"{wire} is looked up by {self.path.text}, and {why}. See the setting {setting}"
        return Rejected(reason, code, field=wire)

    def forget(self, wire: str, remote_id: str) -> bool:
        """Forget an id of a field that is none; say whether another one may be found now."""
        return wire == self._field.wire and self.resolver.forget(remote_id)

    def suppose(self, contact: Contact, payload: Payload) -> None:
        """Put in an explanation what a run would look up."""
        if self.value(contact) and self._field.wire not in payload:
            self._give(contact, TO_BE_ASKED)
            payload[self._field.wire] = TO_BE_ASKED

    def told(self, contact: Contact) -> tuple[str, str] | None:
        """Take away what is to be looked up for a contact; return its attribute and the value."""
        value = contact.belongs_to.pop(self._field.attribute, None)
        return (self._field.attribute, value) if value else None


class References:
    """All that the contacts of a stream belong to."""

    def __init__(self, references: Sequence[Reference] = ()) -> None:
        self._all = references

    def __bool__(self) -> bool:
        return bool(self._all)

    @property
    def attributes(self) -> set[str]:
        """Return the attributes of the vocabulary by which ids are looked up."""
        return {each.attribute for each in self._all} - {""}

    @property
    def paths(self) -> dict[str, FieldPath]:
        """Return the paths into records by which ids are looked up, by setting."""
        return {f"{each.resolver.setting}.from": each.path for each in self._all}

    def reads(self, name: str) -> bool:
        """Say whether a field of records, by its path with dots, is looked up."""
        return any(each.path.reads(name) for each in self._all)

    @property
    def unsent(self) -> dict[str, str]:
        """Return the fields whose ids would be values that are never sent, and what has these."""
        return {each.wire: each.unsent for each in self._all if each.unsent}

    def note(self, record: Mapping[str, Any], contact: Contact) -> None:
        """Note by what the ids of a contact are to be looked up."""
        for each in self._all:
            each.note(record, contact)

    def learn(self, contacts: Iterable[Contact]) -> None:
        """Look up what contacts belong to, all together.

        Raises:
            Stopped: If the destination does not tell.
        """
        several = list(contacts)
        for each in self._all:
            each.learn(several)

    def fill(self, contact: Contact) -> list[tuple[str, str, Match]]:
        """Give a contact the ids of what it belongs to; may raise Rejected.

        Returns:
            Values that are only spelled alike, the first time: setting, field and match of each.
        """
        several = [(each, each.fill(contact)) for each in self._all]
        return [(one.resolver.setting, one.wire, match) for one, match in several if match]

    def forget(self, wire: str, remote_id: str) -> bool:
        """Forget an id that is none; say whether another one may be found now."""
        return any(each.forget(wire, remote_id) for each in self._all)

    def suppose(self, contact: Contact, payload: Payload) -> None:
        """Put in an explanation what a run would look up."""
        for each in self._all:
            each.suppose(contact, payload)

    def told(self, contact: Contact) -> dict[str, str]:
        """Take away what is to be looked up for a contact, and return it by attribute."""
        return dict(told for each in self._all if (told := each.told(contact)))
