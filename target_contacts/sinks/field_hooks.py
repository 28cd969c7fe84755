"""What an API may change of the way from a contact to its fields. All of it is optional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from target_contacts.mapping.field import plain_field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact
    from target_contacts.mapping.field import Field, Payload


class FieldHooks:
    """Change the table of fields, and what is made by it."""

    fields: ClassVar[Sequence[Field]]

    # The table.

    def configured(self) -> Sequence[Field]:
        """Return the table of fields as the settings make it."""
        return self.fields

    def learned(self, fields: Sequence[Field]) -> Sequence[Field]:
        """Return the table of fields as the account has it, asking the API; by default as it is."""
        return fields

    def have_fields_changed(self) -> bool:
        """Ask anew for fields that an earlier run was told; say whether they have changed since.

        It is asked when something is refused. If so, `learned` is called again.
        """
        return False

    def free_field(self, name: str) -> Field:
        """Return how a field that is not in the table is filled by `field_map`."""
        return plain_field(name)

    @property
    def key_wire(self) -> str:
        """Return the field that takes the key of a new contact's record; "" if there is none."""
        return ""

    # What no field of the table says.

    def finish(self, payload: Payload, contact: Contact) -> Payload:
        """Complete the payload of a contact with what no field says; may raise Rejected."""
        del contact
        return payload

    @property
    def also_carried(self) -> AbstractSet[str]:
        """Return the attributes that only `finish` brings to the destination."""
        return frozenset()

    def made_of(self, wire: str, contact: Contact, payload: Payload) -> Sequence[str]:
        """Return the attributes of which `finish` made a field's value, if any."""
        del wire, contact, payload
        return ()

    def remedies(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the settings of the account that would give a field a value, by field."""
        return {}
