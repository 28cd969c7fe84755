"""BAS-IP indoor monitors, the phone book of a door intercom: settings and requests.

Source: https://developers.bas-ip.com/android-monitors/1.7.0/create-or-update-contacts
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_contacts.apis.bas_ip import codes, paths, wire
from tap_contacts.apis.bas_ip.facts import Facts
from tap_contacts.apis.bas_ip.paths import LISTS, OTHER_VERB, SET, Found
from tap_contacts.apis.bas_ip.settings import ACCOUNT, TITLE
from tap_contacts.apis.bas_ip.sign_in import Login
from tap_contacts.apis.bas_ip.wire import AUTO, INFO_PATH, LOGIN_PATH
from tap_contacts.transport.call import Call
from tap_contacts.transport.call_errors import is_page
from tap_contacts.transport.client import ApiClient
from tap_contacts.transport.errors import Barred, NotFound, Refused, Retry
from tap_contacts.transport.verdict import NOT_UNDERSTOOD, Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_contacts.transport.facts import Fact
    from tap_contacts.transport.session import Answer, SignIn

NOT_SIGNED_IN = 401
NOT_OURS = (
    "The answer is not what a monitor sends; check api_url, bas_ip.contacts_path and proxies."
)
NO_LIST = frozenset((404, 405))
"""HTTP statuses of a path that takes contacts and lists none."""

LISTING = (LISTS, SET)
"""Why a path that takes contacts may list them, too."""


class BasIp(ApiClient):
    """Write into the phone book of one monitor; no page documents how to list it."""

    api = "bas_ip"
    title = TITLE
    settings = ACCOUNT.settings
    operational = (
        "username",
        "api_url",
        "contacts_path",
        "delete_path",
        "login_path",
        "max_contacts",
    )

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        self.given_login_path = paths.given(settings, "login_path") or LOGIN_PATH
        super().__init__(settings, config)
        self.number_template: str = settings.get("number_template") or ""
        self.max_name_length: int | None = settings.get("max_name_length")
        self._max_contacts: int | None = settings.get("max_contacts")
        contacts_path = paths.given(settings, "contacts_path", AUTO)
        self._path = Found(contacts_path, SET) if contacts_path else None
        self._delete_path = paths.given(settings, "delete_path")
        self._username: str = settings["username"]
        self.is_new = False
        """Whether the device has never taken a contact, as far as the caller knows."""
        self._accepts = False
        """Whether the path has taken a contact in this run."""

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign in with user and password."""
        user = settings["username"], settings["password"]
        self._login = Login(self.transport, self.origin, self.given_login_path, *user)
        return self._login

    def judge(self, answer: Answer) -> Judgement:
        """Return what an answer means; a path that has never taken a contact may be wrong.

        A page may be about the one contact, which something before the device does not let through.
        """
        judgement = codes.judge(answer)
        if self._accepts or not self.is_new:
            return judgement
        if judgement.verdict is Verdict.STOP:
            return judgement if is_page(answer) else judgement._replace(sure=True)
        is_other = judgement.advice == NOT_UNDERSTOOD.advice
        return judgement._replace(advice=NOT_OURS) if is_other else judgement

    def check(self) -> str:
        """Sign in, let the device introduce itself, and find the path that takes contacts."""
        told = ", ".join(wire.introduction(self.info)) or "the device does not introduce itself"
        path = f"contacts go to {self.contacts_path.path} ({self.contacts_path.why})"
        return (
            f"{self.title} at {self.origin} answers, signed in as {self._username}; {told}; {path}"
        )

    def facts(self) -> Iterator[Fact]:
        """Yield what the device tells of itself, and what a list of contacts shows."""
        return Facts(self).told()

    @cached_property
    def info(self) -> Mapping[str, Any]:
        """Return what the device says of itself; nothing where it says nothing."""
        try:
            found = self._steps.send_by(self._looked_at, self.harmless).json
        except NotFound:
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def room(self) -> int | None:
        """Return how many contacts the device holds, if that is set or it says so."""
        return self._max_contacts or wire.room(self.info)

    @property
    def login_path(self) -> str:
        """Return the path of the sign-in, as far as it is known."""
        return self._login.path

    @property
    def contacts_path(self) -> Found:
        """Return the path that takes contacts, and why it is thought to."""
        if self._path is None:
            self._path = paths.found(self.status_of_list, lambda: self.login_path)
        return self._path

    def status_of_list(self, path: str) -> int:
        """Ask for a list of contacts, which changes nothing; return the status if it tells much."""
        call = Call("GET", path, options={"params": wire.FIRST_PAGE})
        try:
            return self._steps.send_by(self._looked_at, call).status
        except NotFound as error:
            return OTHER_VERB if error.http_status == OTHER_VERB else 0

    def _looked_at(self, call: Call) -> Answer:
        """Ask once; only an account that is throttled or not signed in yet is asked again."""
        try:
            return self._steps.attempt(call)
        except (Refused, Barred, Retry) as error:
            if getattr(error, "of_account", error.http_status == NOT_SIGNED_IN):
                raise
            status = error.http_status
            raise NotFound(self.title, call.asked, "nothing told", http_status=status) from None

    @property
    def harmless(self) -> Call:
        """Return what lets the device introduce itself."""
        return Call("GET", INFO_PATH)

    def upsert(
        self, contacts: Sequence[Mapping[str, Any]], *, once: bool = False, are_new: bool = False
    ) -> Sequence[Mapping[str, Any]]:
        """Create or update up to 10,000 contacts; return the results, each with its `link_id`.

        Where the device keeps the `link_id`, the same one never makes a second contact, so that
        this may be repeated. That is left to the caller as long as it has never taken one: what
        answers with a page may be no device.

        Raises:
            OutcomeUnknown: If new ones are the first for the device, and it did not answer.
            Stopped: If the path does not take contacts.
        """
        path, several = self.contacts_path.path, len(contacts) > 1
        body = {"list_items": contacts}
        is_first = are_new and self.is_new and not self._accepts
        try:
            answer = self.call(
                "POST", path, repeatable=not is_first, several=several, once=once, json=body
            )
        except Refused as error:
            if self._accepts or not wire.lacks_nothing(error.detail):
                raise
            raise paths.wrong(path, self.login_path, error) from None
        found = wire.results(answer)
        self._accepts |= any(each.get("success") is True for each in found)
        return found

    def linked(self, link_id: str) -> Mapping[str, Any] | None:
        """Return the contact with this `link_id`; None if it is not listed.

        That a path lists contacts is only inferred, and so is how it is paged.

        Raises:
            Refused: If the device lists none.
        """
        path, why = self.contacts_path
        if why not in LISTING:
            raise Refused(self.title, f"GET {path}", "this device lists no contacts")
        for number in range(1, wire.MOST_PAGES + 1):
            query = {"limit": wire.PAGE_SIZE, "page_number": number}
            rows = self._rows(path, query)
            found = wire.linked(rows, link_id)
            if found or len(rows) < wire.PAGE_SIZE:
                return found
        return None

    def _rows(self, path: str, query: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        try:
            rows: list[Mapping[str, Any]] = self.call("GET", path, params=query).json["list_items"]
        except Barred as error:
            if error.http_status not in NO_LIST:
                raise
            answered = f"this device lists no contacts ({error.answered})"
            status = error.http_status
            raise Refused(self.title, error.asked, answered, http_status=status) from None
        return rows

    def delete(self, link_ids: Sequence[str], *, once: bool = False) -> Sequence[Mapping[str, Any]]:
        """Delete up to 10,000 contacts; return the results, each with its `link_id`."""
        path, body = self._delete_path or self.contacts_path.path, {"link_ids": [*link_ids]}
        several = len(link_ids) > 1
        answer = self.call("DELETE", path, several=several, once=once, json=body)
        return wire.deleted(answer, link_ids)
