"""Hand out codes and tokens of PORTERS, and refuse in the authentication's own numbering.

Facts are from hrbcapi.porters.jp/hc/en-us: "OAuth" and "Steps for Authentication". A comment
"Silent in the documents; taken: ..." marks an adverse reading.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING

from tests.sandbox.porters_codes import Code, ResultCodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CODE_LIFE = timedelta(seconds=30)
ACCESS_LIFE = timedelta(milliseconds=1_800_000)
REFRESH_LIFE = timedelta(milliseconds=7_200_000)
SCOPES = {"partition_r", "user_r", "field_r", "option_r"} | {
    f"{name}_{right}" for name in ("client", "contact") for right in "rw"
}
EXPIRED = datetime.min.replace(tzinfo=timezone.utc)
MESSAGES = {102: "scope", 103: "code", 104: "app_id", 105: "secret", 107: "refresh_token"}
MESSAGES |= {100: "redirect_url", 101: "redirect_url"}
MESSAGES |= {110: "response_type", 112: "grant_type", 115: "parameter", 401: "refresh_token"}


class AuthenticationError(Exception):
    """Refuse a sign-in with a code of the authentication's own numbering."""

    def __init__(self, code: int) -> None:
        """Keep the code for the answer."""
        super().__init__(f"Wrong {MESSAGES[code]}")
        self.code = code


def refuse_if(*checks: tuple[bool, int]) -> None:
    """Refuse the sign-in with the code of the first check that fails."""
    for wrong, code in checks:
        if wrong:
            raise AuthenticationError(code)


def is_page(path: str, query: Mapping[str, str]) -> bool:
    """Say whether a browser asks for the page of a grant; an app never names scopes."""
    return path == "/v1/oauth" and query.get("response_type") == "code" and "scope" in query


class SignIns:
    """Codes and tokens of one app (pages "OAuth", "Steps for Authentication")."""

    def __init__(self, app_id: str, secret: str, clock: Callable[[], datetime]) -> None:
        """Start with nobody signed in."""
        self.app_id, self.secret, self.clock = app_id, secret, clock
        self.codes: dict[str, datetime] = {}
        self.access: dict[str, datetime] = {}
        self.refresh: dict[str, datetime] = {}
        self._numbers = count(1)

    def authorize(self, query: Mapping[str, str]) -> dict[str, str]:
        """Give a code under `code_direct`, which takes neither scope nor secret."""
        # Silent in the documents; taken: an unknown parameter is refused.
        refuse_if(
            ("scope" in query, 102),
            ("secret" in query, 105),
            (query.get("app_id") != self.app_id, 104),
            (query.get("response_type") != "code_direct", 110),
            (bool(query.keys() - {"app_id", "response_type", "redirect_url", "state"}), 115),
        )
        return {"Code": self._issue(self.codes, "code", CODE_LIFE)}

    def grant(self, query: Mapping[str, str], redirect_url: str) -> tuple[set[str], str]:
        """Return the scopes that the page of a grant asks for, and the code that it gives."""
        scopes = set(query.get("scope", "").split(","))
        refuse_if(
            ("redirect_url" not in query, 101),
            (query.get("redirect_url") != redirect_url, 100),
            (query.get("app_id") != self.app_id, 104),
            (query.get("response_type") != "code", 110),
            (not scopes <= SCOPES, 102),
        )
        return scopes, self._issue(self.codes, "code", CODE_LIFE)

    def exchange(self, form: Mapping[str, str]) -> dict[str, str]:
        """Give tokens for a code, or for a refresh token, which stands in `code` as well."""
        grant, code = form.get("grant_type"), form.get("code", "")
        refreshing = grant == "refresh_token"
        held, unknown, expired = (self.refresh, 107, 401) if refreshing else (self.codes, 103, 103)
        refuse_if(
            (form.get("app_id") != self.app_id, 104),
            (form.get("secret") != self.secret, 105),
            (grant not in ("oauth_code", "refresh_token"), 112),
            (bool(form.keys() - {"app_id", "secret", "grant_type", "code"}), 115),
            (code not in held, unknown),
            (held.get(code, EXPIRED) <= self.clock(), expired),
        )
        del held[code]
        return self._tokens()

    def check(self, token: str | None) -> None:
        """Refuse a resource call without a living access token."""
        if token is None:
            raise ResultCodeError(Code.MISSING)
        if token not in self.access:
            raise ResultCodeError(Code.TOKEN_INVALID)
        if self.access[token] <= self.clock():
            raise ResultCodeError(Code.TOKEN_EXPIRED)

    def expire(self) -> None:
        """Let the time of every code and token run out."""
        for held in (self.codes, self.access, self.refresh):
            held.update(dict.fromkeys(held, EXPIRED))

    def _tokens(self) -> dict[str, str]:
        # Silent in the documents; taken: new tokens of an app end its earlier ones.
        self.access.clear()
        self.refresh.clear()
        return {
            "AccessToken": self._issue(self.access, "access", ACCESS_LIFE),
            "AccessTokenExpiresIn": str(ACCESS_LIFE // timedelta(milliseconds=1)),
            "RefreshToken": self._issue(self.refresh, "refresh", REFRESH_LIFE),
            "RefreshTokenExpiresIn": str(REFRESH_LIFE // timedelta(milliseconds=1)),
        }

    def _issue(self, held: dict[str, datetime], kind: str, life: timedelta) -> str:
        """Make a token with characters that a form or a query must encode."""
        token = f"{kind}+{next(self._numbers)}/=="
        held[token] = self.clock() + life
        return token
