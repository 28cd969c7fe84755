"""Zoho Voice, cloud telephony: sign-in, codes and reading.

Source: https://www.zoho.com/voice/api/contacts-api.html
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.zoho_voice.sign_in import (
    ACCOUNTS_HOSTS,
    TITLE,
    AccessToken,
    RefreshToken,
)
from tap_contacts.listing.offsets import Listing, Page, read_all, read_chunks
from tap_contacts.listing.prefetch import Chunk, Offsets, in_order
from tap_contacts.listing.vanished import Vanished
from tap_contacts.transport import forms
from tap_contacts.transport.call import Call
from tap_contacts.transport.client import (
    DONE,
    GATEWAY,
    NOT_UNDERSTOOD,
    RATE,
    ApiClient,
    Judgement,
    Verdict,
    foreign,
)
from tap_contacts.transport.errors import Refused
from tap_contacts.transport.origin import origin

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from tap_contacts.transport.session import Answer, SignIn

PREFIX = "/rest/json/zv"
STATUSES = f"{PREFIX}/contacts/contact_status"
HEADERS = {"Accept": "application/json"}

_IS_ID = re.compile(r"[\w-]{1,100}").fullmatch

LARGEST_PAGE = 50
"""Contacts a page (https://www.zoho.com/voice/api/get-all-contacts.html)."""

SETTINGS = th.ObjectType(
    th.Property("client_id", forms.text(), description="Client id of the Zoho API console."),
    th.Property("client_secret", forms.text(), secret=True, description="Its secret."),
    th.Property(
        "refresh_token",
        forms.text(),
        secret=True,
        description="Refresh token with the scope zohovoice.contacts.ALL.",
    ),
    th.Property(
        "access_token",
        forms.text(pattern=forms.HEADER),
        secret=True,
        description="Instead of the three above, for one run of less than an hour.",
    ),
    th.Property(
        "data_center",
        th.StringType,
        default="com",
        allowed_values=list(ACCOUNTS_HOSTS),
        description="Data centre that holds the account.",
    ),
    th.Property(
        "api_url",
        forms.text(),
        description="Origin of the API, default https://voice.zoho.<data_center>.",
    ),
    th.Property(
        "accounts_url",
        forms.text(),
        description="Origin of the accounts server, default by data_center.",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=2, maximum=LARGEST_PAGE),
        default=LARGEST_PAGE,
        description="Contacts asked for at once.",
    ),
    th.Property(
        "contact_details",
        th.BooleanType,
        default=False,
        description="Also read created_time and number: one more request per contact.",
    ),
    RATE,
)

_LOCKED = Judgement(
    Verdict.RETRY, advice="Lower requests_per_minute: Zoho locks a URL for 10 minutes.", wait=600
)
_SIGN_IN_AGAIN = Judgement(
    Verdict.RENEW, advice="Check the refresh token and its scope zohovoice.contacts.ALL."
)

CODES = {
    "ZVT0052": _SIGN_IN_AGAIN,
    "INVALID_OAUTHTOKEN": _SIGN_IN_AGAIN,
    "INVALID_TOKEN": _SIGN_IN_AGAIN,
    "ZVT010": Judgement(Verdict.STOP, advice="The API's form of requests is another by now."),
    "500": Judgement(Verdict.UNKNOWN),
    "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED": _LOCKED,
    "URL_FIXED_THROTTLES_LIMIT_EXCEEDED": _LOCKED,
}
"""Codes of the product family; those of contacts are not documented."""

STATUSES_OF_ERRORS = {
    **GATEWAY,
    401: _SIGN_IN_AGAIN,
    403: Judgement(Verdict.STOP, advice="Give the user of the refresh token rights to contacts."),
    404: Judgement(Verdict.MISSING),
}
"""HTTP statuses of errors in the API's form, whatever their code; others are of the record."""


