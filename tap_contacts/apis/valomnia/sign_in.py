"""Sign in to Valomnia.

Source: https://developers.valomnia.com/ref/Authentication/authentication.html
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from tap_contacts.apis.valomnia.settings import TITLE
from tap_contacts.transport.errors import Retry, Stopped, plain_code
from tap_contacts.transport.token_sign_in import UNTIL_REFUSED, TokenSignIn

if TYPE_CHECKING:
    from tap_contacts.transport.session import Answer, Transport

LOGIN_PATH = "/j_spring_security_check"

_SESSION = re.compile(r"(?:^|[,;]\s*)JSESSIONID=([^;,\s]+)")
_REFUSED_ADDRESS = re.compile(r"authfail|login_error|/login/(auth|denied)")
_logger = logging.getLogger("contacts.valomnia")

PASSING = frozenset((408, 429, 502, 503, 504))
"""HTTP statuses of something before the API, which has not tried the password."""

ADVICE = (
    "Check username, password and api_url. It is not tried again, so that the user is not locked."
)
WARNED = "Valomnia: sign-in: %s. Ask Valomnia which version to use, and set valomnia.api_version."


class Session(TokenSignIn):
    """Sign in as a user and send the session's cookie.

    How long a session lives is not documented. The code no_credentials tells that it ended, or a
    redirect to the login page.
    """

    title = TITLE
    header = "Cookie"
    prefix = "JSESSIONID="

    def __init__(self, transport: Transport, tenant: str, username: str, password: str) -> None:
        super().__init__(transport)
        self._origin = tenant
        self._form = {"j_username": username, "j_password": password, "ajax": "true"}
        self._refusal: Stopped | None = None
        self.warning = ""
        """Code of what a sign-in has warned of."""

    def new_token(self) -> tuple[str, float]:
        """Return a session; a user who was refused is not tried again, so as not to lock it."""
        if self._refusal:
            raise self._refusal
        try:
            return self._new_session(), UNTIL_REFUSED
        except Stopped as error:
            self._refusal = error
            raise

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
            self._warn(body.get("warning"))
            return session
        if answer.status in PASSING:
            raise _no_session(answer)
        is_told = body.get("success") is False or _REFUSED_ADDRESS.search(location)
        raise _refused(answer, is_told=bool(is_told))

    def _warn(self, warning: Any) -> None:
        code = plain_code(str(warning.get("warning_code"))) if isinstance(warning, dict) else ""
        if code and not self.warning:
            self.warning = code
            _logger.warning(WARNED, code)

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
    found = _SESSION.findall(answer.headers.get("Set-Cookie", ""))
    return found[-1] if found else ""


def _refused(answer: Answer, *, is_told: bool) -> Stopped:
    if is_told:
        return Stopped(TITLE, "sign-in", "refused", ADVICE)
    return Stopped(TITLE, "sign-in", f"no session (HTTP {answer.status})", ADVICE)


def _no_session(answer: Answer) -> Retry:
    error = Retry(TITLE, "sign-in", f"no session (HTTP {answer.status})", "Check api_url.")
    error.retry_after = answer.retry_after
    return error
