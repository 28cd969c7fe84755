"""Stand in for the phone book of one BAS-IP indoor monitor, API 1.7.0 of the Android family.

Pages of https://developers.bas-ip.com, below android-monitors: 1.7.0/create-or-update-contacts
(UPSERT), 1.7.0/get-contact-detailed-information (ONE), 1.6.0/logs-user-into-the-system (LOGIN).
Of the sibling family camdroid-monitors: 0.9.0/create-contact-entity (CREATE).
"""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
from typing import TYPE_CHECKING, Any

import msgspec

from tests.sandbox.server import Request, Response, Sandbox, json_response

if TYPE_CHECKING:
    from collections.abc import Callable

USERNAME, PASSWORD = "admin", "123456"
CONTACTS_PATH, LOGIN_PATH, INFO_PATH = "/api/v0/contacts", "/api/v0/login", "/api/info"
# The text names four values and no keys; silent in the documents; taken: these.
DEVICE = {"device_model": "AP-07L", "device_serial_number": "0000-0001"}
DEVICE |= {"firmware_version": "5.0.0", "api_version": "1.7.0"}

# UPSERT prints the first. Silent in the Android documents; taken: the others, which CREATE prints.
MAX_ITEMS, MAX_CONTACTS, MAX_NAME = 10_000, 300, 30

WRONG_BODY = "Wrong JSON body"
NO_VALUE = "Wrong JSON body: no value for `{}`"
WRONG_TYPE = "Wrong JSON body: value `{}` was of the wrong type"
SUCCESSES = ("created", "updated", "deleted")
TEXTS = ("name", "type", "number")
FLAGS = ("is_favorite", "is_default", "auto_answer", "in_black_list")
# Silent in the documents; taken: null is the wrong type for everything but `link_id`.
TYPES: dict[str, tuple[type, ...]] = {"link_id": (str, type(None))}
TYPES |= dict.fromkeys(TEXTS, (str,)) | dict.fromkeys(FLAGS, (bool,))

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# The SIP pattern of ONE has ranges such as `+-_` that let nearly anything pass.
# Silent in the documents; taken: only what its characters mean, and a host has a dot.
_OCTET = r"(25[0-5]|2[0-4]\d|[01]?\d?\d)"
_DOMAIN = r"([0-9A-Za-z-]+\.)+[0-9]*[A-Za-z-]+[0-9]*"
_SIP = rf"sip:[0-9A-Za-z+,.-]+@({_OCTET}(\.{_OCTET}){{3}}|{_DOMAIN})(:\d{{1,5}})?"
# By type of contact: an inner number of its form, or a SIP number (ONE).
NUMBERS = {
    "regular": re.compile(rf"\d{{3}}[1-9]-\d{{2}}-\d[0-8]-\d{{2}}|{_SIP}", re.ASCII),
    "multi": re.compile(rf"\d{{3}}[1-9]-\d{{2}}-\d[1-9]|{_SIP}", re.ASCII),
    "individual": re.compile(rf"\d{{2}}[1-9]-\d{{2}}-\d[0-8]-\d{{2}}-[1-9]|{_SIP}", re.ASCII),
}

# Link ids of UPSERT, less their last digit; contacts after ONE, whose first number is no valid one.
LINK_ID = "91c615e3-1040-4815-8ecb-039a18b756b"
SAMPLES: tuple[dict[str, Any], ...] = (
    {"name": "Albert Einstein", "type": "multi", "number": "0001-01-01", "is_default": True},
    {"name": "Adolph Smith", "type": "regular", "number": "sip:1111@pbx.example.com"},
    {"name": "Apartment 1111", "type": "regular", "number": "0001-01-11-11", "auto_answer": True},
    {"name": "Panel", "type": "individual", "number": "001-01-11-11-1"},
    {"name": "Concierge", "type": "regular", "number": "sip:100@192.0.2.10:5060"},
)


class WrongBody(ValueError):
    """A body that the device refuses as a whole, in the words of UPSERT."""


