"""Valomnia, field sales: settings, codes and the list of contacts.

Source: https://developers.valomnia.com/ref/Contacts/list.html, and save.html and update.html beside
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.valomnia.sign_in import TITLE, Session
from tap_contacts.listing.offsets import Listing, Page, read_all, read_chunks
from tap_contacts.listing.prefetch import Offsets
from tap_contacts.transport import forms
from tap_contacts.transport.call import Call
from tap_contacts.transport.client import (
    DONE,
    GATEWAY,
    NOT_UNDERSTOOD,
    RATE,
    ApiClient,
    Judgement,
    Verdict,
    foreign,
)
from tap_contacts.transport.origin import origin

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from tap_contacts.listing.prefetch import Chunk
    from tap_contacts.transport.session import Answer, SignIn


API_VERSION = "v1.0"

PAGE_SIZE = 100
"""Contacts a page: the documented default; an upper bound is not documented."""

ONE = {"max": 1}
"""What asks for any one contact."""

SETTINGS = th.ObjectType(
    th.Property(
        "username",
        forms.text(empty=False),
        required=True,
        description="User that may change contacts.",
    ),
    th.Property(
        "password",
        forms.text(empty=False),
        required=True,
        secret=True,
        description="That user's password.",
    ),
    th.Property(
        "api_url",
        forms.text(empty=False),
        required=True,
        description="Origin of the tenant, such as https://example.valomnia.com.",
    ),
    th.Property(
        "api_version",
        forms.text(),
        default=API_VERSION,
        description="Version of the API, as in its addresses.",
    ),
    th.Property(
        "use_external_id",
        th.BooleanType,
        default=False,
        description="Whether customer_id holds the customer's reference instead of its number.",
    ),
    RATE,
)

_SIGN_IN_AGAIN = Judgement(
    Verdict.RENEW, advice="Check that this user may use the API of this tenant."
)
_WRONG_ADDRESS = Judgement(Verdict.STOP, advice="Check api_url and api_version.")

CODES = {
    "save_failed": Judgement(Verdict.REJECT),
    "missing_param": Judgement(Verdict.REJECT),
    "invalid_param_type": Judgement(Verdict.REJECT),
    "email_validation_error": Judgement(Verdict.REJECT),
    "country_error": Judgement(Verdict.REJECT),
    "exceeded_file_size": Judgement(Verdict.REJECT),
    "unsupported_file_type": Judgement(Verdict.REJECT),
    "not_found": Judgement(Verdict.MISSING),
    "server_error": Judgement(Verdict.UNKNOWN),
    "no_credentials": _SIGN_IN_AGAIN,
}
"""The codes that are known; `not_found` is said of the customer as well as of the contact."""

UNSERVED = {
    401: _SIGN_IN_AGAIN,
    403: Judgement(Verdict.STOP, advice="Give a user with rights to contacts."),
    404: _WRONG_ADDRESS,
    405: _WRONG_ADDRESS,
    415: _WRONG_ADDRESS,
}
"""HTTP statuses of answers that are not in the API's form."""

OTHER_ERRORS = {**GATEWAY, **UNSERVED, **dict.fromkeys((400, 413), Judgement(Verdict.REJECT))}
"""HTTP statuses of errors in the API's form whose code is not documented."""

_LOGIN_ADDRESS = re.compile(r"(?i)login|signin|auth|sso")
_LOGIN_FORM = re.compile(rb"(?i)<title>\s*log ?in|j_spring_security_check|type=.?password")
_CODE = re.compile("[a-z_]{1,40}")
_BROKEN_ERROR = re.compile(rb'\s*\{\s*"error"\s*:\s*"([a-z_]{1,40})"\s*,\s*"error_description"\s*:')