class ZohoVoice(ApiClient):
    """Read contacts and contact statuses of one organisation."""

    api = "zoho_voice"
    title = TITLE
    settings = SETTINGS
    operational = (
        "client_id",
        "data_center",
        "api_url",
        "accounts_url",
        "page_size",
        "contact_details",
    )

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        """Take the API's settings and the plugin's config."""
        super().__init__(settings, config)
        self.page_size: int = settings.get("page_size", LARGEST_PAGE)
        self.contact_details: bool = settings.get("contact_details", False)
        concurrency = config.get("concurrency") or 4
        self._pool, self._ahead = ThreadPoolExecutor(concurrency), 2 * concurrency

    def address(self, settings: Mapping[str, Any]) -> str:
        """Return `api_url`, by default that of the data centre."""
        center = settings.get("data_center", "com")
        return origin(
            "zoho_voice.api_url", settings.get("api_url") or f"https://voice.zoho.{center}"
        )

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign in with the refresh token, or else with a given access token."""
        names = ("client_id", "client_secret", "refresh_token")
        grant = {name: settings.get(name, "") for name in names}
        if all(grant.values()):
            host = ACCOUNTS_HOSTS[settings.get("data_center", "com")]
            url = settings.get("accounts_url") or f"https://{host}"
            return RefreshToken(self.transport, origin("zoho_voice.accounts_url", url), **grant)
        if token := settings.get("access_token"):
            return AccessToken(token)
        msg = "zoho_voice needs client_id, client_secret and refresh_token, or an access_token."
        raise ConfigurationError(msg)

    def judge(self, answer: Answer) -> Judgement:
        """Judge by the body first: the HTTP status of an error is not documented."""
        body = answer.json if isinstance(answer.json, dict) else {}
        if body.get("status") == "SUCCESS":
            return DONE if _is_expected(answer, body) else NOT_UNDERSTOOD
        code = _code(body)
        if known := CODES.get(code) or CODES.get(str(body.get("message"))):
            return known._replace(code=code)
        if code and body.get("status") == "ERROR":
            meant = STATUSES_OF_ERRORS.get(answer.status, Judgement(Verdict.REJECT))
            return meant._replace(code=code, detail=str(body.get("message", "")))
        if answer.status == 401:  # noqa: PLR2004
            return _SIGN_IN_AGAIN._replace(sure=False)
        return foreign(answer.status)

    def check(self) -> str:
        """Sign in and read the statuses."""
        names = [str(status["display_value"]) for status in self.contact_statuses()]
        return f"{self.title} at {self.origin} answers; contact statuses: {', '.join(names)}"

    @property
    def harmless(self) -> Call:
        """Return the reading of the statuses."""
        return Call("GET", STATUSES, options={"headers": HEADERS})

    def contact_statuses(self) -> Iterator[dict[str, Any]]:
        """Yield `id` and `display_value` of each status of the organisation."""
        body: dict[str, Any] = self.call("GET", STATUSES, headers=HEADERS).json
        for status in body.get("contact_status") or []:
            name = str(status.get("display_value", ""))
            yield {**status, "id": str(status["id"]), "display_value": name}

    def contacts(self) -> Iterator[dict[str, Any]]:
        """Yield every contact once, normalised."""
        for chunk in self.read_contacts():
            yield from chunk.records

    def read_contacts(
        self, progress: Mapping[str, Any] | None = None
    ) -> Generator[Chunk, None, None]:
        """Yield every contact once, normalised, but those that an earlier run has written.

        Args:
            progress: Progress of the last chunk that the earlier run wrote.
        """
        listing = Listing(self._what, self.page_size, "contact_id")
        pages = Offsets(self._pool, self._page, self.page_size - 1, self._ahead)
        with closing(read_chunks(listing, pages, progress)) as chunks:
            yield from self._detailed(chunks) if self.contact_details else chunks

    def _detailed(self, chunks: Iterator[Chunk]) -> Generator[Chunk, None, None]:
        """Yield each contact as it is told alone, and after those of a page its progress."""
        singles = (single for chunk in chunks for single in _singles(chunk))
        vanished = Vanished(self._ids)

        def detail(single: tuple[Chunk, float]) -> Chunk:
            return self._single(*single, vanished)

        reading = in_order(self._pool, detail, singles, self._ahead, _without_records)
        with closing(reading) as detailed:
            yield from detailed

    def _single(self, chunk: Chunk, listed_at: float, vanished: Vanished) -> Chunk:
        """Return a contact as it is told alone; none if it is not listed any more.

        What tells that a contact is not there is not documented: any refusal may.
        """
        (listed,) = chunk.records
        try:
            return Chunk([self.contact(listed["contact_id"])])
        except Refused:
            if not vanished.has(listed["contact_id"], listed_at):
                raise
            return Chunk([], gone=1)

    def _ids(self) -> Iterator[str]:
        rows = read_all(self._what, self._page, self.page_size, "contact_id")
        return (row["contact_id"] for row in rows)

    @property
    def _what(self) -> str:
        return f"{self.title}: GET {PREFIX}/contacts"

    def contact(self, contact_id: str) -> dict[str, Any]:
        """Return one contact, with created_time (epoch, milliseconds) and number."""
        return normal(self._get(f"/contacts/{contact_id}")["contacts"])

    def _page(self, start: int) -> Page:
        query = {"from": start, "size": self.page_size, "totalCount": "true"}
        body = self._get("/contacts", query)
        rows = [normal(contact) for contact in body.get("contacts") or []]
        return Page(rows, int((body.get("meta") or {}).get("total", -1)))

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body: dict[str, Any] = self.call("GET", PREFIX + path, params=query, headers=HEADERS).json
        return body


def _singles(chunk: Chunk) -> Iterator[tuple[Chunk, float]]:
    """Split a chunk into one for each record, and one for its progress, with when it came."""
    now = time.monotonic()
    for record in chunk.records:
        yield Chunk([record]), now
    yield chunk._replace(records=[]), now


def _without_records(single: tuple[Chunk, float]) -> Chunk | None:
    chunk, _ = single
    return None if chunk.records else chunk


def _is_expected(answer: Answer, body: Mapping[str, Any]) -> bool:
    """Say whether a body is what was asked for: the statuses, a page of contacts, or a contact."""
    path = answer.request.path_url.partition("?")[0]
    if path.endswith("/contact_status"):
        return _are(body.get("contact_status"), "id")
    if answer.request.method != "GET" or path != f"{PREFIX}/contacts":
        return _is(body.get("contacts"), "contact_id")
    meta = body.get("meta") or {}
    counted = isinstance(meta, dict) and isinstance(meta.get("total", -1), int)
    return counted and _are(body.get("contacts"), "contact_id")


def _are(rows: object, key: str) -> bool:
    """Say whether these are rows, none at all included."""
    return rows is None or (isinstance(rows, list) and all(_is(row, key) for row in rows))


def _is(row: object, key: str) -> bool:
    value = row.get(key) if isinstance(row, dict) else None
    return value is not None and _IS_ID(str(value)) is not None


def _code(body: Mapping[str, Any]) -> str:
    """Find the error's code in the application's envelope or the edge filter's."""
    error = body.get("error")
    return str(error.get("title", "")) if isinstance(error, dict) else str(body.get("code", ""))


def normal(contact: Mapping[str, Any]) -> dict[str, Any]:
    """Give a contact one form, whichever of the API's forms it came in.

    Ids are strings (they exceed 2^53), "" is None, flags are booleans ("" is False, inferred), and
    the owner is `contact_owner_id` and `contact_owner_name`. The e-mail's key is `email`; the
    machine-translated documentation calls it メール.
    """
    record = dict(contact)
    for key, value in contact.items():
        if value == "":
            record[key] = None
    if "メール" in record:
        record = {("email" if key == "メール" else key): value for key, value in record.items()}
    owner = record.pop("contact_owner", None)
    owner = owner if isinstance(owner, dict) else {"id": owner}
    record["contact_owner_id"] = _text(owner.get("id"))
    record["contact_owner_name"] = _text(owner.get("display_value"))
    record["contact_id"] = _text(record.get("contact_id"))
    for flag in ("is_favourite", "is_spam"):
        record[flag] = bool(record.get(flag)) and str(record[flag]).lower() == "true"
    return record


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)
