"""Valomnia, field sales: sign-in, codes and reading.

Sources: https://developers.valomnia.com/ref/Authentication/authentication.html,
https://developers.valomnia.com/ref/Contacts/update.html, save.html and list.html beside it
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.errors import Retry, Stopped
from tap_contacts.apis.http import (
    DONE,
    GATEWAY,
    LONGEST_WAIT,
    NOT_UNDERSTOOD,
    RATE,
    ApiClient,
    Judgement,
    Verdict,
)
from tap_contacts.apis.seams import Page, read_all
from tap_contacts.apis.sign_in import UNTIL_REFUSED, TokenSignIn
from tap_contacts.apis.transport import Answer, SignIn, Transport, origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


TITLE = "Valomnia"
LOGIN_PATH = "/j_spring_security_check"
API_VERSION = "v1.0"

PAGE_SIZE = 100
"""Contacts a page: the documented default; an upper bound is not documented."""

SETTINGS = th.ObjectType(
    th.Property(
        "username", th.StringType, required=True, description="User that may change contacts."
    ),
    th.Property(
        "password", th.StringType, required=True, secret=True, description="That user's password."
    ),
    th.Property(
        "api_url",
        th.StringType,
        required=True,
        description="Origin of the tenant, such as https://example.valomnia.com.",
    ),
    th.Property(
        "api_version",
        th.StringType,
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
}
"""The documented codes; `not_found` is said of the customer as well as of the contact."""

UNSERVED = {
    **GATEWAY,
    401: _SIGN_IN_AGAIN,
    403: Judgement(Verdict.STOP, advice="Give a user that may change contacts."),
    404: _WRONG_ADDRESS,
    405: _WRONG_ADDRESS,
    413: Judgement(Verdict.REJECT, "too_large"),
    415: _WRONG_ADDRESS,
}
"""HTTP statuses of answers that are not in the API's form."""

OTHER_ERRORS = {**UNSERVED, 400: Judgement(Verdict.REJECT)}
"""HTTP statuses of errors in the API's form whose code is not documented."""

_SESSION = re.compile(r"(?:^|[,;]\s*)JSESSIONID=([^;,\s]+)")
_LOGIN_ADDRESS = re.compile(r"(?i)login|signin|auth|sso")
_LOGIN_FORM = re.compile(rb"(?i)<title>\s*log ?in|j_spring_security_check|type=.?password")
_REFUSED_ADDRESS = re.compile(r"authfail|login_error|/login/(auth|denied)")
_BROKEN_ERROR = re.compile(rb'\s*\{\s*"error"\s*:\s*"(\w{1,40})"')


class Session(TokenSignIn):
    """Sign in as a user and send the session's cookie.

    How long a session lives is not documented; a redirect to the login page tells that it ended.
    """

    title = TITLE
    header = "Cookie"
    prefix = "JSESSIONID="

    def __init__(self, transport: Transport, tenant: str, username: str, password: str) -> None:
        """Take the tenant's origin, and the user."""
        super().__init__(transport)
        self._origin = tenant
        self._form = {"j_username": username, "j_password": password, "ajax": "true"}
        self._refusal: Stopped | None = None

    def new_token(self) -> tuple[str, float]:
        """Return a session; a user who was refused is not tried again, lest it be locked."""
        if self._refusal:
            raise self._refusal
        return self._new_session(), UNTIL_REFUSED

    def _new_session(self) -> str:
        """Sign in; the answer, or where it leads to, is JSON that says whether that went well."""
        answer = self._send("POST", LOGIN_PATH, data=self._form)
        session = _session(answer)
        location = answer.headers.get("Location", "")
        if location:
            cookie = {"Cookie": f"JSESSIONID={session}"}
            answer = self._send("GET", self._below(location), headers=cookie)
            session = _session(answer) or session
        body = answer.json if isinstance(answer.json, dict) else {}
        session = session or str(body.get("token") or "")
        if body.get("success") is True and session:
            return session
        if body.get("success") is False or _REFUSED_ADDRESS.search(location):
            self._refusal = Stopped(TITLE, "sign-in", "refused", "Check username and password.")
            raise self._refusal
        raise _no_session(answer)

    def _below(self, location: str) -> str:
        """Return the path a redirect leads to; behind a proxy its scheme is often the wrong one."""
        try:
            target = urlsplit(urljoin(self._origin + LOGIN_PATH, location))
        except ValueError:
            raise Stopped(TITLE, "sign-in", "leads nowhere", "Check api_url.") from None
        if target.hostname != urlsplit(self._origin).hostname:
            raise Stopped(TITLE, "sign-in", "leads to another host", "Check api_url.")
        return target._replace(scheme="", netloc="", fragment="").geturl()

    def _send(self, method: str, path: str, **options: Any) -> Answer:
        return self.ask(method, self._origin + path, "sign-in", **options)


def _session(answer: Answer) -> str:
    """Return the session that an answer starts; "" if it starts none."""
    found = _SESSION.findall(answer.headers.get("Set-Cookie", ""))
    return found[-1] if found else ""


def _no_session(answer: Answer) -> Retry:
    error = Retry(TITLE, "sign-in", f"no session (HTTP {answer.status})", "Check api_url.")
    error.retry_after = answer.retry_after and min(answer.retry_after, LONGEST_WAIT)
    return error


class Valomnia(ApiClient):
    """Read and write the contacts of one tenant."""

    api = "valomnia"
    title = TITLE
    settings = SETTINGS

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
        return UNSERVED.get(answer.status, NOT_UNDERSTOOD)

    def check(self) -> str:
        """Sign in and read one contact, of which only the organization is told."""
        page = self.call("GET", self.path, params={"max": 1}).json
        organization = (page["data"] or [{}])[0].get("organization")
        whose = f" for organization {organization}" if organization else ""
        return f"{self.title} at {self.origin} answers{whose}; contacts: {page['paging']['total']}"

    def contacts(self, filters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield every contact that passes the filters once, oldest first.

        Args:
            filters: As documented for the list: firstName, lastName, customerReference, and
                dateCreated and lastUpdated with _gt, _gte, _lt or _lte.
        """
        query = {**filters, "max": PAGE_SIZE, "sort": "id", "order": "asc"}

        def fetch(start: int) -> Page:
            body = self.call("GET", self.path, params={**query, "offset": start}).json
            return Page(body["data"], body["paging"]["total"])

        return read_all(f"{self.title}: GET {self.path}", fetch, PAGE_SIZE, "id")


def _code(answer: Answer, body: Mapping[str, Any]) -> str:
    """Find an error's code; the documented sample of `exceeded_file_size` is broken JSON."""
    if error := body.get("error"):
        return str(error) if re.fullmatch(r"\w{1,40}", str(error)) else "other_error"
    broken = None if body else _BROKEN_ERROR.match(answer.body)
    return broken[1].decode() if broken else ""


def _is_expected(answer: Answer, body: Mapping[str, Any]) -> bool:
    """Say whether a body is what was asked for: a page of contacts, or the contact written."""
    if answer.request.method != "GET":
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
