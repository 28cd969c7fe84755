"""Convert the values of a record for the fields that take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from target_contacts.contact.paths import Failure
from target_contacts.errors import Rejected
from target_contacts.mapping.choices import NotKnown
from target_contacts.report.summary import NOT_THERE
from target_contacts.values.basic import NoValue, OtherThing, TooLong

if TYPE_CHECKING:
    from collections.abc import Container

    from target_contacts.contact.model import Contact
    from target_contacts.mapping.field import Field

LEFT_OUT, CUT_SHORT = "left out", "cut short"
"""What was done with a value that does not fit."""


class Conversion:
    """Convert values, and keep which did not fit.

    Fields of `never` are never sent, so that it does not matter what fits.
    """

    def __init__(self, on_invalid: str, *, clears_fields: bool, never: Container[str] = ()) -> None:
        self._on_invalid, self._clears, self._never = on_invalid, clears_fields, never
        self.dropped_or_truncated: list[tuple[str, str]] = []
        """Values that did not fit since this was last cleared: field, and what was done."""
        self.unknown: dict[str, str] = {}
        """Why values were left out that the destination does not have, by field."""
        self.refusals: list[Rejected] | None = None
        """Takes all refusals of a record, if it is set; else the first one is raised."""

    def value(self, field: Field, value: Any, contact: Contact) -> Any:
        """Return the value to send; None if it does not fit and may be left out."""
        if field.wire in self._never:
            return self._compared(field, value)
        try:
            converted = _none(value) if isinstance(value, Failure) else field.convert(value)
        except NotKnown as error:
            self._not_there(field, f"{field.wire} {error}", contact)
            return None
        except ValueError as error:
            return self._refused(field, error)
        most = field.max_length
        if most and len(converted) > most:
            return self._too_long(field, most, converted)
        return converted

    def _compared(self, field: Field, value: Any) -> Any:
        """Return a value by which contacts are only compared; None if it is no such value."""
        try:
            return None if isinstance(value, Failure) else field.convert(value)
        except ValueError:
            return None

    def _refused(self, field: Field, error: ValueError) -> str | None:
        """Return the value to send instead of one that a conversion refuses, or raise Rejected."""
        if isinstance(error, NoValue):
            return "" if self._clears else None
        if isinstance(error, OtherThing):
            self.dropped_or_truncated.append((field.wire, LEFT_OUT))
        else:
            code = "too_long" if isinstance(error, TooLong) else "invalid"
            self._unfit(field, f"{field.wire} {error}", code)
        return None

    def _too_long(self, field: Field, most: int, converted: str) -> str | None:
        """Truncate a value or leave it out, if the settings allow it, or raise Rejected."""
        if self._on_invalid == "truncate" and not field.exact:
            self.dropped_or_truncated.append((field.wire, CUT_SHORT))
            return converted[:most]
        reason = f"{field.wire} takes {most} characters, not {len(converted)}"
        self._unfit(field, reason, "too_long")
        return None

    def _not_there(self, field: Field, reason: str, contact: Contact) -> None:
        """Leave out a value that the destination does not have, unless a setting gave it."""
        is_given = field.wire in contact.fields or field.attribute in contact.chosen
        if is_given or field.attribute in contact.defaults:
            self._unfit(field, reason, "invalid")
            return
        self.unknown.setdefault(field.wire, reason)
        self.dropped_or_truncated.append((field.wire, NOT_THERE))

    def _unfit(self, field: Field, reason: str, code: str) -> None:
        """Leave out a value, if the settings allow it, or raise Rejected."""
        if self._on_invalid == "drop_field":
            self.dropped_or_truncated.append((field.wire, LEFT_OUT))
            return
        refused = Rejected(reason, code, field=field.wire)
        if self.refusals is None:
            raise refused
        self.refusals.append(refused)


def _none(value: Failure) -> NoReturn:
    """Raise ValueError, as conversions do, since the expression of a value failed."""
    raise ValueError(value.reason)
