"""What was refused or not answered, and how many alike show that it is not the contact."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tap_contacts.transport.errors import ApiError, Refused
from target_contacts.errors import OUTCOME_UNKNOWN, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from target_contacts.mapping.field import Payload

ALIKE = 3
"""Refusals alike that show that it is not the records."""

OF_NO_RECORD = 2
"""The same where a refusal is likelier to be about something else: about the form of the request, a
value that the settings give, or the address, if a page or redirect is answered."""

Kind: TypeAlias = "tuple[str, str | None]"
"""Code of a refusal, and the field that it names, if it names one."""


class Refusal(NamedTuple):
    """A contact that was refused."""

    error: Rejected | Refused
    payload: Payload
    """What was sent."""
    reject: Callable[[], None]
    """Books the record as rejected."""
    show: Callable[[], None]
    """Puts the record into the rejects file without settling it: it comes again."""
    wires: Collection[str] = ()
    """Names of the destination's fields, which the API's own words may name."""
    by_default: Collection[str] = ()
    """Those whose values the settings gave, and not the record."""

    @property
    def is_answer(self) -> bool:
        """Say whether the API itself refused the contact, and said so."""
        asked = isinstance(self.error, Refused) or self.error.http_status is not None
        return asked and self.error.code != OUTCOME_UNKNOWN

    @property
    def kind(self) -> Kind:
        """Return code and field of the refusal; the field may stand in the API's own words."""
        code, field = kind_of(self.error)
        if field is None and isinstance(self.error, Refused):
            words = re.findall(r"[\w.]+", self.error.detail)
            named = [word for word in words if word in self.wires]
            field = next((each for each in named if not self._lacks(each)), None)
            field = field or next(iter(named), None)
        return code, field

    @property
    def lacks_field(self) -> bool:
        """Say whether the field is empty that the refusal names."""
        _, field = self.kind
        return field is not None and self._lacks(field)

    def _lacks(self, field: str) -> bool:
        return self.payload.get(field) in (None, "")

    @property
    def needed(self) -> int:
        """Return how many refusals alike show that it is not the records."""
        by_setting = self.kind[1] in self.by_default
        of_request = isinstance(self.error, ApiError) and self.error.of_request
        return OF_NO_RECORD if by_setting or of_request else ALIKE


def kind_of(error: Rejected | ApiError) -> Kind:
    """Return the code of a refusal, or its status, and the field that it names."""
    code = error.code or f"HTTP {error.http_status}"
    return code, error.field if isinstance(error, Rejected) else None
