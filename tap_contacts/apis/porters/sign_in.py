"""PORTERS (HRBC): codes of both its numberings, and the sign-in of an app.

Sources: https://hrbcapi.porters.jp/hc/en-us/articles/115008171708-Result-Code-List,
https://hrbcapi.porters.jp/hc/en-us/articles/115008017487-OAuth
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_contacts.transport.client import Judgement, Verdict
from tap_contacts.transport.errors import Retry, Stopped
from tap_contacts.transport.token_sign_in import TokenSignIn
from tap_contacts.transport.xml import child_text, local, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

    from tap_contacts.transport.session import Transport

TITLE = "PORTERS"
TOKEN_HEADER = "X-porters-hrbc-oauth-token"  # noqa: S105  # a name, not a token

GRANT = (
    "Grant the app access once: open /v1/oauth with response_type=code in a browser that is "
    "logged out of PORTERS, with the scopes partition_r, user_r, field_r, option_r, client_r, "
    "contact_r and contact_w."
)
_SIGN_IN_AGAIN = Judgement(Verdict.RENEW, advice=GRANT)
_NO_RIGHT = "Give the app's user the right to it in PORTERS."

_FORM = Judgement(Verdict.REJECT, advice="A value has the wrong form, type, length or range.")

CODES = {
    **dict.fromkeys(map(str, range(102, 134)), _FORM),
    "5": Judgement(Verdict.STOP, advice="The use period of the user has not begun or has ended."),
    "6": Judgement(Verdict.STOP, advice=_NO_RIGHT),
    "7": Judgement(Verdict.MISSING, advice="The client company or the contact does not exist."),
    "8": Judgement(Verdict.REJECT, advice="PORTERS cannot read a value."),
    "9": Judgement(
        Verdict.RETRY,
        advice="PORTERS is under maintenance, or a proxy adds an x-forwarded-for header.",
    ),
    "100": Judgement(
        Verdict.REJECT, advice="A field of field_map or porters.fields may be gone or misspelt."
    ),
    "101": Judgement(Verdict.REJECT, advice="A field that PORTERS requires has no value."),
    "126": Judgement(
        Verdict.REJECT,
        advice=(
            "The phase would not become the newest: the contact has one of a later date, or a "
            "greater one of the same date."
        ),
    ),
    "127": Judgement(Verdict.REJECT, advice="A phase's date or memo came without the phase."),
    "146": Judgement(Verdict.STOP, advice="Check that no proxy changes the request's headers."),
    **dict.fromkeys(("301", "303", "304"), Judgement(Verdict.REJECT)),
    "302": Judgement(Verdict.UNKNOWN, advice="A transaction failed, or the contact is deleted."),
    "400": Judgement(Verdict.STOP, advice=_NO_RIGHT),
    "401": _SIGN_IN_AGAIN,
    "402": _SIGN_IN_AGAIN,
    "403": Judgement(Verdict.STOP, advice=GRANT),
    "404": Judgement(Verdict.STOP, advice="Check porters.partition, and that its contract runs."),
    "406": Judgement(Verdict.STOP, advice="Have PORTERS register this machine's IP address."),
    "500": Judgement(Verdict.STOP, advice="The database holds as many records as it may."),
    "601": Judgement(Verdict.STOP, advice="Have PORTERS allow the app this kind of access."),
    "1000": Judgement(Verdict.UNKNOWN),
}
"""Result codes of the resources."""

_WRONG_APP = Judgement(Verdict.STOP, advice="Check porters.app_id and porters.app_secret.")
_NOT_GRANTED = Judgement(Verdict.STOP, advice=GRANT)
_MAY_PASS = Judgement(Verdict.RETRY, advice="Run again later.")
_OTHER = Judgement(Verdict.STOP, advice="Look it up under Authentication and Authorization Error.")
_NO_SIGN_IN = Judgement(Verdict.RETRY, advice="Check porters.api_url and proxies.")

SIGN_IN_CODES = {
    "0": _NO_SIGN_IN,
    **dict.fromkeys(("104", "105"), _WRONG_APP),
    **dict.fromkeys(("103", "108", "109"), _MAY_PASS),
    **dict.fromkeys(("102", "111", "113", "114", "115", "116", "402"), _NOT_GRANTED),
}
"""Errors of the sign-in, in a numbering of their own: 401 is the refresh token there."""

_NUMBER = re.compile("-?[0-9]{1,9}")
_LIFE = 1_800_000
"""Milliseconds an access token lives, should an answer not tell."""


class AppSignIn(TokenSignIn):
    """Get access tokens for an app.

    Each request for one counts as a billed access, and whether a new token ends the earlier ones
    is not documented: there must never be two at once.
    """

    title = TITLE
    header = TOKEN_HEADER
    prefix = ""

    def __init__(self, transport: Transport, origin: str, app_id: str, secret: str) -> None:
        """Take the API's origin, and App ID and Secret as PORTERS gave them."""
        super().__init__(transport)
        self._origin = origin
        self._app = {"app_id": app_id, "secret": secret}
        self._refresh_token = ""

    def new_token(self) -> tuple[str, float]:
        """Return an access token and nine tenths of its life, which is told in milliseconds."""
        refreshed = self._refreshed()
        tokens = self._signed_in() if refreshed is None else refreshed
        life = child_text(tokens, "AccessTokenExpiresIn") or ""
        self._refresh_token = child_text(tokens, "RefreshToken") or ""
        milliseconds = int(life) if _NUMBER.fullmatch(life) else _LIFE
        return child_text(tokens, "AccessToken") or "", milliseconds / 1000 * 0.9

    def _refreshed(self) -> _Element | None:
        """Use the refresh token, once: whether it outlives its use is not documented."""
        token, self._refresh_token = self._refresh_token, ""
        try:
            return self._exchange("refresh_token", token) if token else None
        except (Retry, Stopped):
            return None

    def _signed_in(self) -> _Element:
        """Sign in from scratch: a code, which takes neither secret nor scope, then tokens."""
        query = {"app_id": self._app["app_id"], "response_type": "code_direct"}
        answered = self._ask("GET", "/v1/oauth", "Code", params=query)
        return self._exchange("oauth_code", child_text(answered, "Code") or "")

    def _exchange(self, grant_type: str, code: str) -> _Element:
        """Get tokens; a refresh token, too, is sent as `code`."""
        form = {**self._app, "grant_type": grant_type, "code": code}
        return self._ask("POST", "/v1/token", "AccessToken", data=form)

    def _ask(self, method: str, path: str, wanted: str, **options: Any) -> _Element:
        """Return an answer that holds what is wanted.

        Raises:
            Retry: No answer, or none of this API.
            Stopped: The sign-in is refused.
        """
        asked = f"{method} {path}"
        answer = self.ask(method, self._origin + path, asked, **options)
        root = parse(answer.body)
        if root is not None and child_text(root, "Error") == "0" and child_text(root, wanted):
            return root
        raise _refusal(asked, root, answer.status)


def _refusal(asked: str, root: _Element | None, status: int) -> Exception:
    """Tell a refusal for good from one that may pass."""
    code, judgement = ("", _NO_SIGN_IN) if root is None else _judged(root)
    answered = f"sign-in refused with error {code}" if code else "no sign-in"
    kind = Stopped if judgement.verdict is Verdict.STOP else Retry
    words = (TITLE, asked, f"{answered} (HTTP {status})", judgement.advice)
    return kind(*words, code=code, http_status=status)


def _judged(root: _Element) -> tuple[str, Judgement]:
    """Look up an error in the numbering it is from; in a sign-in's answer, `Code` is no code."""
    if local(root) == "Authentication":
        code = child_text(root, "Error") or ""
        return code, SIGN_IN_CODES.get(code, _OTHER if _NUMBER.fullmatch(code) else _NO_SIGN_IN)
    code = child_text(root, "Code") or ""
    return (code, CODES[code]) if code in CODES else ("", _NO_SIGN_IN)
