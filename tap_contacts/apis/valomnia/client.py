"""Valomnia, field sales: settings and requests.

Source: https://developers.valomnia.com/ref/Contacts/list.html, and save.html and update.html beside
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.valomnia import codes, wire
from tap_contacts.apis.valomnia.facts import Facts
from tap_contacts.apis.valomnia.settings import ACCOUNT, API_VERSION, TITLE
from tap_contacts.apis.valomnia.sign_in import Session
from tap_contacts.apis.valomnia.wire import NOBODY, ONE, PAGE_SIZE, SMALLEST
from tap_contacts.listing.pages import Incomplete, Page
from tap_contacts.transport.call import Call
from tap_contacts.transport.client import ApiClient
from tap_contacts.transport.errors import ApiError, Refused
from tap_contacts.transport.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_contacts.transport.facts import Fact
    from tap_contacts.transport.session import Answer, SignIn
    from tap_contacts.transport.verdict import Judgement


class Valomnia(ApiClient):
    """Read and write the contacts of one tenant."""

    api = "valomnia"
    title = TITLE
    settings = ACCOUNT.settings
    operational = ("username", "api_url", "api_version", "merge_updates", "keep_photos")

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        super().__init__(settings, config)
        version = settings.get("api_version") or API_VERSION
        if not re.fullmatch(r"v[0-9]+(\.[0-9]+)*", version):
            msg = "valomnia.api_version must be like v1.0."
            raise ConfigurationError(msg)
        self.path = f"/api/{version}/contacts"
        """Path of the contacts; that of one contact has its id below."""
        self.use_external_id: bool = settings.get("use_external_id", False)
        self.merge_updates: bool = settings.get("merge_updates", True)
        self.keep_photos: bool = settings.get("keep_photos", True)
        self.sorts_by_id: bool | None = None
        """Whether the API lists contacts in the order of ids; None: not asked yet."""
        self._goes_on = False
        """Whether a read was answered after a page in place of the last write."""
        self.page_size = PAGE_SIZE
        """Contacts that a page holds, as far as the API has told."""

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign in with user and password."""
        if not (settings["username"] and settings["password"]):
            msg = "valomnia needs username and password."
            raise ConfigurationError(msg)
        user = settings["username"], settings["password"]
        self._session = Session(self.transport, self.origin, *user)
        return self._session

    @property
    def warning(self) -> str:
        """Return the code of what the sign-in has warned of, if of anything."""
        return self._session.warning

    def judge(self, answer: Answer) -> Judgement:
        """Return what an answer means; after a page instead of one, the session may have ended."""
        if self._steps.has_served:
            self._doubt(answer)
        return codes.judge(answer)

    def _doubt(self, answer: Answer) -> None:
        """Have the next call sign in after a page, unless a read shows that the session goes on.

        Such a read is sent after a page in place of a write. A second such page in a row is not
        checked: the read after the first one was answered.
        """
        is_write = answer.request.method != "GET"
        if not wire.is_page(answer):
            self._goes_on = self._goes_on and not is_write
        elif is_write and self._goes_on:
            self._goes_on = False
        else:
            self._goes_on = is_write and self._is_signed_in()
            if not self._goes_on:
                self.sign_in.renew(answer.request)

    def _is_signed_in(self) -> bool:
        """Say whether a read is answered now; no error of it may be taken for that of a write."""
        try:
            return codes.judge(self.answer_to(self.path, params=ONE)).verdict is Verdict.DONE
        except ApiError:
            return False

    def check(self) -> str:
        """Sign in and read one contact, of which only the organization is told."""
        page = self.call("GET", self.path, params=ONE).json
        organization = (page["data"] or [{}])[0].get("organization")
        whose = f" for organization {organization}" if organization else ""
        return f"{self.title} at {self.origin} answers{whose}; contacts: {page['paging']['total']}"

    def facts(self) -> Iterator[Fact]:
        """Yield what a few reads show."""
        return Facts(self).told()

    @property
    def harmless(self) -> Call:
        """Return the reading of one contact."""
        return Call("GET", self.path, options={"params": ONE})

    @property
    def what(self) -> str:
        """Return what is read, for messages."""
        return f"{self.title}: GET {self.path}"

    def page(self, query: Mapping[str, Any]) -> Page:
        """Return one page of the contacts that pass the filters, in ascending order.

        Args:
            query: As documented for the list: sort, offset, max, and the filters firstName,
                lastName, customerReference, and dateCreated and lastUpdated with _gt, _gte, _lt
                or _lte.
        """
        query = {**query, "max": query.get("max", PAGE_SIZE), "order": "asc"}
        answer = self.call("GET", self.path, params=query)
        paging, rows = answer.json["paging"], answer.json["data"]
        if query["max"] == PAGE_SIZE:
            self._note_size(paging.get("max"))
        return Page(rows, paging["total"], answer.headers.get("Date"))

    def _note_size(self, told: object) -> None:
        """Take note of the size of page that an answer tells.

        Raises:
            Incomplete: If pages are too small to overlap, so that none shows what is missing.
        """
        if not isinstance(told, int) or not 0 < told < PAGE_SIZE:
            return
        if told < SMALLEST:
            msg = f"{self.what}: gives one contact a page. Ask Valomnia for larger pages."
            raise Incomplete(msg)
        self.page_size = told

    @cached_property
    def counts_matches(self) -> bool:
        """Say whether the total of a filtered list counts what passes, unless shown otherwise."""
        try:
            page = self.page({**NOBODY, **ONE})
        except Refused:
            return True
        return bool(page.rows) or page.total == 0

    def contact(self, identity: str) -> dict[str, Any]:
        """Return one contact."""
        found: dict[str, Any] = self.call("GET", f"{self.path}/{identity}").json
        return found