class PhoneBook:
    """Hold the contacts of a device and enforce the rules of their fields."""

    def __init__(self, max_contacts: int) -> None:
        """Set up an empty phone book with room for so many contacts."""
        self.max_contacts = max_contacts
        self.by_uid: dict[int, dict[str, Any]] = {}
        self._linked: dict[str | None, int] = {}
        self._uids = itertools.count(1)

    def upsert(self, item: dict[str, Any]) -> str:
        """Create or update the contact of the item's `link_id`; return the `extended_info`."""
        # Silent in the documents; taken: a null `link_id` matches nothing, and case matters.
        uid = self._linked.get(item.get("link_id"))
        try:
            self.store(item, uid)
        except ValueError:
            return "invalid_entity_data"
        return "created" if uid is None else "updated"

    def store(self, item: dict[str, Any], uid: int | None = None) -> int:
        """Put in a contact, or replace one; ValueError if a rule or a taken `link_id` forbids."""
        full = uid is None and len(self.by_uid) >= self.max_contacts
        taken = self._linked.get(item.get("link_id"), uid) != uid
        if full or taken or not is_valid(check_types(item)):
            raise ValueError(item)
        # Silent in the documents; taken: an identifier is never used twice.
        uid = next(self._uids) if uid is None else uid
        self._linked.pop(self.by_uid.get(uid, {}).get("link_id"), None)
        # Silent in the documents; taken: an update resets the flags that it leaves out.
        contact = {"link_id": None, **dict.fromkeys(FLAGS, False), **item, "item_uid": uid}
        self.by_uid[uid] = {name: contact[name] for name in ("item_uid", *TYPES)}
        if contact["link_id"] is not None:
            self._linked[contact["link_id"]] = uid
        return uid

    def delete(self, link_id: str) -> str:
        """Delete the contact of a `link_id`; return the `extended_info`."""
        if not UUID.fullmatch(link_id):
            return "invalid_entity_data"
        if link_id not in self._linked:
            return "entity_not_found"
        self.remove(self._linked[link_id])
        return "deleted"

    def remove(self, uid: int) -> None:
        """Remove a contact; KeyError if there is none."""
        self._linked.pop(self.by_uid.pop(uid)["link_id"], None)


def is_valid(item: dict[str, Any]) -> bool:
    """Say whether the values of a well-formed item keep the rules of ONE and CREATE."""
    name, link_id, number = item["name"], item.get("link_id"), NUMBERS.get(item["type"])
    return (
        # Silent in the documents; taken: a name of blanks alone counts as empty.
        bool(name.strip() and len(name) <= MAX_NAME)
        and number is not None
        and number.fullmatch(item["number"]) is not None
        and not (item.get("auto_answer") and item.get("in_black_list"))
        # ONE grants the flag to "panel-like" contacts; a regular one is a monitor.
        and not (item.get("is_default") and item["type"] == "regular")
        and (link_id is None or UUID.fullmatch(link_id) is not None)
    )


def check_types(item: object) -> dict[str, Any]:
    """Return an item whose fields are there and of their JSON types, or refuse the whole body."""
    if not isinstance(item, dict):
        raise WrongBody(WRONG_TYPE.format("list_items"))
    for name, types in TYPES.items():
        if name in TEXTS and name not in item:
            raise WrongBody(NO_VALUE.format(name))
        if name in item and not isinstance(item[name], types):
            raise WrongBody(WRONG_TYPE.format(name))
    return item


def read_list(request: Request, name: str) -> list[Any]:
    """Return the list that a JSON body holds under the name, or refuse the body."""
    body = read_object(request)
    if name not in body:
        raise WrongBody(NO_VALUE.format(name))
    if not isinstance(body[name], list):
        raise WrongBody(WRONG_TYPE.format(name))
    # Silent in the documents; taken: a list that is empty or too long fails the whole call.
    if not 1 <= len(body[name]) <= MAX_ITEMS:
        raise WrongBody(WRONG_BODY)
    return list(body[name])


def read_object(request: Request) -> dict[str, Any]:
    """Return the object that is the body, or refuse it."""
    # Silent in the documents; taken: another media type or charset is a "missed json body".
    declared = request.headers.get("content-type", "").lower().replace(" ", "")
    if declared not in {"application/json", "application/json;charset=utf-8"}:
        raise WrongBody(WRONG_BODY)
    try:
        return msgspec.json.decode(request.body, type=dict[str, Any])
    except (ValueError, RecursionError):
        raise WrongBody(WRONG_BODY) from None


