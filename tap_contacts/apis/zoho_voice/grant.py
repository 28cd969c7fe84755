"""Get a refresh token of Zoho with a code of its API console.

Source: https://www.zoho.com/accounts/protocol/oauth/self-client/authorization-code-flow.html
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from tap_contacts.apis.zoho_voice.settings import TITLE
from tap_contacts.apis.zoho_voice.wire import ACCOUNTS_HOSTS
from tap_contacts.transport.errors import NoAnswer, Stopped
from tap_contacts.transport.grant import Grant, Means

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_contacts.transport.session import Answer

ASKED = "POST /oauth/v2/token"

STEPS = """\
1. Open https://api-console.zoho.com as a user who may change contacts. Add or open "Self Client".
   Its tab "Client Secret" shows the client id and the client secret.
2. In its tab "Generate Code" give this scope (the first part is enough to read):
   zohovoice.contacts.READ,zohovoice.contacts.CREATE,zohovoice.contacts.UPDATE
3. A code lives about three minutes and works once. So create it when it is asked for below."""

WRONG_CODE, WRONG_SECRET, WRONG_CLIENT = "invalid_code", "invalid_client_secret", "invalid_client"
THROTTLED = "Access Denied"

ADVICE = {
    WRONG_CODE: "A code lives about three minutes and works once: create a new one, begin again.",
    WRONG_SECRET: "Check client_secret, then begin again with a new code.",
    WRONG_CLIENT: "Check client_id, then begin again with a new code.",
}
"""What the accounts server says at another centre, too; what tells most stands first."""

MOST_CENTERS = 5
"""Data centres that are asked at most, those with the most customers first."""

ELSEWHERE = "Check the network, proxies and data_center, then begin again with a new code."


ACCOUNTS = {center: f"https://{host}" for center, host in ACCOUNTS_HOSTS.items()}


class SelfClient(Grant):
    """Exchange the code of a self client at the data centre that knows it.

    Which one that is no answer tells. Whether the wrong ones use a code up is not documented, so
    that of the settings is asked first, and the first success ends it.
    """

    def __init__(self, means: Means, accounts: Mapping[str, str] = ACCOUNTS) -> None:
        super().__init__(means)
        self._by_center = accounts

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for client and code; return the client, its refresh token and the data centre."""
        person = self.means.person
        accounts = self._accounts(given)
        person.tell(STEPS)
        client_id = given.get("client_id") or person.ask("Client id")
        secret = given.get("client_secret") or person.ask("Client secret", hidden=True)
        client = {"client_id": client_id, "client_secret": secret}
        code = person.ask("Code", hidden=True)
        form = {"grant_type": "authorization_code", **client, "code": code}
        center, token = self._exchanged(accounts, form)
        found = {"data_center": center} if center in ACCOUNTS_HOSTS else {}
        return {**client, "refresh_token": token, **found}

    def _accounts(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Return the accounts servers in the order in which they are asked."""
        if url := given.get("accounts_url"):
            return {"accounts_url": self.means.origin_of("accounts_url", url)}
        centers = dict.fromkeys((given.get("data_center") or "com", *self._by_center))
        origin_of = self.means.origin_of
        asked = itertools.islice(centers, MOST_CENTERS)
        return {center: origin_of("accounts_url", self._by_center[center]) for center in asked}

    def _exchanged(self, accounts: Mapping[str, str], form: Mapping[str, str]) -> tuple[str, str]:
        """Return the data centre that takes the code, and the refresh token that it gives.

        Raises:
            Stopped: None takes it, or the first gives no answer that a later one could better.
        """
        refusals: dict[str, list[str]] = {}
        for center, url in accounts.items():
            answered, token = self._asked(url, form)
            if token:
                return center, token
            refusals.setdefault(answered, []).append(center)
            if answered not in ADVICE and (len(refusals) == 1 or answered == THROTTLED):
                break
        raise _refused(refusals, self._left(accounts))

    def _left(self, accounts: Mapping[str, str]) -> list[str]:
        """Return the centres that `data_center` could name; none counts beside `accounts_url`."""
        if "accounts_url" in accounts:
            return []
        return [each for each in self._by_center if each not in accounts]

    def _asked(self, url: str, form: Mapping[str, str]) -> tuple[str, str]:
        """Send the code to one centre; return what it answers, and the refresh token or ""."""
        try:
            answer = self.means.transport.send("POST", url + "/oauth/v2/token", data=form)
        except NoAnswer as error:
            return str(error), ""
        return _answered(answer), _token(answer)


def _body(answer: Answer) -> dict[str, Any]:
    return answer.json if isinstance(answer.json, dict) else {}


def _token(answer: Answer) -> str:
    token = _body(answer).get("refresh_token")
    return token if isinstance(token, str) else ""


def _answered(answer: Answer) -> str:
    """Return what an answer says, in known words only: it may hold what was sent."""
    body = _body(answer)
    if body.get("error") in (*ADVICE, THROTTLED):
        return str(body["error"])
    return f"no {'refresh' if 'access_token' in body else 'known'} token (HTTP {answer.status})"


def _refused(refusals: Mapping[str, list[str]], left: Sequence[str]) -> Stopped:
    """Return what the answers of all centres mean together."""
    told = "; ".join(f"{answered} ({', '.join(at)})" for answered, at in refusals.items())
    if THROTTLED in refusals:
        advice = "Too many tokens were asked for: wait half an hour, then begin with a new code."
    else:
        advice = next((ADVICE[answered] for answered in ADVICE if answered in refusals), ELSEWHERE)
    if left and set(refusals) <= set(ADVICE):
        advice += f" If the account is at {', '.join(left)}, set data_center."
    return Stopped(TITLE, ASKED, told, advice, code=next(iter(refusals)))
