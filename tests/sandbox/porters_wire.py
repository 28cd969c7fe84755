"""Read the body of a Contact Write of PORTERS, as strictly as its documents allow.

Facts are from hrbcapi.porters.jp/hc/en-us: "Contact Write", "Write API - XML Format" and "HTTP
Header". A comment "Silent in the documents; taken: ..." marks an adverse reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from tests.sandbox.porters_codes import Code, ResultCodeError
from tests.sandbox.porters_tenant import OPTIONS, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sandbox.porters_state import Record

MAX_ITEMS = 200
MAX_BYTES = 15_000


def parse_items(body: bytes) -> list[etree._Element]:
    """Read the items of a Contact Write body, or refuse the whole request."""
    if len(body) > MAX_BYTES:
        # Silent in the documents; taken: bytes count; older notes have HTTP 400 for it, no code.
        raise ResultCodeError(Code.BAD_VALUE, status=400)
    root = _parse(body)
    items = list(root)
    stray = any(f"{part.text or ''}{part.tail or ''}".strip() for part in (root, *items))
    if root.tag != "Contact" or stray or any(item.tag != "Item" for item in items):
        raise ResultCodeError(Code.BAD_VALUE)
    # Silent in the documents; taken: a request without items lacks what is required.
    if not items:
        raise ResultCodeError(Code.MISSING)
    # Silent in the documents; taken: one item too many refuses all of them.
    if len(items) > MAX_ITEMS:
        raise ResultCodeError(Code.TOO_MANY)
    return items


def _parse(body: bytes) -> etree._Element:
    # Silent in the documents; taken: neither CDATA nor a document type is accepted.
    if b"<![CDATA[" in body or b"<!DOCTYPE" in body:
        raise ResultCodeError(Code.BAD_VALUE)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        body.decode()
        tree = etree.fromstring(body, parser).getroottree()
    except UnicodeDecodeError as error:
        raise ResultCodeError(Code.BAD_VALUE) from error
    except etree.XMLSyntaxError as error:
        # Control characters are not well-formed either, and those are documented as code 8.
        raise ResultCodeError(Code.INTERNAL) from error
    if (tree.docinfo.encoding or "UTF-8").upper() != "UTF-8":
        raise ResultCodeError(Code.BAD_VALUE)
    return tree.getroot()


def parse_fields(item: etree._Element, kinds: Mapping[str, Kind]) -> Record:
    """Read the fields of one item; each element is an alias."""
    fields: Record = {}
    for part in item:
        alias = str(part.tag)
        # Silent in the documents; taken: a field given twice is refused.
        if alias in fields:
            raise ResultCodeError(Code.BAD_PARAMETER)
        fields[alias] = _options(part) if kinds.get(alias) in OPTIONS else _plain(part)
    return fields


def _plain(part: etree._Element) -> str:
    if len(part) or part.attrib:
        raise ResultCodeError(Code.BAD_VALUE)
    return part.text or ""


def _options(part: etree._Element) -> str:
    """Return the aliases of the empty children; the element's text would be ignored at best."""
    if not len(part) or (part.text or "").strip() or any(_plain(child) for child in part):
        raise ResultCodeError(Code.BAD_VALUE)
    return ",".join(str(child.tag) for child in part)


def check_content_type(header: str) -> None:
    """Demand `application/xml; charset=UTF-8`, both parts (page "HTTP Header")."""
    media_type, _, charset = header.lower().partition("charset=")
    if not media_type or not charset:
        raise ResultCodeError(Code.MISSING)
    if media_type.strip(" ;") != "application/xml" or charset.strip() != "utf-8":
        raise ResultCodeError(Code.BAD_VALUE)
