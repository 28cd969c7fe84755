"""Sign in to PORTERS (HRBC) as an app.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115008017487-OAuth
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_contacts.apis.porters.codes import judge_sign_in
from tap_contacts.apis.porters.settings import TITLE
from tap_contacts.transport.errors import Retry, Stopped
from tap_contacts.transport.token_sign_in import TokenSignIn
from tap_contacts.transport.verdict import Verdict
from tap_contacts.transport.xml import child_text, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

    from tap_contacts.transport.session import Transport

TOKEN_HEADER = "X-porters-hrbc-oauth-token"  # noqa: S105  # a name, not a token

_MILLISECONDS = re.compile("-?[0-9]{1,9}")
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
        milliseconds = int(life) if _MILLISECONDS.fullmatch(life) else _LIFE
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
    """Return the error of a refusal: it ends the run, unless it may pass."""
    code, judgement = judge_sign_in(root)
    answered = f"sign-in refused with error {code}" if code else "not an answer of PORTERS"
    kind = Stopped if judgement.verdict is Verdict.STOP else Retry
    words = (TITLE, asked, f"{answered} (HTTP {status})", judgement.advice)
    return kind(*words, code=code, http_status=status)
