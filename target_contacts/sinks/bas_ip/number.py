"""The numbers of contacts in a BAS-IP monitor: inner numbers, and SIP addresses made of phones.

Forms: https://developers.bas-ip.com/android-monitors/create-contact-entity. The vendor's regexes
and ranges of inner numbers contradict each other, so that only the count of digits is looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from singer_sdk.exceptions import ConfigurationError

from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.errors import Rejected
from target_contacts.sinks.bas_ip.part import USER_TAKES, part, plain
from target_contacts.values.basic import assert_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.contact.model import Contact

INNER_NUMBERS = {
    "regular": re.compile(r"\d{4}-\d{2}-\d{2}-\d{2}", re.ASCII),
    "multi": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
    "individual": re.compile(r"\d{3}-\d{2}-\d{2}-\d{2}-\d", re.ASCII),
    "global": re.compile(r"\d{4}", re.ASCII),
}
"""Type of contact, and the form of its inner number."""
ANY = "p2p"
"""A type that no form of number is documented for."""
SAID = "global"
"""A type that has to be said: its number may as well be the extension of a telephone."""
TYPES = (*INNER_NUMBERS, ANY)

EXAMPLES = (
    "0001-01-11-11 (type regular), 0001-01-01 (multi), 001-01-11-11-1 (individual), 0001 (if type "
    f"is global) or sip:user@host[:port] (any type), the user of {USER_TAKES}"
)
SIP = re.compile(r"sip:[0-9A-Za-z+_.-]+@[0-9A-Za-z_.-]+(:\d{1,5})?", re.ASCII)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}?")


class NumberTemplate:
    """Find the number of contacts that no field_map gives one."""

    def __init__(self, template: str) -> None:
        """Take the setting number_template, or "".

        Raises:
            ConfigurationError: If a placeholder is not an attribute, or no number can be made.
        """
        self._literals, self._named = _taken_apart(template)
        assert_known("bas_ip.number_template", self._named, ATTRIBUTES)
        _assert_makes_numbers(template, self._literals)
        self.attributes = set(self._named) if template else {"mobile", "phone"}
        """Attributes that numbers are made of."""
        self._is_set = bool(template)

    def number(self, contact: Contact, kind: str | None = None) -> str:
        """Fill the template; without one, take a mobile or phone that is a number already.

        Raises:
            Rejected: If the contact has no value to make it of, or one that does not fit.
        """
        if self._is_set:
            return self._filled(contact)
        for name in self._numbers_in(contact, kind):
            return plain(contact, name)
        reason = (
            "number is required, and neither mobile nor phone is an inner number or a SIP "
            "address. Set bas_ip.number_template, or number in field_map."
        )
        raise Rejected(reason, "missing", field="number")

    def made_of(self, contact: Contact, kind: str | None = None) -> Sequence[str]:
        """Return the attributes that make the number of a contact; as `number` otherwise."""
        return self._named if self._is_set else self._numbers_in(contact, kind)[:1]

    def _numbers_in(self, contact: Contact, kind: str | None) -> list[str]:
        """Return which of mobile and phone are numbers already."""
        found = [(name, plain(contact, name)) for name in ("mobile", "phone")]
        unfit = {None, SAID} - {kind or ANY}
        return [name for name, number in found if type_of(number) not in unfit]

    def _filled(self, contact: Contact) -> str:
        if self._literals == ["", ""] and type_of(whole := plain(contact, self._named[0])):
            return whole
        number = self._literals[0]
        for name, after in zip(self._named, self._literals[1:], strict=True):
            number += self._part(contact, name, after) + after
        return number

    def _part(self, contact: Contact, name: str, after: str) -> str:
        """Return a part that ends where the template says, so that no other parts make the same."""
        found = part(contact, name)
        if not found:
            reason = f"number is required, and number_template needs a value of {name}"
            raise Rejected(reason, "missing", field="number")
        if after and f"{found}{after}".index(after) < len(found):
            reason = (
                f"number needs a value of {name} without {after!r}, which ends it in the template"
            )
            raise Rejected(reason, "invalid", field="number")
        return found


def _taken_apart(template: str) -> tuple[list[str], list[str]]:
    pieces = _PLACEHOLDER.split(template)
    return pieces[::2], pieces[1::2]


def _assert_makes_numbers(template: str, literals: list[str]) -> None:
    """Raise ConfigurationError if a template makes no number, or one of different contacts."""
    if not all(literals[1:-1]):
        msg = (
            "bas_ip.number_template must have a character between two placeholders, such as a dot."
        )
        raise ConfigurationError(msg)
    if template.lower().startswith("sip:") and not SIP.fullmatch("1".join(literals)):
        msg = (
            "bas_ip.number_template must make SIP addresses such as sip:user@host[:port]; a user "
            f"takes {USER_TAKES}"
        )
        raise ConfigurationError(msg)


def type_of(number: str) -> str | None:
    """Return the type of contact that a number belongs to; None if it has no documented form."""
    if SIP.fullmatch(number):
        return "regular"
    return next((kind for kind, form in INNER_NUMBERS.items() if form.fullmatch(number)), None)


def checked_type(number: str, wanted: str | None) -> str:
    """Return the type of a contact with this number.

    Raises:
        Rejected: If the number has no documented form, or that of another type.
    """
    kind = type_of(number)
    if kind is None or (kind == SAID and wanted is None):
        reason = f"number must be like {EXAMPLES}"
        raise Rejected(reason, "invalid", field="number")
    if wanted in {None, kind, ANY} or SIP.fullmatch(number):
        return wanted or kind
    reason = f"type is {wanted}, but the number is that of type {kind}"
    raise Rejected(reason, "invalid", field="type")
