"""Stand in for the phone book of one BAS-IP indoor monitor, API 1.7.0 of the Android family.

Pages of https://developers.bas-ip.com, below android-monitors: 1.7.0/create-or-update-contacts
(UPSERT), 1.7.0/get-contact-detailed-information (ONE), 1.6.0/logs-user-into-the-system (LOGIN).
Of the sibling family camdroid-monitors: 0.9.0/create-contact-entity (CREATE).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tests.sandbox.bas_ip_book import (
    FLAGS,
    SUCCESSES,
    TEXTS,
    WRONG_BODY,
    WRONG_QUERY,
    WRONG_TYPE,
    PhoneBook,
    WrongBody,
    check_types,
    read_list,
    read_object,
)
from tests.sandbox.bas_ip_readings import (
    FULL,
    UNKNOWN,
    bulk_path,
    device,
    digests,
    link_page,
    shaped,
)
from tests.sandbox.bas_ip_rules import ANDROID_CONTACTS, MAX_CONTACTS
from tests.sandbox.deletions import HTML, bas_ip_results
from tests.sandbox.messages import Request, Response, json_response
from tests.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

USERNAME, PASSWORD = "admin", "123456"
CONTACTS_PATH, LOGIN_PATH, INFO_PATH = "/api/v0/contacts", "/api/v0/login", "/api/info"
# Link ids of UPSERT, less their last digit; contacts after ONE, whose first number is no valid one.
LINK_ID = "91c615e3-1040-4815-8ecb-039a18b756b"
SAMPLES: tuple[dict[str, Any], ...] = (
    {"name": "Albert Einstein", "type": "multi", "number": "0001-01-01", "is_default": True},
    {"name": "Adolph Smith", "type": "regular", "number": "sip:1111@pbx.example.com"},
    {"name": "Apartment 1111", "type": "regular", "number": "0001-01-11-11", "auto_answer": True},
    {"name": "Panel", "type": "individual", "number": "001-01-11-11-1"},
    {"name": "Concierge", "type": "regular", "number": "sip:100@192.0.2.10:5060"},
)


class BasIp(Sandbox):
    """Answer as a monitor does: sign-in, upsert, one contact, deletion and device information."""

    api = "bas_ip"

    def __init__(
        self,
        *,
        username: str = USERNAME,
        password: str = PASSWORD,
        contacts_path: str | None = None,
        login_path: str | None = None,
        max_contacts: int | None = None,
        **server: Any,
    ) -> None:
        """Set up a device with one account and no contacts; `server` is for `Sandbox`."""
        super().__init__(**server)
        self.username, self.password = username, password
        version = "v1" if "api_v1" in self.readings else "v0"
        bare, login = (each.replace("v0", version) for each in (CONTACTS_PATH, LOGIN_PATH))
        self._bare_path = contacts_path or bare
        self.contacts_path = contacts_path or bulk_path(self.readings, bare)
        self.login_path = login_path or login
        room = ANDROID_CONTACTS if "android_room" in self.readings else MAX_CONTACTS
        self._book = PhoneBook(max_contacts or room, self.readings)
        self._live: set[str] = set()
        # No page of the family lists contacts, so GET on their path is not served.
        self._routes: dict[str, dict[str, Callable[[Request], Response]]] = {
            f"{self._bare_path}/": {"GET": self._show},
            self._bare_path: {"POST": self._create},
            self.contacts_path: {"POST": self._upsert, "DELETE": self._delete},
            self.login_path: {"GET": self._login},
            INFO_PATH: {"GET": lambda _: json_response(device(self.readings))},
        }
        if "delete_bare" in self.readings and self.contacts_path != self._bare_path:
            self._routes[self._bare_path]["DELETE"] = self._routes[self.contacts_path].pop("DELETE")
        if self.contacts_path != self._bare_path:
            self._routes[self.contacts_path]["GET"] = self._list

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """Return copies of the contacts held, each with its `item_uid` and `link_id`."""
        return [dict(each) for each in list(self._book.by_uid.values())]

    def add(self, **fields: Any) -> int:
        """Put in a contact and return its `item_uid`; ValueError if the rules refuse it."""
        return self._book.store(fields)

    def change(self, item_uid: int, **fields: Any) -> None:
        """Change fields of a contact; KeyError if there is none, ValueError if refused."""
        self._book.store({**self._book.by_uid[item_uid], **fields}, item_uid)

    def remove(self, item_uid: int) -> None:
        """Remove a contact; KeyError if there is none."""
        self._book.remove(item_uid)

    def seed(self) -> None:
        """Put in five contacts with the link ids that the samples of UPSERT show."""
        for last, sample in enumerate(SAMPLES, start=1):
            self.add(link_id=f"{LINK_ID}{last}", **sample)

    def target_config(self) -> dict[str, Any]:
        """Return a complete `target-contacts` config for this device."""
        settings = {"username": self.username, "password": self.password, "api_url": self.url}
        settings |= {"contacts_path": self.contacts_path, "login_path": self.login_path}
        settings |= {"number_template": "sip:{mobile}@pbx.example.com"}
        return {"api": self.api, self.api: settings, "defaults": {}}

    def is_write(self, request: Request) -> bool:
        """Say whether the request upserts or deletes contacts."""
        paths = {self.contacts_path, self._bare_path}
        return request.path in paths and request.method in {"POST", "DELETE"}

    def expire_sign_ins(self) -> None:
        """End the one live token."""
        self._live.clear()

    def handle(self, request: Request) -> Response:
        """Check path, verb and sign-in, then let the call answer; a refused body is a 400."""
        return shaped(self.readings, self._answer(request))

    def _verbs(self, path: str) -> dict[str, Callable[[Request], Response]]:
        one = f"{self._bare_path}/"
        found = self._routes.get(path) or self._routes.get(one if path.startswith(one) else "")
        return found or {}

    def _refusal(self, method: str, verbs: Collection[str]) -> Response | None:
        """Return the answer to a path that is not there, or does not serve the verb."""
        if not verbs or (method == "GET" and "GET" not in verbs and "list_404" in self.readings):
            return json_response({"error": "Not Found"}, 404)
        if method not in verbs:
            return json_response({"error": "Method Not Allowed"}, 405, Allow=", ".join(verbs))
        return None

    def _answer(self, request: Request) -> Response:
        verbs = self._verbs(request.path)
        if (refusal := self._refusal(request.method, verbs)) is not None:
            return refusal
        signed_in = request.headers.get("authorization") in self._live
        if request.path not in {self.login_path, INFO_PATH} and not signed_in:
            return json_response({"error": "Log In"}, 401)
        try:
            return verbs[request.method](request)
        except WrongBody as wrong:
            return json_response({"error": str(wrong)}, 400)

    def _login(self, request: Request) -> Response:
        username, password = (request.query.get(name) for name in ("username", "password"))
        if not username or not password:
            return json_response({"error": "Required parameters missed"}, 400)
        if username != self.username or password not in digests(self.readings, self.password):
            return json_response({"error": "Wrong login or password"}, 400)
        # Silent in the documents; taken: an account has one live token, the newest.
        token = secrets.token_hex(16)
        self._live = {f"Bearer {token}"}
        return json_response({"token": token, "account_type": "admin"})

    def _upsert(self, request: Request) -> Response:
        items = [check_types(item) for item in read_list(request, "list_items")]
        if "link_id_ignored" in self.readings:
            items = [{**item, "link_id": None} for item in items]
        if "full_refuses_call" in self.readings and self._book.overflows(items):
            raise WrongBody(FULL)
        outcomes: list[tuple[str | None, str]] = []
        seen: set[str | None] = set()
        for item in items:
            link_id = item.get("link_id")
            # Silent in the documents; taken: only the first item of a `link_id` counts.
            info = "invalid_entity_data" if link_id in seen else self._book.upsert(item)
            outcomes.append((link_id, info))
            seen |= {link_id} - {None}
        return _results(outcomes)

    def _create(self, request: Request) -> Response:
        """Create one contact; served where the bulk call has a path of its own."""
        try:
            self._book.store(check_types(read_object(request)))
        except WrongBody:
            raise
        except ValueError as refused:
            raise WrongBody(WRONG_BODY) from refused
        return json_response({})  # Silent in the documents; taken: an answer without the uid.

    def _list(self, request: Request) -> Response:
        # Silent in the documents; taken: the newest come first.
        newest = list(reversed(self._book.by_uid.values()))
        rows = link_page(newest, request.query)
        if rows is None:
            raise WrongBody(WRONG_QUERY)
        return json_response({"list_items": [_shown(each, "link_id") for each in rows]})

    def _delete(self, request: Request) -> Response:
        if "delete_405" in self.readings:
            return HTML
        wanted = "list_items" if "delete_list_items" in self.readings else "link_ids"
        link_ids = read_list(request, wanted)
        if not all(isinstance(link_id, str) for link_id in link_ids):
            raise WrongBody(WRONG_TYPE.format("link_ids"))
        held = {each["link_id"] for each in self._book.by_uid.values()}
        if "unknown_refuses_call" in self.readings and not held.issuperset(link_ids):
            raise WrongBody(UNKNOWN)
        outcomes = [(link_id, self._book.delete(link_id)) for link_id in link_ids]
        if any(name.startswith("delete_") for name in self.readings - {"delete_bare"}):
            return bas_ip_results(self.readings, outcomes)
        return _results(outcomes)

    def _show(self, request: Request) -> Response:
        # Silent in the documents; taken: a bad identifier is like one that is not there.
        by_path = {f"{self._bare_path}/{uid}": each for uid, each in self._book.by_uid.items()}
        contact = by_path.get(request.path)
        if contact is None:
            return json_response({"error": "Not Found"}, 404)
        # ONE shows neither the identifier nor the `link_id`.
        return json_response(_shown(contact))


def _shown(contact: dict[str, Any], *more: str) -> dict[str, Any]:
    return {name: contact[name] for name in (*more, *TEXTS, *FLAGS)}


def _results(outcomes: list[tuple[str | None, str]]) -> Response:
    # Silent in the documents; taken: the order of the answer is not that of the request.
    results = [
        {"link_id": link_id, "success": info in SUCCESSES, "extended_info": info}
        for link_id, info in reversed(outcomes)
    ]
    return json_response({"result": results})
