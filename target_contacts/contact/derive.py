"""Complete contacts: derive attributes from others, without inventing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.values import cells, company_names, convert, name_agreement, names
from target_contacts.values.basic import is_empty, text
from target_contacts.values.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_contacts.contact.model import Contact

JOINT = " + "
"""What stands between the names of the fields that a value is made of."""


def give(contact: Contact, attribute: str, value: Any, source: str) -> None:
    """Give an attribute a value if it has none."""
    if not contact.has(attribute) and not is_empty(value):
        contact.attributes[attribute] = value
        contact.sources[attribute] = source


def names_of(contact: Contact) -> None:
    """Make a full name of its parts, or the parts of a full name; and the same of readings.

    A part that a full name lacks is "": it is to be cleared, should an earlier name have had it.
    """
    first, middle, last, full = _texts(contact, NAMES)
    if first or last:
        if full and _is_another(contact, full, first, last):
            _set_apart(contact, full, [first, middle, last])
        whole = names.whole(_joined(first, middle), last)
        give(contact, "full_name", whole, _source(contact, NAMES[:3]))
    elif "full_name" in contact.attributes:
        for attribute, part in zip(("first_name", "last_name"), names.split(full), strict=True):
            contact.attributes[attribute] = part
            contact.sources[attribute] = contact.sources["full_name"]
    _reading_of(contact)


def _reading_of(contact: Contact) -> None:
    """Make the reading of a name of the readings of its parts."""
    if not _READINGS.isdisjoint(contact.attributes) and any(map(contact.has, READINGS)):
        readings = names.reading(*_texts(contact, READINGS))
        give(contact, "name_reading", readings, _source(contact, READINGS))


NAMES = ("first_name", "middle_name", "last_name", "full_name")
READINGS = ("first_name_reading", "last_name_reading")
_READINGS = frozenset(READINGS)


DOUBTFUL = listed("name displayname contactname fileas anzeigename 表示名")
"""Fields whose name may be that of a company, or of another contact, beside a person's."""


def _is_another(contact: Contact, full: str, first: str, last: str) -> bool:
    """Say whether a name is another one than that of the person beside it."""
    named = plain(contact.sources["full_name"].rpartition(".")[2])
    return named in DOUBTFUL and not name_agreement.is_whole_of(full, first, last)


def _set_apart(contact: Contact, full: str, parts: Iterable[str]) -> None:
    """Take the full name that is another one's off a contact: its company's, or a spare field."""
    source = contact.sources.pop("full_name")
    del contact.attributes["full_name"]
    if company_names.is_company(full) and not contact.has("company"):
        give(contact, "company", full, source)
    elif not name_agreement.is_part_of(full, parts):
        contact.spare[source] = "full_name"


def _texts(contact: Contact, attributes: Iterable[str]) -> list[str]:
    """Return attributes as text; what is none, "" for one, as ""."""
    given = contact.attributes
    return [as_text(given[each]) if each in given else "" for each in attributes]


def as_text(value: Any) -> str:
    """Return a plain value as text without blanks around it, any other as ""."""
    if isinstance(value, str):
        return (value if value.isprintable() else text(value)).strip()
    return "" if isinstance(value, (bool, dict, list)) else text(value)


def _joined(*parts: str) -> str:
    return " ".join([part for part in parts if part])


def _source(contact: Contact, parts: Iterable[str]) -> str:
    sources = contact.sources
    return JOINT.join([sources[part] for part in parts if part in sources])


def street_of(contact: Contact) -> None:
    """Put the number of the house and the second line of an address to its street."""
    if not contact.has("street_number") and not contact.has("street2"):
        return
    street, number, second = _texts(contact, STREET_PARTS)
    number = cells.from_spreadsheet(number)
    first = [street, number] if street and number else [street]
    if number and convert.home(contact.attributes.get("country")) in NUMBER_FIRST:
        first.reverse()
    whole = "\n".join(filter(None, (_joined(*first), second)))
    if whole != street:
        contact.attributes["street"] = whole
        used = [each for each in STREET_PARTS if contact.has(each)]
        names_used = (contact.sources[each] for each in used if each in contact.sources)
        contact.sources["street"] = JOINT.join(names_used)


STREET_PARTS = ("street", "street_number", "street2")

NUMBER_FIRST = frozenset(
    ("AU", "CA", "FR", "GB", "IE", "IN", "LU", "MC", "MY", "NZ", "PH", "SG", "US", "ZA")
)
"""Countries where the number of the house stands before the street."""


def gender_of(contact: Contact) -> None:
    """Take the gender from a salutation; one that says nothing else is spare."""
    if not contact.has("salutation"):
        return
    salutation = contact.attributes["salutation"]
    source, told = contact.sources["salutation"], _gender(salutation)
    give(contact, "gender", told, source)
    if not told or _gender(contact.attributes["gender"]) != told:
        del contact.attributes["salutation"], contact.sources["salutation"]
        contact.spare[source] = "salutation"


def _gender(value: Any) -> str:
    try:
        return convert.gender(value)
    except ValueError:
        return ""
