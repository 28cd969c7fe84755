"""BAS-IP indoor monitors, the phone book of a door intercom: sign-in and codes.

Sources: https://developers.bas-ip.com/android-monitors/1.7.0/create-or-update-contacts,
https://developers.bas-ip.com/android-monitors/1.6.0/logs-user-into-the-system
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport import forms
from tap_contacts.transport.call import Call
from tap_contacts.transport.client import (
    DONE,
    RATE,
    ApiClient,
    Judgement,
    Verdict,
    foreign,
)
from tap_contacts.transport.errors import NotFound, Retry, Stopped
from tap_contacts.transport.origin import origin
from tap_contacts.transport.token_sign_in import UNTIL_REFUSED, TokenSignIn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_contacts.transport.session import Answer, SignIn, Transport


TITLE = "BAS-IP"
CONTACTS_PATH = "/api/v0/contacts"
LOGIN_PATH = "/api/v0/login"
INFO_PATH = "/api/info"
"""Where a device introduces itself; printed for the sibling families of devices only."""

LARGEST_REQUEST = 10_000
"""Contacts that one upsert takes."""

SETTINGS = th.ObjectType(
    th.Property(
        "username",
        forms.text(empty=False),
        required=True,
        description="User of the monitor's web interface.",
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
        description="Origin of the monitor, such as https://192.0.2.10; on a LAN http will do.",
    ),
    th.Property(
        "contacts_path",
        forms.text(),
        default=CONTACTS_PATH,
        description="Path that takes contacts; the vendor's pages do not print it.",
    ),
    th.Property(
        "login_path", forms.text(), default=LOGIN_PATH, description="Path that gives tokens."
    ),
    th.Property(
        "number_template",
        forms.text(),
        description=(
            "How a contact's number is made of its attributes, such as "
            "sip:{mobile}@pbx.example.com. Default: a mobile or phone that is one already."
        ),
    ),
    RATE,
)

_SIGN_IN_AGAIN = Judgement(
    Verdict.RENEW, advice="Check that nobody else signs in as this user at the same time."
)
_WRONG_PATH = Judgement(
    Verdict.STOP, advice="Check contacts_path; the monitor's own API page shows the right one."
)
_FORBIDDEN = Judgement(Verdict.STOP, advice="Give a user that may change contacts.")

_WRONG_BODY = Judgement(Verdict.REJECT, "wrong_json_body")

CODES = {
    "Log In": _SIGN_IN_AGAIN,
    "Wrong JSON body": _WRONG_BODY,
    "Not Found": _WRONG_PATH,
    "Method Not Allowed": _WRONG_PATH,
    # The codes of https://developers.bas-ip.com/camdroid-monitors, the sibling family.
    "invalid_authentication": _SIGN_IN_AGAIN,
    "permission_denied": _FORBIDDEN,
    "not_valid": Judgement(Verdict.REJECT, "not_valid"),
    "system_error": Judgement(Verdict.UNKNOWN, "system_error"),
}
"""Errors by their text up to a colon, or by their code."""

_WRONG_VALUE = re.compile(r".*: (no value for `|value `.*` was of the wrong type)", re.DOTALL)
"""How a refusal of the whole body ends, whatever it begins with."""

UNSERVED = {403: _FORBIDDEN, 404: _WRONG_PATH, 405: _WRONG_PATH}
"""HTTP statuses that say, whatever the body, that no request will be served."""

_OTHER = {401: _SIGN_IN_AGAIN, **{s: each._replace(sure=False) for s, each in UNSERVED.items()}}
"""HTTP statuses of answers in no words of the device."""


class Login(TokenSignIn):
    """Get a bearer token for user and password.

    How long a token lives is not documented; a 401 tells that it has ended.
    """

    title = TITLE
    prefix = "Bearer "

    def __init__(self, transport: Transport, url: str, username: str, password: str) -> None:
        """Take the address of the login; the password leaves as MD5 only, in upper-case hex."""
        super().__init__(transport)
        self._url = url
        digest = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
        self._query = {"username": username, "password": digest.upper()}

    def new_token(self) -> tuple[str, float]:
        """Return a token."""
        answer = self.ask("GET", self._url, "sign-in", params=self._query)
        body = answer.json if isinstance(answer.json, dict) else {}
        if answer.status == 200 and body.get("token"):  # noqa: PLR2004
            return str(body["token"]), UNTIL_REFUSED
        raise _no_token(answer.status, refused="error" in body)


def _no_token(status: int, *, refused: bool) -> Exception:
    """Tell wrong credentials and a wrong path from trouble that may pass."""
    answered = f"no token (HTTP {status})"
    if refused and status in {400, 401, 403}:
        return Stopped(TITLE, "sign-in", answered, "Check username and password.")
    if status in UNSERVED:
        return Stopped(TITLE, "sign-in", answered, "Check api_url and login_path.")
    return Retry(TITLE, "sign-in", answered, "Check api_url and login_path.")


class BasIp(ApiClient):
    """Write into the phone book of one monitor; no page documents how to list it."""

    api = "bas_ip"
    title = TITLE
    settings = SETTINGS
    operational = ("username", "api_url", "contacts_path", "login_path")

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Take the API's settings and the plugin's config."""
        super().__init__(settings, config)
        self.number_template: str = settings.get("number_template") or ""
        self._contacts_path = _path(settings, "contacts_path", CONTACTS_PATH)
        self._username: str = settings["username"]

    def address(self, settings: Mapping[str, Any]) -> str:
        """Return `api_url`; few monitors offer https on their LAN."""
        return origin("bas_ip.api_url", settings["api_url"], lan=True)

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign in with user and password."""
        url = self.origin + _path(settings, "login_path", LOGIN_PATH)
        return Login(self.transport, url, settings["username"], settings["password"])

    def judge(self, answer: Answer) -> Judgement:
        """Judge by the body; success of the single contacts stands in the results."""
        body = answer.json if isinstance(answer.json, dict) else {}
        if answer.request.path_url == INFO_PATH and answer.status in {404, 405}:
            return Judgement(Verdict.MISSING)  # no device has to introduce itself
        if "error" in body:
            return _error(answer.status, body["error"])
        if answer.status == 200 and _is_expected(answer, body):  # noqa: PLR2004
            return DONE
        return _other(answer.status)

    def check(self) -> str:
        """Sign in and let the device introduce itself."""
        try:
            info = self.call("GET", INFO_PATH).json
        except NotFound:
            info = {}
        told = ", ".join(_introduction(info)) or "the device does not introduce itself"
        return f"{self.title} at {self.origin} answers, signed in as {self._username}; {told}"

    @property
    def harmless(self) -> Call:
        """Return what lets the device introduce itself."""
        return Call("GET", INFO_PATH)

    def upsert(
        self, contacts: Sequence[Mapping[str, Any]], *, once: bool = False
    ) -> dict[str, Mapping[str, Any]]:
        """Create or update contacts and return the results by `link_id`, in lower case.

        The same `link_id` never makes a second contact, so that this may be repeated.

        Args:
            contacts: 1 to 10,000 contacts with their `link_id`.
            once: Whether it is repeated only if it was throttled.
        """
        several = len(contacts) > 1
        body = {"list_items": contacts}
        answer = self.call("POST", self._contacts_path, several=several, once=once, json=body)
        results = [each for each in answer.json["result"] if isinstance(each, dict)]
        return {str(result.get("link_id")).lower(): result for result in results}


def _path(settings: Mapping[str, Any], name: str, default: str) -> str:
    path = str(settings.get(name) or default)
    if not re.fullmatch(r"/[^\s?#]+", path):
        msg = f"bas_ip.{name} must be a path that starts with a slash, such as {default}."
        raise ConfigurationError(msg)
    return path


def _error(status: int, error: object) -> Judgement:
    """Judge an error; a sibling family sends an object with `code` and `message`."""
    given = error if isinstance(error, dict) else {"code": error}
    code = str(given.get("code")).partition(":")[0]
    judgement = CODES.get(code)
    if judgement is None:
        judgement = _WRONG_BODY if _WRONG_VALUE.match(str(error)) else _other(status)
    words = [str(given[name]) for name in ("code", "message") if name in given]
    return judgement._replace(detail=" ".join(words))


def _other(status: int) -> Judgement:
    """Judge an answer in no words of the device; an ended sign-in needs none."""
    return _OTHER.get(status) or foreign(status)


def _is_expected(answer: Answer, body: Mapping[str, Any]) -> bool:
    """Say whether a body is what the path sends: results, or an introduction of any form."""
    if answer.request.path_url == INFO_PATH:
        return bool(body)
    return isinstance(body.get("result"), list)


def _introduction(info: Mapping[str, Any]) -> list[str]:
    """Pick model, serial number and firmware by what their keys, which are not documented, hold."""
    return [
        f"{word}: {value}"
        for word in ("model", "serial", "firmware")
        for key, value in info.items()
        if word in key.lower() and isinstance(value, (str, int)) and value != ""
    ]
