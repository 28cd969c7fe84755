"""PORTERS (HRBC), recruiting: settings, codes, reading, and the wire form of contacts.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/20868297660953-Contact-Write
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis import xml
from tap_contacts.apis.errors import Stopped
from tap_contacts.apis.http import (
    DONE,
    GATEWAY,
    NOT_UNDERSTOOD,
    RATE,
    ApiClient,
    Judgement,
    Verdict,
)
from tap_contacts.apis.porters_sign_in import CODES, GRANT, TITLE, AppSignIn
from tap_contacts.apis.seams import Incomplete, Page, read_all
from tap_contacts.apis.transport import Answer, SignIn, origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.etree import _Element

CONTACT, PARTITION = "/v1/contact", "/v1/partition"
CONTENT_TYPE = "application/xml; charset=UTF-8"

MAX_ITEMS, MAX_BYTES = 200, 15_000
"""Most items of a request, and most bytes: "about 15,000 characters", taken as bytes to be safe."""

OWN_FIELDS = ("Contact.U_", "Contact.A_")
"""Starts of the aliases of fields that a customer or an app has added."""

LARGEST_PAGE = 200
NEW = "-1"
"""`Contact.P_Id` of a contact that is to be created."""

SETTINGS = th.ObjectType(
    th.Property("app_id", th.StringType, description="App ID that PORTERS gave the app."),
    th.Property("app_secret", th.StringType, secret=True, description="Its Secret."),
    th.Property(
        "partition",
        th.CustomType({"type": ["string", "integer", "null"]}),
        description="Id of the company database. Default: the only one the app can reach.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        default="https://api-hrbc-jp.porterscloud.com",
        description="Origin of the API; a dedicated server has its own.",
    ),
    th.Property(
        "external_key_field",
        th.StringType,
        description=(
            "Alias of a text field of your own, such as Contact.U_ExternalKey, that takes a key "
            "of the source record when a contact is created."
        ),
    ),
    RATE,
)

_ID = re.compile("[1-9][0-9]{0,17}")
_CODE = re.compile("[0-9]{1,9}")


class Result(NamedTuple):
    """What one item of a Contact Write is answered with."""

    id: str
    code: str


class Porters(ApiClient):
    """Speak for one app to one company database ("Partition")."""

    api = "porters"
    title = TITLE
    settings = SETTINGS
    rates = {"GET": 2000, "POST": 500}  # noqa: RUF012  # typed ClassVar in the base

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Take the API's settings and the plugin's config."""
        super().__init__(settings, config)
        self._given = str(settings.get("partition") or "").strip()
        if self._given and not _ID.fullmatch(self._given):
            msg = "porters.partition must be the number of a company database, digits only."
            raise ConfigurationError(msg)
        self.external_key_field: str = settings.get("external_key_field") or ""
        if self.external_key_field and not is_own_field(self.external_key_field):
            msg = "porters.external_key_field must be an alias such as Contact.U_ExternalKey."
            raise ConfigurationError(msg)

    @property
    def account(self) -> str:
        """Return origin and partition."""
        return f"{self.origin} {self.partition}"

    @cached_property
    def partition(self) -> str:
        """Return the id of the company database that requests are for.

        Raises:
            ConfigurationError: If it is not given and there are several.
            Stopped: If the app can reach none.
        """
        if self._given:
            return self._given
        if len(self._reachable) > 1:
            ids = ", ".join(self._reachable)
            msg = f"porters.partition must be one of those that the app can reach: {ids}."
            raise ConfigurationError(msg)
        for only in self._reachable:
            return only
        raise Stopped(TITLE, f"GET {PARTITION}", "the app can reach no company", GRANT)

    @cached_property
    def _reachable(self) -> dict[str, str]:
        """Return the company databases that the access token opens: id and company name."""
        what = f"{TITLE}: GET {PARTITION}"
        rows = read_all(what, self._partitions, LARGEST_PAGE, "Partition.P_Id")
        return {row["Partition.P_Id"]: row.get("Partition.P_Name", "") for row in rows}

    def address(self, settings: Mapping[str, Any]) -> str:
        """Return `api_url`, by default the shared server."""
        url = settings.get("api_url") or "https://api-hrbc-jp.porterscloud.com"
        return origin("porters.api_url", url)

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign in as the app, without a human."""
        app_id, secret = settings.get("app_id"), settings.get("app_secret")
        if not (app_id and secret):
            msg = "porters needs app_id and app_secret."
            raise ConfigurationError(msg)
        return AppSignIn(self.transport, self.origin, app_id, secret)

    def judge(self, answer: Answer) -> Judgement:
        """Judge by the code under any root: errors come as `System`, and with any HTTP status."""
        root = xml.parse(answer.body)
        code = None if root is None else xml.child_text(root, "Code")
        if code and code != "0" and _CODE.fullmatch(code):
            return _refused(code, answer.request.body)
        understood = root is not None and _understood(root, code, answer)
        return DONE if understood else GATEWAY.get(answer.status, NOT_UNDERSTOOD)

    def check(self) -> str:
        """Sign in and read the partitions."""
        if self._given and self._given not in self._reachable:
            ids = ", ".join(self._reachable) or "none"
            answered = f"partition {self._given} is not within reach; within reach: {ids}"
            raise Stopped(TITLE, f"GET {PARTITION}", answered, "Check porters.partition.")
        name = self._reachable.get(self.partition)
        return f"{TITLE} at {self.origin} answers; partition {self.partition}: {name}"

    def write(self, items: Sequence[_Element], *, repeatable: bool) -> list[Result]:
        """Create and update contacts in one request; return a result for each, in their order."""
        answer = self.call(
            "POST",
            CONTACT,
            repeatable=repeatable,
            params={"partition": self.partition},
            data=document(items),
            headers={"Content-Type": CONTENT_TYPE},
        )
        return _results(xml.parse(answer.body))

    def contacts(
        self, fields: Sequence[str], conditions: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, str]]:
        """Yield contacts by ascending id: `Contact.P_Id` and these fields, references as ids.

        The walk goes on from the last id seen, not by offset, so that nothing shifts.

        Args:
            fields: Aliases.
            conditions: Alias and suffix to value, all to hold, such as `Contact.P_Name:full`.
        """
        asked = dict(conditions or {})
        last, more = 0, True
        while more:
            page = self._contacts(fields, asked)
            ids = [row.get("Contact.P_Id", "") for row in page.rows]
            more = page.total > len(ids)
            if not all(map(_ID.fullmatch, ids)) or (more and int([0, *ids][-1]) <= last):
                msg = f"{TITLE}: GET {CONTACT}: counts {page.total} rows, gave none. Run again."
                raise Incomplete(msg)
            yield from page.rows
            last = int([0, *ids][-1])
            asked["Contact.P_Id:gt"] = str(last)

    def _contacts(self, fields: Sequence[str], conditions: Mapping[str, str]) -> Page:
        query = {
            "partition": self.partition,
            "count": LARGEST_PAGE,
            "field": ",".join(["Contact.P_Id", *fields]),
            "order": "Contact.P_Id:asc",
        }
        if conditions:
            query["condition"] = ",".join(f"{name}={value}" for name, value in conditions.items())
        # A space must go as %20; a + would be taken for a plus.
        answer = self.call("GET", CONTACT, params=urlencode(query, quote_via=quote))
        root = xml.parse(answer.body)
        rows = [] if root is None else [_flat(item) for item in xml.children(root, "Item")]
        return Page(rows, _total(root))

    def _partitions(self, start: int) -> Page:
        query = {"request_type": 1, "count": LARGEST_PAGE, "start": start}
        root = xml.parse(self.call("GET", PARTITION, params=query).body)
        found = [] if root is None else [_row(item) for item in xml.children(root, "Item")]
        rows = [row for row in found if row.get("Partition.P_Id")]
        return Page(rows, _total(root))


def is_own_field(alias: str) -> bool:
    """Say whether an alias can be one of a field that a customer or an app has added."""
    try:
        xml.element(alias)
    except ValueError:
        return False
    return alias.startswith(OWN_FIELDS)


def item(contact_id: str, fields: Mapping[str, str]) -> _Element:
    """Return the wire form of one contact; an option is the name of an empty element."""
    made = xml.element("Item")
    made.append(xml.element("Contact.P_Id", contact_id))
    for alias, value in fields.items():
        is_option = alias == "Contact.P_Phase"
        field = xml.element(alias, None if is_option else value)
        if is_option:
            field.append(xml.element(value))
        made.append(field)
    return made


def document(items: Sequence[_Element]) -> bytes:
    """Return the body of a Contact Write."""
    root = xml.element("Contact", "")
    root.extend(items)
    return xml.document(root)


def size(made: _Element) -> int:
    """Return the bytes that one item adds to a document."""
    return len(document([made])) - EMPTY_SIZE


EMPTY_SIZE = len(document([]))
"""Bytes of a document without items."""


def _refused(code: str, sent: Any) -> Judgement:
    """Look up a code; 302 tells of a transaction, or of a contact that has been deleted."""
    known = CODES.get(code, NOT_UNDERSTOOD)._replace(code=code)
    if code == "302" and f">{NEW}<".encode() not in (sent or b""):
        return known._replace(verdict=Verdict.REJECT)
    return known


def _understood(root: _Element, code: str | None, answer: Answer) -> bool:
    """Say whether an answer is the success it looks like; a write's has no code of its own."""
    if answer.status != 200:  # noqa: PLR2004
        return False
    if answer.request.method == "GET":
        return code == "0"
    sent, results = xml.parse(_bytes(answer.request.body)), _results(root)
    asked = [] if sent is None else [_row(each) for each in xml.children(sent, "Item")]
    return len(asked) == len(results) and all(
        _answers(row["Contact.P_Id"], result) for row, result in zip(asked, results, strict=True)
    )


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else b""


def _answers(contact_id: str, result: Result) -> bool:
    """Say whether a result can be that of this contact; the id of a failed one is not defined."""
    if result.code != "0":
        return bool(_CODE.fullmatch(result.code))
    return bool(_ID.fullmatch(result.id)) and contact_id in (NEW, result.id)


def _results(root: _Element | None) -> list[Result]:
    items = [] if root is None else [_row(each) for each in xml.children(root, "Item")]
    return [Result(row.get("Id", ""), row.get("Code", "")) for row in items]


def _total(root: _Element | None) -> int:
    """Return how many rows a read found in all; -1 if it does not say."""
    total = "" if root is None else root.get("Total", "")
    return int(total) if _CODE.fullmatch(total) else -1


def _flat(item: _Element) -> dict[str, str]:
    """Return the fields of an item that was read; of a reference, which comes nested, its id."""
    return {xml.local(field): _value(field) for field in xml.children(item)}


def _value(field: _Element) -> str:
    for resource in xml.children(field):
        for part in xml.children(resource):
            if xml.local(part).endswith(".P_Id"):
                return part.text or ""
    return field.text or ""


def _row(element: _Element) -> dict[str, str]:
    return {xml.local(child): child.text or "" for child in xml.children(element)}
