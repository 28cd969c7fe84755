"""The numbers of contacts in a BAS-IP monitor: inner numbers, and SIP addresses made of phones.

Forms: https://developers.bas-ip.com/camdroid-monitors/0.9.0/create-contact-entity
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from target_contacts.contact.numbers import KINDS
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.errors import Rejected
from target_contacts.values import cells
from target_contacts.values.basic import assert_known, is_empty, stripped

if TYPE_CHECKING:
    from target_contacts.contact.model import Contact

INNER_NUMBERS = {
    "regular": re.compile(r"\d{3}[1-9]-\d{2}-\d[0-8]-\d{2}", re.ASCII),
    "multi": re.compile(r"\d{3}[1-9]-\d{2}-\d[1-9]", re.ASCII),
    "individual": re.compile(r"\d{2}[1-9]-\d{2}-\d[0-8]-\d{2}-[1-9]", re.ASCII),
}
"""Type of contact, and the form of its inner number as documented."""

EXAMPLES = (
    "0001-01-11-11 (type regular), 0001-01-01 (multi), 001-01-11-11-1 (individual) "
    "or sip:user@host[:port] (any type)"
)
SIP = re.compile(r"sip:[0-9A-Za-z+,.-]+@[0-9A-Za-z.-]+(:\d{1,5})?", re.ASCII)
NO_SIP_USER = re.compile(r"[^0-9A-Za-z+,.-]")
"""What the user part of a SIP address does not take."""

DIALLED = re.compile(r"[\d\s()./+-]+", re.ASCII)
"""A number of digits, and what divides them for the eye."""
NOT_DIALLED = re.compile(r"[^\d+]")


class NumberTemplate:
    """Find the number of contacts that no field_map gives one."""

    def __init__(self, template: str) -> None:
        """Take the setting number_template, or "".

        Raises:
            ConfigurationError: If a placeholder is not an attribute.
        """
        self._template = template
        self._named = re.findall(r"\{([^{}]*)\}?", template)
        assert_known("bas_ip.number_template", self._named, ATTRIBUTES)
        self.attributes = set(self._named) if template else {"mobile", "phone"}
        """Attributes that numbers are made of."""

    def number(self, contact: Contact) -> str:
        """Fill the template; without one, take a mobile or phone that is a number already.

        Raises:
            Rejected: If the contact has no value to make it of.
        """
        if self._template:
            return self._filled(contact)
        found = [_plain(contact, name) for name in ("mobile", "phone")]
        if numbers := [number for number in found if type_of(number)]:
            return numbers[0]
        reason = (
            "number is required, and neither mobile nor phone is an inner number or a SIP "
            "address. Set bas_ip.number_template, or number in field_map."
        )
        raise Rejected(reason, "missing", field="number")

    def _filled(self, contact: Contact) -> str:
        users = {name: _user(contact, name) for name in self._named}
        if lacking := [name for name, user in users.items() if not user]:
            reason = f"number is required, and number_template needs a value of {lacking[0]}"
            raise Rejected(reason, "missing", field="number")
        return re.sub(r"\{([^{}]*)\}", lambda found: users[found[1]], self._template)


def _user(contact: Contact, name: str) -> str:
    """Return an attribute as the user part of a SIP address takes it; phones in E.164.

    Of a phone that E.164 cannot be told of, what is dialled stays: digits without what divides
    them.
    """
    found = _plain(contact, name)
    if name in KINDS:
        found = unicodedata.normalize("NFKC", contact.number(name, found).e164)
        found = NOT_DIALLED.sub("", found) if DIALLED.fullmatch(found) else found
    return NO_SIP_USER.sub("", found)


def _plain(contact: Contact, name: str) -> str:
    """Return an attribute as text; "" if it has no value or none that is text.

    Raises:
        Rejected: If it is a number that lacks digits: somebody else would be called.
    """
    value = contact.with_defaults().get(name)
    if is_empty(value) or isinstance(value, (dict, list)):
        return ""
    try:
        return cells.phone(value) if name in KINDS else stripped(value)
    except ValueError as error:
        reason = f"number needs a value of {name}, which {error}"
        raise Rejected(reason, "invalid", field="number") from None


def type_of(number: str) -> str | None:
    """Return the type of contact that a number belongs to; None if it has no documented form."""
    if SIP.fullmatch(number):
        return "regular"
    return next((kind for kind, form in INNER_NUMBERS.items() if form.fullmatch(number)), None)
