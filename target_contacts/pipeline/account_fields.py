"""The fields of the destination's account, and the translator that is made for them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from target_contacts.errors import Rejected
from target_contacts.mapping import marks
from target_contacts.mapping.policies import without_effect
from target_contacts.mapping.translator import Translator
from target_contacts.sinks.field_table import table_of
from target_contacts.sinks.packing import assert_sane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_contacts.mapping.field import Field, Payload, Table
    from target_contacts.mapping.translator import Rules
    from target_contacts.parents.references import References
    from target_contacts.sinks.base import ApiSink


class AccountFields:
    """The fields to which one stream is translated.

    They are those that the settings give, until the API has told those of the account.

    Raises:
        ConfigurationError: If a setting names what does not exist.
    """

    def __init__(
        self,
        sink: ApiSink[Any],
        rules: Rules,
        references: References,
        marked: Mapping[str, Any],
    ) -> None:
        self._sink, self._rules, self._marked = sink, rules, marked
        self._looked_up, self._unsent = references.attributes, references.unsent
        self._fields, self._has_learned = sink.configured(), False
        self._use(self._fields)
        self.translator.assert_defaults()
        marks.assert_fields(marked, self._table)

    def _use(self, fields: Sequence[Field]) -> None:
        table = table_of(self._sink, fields)
        if self._looked_up:  # it reaches the destination by another field
            table = replace(table, also_carried=table.also_carried | self._looked_up)
        self._table: Table = table
        self.translator = Translator(table, self._rules, self._unsent)

    def learn(self) -> None:
        """Ask the API for the account's fields."""
        self._use(self._sink.learned(self._fields))
        self._has_learned = True

    def learns_anew(self) -> bool:
        """Ask again if an earlier run was told the fields; say whether they are others by now."""
        if not self._sink.have_fields_changed():
            return False
        self.learn()
        return True

    @cached_property
    def marks(self) -> Payload:
        """Return the fields that say that a contact's record left the source.

        Raises:
            ConfigurationError: If one of them is not what its field takes.
        """
        if not self._has_learned:
            self.learn()
        return marks.payload(self._marked, self._table)

    @property
    def marks_that_stay(self) -> list[str]:
        """Return the marks that a record which comes back does not overwrite."""
        return marks.staying(self._marked, self.translator.policies)

    @property
    def policies_without_effect(self) -> list[str]:
        """Return a sentence for each policy that the destination has no field for."""
        return list(without_effect(self._rules.policies, self._table))

    def assert_complete(self, payload: Payload, creating: bool) -> None:  # noqa: FBT001
        """Raise Rejected if a required field has no value, or the contact is far too large."""
        assert_sane(payload)
        try:
            self.translator.required.assert_complete(payload, creating=creating)
        except Rejected:
            if not self.learns_anew():
                raise
            self.translator.required.assert_complete(payload, creating=creating)
