"""Check cobai's requests, and read and write its documents; pages as in `tests.sandbox.cobai`."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

from lxml import etree

from tests.sandbox.cobai_readings import Order, without_page
from tests.sandbox.messages import Request, Response, xml_response

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MAX_SKEW = timedelta(minutes=15)  # Silent in the documents; taken: S3's tolerance.
XML_TYPES = ("application/xml", "application/xml;charset=utf-8")
DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


class Refused(Exception):
    """Refuse a request; the arguments are an HTTP status and texts that say why."""

    def response(self) -> Response:
        """Return the answer, at status 400 a `BadRequest` document (CREATE)."""
        status, *texts = self.args
        root = etree.Element("BadRequest" if status == 400 else "Error")
        for text in texts:
            etree.SubElement(root, "message").text = text
        return xml_response(serialize(root), status)


def serialize(root: etree._Element) -> bytes:
    """Write a document under the sample's declaration (CREATE)."""
    return DECLARATION + etree.tostring(root, encoding="UTF-8")


def read_contact(body: bytes, order: Order = sorted) -> dict[str, str]:
    """Read a `contact` document (CREATE); a DTD and what is not UTF-8 are refused.

    `order` returns names of elements in the order that is demanded.
    """
    parser = etree.XMLParser(resolve_entities=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(400, "The document is not well-formed.") from error
    info = root.getroottree().docinfo
    # Silent in the documents; taken: attributes, deeper elements and stray text are refused.
    extras = root.xpath("@* | */@* | */* | text()[normalize-space()]") or info.internalDTD
    if root.tag != "contact" or extras or (info.encoding or "UTF-8").upper() != "UTF-8":
        raise Refused(400, "The document is not a plain contact in UTF-8.")
    fields = {str(child.tag): child.text or "" for child in root}
    # Silent in the documents; taken: alphabetical order is demanded, and each element once.
    if [child.tag for child in root] != order(fields):
        demanded = "alphabetical" if order is sorted else "the table's"
        raise Refused(400, f"The elements are repeated or not in {demanded} order.")
    return fields


def check_signature(
    request: Request, key: str, secret: str, readings: Collection[str] = ()
) -> None:
    """Refuse a request that is not signed with the key (AUTH)."""
    # The normal forms are lost; taken: no headers, and of the address the path as it was sent.
    headers = [request.headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    signed = request.raw_path if "signed_query" in readings else path_of(request)
    text = "\n".join([request.method, *headers, signed])
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    expected = f"COB {key}:{base64.b64encode(digest).decode()}"
    # Silent in the documents; taken: 403 as in S3, where 401 would be the usual one.
    if request.headers.get("authorization") != expected or not is_now(headers[-1]):
        status = 401 if "bad_signature_401" in readings else 403
        raise Refused(status, "The signature does not match.")


def is_now(text: str) -> bool:
    """Say whether a `Date` is about now and written as in RFC 1123 (S3)."""
    try:
        date = datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=timezone.utc)
    except ValueError:
        return False
    # Written again it differs if the weekday is wrong or a digit is missing.
    is_exact = format_datetime(date, usegmt=True) == text
    return is_exact and abs(datetime.now(timezone.utc) - date) <= MAX_SKEW


def path_of(request: Request) -> str:
    """Return the path as it was sent."""
    return request.raw_path.partition("?")[0]


def check_request(request: Request, methods: Iterable[str], readings: Collection[str] = ()) -> None:
    """Refuse other methods, parameters but `state=new` (CLIST) and bodies but XML (CREATE)."""
    if request.method not in methods:
        raise Refused(405, "The method is not allowed.")
    path, _, query = request.raw_path.partition("?")
    query = without_page(readings, query)
    # Documented for an undefined state; taken: for every other parameter too.
    if query not in ({"", "state=new"} if path == "/v2/customer" else {""}):
        raise Refused(400, "The parameters are not allowed.")
    content_type = request.headers.get("content-type", "").lower().replace(" ", "")
    if request.method != "GET" and content_type not in XML_TYPES:
        # Silent in the documents; taken: 415, as the usual web frameworks answer.
        raise Refused(415, "The Content-Type must be application/xml in UTF-8.")
