"""Serve Zoho Voice's contacts API and the Zoho accounts server that signs it in, on one origin.

Facts are from the help article "Contacts" (help.zoho.com/portal/en/kb/zoho-voice) and from
zoho.com/voice/api; "Silent in the documents; taken: ..." marks an adverse reading.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote_plus

import msgspec

from tests.sandbox.deletions import ZOHO_REFUSALS, zoho_deleted, zoho_shape
from tests.sandbox.messages import Request, Response, json_response, text_response
from tests.sandbox.server import Sandbox
from tests.sandbox.zoho_voice_contacts import (
    NO_SUCH_CONTACT,
    SEED_CREATED,
    Contacts,
    Page,
    ZohoError,
)
from tests.sandbox.zoho_voice_grants import CONSOLE_PATH, GRANT_TYPE, Codes
from tests.sandbox.zoho_voice_readings import (
    DEAD_TOKENS,
    EXTRA,
    FORBIDDEN,
    first,
    options_of,
    ordered,
    page_query,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

CLIENT_ID, CLIENT_SECRET = "1000.SANDBOXCLIENT", "sandbox-client-secret"
REFRESH_TOKEN, ACCESS_TOKEN = "1000.sandbox-refresh-token", "1000.sandbox-access-token"
FORM = "application/x-www-form-urlencoded"
TOKEN_PATH, CONTACTS_PATH = "/oauth/v2/token", "/rest/json/zv/contacts"
STATUSES = {"1000000000027": "Active", "1000000000029": "In Active", "1000000000031": "VIP"}
SEED_STATUSES = {"1000000000027": "有効", "1000000000029": "無効", "1000000000031": "VIP"}
VIGNESH = {"display_value": "Vignesh", "id": "347000000003015"}
UNNAMED = {"display_value": "", "id": "415005010526109"}  # the single sample has the id alone
SEED_CONTACTS = (
    ("347000014281004", VIGNESH, "Andrej", "8Foller", "+15135493562", "+15135495601"),
    ("347000014281005", VIGNESH, "Art", "91Venere", "+18562644130", "+18566368749"),
    ("315000153768793", UNNAMED, "test", "", "+12015550123", ""),
)
# Above 2**53 and odd: a reader that takes numbers as floats makes other ids of them.
FIRST_ID = 58399000000003017
UNAUTHORIZED = ("ZVT0052", "Unauthorized access.")
# The codes of contacts are listed nowhere; these are invented in the product's form.
BAD_PARAMETER = "ZVT9001"
NO_SUCH_CALL = ("ZVT9003", "URL or method does not exist.")
# The vendor's edge filter answers so in a sibling product.
THROTTLE = "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED"
THROTTLED = {"error": {"title": THROTTLE, "error_type": "OPERATIONAL_VALIDATION_ERROR"}}
GRANT = ("client_id", "client_secret", "refresh_token")
GRANT_ERRORS = {"client_id": "invalid_client", "client_secret": "invalid_client_secret"}
TOO_MANY = "You have made too many requests continuously. Please try again after some time."
TOO_MANY_TOKENS = {"error": "Access Denied", "error_description": TOO_MANY, "status": "failure"}


@dataclass
class Options:
    """Hold what a test may choose about the account and where the documents leave room."""

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    refresh_token: str = REFRESH_TOKEN
    access_token: str = ACCESS_TOKEN  # accepted until `expire_sign_ins`
    statuses: Mapping[str, str] = field(default_factory=STATUSES.copy)  # label by id
    error_status: int = 200  # Silent in the documents; taken: errors come with HTTP 200.
    reads_status: bool = False  # whether reads return `contact_status`, which no sample does
    empty_shape: Literal["list", "missing"] = "list"  # `contacts` of a page without any
    email_key: str = "email"  # in answers; the Japanese page has it machine-translated
    lock_after: int | None = None  # API requests a minute before a lock of ten minutes
    clock: Callable[[], float] = time.monotonic


def let_in(events: list[float], limit: int, seconds: float, now: float) -> bool:
    """Count an event, unless there were `limit` of them in the last `seconds`."""
    events[:] = [at for at in events if at > now - seconds]
    fits = len(events) < limit
    events.extend([now] * fits)
    return fits


class ZohoVoice(Sandbox):
    """Zoho Voice with its accounts server; keyword arguments as in `Options`."""

    api = "zoho_voice"

    def __init__(
        self,
        *,
        port: int = 0,
        latency: float = 0.0,
        readings: Collection[str] = (),
        **options: Any,
    ) -> None:
        """Set up an account without contacts; `on_list` is called before each list answer."""
        super().__init__(port=port, latency=latency, readings=readings)
        self.options = Options(**options_of(self.readings), **options)
        self.state = Contacts(self.options.statuses, FIRST_ID)
        self.on_list: Callable[[int], None] | None = None
        self._trash: dict[str, Any] = {}
        self._lists, self._tokens = count(), count()
        self._calls: list[float] = []
        self._issued: list[float] = []
        self._ends = {self.options.access_token: float("inf")}
        self.codes = Codes(self.options.clock)
        self._sign_in = {key: getattr(self.options, key) for key in GRANT}

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """Return the contacts, oldest first: ids as strings, owner as object, e-mail as `email`."""
        with self._rules:
            return list(msgspec.to_builtins(list(self.state.held.values())))

    def add(self, **fields: Any) -> str:
        """Put in a contact, obeying the field rules, and return its id."""
        with self._rules:
            return self.state.create(fields)

    def change(self, contact_id: str, **fields: Any) -> None:
        """Set some fields of a contact and keep the others, as an agent at the screen does."""
        with self._rules:
            self.state.merge(contact_id, fields)

    def remove(self, contact_id: str) -> None:
        """Take out a contact."""
        with self._rules:
            del self.state.held[self.state.get(contact_id)["contact_id"]]

    def seed(self) -> None:
        """Put in the samples: two listed contacts, then the single one."""
        self.state.statuses = SEED_STATUSES
        keys = ("first_name", "last_name", "mobile", "phone")
        for contact_id, owner, *values in SEED_CONTACTS:
            own = {"contact_id": contact_id, "contact_owner": owner, "created_time": SEED_CREATED}
            self.state.create(dict(zip(keys, values, strict=True)), **own)

    def expire_sign_ins(self) -> None:
        """End every access token; the refresh token stays good."""
        self._ends.clear()

    def is_write(self, request: Request) -> bool:
        """Say whether the request asks for a change of contacts."""
        return request.method != "GET" and request.path.startswith(CONTACTS_PATH)

    def tap_config(self) -> dict[str, Any]:
        """Return the settings of this account, which tap and target have in common."""
        return {**self._sign_in, "api_url": self.url, "accounts_url": self.url}

    def target_config(self) -> dict[str, Any]:
        """Return a complete `target-contacts` config; a generic contact lacks nothing here."""
        return {"api": self.api, self.api: self.tap_config(), "defaults": {}}

    def person(self) -> Mapping[str, str]:
        """Return the client, and the page that stands for the one of the API console."""
        client = {"Client id": self._sign_in["client_id"]}
        secret = {"Client secret": self._sign_in["client_secret"]}
        return {**client, **secret, "Code": self.url + CONSOLE_PATH}

    def handle(self, request: Request) -> Response:
        """Answer for the console, the accounts server or the API."""
        if request.path == CONSOLE_PATH:
            return text_response(self.codes.issue() + "\n")
        return self._handled(request)

    def _handled(self, request: Request) -> Response:
        """Answer for the accounts server or, behind the edge filter, for the API."""
        try:
            if (request.method, request.path) == ("POST", TOKEN_PATH):
                given = self._token(request)
                fails = "error" in given and "token_errors_400" in self.readings
                return json_response(given, 400 if fails else 200)
            if self._is_locked():
                return json_response(THROTTLED, 400)
            answer = {"code": "200", **self._answer(request), "status": "SUCCESS"}
            is_deletion = request.method == "DELETE"
            return zoho_deleted(self.readings, answer) if is_deletion else json_response(answer)
        except ZohoError as error:
            code, message, *status = error.args
        except (ValueError, msgspec.DecodeError) as error:
            # Silent in the documents; taken: the message quotes what was sent.
            sent = unquote_plus(request.body.decode("latin-1"))
            code, message, status = BAD_PARAMETER, f"{error}: {sent}", []
        refusal = {"code": code, "message": message, "status": "ERROR"}
        usual = status_of(self.readings, code, self.options.error_status)
        return json_response(refusal, *status or [usual])

    def _token(self, request: Request) -> dict[str, Any]:
        body = request.form() if request.content_type == FORM else {}
        sent, now = {**request.query, **body}, self.options.clock()
        expected = {**self._sign_in, "grant_type": "refresh_token"}
        wrong = [key for key in (*expected, *sent) if sent.get(key) != expected.get(key)]
        if "other_centre_client" in self.readings:
            return {"error": "invalid_client"}
        bought = sent.get("grant_type") == GRANT_TYPE
        if bought and (refusal := self.codes.refusal(sent, self._sign_in)):
            return {"error": refusal}
        if wrong and not bought:
            # Silent in the documents; taken: all else that is wrong is an invalid code, too.
            return {"error": GRANT_ERRORS.get(wrong[0], "invalid_code")}
        if not let_in(self._issued, 10, 600.0, now):
            return TOO_MANY_TOKENS
        token = f"{ACCESS_TOKEN}-{next(self._tokens)}"
        self._ends[token] = now + 3600
        answer = {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
        lasting = {"refresh_token": self.options.refresh_token} if bought else {}
        return {
            **answer,
            **lasting,
            "api_domain": "https://www.zohoapis.com",
        }  # not the host of Voice

    def _is_locked(self) -> bool:
        limit, now = self.options.lock_after, self.options.clock()
        # Silent in the documents; taken: all calls count together, one while locked locks anew.
        if limit is None or let_in(self._calls, limit, 60.0, now):
            return False
        self._calls = [now + 540.0] * limit  # which lasts ten minutes, as call logs are locked
        return True

    def _answer(self, request: Request) -> dict[str, Any]:
        self._check_headers(request)
        call = f"{request.method} {request.path}"
        if call == f"GET {CONTACTS_PATH}":
            query = page_query(self.readings, request.query)
            self._refuse_extra({**query, **request.form()}, ("from", "size", "totalCount"))
            return self._list(msgspec.convert(query, Page))
        sent = self._sent(request)
        if call == f"GET {CONTACTS_PATH}/contact_status":
            return {"contact_status": self.state.status_list()}
        fields = msgspec.json.decode(sent["contact"]) if sent else None
        return {"contacts": self._contact(request.method, request.path, fields)}

    def _sent(self, request: Request) -> Mapping[str, str]:
        """Return the parameters of a call other than the list, or refuse them."""
        sent, strange = request.form(), request.query
        if "contact_query" in self.readings:
            sent, strange = dict(strange), sent
        wanted = ["contact"] * (request.method in ("POST", "PUT"))
        self._refuse_extra(strange, ())
        self._refuse_extra(sent, wanted)
        if strange or [*sent] != wanted:
            raise ValueError(request.raw_path)
        return sent

    def _refuse_extra(self, sent: Iterable[str], wanted: Collection[str]) -> None:
        refused = {"extra_400", "contact_query"} & self.readings
        if refused and set(sent) - {*wanted}:
            raise ZohoError(*EXTRA)

    def _check_headers(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        strange = "other_centre_token" in self.readings
        ended = self._ends.get(token, 0.0) <= self.options.clock()
        if scheme != "Zoho-oauthtoken" or ended or strange:
            raise ZohoError(*(first(DEAD_TOKENS, self.readings) or UNAUTHORIZED))
        if self.is_write(request) and (forbidden := first(FORBIDDEN, self.readings)):
            raise ZohoError(*forbidden)
        if request.headers.get("accept") != "application/json":
            raise ValueError(request.headers.get("accept"))
        if request.body and not (request.content_type == FORM and request.body.isascii()):
            raise ValueError(request.content_type)

    def _contact(self, method: str, path: str, fields: object) -> object:
        folder, _, contact_id = path.rpartition("/")
        if (method, path) == ("POST", CONTACTS_PATH):
            contact_id = self.state.create(fields)
        elif folder != CONTACTS_PATH or method not in ("GET", "PUT", "DELETE"):
            raise ZohoError(*NO_SUCH_CALL)
        if method == "PUT":
            self._put(contact_id, fields)
        if method == "DELETE":
            return self._delete(contact_id)
        contact = self._trash.get(contact_id) or self.state.get(contact_id)
        ids = {"contact_id": int(contact_id), "contact_owner": int(contact["contact_owner"]["id"])}
        return {**self._shaped(contact), **ids}

    def _delete(self, contact_id: str) -> object:
        if refused := first(ZOHO_REFUSALS, self.readings):
            self.state.get(contact_id)
            raise ZohoError(*refused)
        # Silent in the documents; taken: a contact that is not there is refused as in other calls.
        if contact_id in self.state.held or "delete_unknown_done" not in self.readings:
            contact = self.state.get(contact_id)
            del self.state.held[contact_id]
            self._trash.update({contact_id: contact} if "delete_to_trash" in self.readings else {})
        return zoho_shape(self.readings, contact_id)

    def _put(self, contact_id: str, fields: object) -> None:
        if "put_keeps" in self.readings and isinstance(fields, dict):
            self.state.get(contact_id)
            checked = self.state.checked(fields)
            self.state.merge(contact_id, {key: checked[key] for key in fields})
        else:
            self.state.replace(contact_id, fields)

    def _list(self, page: Page) -> dict[str, Any]:
        served = next(self._lists)
        if self.on_list:
            self.on_list(served)
        held = ordered(self.readings, list(self.state.held.values()))
        asked = held[int(page.start) :][: int(page.size)]
        rows = [self._shaped(each, "created_time", "number") for each in asked]
        if not rows and "empty_error" in self.readings:
            raise ZohoError(*NO_SUCH_CONTACT)
        shown = {"contacts": rows} if rows or self.options.empty_shape == "list" else {}
        counted = page.total == "true" and "total_uncounted" not in self.readings
        return {"meta": {"total": len(held) if counted else -1}, **shown}

    def _shaped(self, contact: Mapping[str, Any], *hidden: str) -> dict[str, Any]:
        if not self.options.reads_status:
            hidden = (*hidden, "contact_status")
        names = {"email": self.options.email_key}
        return {names.get(key, key): value for key, value in contact.items() if key not in hidden}
