"""PORTERS (HRBC), recruiting: settings, what answers mean, writing and reading contacts.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/20868297660953-Contact-Write
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.porters import reading, wire
from tap_contacts.apis.porters.sign_in import CODES, GRANT, TITLE, AppSignIn
from tap_contacts.apis.porters.tenant import CONTACTS, LINKS_TOO, Tenant
from tap_contacts.listing.offsets import Incomplete
from tap_contacts.transport import forms, xml
from tap_contacts.transport.call import Call
from tap_contacts.transport.client import (
    DONE,
    NOT_UNDERSTOOD,
    RATE,
    ApiClient,
    Judgement,
    Verdict,
    foreign,
)
from tap_contacts.transport.errors import Stopped
from tap_contacts.transport.origin import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lxml.etree import _Element

    from tap_contacts.transport.session import Answer, SignIn

CONTACT, PARTITION = CONTACTS.path, "/v1/partition"
WITHIN_REACH = {"request_type": 1}
"""What asks for the company databases that the access token opens."""
CONTENT_TYPE = "application/xml; charset=UTF-8"

SETTINGS = th.ObjectType(
    th.Property("app_id", forms.text(), description="App ID that PORTERS gave the app."),
    th.Property("app_secret", forms.text(), secret=True, description="Its Secret."),
    th.Property(
        "partition",
        th.CustomType({"type": ["string", "integer", "null"]}),
        description="Id of the company database. Default: the only one the app can reach.",
    ),
    th.Property(
        "api_url",
        forms.text(),
        default="https://api-hrbc-jp.porterscloud.com",
        description="Origin of the API; a dedicated server has its own.",
    ),
    th.Property(
        "external_key_field",
        forms.text(),
        description=(
            "Alias of a text field of your own, such as Contact.U_ExternalKey, that takes a key "
            "of the source record when a contact is created."
        ),
    ),
    RATE,
)

TAP_SETTINGS = th.ObjectType(
    *SETTINGS.wrapped.values(),
    th.Property(
        "fields",
        th.ArrayType(th.StringType),
        description=(
            "Aliases of the contacts' fields to read, such as Contact.P_Name. Default: all that "
            "are in use, but for images."
        ),
    ),
)


class Porters(ApiClient):
    """Speak for one app to one company database ("Partition")."""

    api = "porters"
    title = TITLE
    settings = SETTINGS
    operational = ("app_id", "partition", "api_url")
    rates = {"GET": 2000, "POST": 500}  # noqa: RUF012  # typed ClassVar in the base

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Take the API's settings and the plugin's config."""
        super().__init__(settings, config)
        self._given = str(settings.get("partition") or "").strip()
        if self._given and not wire.ID.fullmatch(self._given):
            msg = "porters.partition must be the number of a company database, digits only."
            raise ConfigurationError(msg)
        key = self.external_key_field = str(settings.get("external_key_field") or "")
        if key and not wire.is_alias(key, wire.OWN_FIELDS):
            msg = "porters.external_key_field must be an alias such as Contact.U_ExternalKey."
            raise ConfigurationError(msg)
        if not all(wire.is_alias(alias, "Contact.") for alias in settings.get("fields") or ()):
            msg = "porters.fields must name aliases such as Contact.P_Name."
            raise ConfigurationError(msg)
        self.tenant = Tenant(self)

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
        return {row["Partition.P_Id"]: row.get("Partition.P_Name", "") for row in self.partitions()}

    def partitions(self) -> list[dict[str, str]]:
        """Return the company databases that the access token opens."""
        return self.listed(PARTITION, WITHIN_REACH, "Partition.P_Id", wire.rows_of)

    @property
    def harmless(self) -> Call:
        """Return the reading of one company database."""
        return Call("GET", PARTITION, options={"params": {**WITHIN_REACH, "count": 1, "start": 0}})

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
        """Judge by the code: errors come as `System`, too, and with any HTTP status."""
        root = answer.xml
        if root is None or not _is_own(root, answer):
            return foreign(answer.status)
        code = xml.child_text(root, "Code")
        if code and code != "0" and wire.CODE.fullmatch(code):
            return _refused(code, answer.request.body)
        return DONE if _understood(root, code, answer) else foreign(answer.status)

    def check(self) -> str:
        """Sign in and read the partitions."""
        if self._given and self._given not in self._reachable:
            ids = ", ".join(self._reachable) or "none"
            answered = f"partition {self._given} is not within reach; within reach: {ids}"
            raise Stopped(TITLE, f"GET {PARTITION}", answered, "Check porters.partition.")
        name = self._reachable.get(self.partition)
        return f"{TITLE} at {self.origin} answers; partition {self.partition}: {name}"

    def write(
        self, items: Sequence[bytes], *, repeatable: bool, once: bool = False
    ) -> list[wire.Result]:
        """Create and update contacts in one request; return a result for each, in their order.

        Args:
            items: The contacts in their wire form.
            repeatable: Whether none is to be created.
            once: Whether it is repeated only if it was throttled.
        """
        answer = self.call(
            "POST",
            CONTACT,
            repeatable=repeatable,
            several=len(items) > 1,
            once=once,
            params={"partition": self.partition},
            data=wire.document(items),
            headers={"Content-Type": CONTENT_TYPE, **LINKS_TOO},
        )
        return wire.results(answer.xml)

    def contacts(
        self, fields: Sequence[str], conditions: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, str]]:
        """Yield contacts by ascending id: `Contact.P_Id` and these fields, references as ids.

        Args:
            fields: Aliases.
            conditions: Alias and suffix to value, all to hold, such as `Contact.P_Name:full`.
        """
        for root in reading.pages(self, reading.Asked(CONTACTS, fields, conditions or {})):
            yield from wire.flat_rows_of(root)

    def few_contacts(
        self, fields: Sequence[str], conditions: Mapping[str, str], pages: int
    ) -> Iterator[dict[str, str]] | None:
        """Return the contacts that meet conditions; None if they take more than so many pages.

        Args:
            fields: As for `contacts`.
            conditions: As for `contacts`.
            pages: Pages of 200 contacts.
        """
        roots = reading.pages(self, reading.Asked(CONTACTS, fields, conditions))
        first = next(roots)
        if wire.total(first) > pages * reading.LARGEST_PAGE:
            return None
        return (row for root in chain([first], roots) for row in wire.flat_rows_of(root))

    def listed(
        self,
        path: str,
        query: Mapping[str, Any],
        key: str,
        rows_of: Callable[[_Element | None], list[dict[str, str]]],
        **options: Any,
    ) -> list[dict[str, str]]:
        """Return all rows of a short list, such as that of fields.

        Args:
            path: Path of the read.
            query: Its parameters, but for `count` and `start`.
            key: Field that tells rows apart.
            rows_of: Returns the rows of a page.
            options: As for `call`.

        Raises:
            Incomplete: If rows are missing; the list may have changed meanwhile.
        """
        found: dict[str, dict[str, str]] = {}
        start, total, more = 0, -1, True
        while more:
            asked = {**query, "count": reading.LARGEST_PAGE, "start": start}
            root = self.call("GET", path, params=asked, **options).xml
            rows = {row[key]: row for row in rows_of(root) if row.get(key)}
            more = bool(rows.keys() - found.keys())
            found |= rows
            start, total = start + len(rows), wire.total(root)
            more = more and not 0 <= total <= start
        if len(found) < total:
            msg = f"{TITLE}: GET {path}: counts {total} rows, gave {len(found)}. Run again."
            raise Incomplete(msg)
        return list(found.values())


def _refused(code: str, sent: Any) -> Judgement:
    """Look up a code; 302 tells of a transaction, or of a contact that has been deleted."""
    known = CODES.get(code, NOT_UNDERSTOOD)._replace(code=code)
    if code == "302" and f">{wire.NEW}<".encode() not in (sent or b""):
        return known._replace(verdict=Verdict.REJECT)
    return known


def _is_own(root: _Element, answer: Answer) -> bool:
    """Say whether a root is that of an error or of the resource that was asked for."""
    resource = answer.request.path_url.partition("?")[0].rpartition("/")[2]
    return xml.local(root).lower() in {"system", resource.lower()}


def _understood(root: _Element, code: str | None, answer: Answer) -> bool:
    """Say whether an answer is the success it looks like; a write's has no code of its own."""
    if answer.status != 200:  # noqa: PLR2004
        return False
    if answer.request.method == "GET":
        return code == "0"
    return wire.answers(root, _bytes(answer.request.body))


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else b""
