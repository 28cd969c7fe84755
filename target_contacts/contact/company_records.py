"""Recognise records of companies that list their people.

A system that sells to companies has one record a company, with the people there as a list. If such
a record holds nothing of a person itself, the first of its people is the contact, and its name is
the company's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.contact import list_items
from target_contacts.contact.numbers import KINDS
from target_contacts.contact.spelling import spelled
from target_contacts.values.basic import is_empty
from target_contacts.values.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OF_PERSONS = frozenset(("first_name", "last_name", "email", *KINDS))
"""Attributes that make a record one of a person."""
_NAMES = frozenset(("first_name", "last_name", "full_name"))
PEOPLE = listed(
    "contacts contactpersons contactpeople people persons contact contactperson primarycontact "
    "maincontact"
)
"""Lists of the people of a company."""


class CompanyRecord(NamedTuple):
    """A record of a company that lists its people."""

    people: str
    """The field that holds them."""
    persons: Sequence[Mapping[str, Any]]
    """The people, the one that counts first."""
    names: Sequence[str]
    """The fields that hold the company's name."""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> CompanyRecord | None:
        """Return a record as one of a company, or None if it is none."""
        for name, value in record.items():
            if isinstance(value, (dict, list)) and plain(name) in PEOPLE:
                persons = _persons(value)
                if persons and not _is_person(record):
                    names = [each for each in record if _attribute(each) == "full_name"]
                    return cls(name, persons, names)
        return None


def _persons(value: Any) -> list[Mapping[str, Any]]:
    items = list_items.in_order([value] if isinstance(value, dict) else value)
    persons: list[Mapping[str, Any]] = [i.value for i in items if isinstance(i.value, dict)]
    if len(persons) < len(items):
        return []
    return persons if persons and _holds(persons[0], _NAMES) else []


def _is_person(record: Mapping[str, Any]) -> bool:
    return _holds(record, OF_PERSONS)


def _holds(record: Mapping[str, Any], attributes: frozenset[str]) -> bool:
    filled = (name for name, value in record.items() if not is_empty(value))
    return any(_attribute(name) in attributes for name in filled)


def _attribute(name: str) -> str:
    found = spelled((name,))
    return found[0] if found else ""
