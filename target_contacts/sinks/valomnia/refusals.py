"""Say which field of a contact a refusal of Valomnia is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from target_contacts.errors import Rejected
from target_contacts.sinks.valomnia.fields import FIELDS

if TYPE_CHECKING:
    from tap_contacts.transport.errors import Refused

HELD = (
    "This value is the contact's own, which the record does not mention: correct it at Valomnia, "
    "or set valomnia.merge_updates to false."
)
FIELDS_AT_FAULT = {
    "email_validation_error": "email",
    "country_error": "country",
    "exceeded_file_size": "imageFile",
    "unsupported_file_type": "imageFile",
}
"""Field that a code of the API speaks of."""


def fault(error: Refused) -> Refused | Rejected:
    """Add the field at fault if it is named; the API's words go into the rejects file only."""
    field = FIELDS_AT_FAULT.get(error.code) or _named(error)
    if field is None:
        return error
    reason = f"{error} {error.detail}".strip()
    return Rejected(reason, error.code, field=field, http_status=error.http_status)


def _named(error: Refused) -> str | None:
    """Find the field that the API's words name; `not_found` may be said of the contact too."""
    if error.code == "not_found":
        return "customerId" if "customer" in error.detail else None
    words = re.search(r"(\w+) parameter is|parameter (\w+)", error.detail)
    wires = {field.wire for field in FIELDS}
    return next((word for word in (words.groups() if words else ()) if word in wires), None)


def of_held(error: Rejected) -> Rejected:
    """Say that what is refused was not the record's."""
    reason = f"{error} {HELD}"
    return Rejected(reason, error.code, field=error.field, http_status=error.http_status)