class Valomnia(ApiClient):
    """Read and write the contacts of one tenant."""

    api = "valomnia"
    title = TITLE
    settings = SETTINGS
    operational = ("username", "api_url", "api_version")

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Take the API's settings and the plugin's config."""
        super().__init__(settings, config)
        version = settings.get("api_version") or API_VERSION
        if not re.fullmatch(r"v[0-9]+(\.[0-9]+)*", version):
            msg = "valomnia.api_version must be like v1.0."
            raise ConfigurationError(msg)
        self.path = f"/api/{version}/contacts"
        """Path of the contacts; that of one contact has its id below."""
        self.use_external_id: bool = settings.get("use_external_id", False)
        self._concurrency = config.get("concurrency") or 4

    def address(self, settings: Mapping[str, Any]) -> str:
        """Return `api_url`."""
        return origin("valomnia.api_url", settings["api_url"])

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign in with user and password."""
        if not (settings["username"] and settings["password"]):
            msg = "valomnia needs username and password."
            raise ConfigurationError(msg)
        return Session(self.transport, self.origin, settings["username"], settings["password"])

    def judge(self, answer: Answer) -> Judgement:
        """Judge by the body; a redirect or page that asks to sign in is no answer of the API."""
        body = answer.json if isinstance(answer.json, dict) else {}
        if code := _code(answer, body):
            known = CODES.get(code) or OTHER_ERRORS.get(answer.status, NOT_UNDERSTOOD)
            return known._replace(code=code, detail=str(body.get("error_description", "")))
        if answer.status in {200, 201} and _is_expected(answer, body):
            return DONE
        if _asks_to_sign_in(answer):
            return _SIGN_IN_AGAIN
        unserved = UNSERVED.get(answer.status)
        return unserved._replace(sure=False) if unserved else foreign(answer.status)

    def check(self) -> str:
        """Sign in and read one contact, of which only the organization is told."""
        page = self.call("GET", self.path, params=ONE).json
        organization = (page["data"] or [{}])[0].get("organization")
        whose = f" for organization {organization}" if organization else ""
        return f"{self.title} at {self.origin} answers{whose}; contacts: {page['paging']['total']}"

    @property
    def harmless(self) -> Call:
        """Return the reading of one contact."""
        return Call("GET", self.path, options={"params": ONE})

    @property
    def what(self) -> str:
        """Return what is read, for messages."""
        return f"{self.title}: GET {self.path}"

    def page(self, query: Mapping[str, Any]) -> Page:
        """Return one page of the contacts that pass the filters, in ascending order.

        Args:
            query: As documented for the list: sort, offset, and the filters firstName, lastName,
                customerReference, and dateCreated and lastUpdated with _gt, _gte, _lt or _lte.
        """
        query = {**query, "max": PAGE_SIZE, "order": "asc"}
        answer = self.call("GET", self.path, params=query)
        paging, rows = answer.json["paging"], answer.json["data"]
        return Page(rows, paging["total"], answer.headers.get("Date"))

    def contact(self, identity: str) -> dict[str, Any]:
        """Return one contact."""
        found: dict[str, Any] = self.call("GET", f"{self.path}/{identity}").json
        return found

    def contacts(self, filters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield every contact that passes the filters once, oldest first."""
        query = {**filters, "sort": "id"}
        return read_all(self.what, lambda start: self._at(query, start), PAGE_SIZE, "id")

    def few_contacts(self, pages: int) -> Iterator[dict[str, Any]] | None:
        """Return every contact; None if there are more than so many pages of 100 hold."""
        query = {"sort": "id"}
        first = self._at(query, 0)
        if first.total > pages * PAGE_SIZE:
            return None

        def fetch(start: int) -> Page:
            return self._at(query, start) if start else first

        return read_all(self.what, fetch, PAGE_SIZE, "id")

    def read_listed(
        self, filters: Mapping[str, str], progress: Mapping[str, Any] | None = None
    ) -> Generator[Chunk, None, None]:
        """Yield the same page by page, several of which are read at once.

        Args:
            filters: As for `contacts`.
            progress: Progress of the last chunk that an earlier run wrote.
        """
        query = {**filters, "sort": "id"}

        def fetch(start: int) -> Page:
            page = self._at(query, start)
            return (
                page._replace(total=-1) if filters else page
            )  # which contacts it counts is silent

        with ThreadPoolExecutor(self._concurrency) as pool:
            pages = Offsets(pool, fetch, PAGE_SIZE - 1, 2 * self._concurrency)
            yield from read_chunks(Listing(self.what, PAGE_SIZE, "id"), pages, progress)

    def _at(self, query: Mapping[str, Any], start: int) -> Page:
        return self.page({**query, "offset": start})


def _code(answer: Answer, body: Mapping[str, Any]) -> str:
    """Find an error's code; the documented sample of `exceeded_file_size` is broken JSON.

    Gateways, too, name their errors `error`: the API describes its own.
    """
    code = body.get("error")
    if code == "no_credentials":
        return str(code)
    if isinstance(code, str) and isinstance(body.get("error_description"), str):
        return code if _CODE.fullmatch(code) else ""
    broken = None if body else _BROKEN_ERROR.match(answer.body)
    return broken[1].decode() if broken else ""


def _is_expected(answer: Answer, body: Mapping[str, Any]) -> bool:
    """Say whether a body is what was asked for: a page of contacts, or a contact."""
    is_list = answer.request.path_url.partition("?")[0].endswith("/contacts")
    if answer.request.method != "GET" or not is_list:
        return _is_contact(body)
    paging, rows = body.get("paging"), body.get("data")
    counted = isinstance(paging, dict) and isinstance(paging.get("total"), int)
    return counted and isinstance(rows, list) and all(map(_is_contact, rows))


def _is_contact(row: object) -> bool:
    """Say whether a row has an id of digits, and a customer of the documented form if any."""
    if not isinstance(row, dict) or not isinstance(row.get("customer") or {}, dict):
        return False
    return re.fullmatch("[0-9]{1,30}", str(row.get("id"))) is not None


def _asks_to_sign_in(answer: Answer) -> bool:
    """Tell a login page, or the way to one, from other redirects and pages.

    Those may come after a contact was written, so that its outcome is unknown.
    """
    if answer.status in {301, 302, 303, 307, 308}:
        path = answer.headers.get("Location", "").partition("?")[0].partition("#")[0]
        return bool(_LOGIN_ADDRESS.search(re.sub("^[a-z]*://[^/]*", "", path)))
    return answer.status == 200 and bool(_LOGIN_FORM.search(answer.body))  # noqa: PLR2004
