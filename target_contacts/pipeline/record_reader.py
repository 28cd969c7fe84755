"""Read the contact that each record of a stream holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.contact import deletion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_contacts.contact.model import Contact
    from target_contacts.parents.references import References
    from target_contacts.pipeline.account_fields import AccountFields
    from target_contacts.pipeline.remarks import Remarks
    from target_contacts.pipeline.stream import Stream


class RecordReader:
    """Read the contacts of one stream's records.

    `begin` is called once, when the first record that holds a contact comes. `check` raises
    Rejected if a record breaks its schema.
    """

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        stream: Stream,
        fields: AccountFields,
        references: References,
        remarks: Remarks,
        *,
        begin: Callable[[], None],
        check: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._declared = tuple(stream.schema.get("properties") or ())
        self._fields, self._references, self._remarks = fields, references, remarks
        self._begin, self._check, self._is_begun = begin, check, False

    def contact(self, record: Mapping[str, Any]) -> Contact:
        """Return the contact that a record holds.

        Raises:
            Rejected: If the record breaks its schema.
            Gone: If it says that its contact is deleted at the source.
        """
        if told := deletion.told(record, self._declared):
            raise deletion.Gone(told)
        if not self._is_begun:
            self._is_begun = True
            self._begin()
        self._check(record)
        translator = self._fields.translator
        contact = translator.contact(record)
        self._references.note(record, contact)
        self._remarks.of_contact(contact, translator.coverage)
        return contact
