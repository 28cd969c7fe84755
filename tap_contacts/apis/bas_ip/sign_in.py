"""Sign in to BAS-IP monitors.

Source: https://developers.bas-ip.com/android-monitors/1.6.0/logs-user-into-the-system
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tap_contacts.apis.bas_ip.codes import UNSERVED
from tap_contacts.transport.errors import Retry, Stopped
from tap_contacts.transport.token_sign_in import UNTIL_REFUSED, TokenSignIn

if TYPE_CHECKING:
    from tap_contacts.transport.session import Transport

TITLE = "BAS-IP"


class Login(TokenSignIn):
    """Get a bearer token for user and password.

    The password leaves as MD5 only, in upper-case hex. How long a token lives is not documented; a
    401 tells that it has ended.
    """

    title = TITLE
    prefix = "Bearer "

    def __init__(self, transport: Transport, url: str, username: str, password: str) -> None:
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
