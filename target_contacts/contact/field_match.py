"""Match a field to an attribute by its name and, where the name is ambiguous, by its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.contact.numbers import KINDS
from target_contacts.contact.spelling import spelled
from target_contacts.values import other_kinds
from target_contacts.values.basic import is_empty
from target_contacts.values.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.contact.flatten import Leaf, Path, Place

TOLD_BY_VALUE = {"country", "gender", "image", "job_title", "role", "state"}
"""Attributes whose spellings mean other things elsewhere, so that the value must be checked."""
LINES = listed("lines line street streets streetlines addresslines streetaddress address addr")
"""Lists of the lines of one address."""


GIVEN = listed("given givennames firstnames")
"""Lists of one person's given names."""


IDS_TOO = {"email", "country"}
"""Attributes that some systems call ids, which are numbers elsewhere."""


HONORIFICS = listed("mr mrs ms miss mx dr prof sir rev herr frau m mme mlle monsieur madame")
"""What is no job title in a field `title`."""

UNTOLD = listed(
    "unspecified unknown undisclosed none na keineangabe unbekannt nonprecise inconnu 不明 未回答"
)
"""What says nothing in a field `gender`."""

NO_STATES = listed(
    "active inactive enabled disabled archived deleted new open closed invited declined pending "
    "subscribed unsubscribed unconfirmed bounced invalid lead customer prospect qualified "
    "unqualified won lost draft published approved rejected verified unverified "
    "emea apac amer americas latam dach benelux nordics mena anz global worldwide international "
    "europe asia africa northamerica southamerica"
)
"""What is no part of an address in a field `state`, or in one of the region that sales goes by."""

UNSAID = {"state": NO_STATES, "gender": UNTOLD}
"""Attribute, and the values that say nothing of it."""


def taker_of(leaf: Leaf) -> tuple[str, int] | None:
    """Return the attribute that takes a value in one of its forms, the last of which says most."""
    (_, forms, number), value = leaf
    found = taker(forms[0], value) if len(forms) == 1 else _of_forms(forms, value)
    if not number or found is None or found[0] in KINDS or max(number) <= 1:
        return found
    return _further(leaf.place, *found)


def _of_forms(forms: Sequence[Path], value: Any) -> tuple[str, int] | None:
    """Return the taker of a value; in a list its place counts for more than its label's rank."""
    takers = [found for form in forms if (found := taker(form, value))]
    if not takers:
        return None
    attribute = takers[-1][0]
    return next(each for each in takers if each[0] == attribute)


def _further(place: Place, attribute: str, rank: int) -> tuple[str, int] | None:
    """Return the attribute that takes a further item of a list; most take the first only."""
    *around, _ = place.number
    if max(around, default=1) > 1 or not place.path[-1].isdecimal():
        return None
    name = plain(place.path[-2])
    if attribute == "street" and name in LINES:
        return "street2", rank
    return ("middle_name", rank) if attribute == "first_name" and name in GIVEN else None


def is_told(attribute: str, name: str) -> bool:
    """Say whether the value must be checked before an attribute takes it."""
    return attribute in TOLD_BY_VALUE or (
        attribute in IDS_TOO and plain(name).endswith(("id", "ids"))
    )


def taker(path: Path, value: Any) -> tuple[str, int] | None:
    """Return the attribute that takes a value, and its rank; None if the value does not fit."""
    found = spelled(path)
    if found is None:
        return None
    attribute, rank = found
    if isinstance(value, (dict, list)):
        return found if attribute == "status" or not value else None
    if isinstance(value, bool) or not is_told(attribute, path[-1]) or is_empty(value):
        return found
    name = plain(path[-1])
    if attribute == "job_title" and name == "title":
        return ("salutation", rank) if plain(str(value)) in HONORIFICS else found
    is_other = other_kinds.is_other(attribute, name, value) or _is_id(attribute, name, str(value))
    return None if is_other or _is_of_others(attribute, str(value)) else found


def _is_id(attribute: str, name: str, value: str) -> bool:
    """Say whether a value is an id, which the name of its field leaves open."""
    if attribute not in IDS_TOO or not name.endswith(("id", "ids")):
        return False
    return "@" not in value and not value.strip().isalpha()


def _is_of_others(attribute: str, value: str) -> bool:
    """Say whether a value is that of another thing with the same name."""
    if attribute in UNSAID:
        return plain(value) in UNSAID[attribute]
    return attribute == "role" and not value.startswith("ROLE_")
