"""PORTERS (HRBC): the wire form of contacts and of what is answered.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115008171988-Write-API-XML-Format
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from tap_contacts.transport import xml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lxml.etree import _Element

CONTENT_TYPE = "application/xml; charset=UTF-8"

MAX_ITEMS, MAX_BYTES = 200, 15_000
"""Most items of a request, and most bytes: "about 15,000 characters", taken as bytes to be safe."""

LARGEST_PAGE = 200
"""Most rows of a page."""

FORMS = 256
"""Sets of fields whose elements are kept; a stream has one, or a few."""

ANSWERS = 16
"""Answers whose results are kept until they are used."""

LINKS_TOO = {"X-P-ConnectAPI-Version": "2"}
"""Header without which fields of type Link are neither shown nor taken."""

NEW = "-1"
"""`Contact.P_Id` of a contact that is to be created."""

PHASE = "Contact.P_Phase"

OWN_FIELDS = ("Contact.U_", "Contact.A_")
"""Starts of the aliases of fields that a customer or an app has added."""

NO_CONDITION = re.compile(r"[,:=\r\n]")
"""Characters that no documented rule can escape in the value of a condition."""

ID = re.compile("[1-9][0-9]{0,17}")
CODE = re.compile("[0-9]{1,9}")


class Result(NamedTuple):
    """What one item of a Contact Write is answered with."""

    id: str
    code: str


def is_alias(alias: str, starts: str | tuple[str, ...]) -> bool:
    """Say whether an alias starts so and can be the name of an element."""
    try:
        xml.element(alias)
    except ValueError:
        return False
    return alias.startswith(starts)


class Form:
    """The elements of contacts with the same fields, made once and filled for each of them."""

    def __init__(self, aliases: Sequence[str]) -> None:
        self._root, self._parts = xml.element("Item"), [xml.element(alias) for alias in aliases]
        self._root.extend(self._parts)
        elements = "".join(f"<{alias}>%s</{alias}>" for alias in aliases)
        self._text = f"<Item>{elements}</Item>"

    def filled(self, values: tuple[str | list[str], ...]) -> bytes:
        """Return the wire form of a contact; options are the names of empty elements."""
        if xml.are_plain(values):
            return (self._text % values).encode()
        with_options = []
        try:
            for part, value in zip(self._parts, values, strict=True):
                if isinstance(value, str):
                    part.text = xml.clean(value)
                else:
                    part.text = None
                    with_options.append(part)
                    part.extend([xml.element(option) for option in value])
            return xml.part(self._root)
        finally:
            for part in with_options:
                del part[:]


class Writer:
    """Puts contacts into their wire form, for one thread at a time."""

    def __init__(self) -> None:
        self._form = functools.lru_cache(maxsize=FORMS)(Form)

    def item(self, contact_id: str, fields: Mapping[str, str | list[str]]) -> bytes:
        """Return the wire form of one contact."""
        phase = fields.get(PHASE)
        if isinstance(phase, str):
            fields = {**fields, PHASE: [phase]}
        return self._form(("Contact.P_Id", *fields)).filled((contact_id, *fields.values()))


_HEAD, _END, _ = xml.document(xml.element("Contact", "")).partition(b"</Contact>")

EMPTY_SIZE = len(_HEAD) + len(_END)
"""Bytes of a document without items."""


def document(items: Sequence[bytes]) -> bytes:
    """Return the body of a Contact Write, given the wire forms of its contacts."""
    return b"".join((_HEAD, *items, _END))


@functools.lru_cache(maxsize=ANSWERS)
def results(root: _Element | None) -> Sequence[Result]:
    """Return what each item of a Contact Write was answered with.

    They are read when the answer is judged, and when it is used.
    """
    return () if root is None else tuple(map(_result, xml.children(root, "Item")))


def _result(item: _Element) -> Result:
    told = {xml.local(part): part.text or "" for part in xml.children(item)}
    return Result(told.get("Id", ""), told.get("Code", ""))


_SENT = re.compile(rb"<Contact\.P_Id>([^<]*)<")


def answers(root: _Element | None, sent: bytes) -> bool:
    """Say whether an answer can be that to a Contact Write: one result an item, in their order."""
    asked, found = _SENT.findall(sent), results(root)
    return len(asked) == len(found) and all(
        _answers(contact_id.decode(), result)
        for contact_id, result in zip(asked, found, strict=True)
    )


def _answers(contact_id: str, result: Result) -> bool:
    """Say whether a result can be that of this contact; the id of a failed one is not defined."""
    if result.code != "0":
        return bool(CODE.fullmatch(result.code))
    return bool(ID.fullmatch(result.id)) and contact_id in (NEW, result.id)


def rows_of(root: _Element | None) -> list[dict[str, str]]:
    """Return the items of an answer, or of a request, with the text of what is in them."""
    items = [] if root is None else xml.children(root, "Item")
    return [{xml.local(child): child.text or "" for child in xml.children(each)} for each in items]


def flat_rows(items: Iterable[_Element]) -> list[dict[str, str]]:
    """Return the items of a read as rows; of a reference, which comes nested, its id."""
    return [{xml.local(field): _value(field) for field in xml.children(each)} for each in items]


def filled_rows(items: Iterable[_Element]) -> list[dict[str, str]]:
    """Return rows as `flat_rows` does; a field without id and text has the name of what it holds.

    So a field is empty only if there is nothing in it, whatever its form.
    """
    return [
        {xml.local(field): _value(field) or _content(field) for field in xml.children(each)}
        for each in items
    ]


def _content(field: _Element) -> str:
    return next((xml.local(part) for part in xml.children(field)), "")


def _value(field: _Element) -> str:
    for resource in xml.children(field):
        for part in xml.children(resource):
            if xml.local(part).endswith(".P_Id"):
                return part.text or ""
    return field.text or ""


def total(root: _Element | None) -> int:
    """Return how many rows a read found in all; -1 if it does not say."""
    told = "" if root is None else root.get("Total", "")
    return int(told) if CODE.fullmatch(told) else -1


def one_line(text: str) -> str:
    """Return a text without control characters, line breaks and doubled spaces."""
    return " ".join(xml.clean(text).split())
