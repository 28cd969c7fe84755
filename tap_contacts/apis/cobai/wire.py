"""The wire form of cobai: XML documents, and the UUIDs in them.

Answers declare a misspelt Atom namespace, and their links say `/v1/` where `/v2/` was asked:
namespaces are not looked at, links are only looked into, never followed.
Source: https://cobai.com/de/docs/api-v2/kunden/kontakte-anlegen
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from tap_contacts.transport import xml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

    from tap_contacts.transport.session import Answer

CUSTOMERS = "/v2/customer"
HEADERS = {"Content-Type": "application/xml"}

UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

FIELDS = (
    "firstName",
    "gender",
    "ignoreAssortment",
    "lastName",
    "officeFax",
    "officeMail",
    "officeMobile",
    "officePhone",
    "role",
    "webUserName",
)
"""Fields that an answer holds, empty ones too; the password is never told."""

ROOTS = {"customer": "customerIdList", "contact": r"contact\w*List|contacts"}
"""Root elements of listings by the end of their path; that of contacts is inferred."""

LONGEST_DETAIL = 2000
"""Characters of an answer that are kept as the reason of a refusal."""


_TABLE = (
    "gender firstName lastName officePhone officeFax officeMobile officeMail webUserName "
    "webPassword role ignoreAssortment"
)
TABLE = {name: place for place, name in enumerate(_TABLE.split())}
"""Places of the fields in the table of cobai's page."""


def document(fields: Mapping[str, str], *, as_in_table: bool) -> bytes:
    """Return a contact as a document, in alphabetical order as cobai writes it, or the table's."""
    root = xml.element("contact")
    names = sorted(fields)
    if as_in_table:
        names.sort(key=lambda name: TABLE.get(name, len(TABLE)))
    root.extend([xml.element(name, fields[name]) for name in names])
    return xml.document(root)


def fields(contact: _Element) -> dict[str, str]:
    """Return the texts of a contact's fields."""
    found = {xml.local(child): "".join(_texts(child)) for child in xml.children(contact)}
    found.pop("link", None)
    return found


def held(contact: _Element) -> dict[str, str]:
    """Return the fields that a change has to send back: those with a value, known here or not.

    What holds elements of its own cannot be sent back as a text.
    """
    plain = {xml.local(child) for child in xml.children(contact) if not len(child)}
    found = {name: value for name, value in fields(contact).items() if name in plain and value}
    found.pop("uuid", None)
    return found


def uuid_of(element: _Element, kind: str) -> str | None:
    """Return the UUID of a customer or contact, from its own element or else from its link."""
    own = (xml.child_text(element, "uuid") or "").strip()
    if re.fullmatch(UUID, own):
        return own
    links = (link.get("href", "") for link in xml.children(element, "link"))
    return next(filter(None, (uuid_in(link, kind) for link in links)), None)


def next_page(root: _Element) -> dict[str, str] | None:
    """Return the query of the link to a list's next page, which may be empty; None without one."""
    links = (link for link in xml.children(root, "link") if link.get("rel") == "next")
    address = next(filter(None, (link.get("href", "").strip() for link in links)), None)
    if address is None:
        return None
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


def uuid_in(link: str, kind: str) -> str | None:
    """Return the UUID at the end of a link to a customer or contact."""
    found = re.search(rf"/{kind}/({UUID})/?$", link.strip())
    return found[1] if found else None


def created(answer: Answer) -> str | None:
    """Return the UUID of a contact just created; its document need not be readable."""
    if uuid := uuid_in(answer.headers.get("Location", ""), "contact"):
        return uuid
    root = answer.xml
    return None if root is None else uuid_of(root, "contact")


def is_success(answer: Answer) -> bool:
    """Say whether an answer is what cobai sends when it has done what was asked."""
    if answer.request.method == "POST":
        return answer.status == 201 and created(answer) is not None  # noqa: PLR2004
    if answer.request.method == "PUT":
        bare = answer.status in {200, 204} and not answer.body.strip()
        return bare or (answer.status == 200 and _has_root(answer, "contact"))  # noqa: PLR2004
    *_, above, end = answer.request.path_url.partition("?")[0].split("/")
    return answer.status == 200 and _has_root(answer, ROOTS.get(end, above))  # noqa: PLR2004


BAD_REQUEST = 400
BARE = {404, 405}
"""Statuses that say enough without a document."""

GATEWAYS = {"html", "envelope", "fault"}
"""Root elements, in lower case, of what gateways say in XML; that of `BadRequest` is unknown."""


def is_refusal(answer: Answer) -> bool:
    """Say whether a refusal is cobai's own: XML, none at all, or plain text at status 400.

    The form of `BadRequest` is not documented. Whoever refuses with 400 has not passed it on.
    """
    if not answer.body.strip():
        return answer.status in BARE
    is_plain = answer.headers.get("Content-Type", "").lower().startswith("text/plain")
    if is_plain:
        return answer.status == BAD_REQUEST
    root = answer.xml
    return root is not None and xml.local(root).lower() not in GATEWAYS


def words(body: bytes) -> str:
    """Return all texts of a refusal: the form of `BadRequest` is not documented."""
    root = xml.parse(body)
    texts = [body.decode(errors="replace")] if root is None else _texts(root)
    return " ".join(text.strip() for text in texts if text.strip())[:LONGEST_DETAIL]


def _texts(element: _Element) -> list[str]:
    return [str(text) for text in element.itertext()]


def _has_root(answer: Answer, name: str) -> bool:
    root = answer.xml
    return root is not None and re.fullmatch(name, xml.local(root)) is not None
