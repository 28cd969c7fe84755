"""Hold the contacts of Zoho Voice and enforce the rules of their fields.

Facts as in `tests.sandbox.zoho_voice`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from collections.abc import Mapping

SEED_CREATED, SEED_NUMBER = 1728037831825, "+12015550126"
OWNER = {"display_value": "Agent", "id": "58399000000003015"}
NO_SUCH_CONTACT = ("ZVT9002", "Contact does not exist.")
# Silent in the documents; taken: 255 characters at most, and no spelling of flags but these.
Required = Annotated[str, Meta(pattern=r"\S", max_length=255)]
Text = Annotated[str, Meta(max_length=255)]
Flag = Literal["", "true", "false"]
TEXTS = "last_name email mobile1 mobile2 mobile3 phone phone1 phone2 phone3 company address"
WRITABLE: list[Any] = [
    *((key, Required) for key in ("first_name", "mobile")),
    *((key, Text, "") for key in (*TEXTS.split(), "state", "country")),
    *(("is_favourite", Flag, ""), ("is_spam", Flag, ""), ("contact_status", dict, "")),
]
Fields = msgspec.defstruct("Fields", WRITABLE, forbid_unknown_fields=True)


class Page(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of a list. Silent in the documents; taken: ten contacts if `size` is missing."""

    start: Annotated[str, Meta(pattern=r"^[0-9]{1,9}\Z")] = msgspec.field(default="0", name="from")
    size: Annotated[str, Meta(pattern=r"^([1-9]|[1-4][0-9]|50)\Z")] = "10"
    total: Literal["true", "false"] = msgspec.field(default="false", name="totalCount")


class ZohoError(Exception):
    """Refuse a request with a code of the API, its message and the HTTP status if it has one."""


@dataclass
class Contacts:
    """Hold contacts by id, oldest first, and enforce the rules of their fields."""

    statuses: Mapping[str, str]
    first_id: int
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    serial: count[int] = field(default_factory=count)

    def create(self, fields: object, **read_only: Any) -> str:
        """Put in a contact and return its id; a second one with the same mobile is no error."""
        serial = next(self.serial)
        contact: dict[str, Any] = {
            "contact_id": str(self.first_id + 2 * serial),
            "contact_owner": OWNER,
            "created_time": SEED_CREATED + 1000 * serial,
            "number": [SEED_NUMBER],  # in the sample, too, none of the contact's own
            **self.checked(fields),
            **read_only,
        }
        self.held[contact["contact_id"]] = contact
        return str(contact["contact_id"])

    def get(self, contact_id: str) -> dict[str, Any]:
        """Return one contact."""
        if contact_id not in self.held:
            raise ZohoError(*NO_SUCH_CONTACT)
        return self.held[contact_id]

    def replace(self, contact_id: str, fields: object) -> None:
        """Set all writable fields. Silent in the documents; taken: keys left out are blanked."""
        self.get(contact_id).update(self.checked(fields))

    def merge(self, contact_id: str, fields: Mapping[str, Any]) -> None:
        """Set some writable fields and keep the others."""
        held = self.get(contact_id)
        kept = {key: held[key] for key in Fields.__struct_fields__ if held[key]}
        self.replace(contact_id, {**kept, **fields})

    def checked(self, fields: object) -> dict[str, Any]:
        """Return all writable fields of a contact, or refuse them."""
        contact: dict[str, Any] = msgspec.to_builtins(msgspec.convert(fields, Fields))
        # Silent in the documents; taken: id and label must both be those of one status.
        if contact["contact_status"] not in ("", *self.status_list()):
            raise ValueError(contact["contact_status"])
        return contact

    def status_list(self) -> list[dict[str, str]]:
        """Return the organisation's contact statuses."""
        return [{"id": key, "display_value": label} for key, label in self.statuses.items()]
