"""Where each API keeps a contact's names, e-mail and numbers, and what it demands of one.

Taken from the vendors' pages, not from the target: its tables are on trial, too.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.crowd.people import MARK
from tests.crowd.truth import Evidence, number, wholes
from tests.sandbox.cobai import PASSWORD
from tests.sandbox.porters import CLIENT_ID, OWNER_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.crowd.people import Entry
    from tests.sandbox.server import Sandbox

MARKED = re.compile(rf"{MARK} (\d+)")
SIP = "sip:{}@pbx.example.com"


@dataclass(frozen=True)
class Place:
    """An API's fields, and its rules as far as they concern who is who."""

    key: str
    """The field that holds the contact's id; the first that is there, of several."""
    fields: Mapping[str, str]
    """What there is a field for: first, last or whole, email, mobile, phone and street.

    Who has neither an address nor a number is known again by the street alone. So an API has a
    field for it, or demands an address or a number, or the judge takes those people for missing.
    """
    more_numbers: tuple[str, ...] = ()
    """Further fields that hold numbers."""
    demands: tuple[str, ...] = ()
    """What a contact must have, beside a name."""
    given: Mapping[str, str] | None = None
    """What one put in by hand has beside."""
    adopts: bool = True
    """Whether contacts there can be found; else each record has one of its own."""
    login: bool = False
    """Whether an e-mail, being the login name, can belong to one contact only."""

    @property
    def carried(self) -> frozenset[str]:
        """Return which ways to reach a person are carried."""
        return frozenset({"email", "mobile", "phone"} & self.fields.keys())


SPLIT = {"first": "first_name", "last": "last_name"}
CAMEL = {"first": "firstName", "last": "lastName"}
PLACES = {
    "zoho_voice": Place(
        "contact_id",
        {**SPLIT, "email": "email", "mobile": "mobile", "phone": "phone", "street": "address"},
        ("mobile1", "mobile2", "mobile3", "phone1", "phone2", "phone3"),
        demands=("mobile",),
    ),
    "cobai": Place(
        "uuid",
        {**CAMEL, "email": "officeMail", "mobile": "officeMobile", "phone": "officePhone"},
        demands=("email",),
        given={
            "webPassword": PASSWORD,
            "role": "ROLE_SHOP_USER",
            "gender": "FEMALE",
            "ignoreAssortment": "false",
        },
        login=True,
    ),
    "porters": Place(
        "Contact.P_Id",
        {
            "whole": "Contact.P_Name",
            "email": "Contact.P_Mail",
            "mobile": "Contact.P_Mobile",
            "phone": "Contact.P_Telephone",
            "street": "Contact.P_Street",
        },
        given={"Contact.P_Client": CLIENT_ID, "Contact.P_Owner": OWNER_ID},
    ),
    "valomnia": Place(
        "id",
        {**CAMEL, "email": "email", "mobile": "mobile", "phone": "phone", "street": "address"},
        ("phone2",),
        given={"customerId": "3229"},
    ),
    "bas_ip": Place(
        "link_id",
        {"whole": "name", "mobile": "number"},
        demands=("mobile",),
        given={"type": "regular"},
        adopts=False,
    ),
}


@dataclass(frozen=True)
class Seen:
    """A contact at the destination, as far as it tells who it is."""

    key: str
    evidence: Evidence
    mark: int | None = None
    """Number of the entry that was written into it last, where the API has a field for that."""


def seen(api: str, contact: Mapping[str, Any]) -> Seen:
    """Read a contact of an API's own fields."""
    place = PLACES[api]
    text = {name: str(contact.get(wire) or "") for name, wire in place.fields.items()}
    names = wholes(text["whole"]) if "whole" in text else wholes(text["first"], text["last"])
    numbers = [text.get("mobile", ""), text.get("phone", "")]
    numbers += [str(contact.get(wire) or "") for wire in place.more_numbers]
    ways = {number(_bare(each)) for each in numbers} | {text.get("email", "").lower()}
    marked = MARKED.search(text.get("street", ""))
    key = contact[place.key] or contact["item_uid"]
    return Seen(str(key), Evidence(names, frozenset(ways - {""})), _number(marked))


def _number(marked: re.Match[str] | None) -> int | None:
    return int(marked[1]) if marked else None


def _bare(text: str) -> str:
    """Return the number of a SIP address."""
    return text.removeprefix("sip:").partition("@")[0]


def takes(api: str, entry: Entry) -> bool:
    """Say whether a contact has what the API demands."""
    return all(getattr(entry.told, name) for name in PLACES[api].demands)


def put(sandbox: Sandbox, entry: Entry) -> None:
    """Put a person in as somebody at a screen would, who writes e-mails and numbers otherwise."""
    place, told = PLACES[sandbox.api], entry.told
    text = {
        "first": unicodedata.normalize("NFD", told.first),
        "last": unicodedata.normalize("NFD", told.last),
        "whole": unicodedata.normalize("NFD", told.whole),
        "email": (told.email or "").capitalize(),
        "mobile": _by_hand(told.mobile),
        "phone": _by_hand(told.phone),
        "street": f"{MARK} {entry.number}",
    }
    if not place.adopts:
        text["mobile"] = SIP.format(told.mobile)
    fields = {wire: text[name] for name, wire in place.fields.items() if text[name]}
    login = {"webUserName": f"hand-{entry.number}"} if place.login else {}
    server: Any = sandbox
    server.add(**fields, **(place.given or {}), **login)


def _by_hand(text: str | None) -> str:
    """Return a German number with spaces in it."""
    return f"+49 {text[3:6]} {text[6:]}" if text else ""
