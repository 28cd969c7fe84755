"""Distinguish addresses from names of documents that hold them.

Some systems keep addresses apart from contacts: a field `address` holds the name or the id of one,
such as `ADDR-00012` or `Ahrens GmbH-Billing`. That is no street.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from target_contacts.values.words import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMED = re.compile(
    r"(?P<whose>.+)-(billing|shipping|office|personal|plant|postal|shop|subsidiary|warehouse|"
    r"current|permanent|other)(-\d+)?",
    re.IGNORECASE,
)
"""How ERPNext names addresses: whose it is, its kind, and a number where there are several."""
_ID = re.compile(
    r"\d+|[a-z]{2,}[-_/#]?\d{3,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}|"
    r"(?=\D*\d)[0-9a-z]{15}([0-9a-z]{3})?|[a-z]+://\S*",
    re.IGNORECASE,
)
"""What is an id or a link: digits only, letters and digits, a UUID, an address in the web."""
_SHORTEST = 3
"""Characters of the shortest name that is looked for in other fields."""
DOCUMENTS = frozenset(("doctype", "docstatus"))
"""Fields that only documents of Frappe have, whose contacts keep no address themselves."""


def may_be_link(name: str) -> bool:
    """Say whether a field that spells a street may hold the name of an address instead."""
    return plain(name).endswith("address")


def is_link(name: str, record: Mapping[str, Any]) -> bool:
    """Say whether the field of an address that is all a record has of one holds a link.

    It does if it holds an id, a name such as ERPNext gives to addresses, or if the record is a
    document of Frappe; or if it begins with what another field of the record holds, as a name made
    of a company's does: `Ahrens GmbH-2` beside `Ahrens GmbH`.
    """
    value = record.get(name)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return True
    if not isinstance(value, str) or not value.strip():
        return False
    found = value.strip()
    is_named = bool(_ID.fullmatch(found) or _NAMED.fullmatch(found))
    return is_named or not DOCUMENTS.isdisjoint(record) or _is_made_of_others(found, record)


def _is_made_of_others(found: str, record: Mapping[str, Any]) -> bool:
    """Say whether a value is what another field holds, with a dash and more behind it."""
    whose = found.rpartition("-")[0].strip().casefold()
    if len(whose) < _SHORTEST:
        return False
    texts = (each.casefold() for each in record.values() if isinstance(each, str))
    return any(whose in each and found.casefold() not in each for each in texts)
