"""Sign in to Zoho Voice: at Zoho's accounts server, or with a given token.

Source: https://zoho.com/accounts/protocol/oauth/web-apps/access-token-expiry.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.apis.zoho_voice.settings import TITLE
from tap_contacts.transport.errors import Retry, Stopped, plain_code
from tap_contacts.transport.session import Answer, SignIn, Transport
from tap_contacts.transport.token_sign_in import TokenSignIn

if TYPE_CHECKING:
    from requests import PreparedRequest

OF_ONE_CENTER = "A client and its tokens belong to one data centre."


class RefreshToken(TokenSignIn):
    """Get access tokens with a refresh token.

    Zoho gives 10 access tokens in 10 minutes
    (https://zoho.com/accounts/protocol/oauth/web-apps/access-token-expiry.html).
    """

    title = TITLE
    prefix = "Zoho-oauthtoken "  # not Bearer, although the token's type says so

    def __init__(self, transport: Transport, accounts_url: str, **grant: str) -> None:
        super().__init__(transport)
        self._url = accounts_url + "/oauth/v2/token"
        self._grant = {"grant_type": "refresh_token", **grant}

    def new_token(self) -> tuple[str, float]:
        """Return an access token; it is given up five minutes before its end."""
        asked = "POST /oauth/v2/token"
        answer = self.ask("POST", self._url, asked, data=self._grant)
        body = answer.json if isinstance(answer.json, dict) else {}
        if token := body.get("access_token"):
            return str(token), _life(body.get("expires_in")) - 300
        raise _refusal(asked, answer, str(body.get("error", "")))


def _life(seconds: object) -> float:
    """Return the seconds a token lives: as told, or an hour where that makes no sense."""
    return seconds if isinstance(seconds, int) and 300 < seconds <= 86_400 else 3600  # noqa: PLR2004


def _refusal(asked: str, answer: Answer, error: str) -> Exception:
    """Return the error of a wrong grant, or of a throttle; both come with HTTP 200."""
    if error.startswith("invalid_") and plain_code(error):
        names = "client_id, client_secret, refresh_token and data_center"
        advice = f"Check zoho_voice's {names}. {OF_ONE_CENTER}"
        return Stopped(TITLE, asked, error, advice, code=error)
    if error == "Access Denied":
        advice = "Too many access tokens were asked for; wait ten minutes before the next run."
        return Stopped(TITLE, asked, error, advice, code=error)
    answered = f"no access token (HTTP {answer.status})"
    advice = "Check accounts_url, or data_center if that is not set, and proxies."
    return Retry(TITLE, asked, answered, advice, http_status=answer.status)


class AccessToken(SignIn):
    """Sign with a given access token, which cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Set the Authorization header."""
        request.headers["Authorization"] = f"Zoho-oauthtoken {self._token}"
        return request
