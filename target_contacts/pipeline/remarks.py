"""What is said of a stream's records that do not reach the destination as they are."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from target_contacts.contact.field_names import FieldNames
    from target_contacts.contact.model import Contact
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.mapping.coverage import Coverage
    from target_contacts.mapping.translator import Translator
    from target_contacts.parents.references import References
    from target_contacts.pipeline.stream import Stream
    from target_contacts.report.unfilled import OfStream

REMEMBERED = 4096
"""Names of fields that are remembered."""


class Remarks:
    """Count and warn of what records of one stream lose, and where their fields differ."""

    def __init__(
        self,
        stream: Stream,
        names: FieldNames,
        references: References,
        outcomes: Outcomes,
        warn_once: Callable[[str], None],
    ) -> None:
        self._stream, self._references, self._outcomes = stream, references, outcomes
        self._warn_once = warn_once
        self.shown = functools.lru_cache(maxsize=REMEMBERED)(names.shown)
        """Return a field's name as far as it may be shown."""
        self._noted: set[str] = set()
        """Fields that are known to be not carried."""
        self.unfilled: OfStream | None = None
        """Entries of `field_map` that gave no record a value; None if there was no record."""

    def of_contact(self, contact: Contact, coverage: Coverage) -> None:
        """Note which fields are not carried, and warn where two fields differ."""
        stream = self._stream
        self._note_filled(contact, coverage)
        names = self.not_carried(contact, coverage, self._noted)
        if names and len(self._noted) < REMEMBERED:
            self._noted.update(names)
            spare = (self.shown(name) for name in names if name not in stream.key_properties)
            self._outcomes.leave_fields(spare)
        for attribute, source in coverage.before_default(contact):
            text = (
                f"{stream.name}: {self.shown(source)} goes before the default {attribute}. If it "
            )
            self._warn_once(text + "is another system's id, empty it with a stream map.")
        for attribute, taken, left in sorted(contact.conflicts) if contact.conflicts else ():
            taken_one = self.shown(taken)
            text = f"{stream.name}: {taken_one} and {self.shown(left)} both spell {attribute} and "
            self._warn_once(f"{text}differ; {taken_one} is taken, as the vocabulary orders.")

    def _note_filled(self, contact: Contact, coverage: Coverage) -> None:
        if self.unfilled is None:
            self.unfilled = self._outcomes.unfilled(coverage.mapped)
        if self.unfilled.wires:
            self.unfilled.note(contact.fields)

    def not_carried(
        self, contact: Contact, coverage: Coverage, known: Container[str] = ()
    ) -> list[str]:
        """List the fields of a contact's record whose values do not reach the destination."""
        names = coverage.not_carried(contact, known)
        return [name for name in names if not self._references.reads(name)] if names else names

    def of_translation(self, translator: Translator) -> None:
        """Warn of values that are not sent as the last record has them, and count them."""
        for attribute in sorted(translator.foreign):
            text = "%s of the records is no id of this destination; its default is taken instead."
            self._warn_once(text % attribute)
        for reason in translator.conversion.unknown.values():
            text = "A value is left out that the destination does not have: %s. See value_map."
            self._warn_once(text % reason)
        if translator.conversion.dropped_or_truncated:
            self._outcomes.count_unfit(translator.conversion.dropped_or_truncated)

    def of_marks(self, wires: list[str]) -> None:
        """Warn of marks that stay when a record comes back."""
        for wire in wires:
            self._warn_once(
                f"marks names {wire}, whose policy is never: when a record comes back, its contact "
                "keeps the mark there. Take another field, or another policy."
            )

    def of_schema(self) -> None:
        """Warn of a schema by which records cannot be checked in full."""
        self._warn_once(
            f"The schema of stream {self._stream.name} is no JSON schema in full, refers to one "
            "outside of it or takes too long: records are checked by what can be understood of it."
        )
