"""Sign in to BAS-IP monitors.

Source: https://developers.bas-ip.com/android-monitors/1.6.0/logs-user-into-the-system
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tap_contacts.apis.bas_ip.codes import UNSERVED
from tap_contacts.apis.bas_ip.settings import TITLE
from tap_contacts.apis.bas_ip.wire import LOGIN_PATH, OTHER_LOGIN_PATH
from tap_contacts.transport.errors import Retry, Stopped
from tap_contacts.transport.token_sign_in import UNTIL_REFUSED, TokenSignIn

if TYPE_CHECKING:
    from tap_contacts.transport.session import Transport

UNAUTHORIZED = 401
REFUSED = {400, UNAUTHORIZED, 403}
NOT_THERE = {404, 405}
"""HTTP statuses of a sign-in that is refused, and of a path that takes none."""
_WRONG_PASSWORD = "Wrong login or password"  # noqa: S105  # the device's words


class Login(TokenSignIn):
    """Get a bearer token for user and password.

    The password leaves as MD5 only: in upper-case hex, and once in lower case if the device refuses
    that. How long a token lives is not documented; a 401 tells that it has ended.
    """

    title = TITLE
    prefix = "Bearer "

    def __init__(
        self, transport: Transport, origin: str, path: str, username: str, password: str
    ) -> None:
        super().__init__(transport)
        self._origin, self._username = origin, username
        digest = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
        self._digests = list(dict.fromkeys((digest.upper(), digest)))
        """The forms of the password that were not refused, in the order in which they are tried."""
        self._paths = [path, OTHER_LOGIN_PATH] if path == LOGIN_PATH else [path]
        """The paths that were found to be there or not looked for, in that order."""

    @property
    def path(self) -> str:
        """Return the path of the sign-in, as far as it is known."""
        return self._paths[0]

    def new_token(self) -> tuple[str, float]:
        """Return a token."""
        while True:
            query = {"username": self._username, "password": self._digests[0]}
            answer = self.ask("GET", self._origin + self.path, "sign-in", params=query)
            body = answer.json if isinstance(answer.json, dict) else {}
            if answer.status == 200 and body.get("token"):  # noqa: PLR2004
                return str(body["token"]), UNTIL_REFUSED
            if not self._has_another_way(answer.status, str(body.get("error", ""))):
                raise _no_token(answer.status, refused="error" in body)

    def _has_another_way(self, status: int, error: str) -> bool:
        """Go over to what is tried next, if an answer leaves something; say whether it does."""
        left = self._paths if status in NOT_THERE else []
        if status in REFUSED and _WRONG_PASSWORD in error:
            left = self._digests
        if len(left) > 1:
            del left[0]
            return True
        return False


def _no_token(status: int, *, refused: bool) -> Exception:
    """Return the error of a sign-in: it ends the run, unless the trouble may pass."""
    answered = f"no token (HTTP {status})"
    if refused and status in REFUSED:
        return Stopped(TITLE, "sign-in", answered, "Check username and password.")
    if status in UNSERVED:
        return Stopped(TITLE, "sign-in", answered, "Check api_url and login_path.")
    names = "username, password, " if status == UNAUTHORIZED else ""
    advice = f"Check {names}api_url and login_path."
    return Retry(TITLE, "sign-in", answered, advice, http_status=status)
