"""Read XML that may be hostile, and write XML that is well formed."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST_DOCUMENT = 16 * 1024 * 1024
"""Most bytes of a document that is parsed."""

MOST_NODES = 500_000
"""Most elements and attributes, by `<` and `=`; each takes over a hundred bytes of memory."""

TAGS = 1024
"""Names of elements that are remembered without their namespace."""

_NOT_IN_XML = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x84\x86-\x9f]"
)
"""What XML 1.0 forbids, and the control characters it discourages."""


_MARKUP = re.compile("[&<>]")


def parse(document: bytes) -> etree._Element | None:
    """Return the root of a document; None if it is not well formed, has a DOCTYPE or is huge.

    Nothing outside the document is read and no entity is expanded.
    """
    if len(document) > LARGEST_DOCUMENT or b"<!DOCTYPE" in document:
        return None
    if document.count(b"<") + document.count(b"=") > MOST_NODES:
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    info: Any = root.getroottree().docinfo
    return None if info.doctype else root


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace, which some APIs misspell."""
    return _local(element.tag)


@functools.lru_cache(maxsize=TAGS)
def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def children(element: etree._Element, name: str | None = None) -> Iterator[etree._Element]:
    """Return the child elements, or those of one local name; comments are none."""
    found: Iterator[etree._Element] = element.iterchildren(etree.Element)
    return found if name is None else (child for child in found if local(child) == name)


def child_text(element: etree._Element, name: str) -> str | None:
    """Return the text of the first child of this local name; "" if it is empty, None if absent."""
    found = next(children(element, name), None)
    return None if found is None else (found.text or "")


def element(name: str, text: str | None = None) -> etree._Element:
    """Return a new element; what XML forbids in its text is left out."""
    made = etree.Element(name)
    made.text = None if text is None else clean(text)
    return made


def clean(text: str) -> str:
    """Return a text without the characters that XML 1.0 forbids, and without control characters."""
    return text if text.isprintable() else _NOT_IN_XML.sub("", text)


def are_plain(values: Iterable[object]) -> bool:
    """Say whether all values are texts that stand in XML as they are."""
    try:
        text = "".join(values)  # type: ignore[arg-type]
    except TypeError:
        return False
    return text.isprintable() and not _MARKUP.search(text)


def document(root: etree._Element) -> bytes:
    """Return a whole UTF-8 document, declaration included."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def part(element: etree._Element) -> bytes:
    """Return an element as it stands in a UTF-8 document."""
    return etree.tostring(element, encoding="UTF-8", xml_declaration=False)