class BasIp(Sandbox):
    """Answer as a monitor does: sign-in, upsert, one contact, deletion and device information."""

    api = "bas_ip"

    def __init__(
        self,
        *,
        username: str = USERNAME,
        password: str = PASSWORD,
        contacts_path: str = CONTACTS_PATH,
        login_path: str = LOGIN_PATH,
        max_contacts: int = MAX_CONTACTS,
        **server: Any,
    ) -> None:
        """Set up a device with one account and no contacts; `server` is for `Sandbox`."""
        super().__init__(**server)
        self.username, self.password = username, password
        self.contacts_path, self.login_path = contacts_path, login_path
        self._book = PhoneBook(max_contacts)
        self._live: set[str] = set()
        # No page of the family lists contacts, so GET on their path is not served.
        self._routes: dict[str, dict[str, Callable[[Request], Response]]] = {
            login_path: {"GET": self._login},
            INFO_PATH: {"GET": lambda _: json_response(DEVICE)},
            contacts_path: {"POST": self._upsert, "DELETE": self._delete},
            f"{contacts_path}/": {"GET": self._show},
        }

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
        return request.path == self.contacts_path and request.method in {"POST", "DELETE"}

    def expire_sign_ins(self) -> None:
        """End the one live token."""
        self._live.clear()

    def handle(self, request: Request) -> Response:
        """Check path, verb and sign-in, then let the call answer; a refused body is a 400."""
        one = f"{self.contacts_path}/"
        verbs = self._routes.get(one if request.path.startswith(one) else request.path, {})
        if not verbs:
            return json_response({"error": "Not Found"}, 404)
        if request.method not in verbs:
            return json_response({"error": "Method Not Allowed"}, 405, Allow=", ".join(verbs))
        signed_in = request.headers.get("authorization") in self._live
        if request.path not in {self.login_path, INFO_PATH} and not signed_in:
            return json_response({"error": "Log In"}, 401)
        try:
            return verbs[request.method](request)
        except WrongBody as refusal:
            return json_response({"error": str(refusal)}, 400)

    def _login(self, request: Request) -> Response:
        username, password = (request.query.get(name) for name in ("username", "password"))
        if not username or not password:
            return json_response({"error": "Required parameters missed"}, 400)
        digest = hashlib.md5(self.password.encode(), usedforsecurity=False).hexdigest()
        if username != self.username or password not in {digest, digest.upper()}:
            return json_response({"error": "Wrong login or password"}, 400)
        # Silent in the documents; taken: an account has one live token, the newest.
        token = secrets.token_hex(16)
        self._live = {f"Bearer {token}"}
        return json_response({"token": token, "account_type": "admin"})

    def _upsert(self, request: Request) -> Response:
        items = [check_types(item) for item in read_list(request, "list_items")]
        outcomes: list[tuple[str | None, str]] = []
        seen: set[str | None] = set()
        for item in items:
            link_id = item.get("link_id")
            # Silent in the documents; taken: only the first item of a `link_id` counts.
            info = "invalid_entity_data" if link_id in seen else self._book.upsert(item)
            outcomes.append((link_id, info))
            seen |= {link_id} - {None}
        return _results(outcomes)

    def _delete(self, request: Request) -> Response:
        link_ids = read_list(request, "link_ids")
        if not all(isinstance(link_id, str) for link_id in link_ids):
            raise WrongBody(WRONG_TYPE.format("link_ids"))
        return _results([(link_id, self._book.delete(link_id)) for link_id in link_ids])

    def _show(self, request: Request) -> Response:
        # Silent in the documents; taken: a bad identifier is like one that is not there.
        by_path = {f"{self.contacts_path}/{uid}": each for uid, each in self._book.by_uid.items()}
        contact = by_path.get(request.path)
        if contact is None:
            return json_response({"error": "Not Found"}, 404)
        # ONE shows neither the identifier nor the `link_id`.
        return json_response({name: contact[name] for name in (*TEXTS, *FLAGS)})


def _results(outcomes: list[tuple[str | None, str]]) -> Response:
    # Silent in the documents; taken: the order of the answer is not that of the request.
    results = [
        {"link_id": link_id, "success": info in SUCCESSES, "extended_info": info}
        for link_id, info in reversed(outcomes)
    ]
    return json_response({"result": results})
