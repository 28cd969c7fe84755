"""Zoho Voice, cloud telephony: settings and requests.

Source: https://www.zoho.com/voice/api/contacts-api.html
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.zoho_voice import codes, facts
from tap_contacts.apis.zoho_voice.grant import SelfClient
from tap_contacts.apis.zoho_voice.settings import ACCOUNT, TITLE
from tap_contacts.apis.zoho_voice.sign_in import AccessToken, RefreshToken
from tap_contacts.apis.zoho_voice.wire import (
    ACCOUNTS_HOSTS,
    CONTACTS,
    DOCUMENTED_CENTER,
    HEADERS,
    LARGEST_PAGE,
    STATUSES,
    host,
)
from tap_contacts.listing.pages import Page
from tap_contacts.transport.call import Call
from tap_contacts.transport.client import ApiClient
from tap_contacts.transport.errors import NotFound, Refused
from tap_contacts.transport.verdict import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_contacts.transport.facts import Fact
    from tap_contacts.transport.session import Answer, SignIn

EMPTY = (
    "If the account holds no contacts, the API may say so by this code: create one contact by "
    "hand, or set zoho_voice.empty_list_code to it."
)


class ZohoVoice(ApiClient):
    """Read and write the contacts of one organisation."""

    api = "zoho_voice"
    title = TITLE
    settings = ACCOUNT.settings
    known_by = ("client_id",)
    operational = (
        "client_id",
        "data_center",
        "api_url",
        "accounts_url",
        "page_size",
        "contact_details",
        "contact_as",
        "empty_list_code",
    )
    grant = SelfClient

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        super().__init__(settings, config)
        self.page_size: int = settings.get("page_size", LARGEST_PAGE)
        self.contact_details: bool = settings.get("contact_details", False)
        self.contact_as: str = settings.get("contact_as") or "form"
        self.empty_list_code: str = settings.get("empty_list_code") or ""
        center = settings.get("data_center") or DOCUMENTED_CENTER
        is_guessed = center != DOCUMENTED_CENTER and not settings.get("api_url")
        self.guessed = f"The host {host(center)} is guessed from data_center" if is_guessed else ""
        """What to say of the host if it is not documented."""
        self.pool = ThreadPoolExecutor(self.concurrency)

    def address(self, settings: Mapping[str, Any]) -> str:
        """Return `api_url`, by default that of the data centre."""
        center = settings.get("data_center") or DOCUMENTED_CENTER
        return settings.get("api_url") or f"https://{host(center)}"

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign in with the refresh token, or else with a given access token."""
        names = ("client_id", "client_secret", "refresh_token")
        grant = {name: settings.get(name, "") for name in names}
        if all(grant.values()):
            accounts = ACCOUNTS_HOSTS[settings.get("data_center") or DOCUMENTED_CENTER]
            url = settings.get("accounts_url") or f"https://{accounts}"
            return RefreshToken(self.transport, self.origin_of("accounts_url", url), **grant)
        if token := settings.get("access_token"):
            return AccessToken(token)
        msg = "zoho_voice needs client_id, client_secret and refresh_token, or an access_token."
        raise ConfigurationError(msg)

    def judge(self, answer: Answer) -> Judgement:
        """Return what an answer means; until the API serves, advise to check a guessed host."""
        judgement = codes.judge(answer)
        if judgement.verdict is Verdict.DONE or not self.advice_on_silence:
            return judgement
        return judgement._replace(advice=f"{judgement.advice} {self.advice_on_silence}".strip())

    @property
    def advice_on_silence(self) -> str:
        """Return that the host is guessed, as long as nothing was served by it."""
        if self._steps.has_served or not self.guessed:
            return ""
        return f"{self.guessed}: if it is the wrong one, set zoho_voice.api_url."

    def check(self) -> str:
        """Sign in and read the statuses."""
        names = [str(status["display_value"]) for status in self.contact_statuses()]
        known = f"{self.title} at {self.origin} answers; contact statuses: {', '.join(names)}"
        return f"{known}. {self.guessed}." if self.guessed else known

    def facts(self) -> Iterator[Fact]:
        """Yield what reading shows of assumptions that no document proves."""
        return facts.facts(self)

    @property
    def harmless(self) -> Call:
        """Return the reading of the statuses."""
        return Call("GET", STATUSES, options={"headers": HEADERS})

    def contact_statuses(self) -> Iterator[dict[str, Any]]:
        """Yield `id` and `display_value` of each status of the organisation."""
        for status in self._get(STATUSES).get("contact_status") or []:
            name = str(status.get("display_value", ""))
            yield {**status, "id": str(status["id"]), "display_value": name}

    @property
    def what(self) -> str:
        """Return what is read, for messages."""
        return f"{self.title}: GET {CONTACTS}"

    def contact(self, contact_id: str) -> dict[str, Any]:
        """Return one contact."""
        found: dict[str, Any] = self._get(f"{CONTACTS}/{contact_id}")["contacts"]
        return found

    def page(self, start: int) -> Page:
        """Return the page of contacts that starts at an offset."""
        query = {"from": start, "size": self.page_size, "totalCount": "true"}
        try:
            body = self._get(CONTACTS, query)
        except Refused as error:
            return self._empty(error)
        return Page(body.get("contacts") or [], int((body.get("meta") or {}).get("total", -1)))

    def _empty(self, error: Refused) -> Page:
        """Return a page without contacts if the list was refused for having none; else raise."""
        if error.code and error.code == self.empty_list_code:
            return Page([], 0)
        kind = NotFound if isinstance(error, NotFound) else Refused
        words = (self.title, f"GET {CONTACTS}", error.answered, EMPTY)
        status, detail = error.http_status, error.detail
        raise kind(*words, code=error.code, http_status=status, detail=detail) from None

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body: dict[str, Any] = self.call("GET", path, params=query, headers=HEADERS).json
        return body
