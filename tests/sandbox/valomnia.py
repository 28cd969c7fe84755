"""Play Valomnia, field sales; the pages named are those of developers.valomnia.com/ref/."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime, timezone
from io import BytesIO
from operator import ge, gt, itemgetter, le, lt
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from tests.sandbox.server import Request, Response, Sandbox, json_response

USER, SECRET = "jane@example.com", "open-sesame"
SAMPLE = """{"id": 5, "customerReference": "C0959", "customer": {"id": 3229, "reference": "C0959",
"name": "Marie's Jewelry", "href": "/api/v1.0/customers/3229"}, "firstName": "Marie",
"lastName": "Schrader", "mobile": "", "fax": "", "email": "", "fonction": "Commercial",
"phone": "", "phone2": "", "comment": "", "country": "", "city": "Any town", "postalCode": "",
"address": "Main street", "isDecisionMaker": true, "photo":
"BASE_URL/entity1-1450169988465/photoContact/1471508040029_2938_marie_schrader.png",
"user": {"id": 4, "reference": "emp-00", "href": "/api/v1.0/users/4"}, "organization": "entity1",
"dateCreated": "2015-12-18T13:21:18Z", "lastUpdated": "2016-08-16T13:35:20Z"}"""
"""The vendor's own contact, value for value (Contacts/update.html)."""
ERRORS = {
    "save_failed": "Failed to save instance.",
    "missing_param": "{key} parameter is missing",
    "invalid_param_type": "The type of parameter {key} you provided is not valid for this request.",
    "email_validation_error": "Failed to {operation} the contact : incorrect Email format",
    "country_error": "Failed to {operation} the contact : incorrect country code",
    "exceeded_file_size": "image size should not exceed 2Mo",
    "unsupported_file_type": "image format not supported.",
    "not_found": "The {kind} with the id {key} doesn't exist.",
}
"""The documented refusals: 404 for `not_found`, otherwise 400 (Contacts/update.html)."""
TEXTS = {"firstName", "lastName", "fonction", "country", "city", "postalCode", "address"}
TEXTS |= {"email", "phone", "phone2", "mobile", "fax"}
ANYTHING, LONG = "(?s:.*)", r"\d{1,18}"
COUNTRY = r"""(?x)|A[DEFGILMOQRSTUWXZ]|B[ABDEFGHIJLMNOQRSTVWYZ]|C[ACDFGHIKLMNORUVWXYZ]|D[EJKMOZ]
|E[CEGHRST]|F[IJKMOR]|G[ABDEFGHILMNPQRSTUWY]|H[KMNRTU]|I[DELMNOQRST]|J[EMOP]|K[EGHIMNPRWYZ]|OM|QA
|L[ABCIKRSTUVY]|M[ACDEFGHKLMNOPQRSTUVWXYZ]|N[ACEFGILOPRUZ]|P[AEFGHKLMNRSTWY]|R[EOSUW]|W[FS]|Y[ET]
|S[ABCDEGHIJKLMNORSTVXYZ]|T[CDFGHJKLMNORTVWZ]|U[AGMSYZ]|V[ACEGINU]|Z[AMW]"""
# Silent in the documents; taken: no blank names, 255 characters, ASCII e-mail, ISO 3166-1 alpha-2.
FORMATS = (
    (("firstName", "lastName", "customerId"), r"(?s:.*\S.*)", "missing_param"),
    (TEXTS, r"(?s:.{0,255})", "save_failed"),
    ({"email"}, r"|(?!\.|.*[.@][.@])[\w.'+&-]+@[\w.-]+\.[A-Za-z]{2,}", "email_validation_error"),
    ({"country"}, COUNTRY, "country_error"),
    ({"useExternalId"}, "|true|false", "invalid_param_type"),
)
IMAGE = re.compile(rb"(?P<jpg>\xff\xd8\xff)|(?P<gif>GIF8)|(?P<png>\x89PNG\r\n\x1a\n)|(?P<bmp>BM)")
COMPARE: dict[str, Callable[[Any, Any], Any]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}Z"
FILTERS = {f"{name}_{sign}": DATE for name in ("dateCreated", "lastUpdated") for sign in COMPARE}
FILTERS |= dict.fromkeys(("customerReference", "firstName", "lastName"), ANYTHING)
# Silent in the documents; taken: letter case does not count, and an empty filter is none.
COMPARE[""] = lambda held, wanted: not wanted or held.casefold() == wanted.casefold()
# Silent in the documents; taken: only plain values that every contact has can be sorted by.
SORTABLE = "|".join({*TEXTS, "id", "customerReference", "dateCreated", "lastUpdated"})
QUERY = {"max": r"[1-9]\d{0,8}", "offset": r"\d{1,9}", "order": "asc|desc", "sort": SORTABLE}
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
BLANK = {**dict.fromkeys({*TEXTS, "comment"}, ""), "isDecisionMaker": False, "photo": None}
Contact = dict[str, Any]
Texts = Mapping[str, str]


class RefusedError(Exception):
    """Carry the answer to what the documents say is refused, and its status."""


def _refuse(code: str, **details: object) -> NoReturn:
    answer = {"error": code, "error_description": ERRORS[code].format(**details)}
    raise RefusedError(answer, 404 if code == "not_found" else 400)


def _check_types(values: Texts, accepted: Texts) -> None:
    for name, value in values.items():
        # Silent in the documents; taken: unknown parameters and read-only fields are refused.
        if not re.fullmatch(accepted.get(name, "(?!)"), value, re.ASCII):
            _refuse("invalid_param_type", key=name)


def _check_fields(fields: Texts, operation: str) -> None:
    _check_types(fields, dict.fromkeys({*TEXTS, "customerId", "useExternalId"}, ANYTHING))
    for names, pattern, code in FORMATS:
        for name in names:
            if not re.fullmatch(pattern, fields.get(name, ""), re.ASCII):
                _refuse(code, key=name, operation=operation)


def _image_type(image: bytes) -> str | None:
    # Silent in the documents; taken: decimal megabytes; the content counts, not name or type.
    if len(image) > 2_000_000:
        _refuse("exceeded_file_size")
    if (found := IMAGE.match(image)) is None:
        _refuse("unsupported_file_type")
    return found.lastgroup


class Contacts:
    """The contacts and customers of one tenant, and the rules of their fields."""

    def __init__(self, url: str, version: str, clock: Callable[[], str]) -> None:
        """Hold the sample's customer only; links begin with the origin or name the version."""
        self.sample: Contact = json.loads(SAMPLE.replace("v1.0", version))
        self.by_id: dict[int, Contact] = {}
        self.customers: list[dict[str, Any]] = [self.sample["customer"]]
        self._url, self.path, self._clock = url, f"/api/{version}", clock
        self._ids = itertools.count(self.sample["id"] + 1)

    def add_customer(self, key: int, reference: str, name: str) -> None:
        """Let contacts belong to one more customer."""
        href = f"{self.path}/customers/{key}"
        self.customers.append({"id": key, "reference": reference, "name": name, "href": href})

    def get(self, key: int) -> Contact:
        """Return a contact (Contacts/show.html)."""
        if key not in self.by_id:
            _refuse("not_found", kind="contact", key=key)
        return self.by_id[key]

    def save(self, fields: Texts, image: bytes | None = None, key: int | None = None) -> Contact:
        """Create a contact, or change the one with the id (Contacts/save.html, update.html)."""
        # Silent in the documents; taken: the same names and customer again are a second contact.
        blank = {**self.sample, **BLANK, "dateCreated": self._clock()}
        # Silent in the documents; taken: fields left out stay, fields sent empty are cleared.
        held = {**blank, "id": next(self._ids)} if key is None else self.get(key)
        _check_fields(fields, "create" if key is None else "update")
        texts = {name: fields[name] for name in TEXTS & fields.keys()}
        contact: Contact = {**held, **texts, **self._owner(fields), "lastUpdated": self._clock()}
        if image is not None:
            contact["photo"] = f"{self._url}/photoContact/{held['id']}.{_image_type(image)}"
        self.by_id[held["id"]] = contact
        return contact

    def _owner(self, fields: Texts) -> dict[str, Any]:
        text, external = fields["customerId"], fields.get("useExternalId") == "true"
        _check_types({"customerId": text}, {"customerId": ANYTHING if external else LONG})
        for customer in self.customers:
            if str(customer["reference" if external else "id"]) == text:
                return {"customer": customer, "customerReference": customer["reference"]}
        _refuse("not_found", kind="customer", key=text)

    def page(self, query: Texts) -> dict[str, Any]:
        """Return a page of contacts (Contacts/list.html)."""
        # Silent in the documents; taken: newest first where nothing else is asked for or decides.
        found = list(reversed(self.by_id.values()))
        for name in query.keys() & FILTERS.keys():
            field, _, sign = name.partition("_")
            found = [each for each in found if COMPARE[sign](each[field], query[name])]
        order = query.get("order", "asc" if "sort" in query else "desc")
        found.sort(key=itemgetter(query.get("sort", "id")), reverse=order == "desc")
        # Silent in the documents; taken: more than the default page is never given.
        start, limit = int(query.get("offset", 0)), min(int(query.get("max", 100)), 100)
        # Silent in the documents; taken: links are paths like every href, without the filters.
        link = f"{self.path}/contacts?max={limit}&offset="
        previous = f"{link}{max(start - limit, 0)}" if start else None
        following = f"{link}{start + limit}" if start + limit < len(found) else None
        paging = {"total": len(found), "max": limit, "offset": start, "previous": previous}
        return {"paging": {**paging, "next": following}, "data": found[start : start + limit]}


def _page(status: int, title: str) -> Response:
    # Silent in the documents; taken: what is no answer of the API is a page for people.
    body = f"<!DOCTYPE html><html><head><title>{title}</title></head></html>".encode()
    return Response(status, body, {"Content-Type": "text/html;charset=UTF-8"})


def _form(request: Request) -> tuple[dict[str, str], bytes | None]:
    # Silent in the documents; taken: only UTF-8 can be read, and a field sent twice is a list.
    kind, options = parse_options_header(request.headers["content-type"])
    try:
        if kind == URLENCODED:
            unquote_to_bytes(request.body).decode()
        parse = FormDataParser(silent=False).parse
        _, form, files = parse(BytesIO(request.body), kind, None, options)
    except ValueError:
        _refuse("save_failed")
    for name in (*form, *files):
        if form.getlist(name)[1:] or files.getlist(name)[1:] or name in {*files} - {"imageFile"}:
            _refuse("invalid_param_type", key=name)
    return form.to_dict(), files["imageFile"].read() if files else None


# Observed habit of Grails, as the documents do not say how a sign-in fails.
FAILED = {"success": False, "error": "Sorry, we were not able to find a user with that username."}
LOGIN_PAGES = {"/login/auth": _page(200, "Login"), "/login/authfail": json_response(FAILED)}


class Valomnia(Sandbox):
    """Valomnia on 127.0.0.1, with one user and at first one customer, 3229 or C0959."""

    api = "valomnia"

    def __init__(
        self, *, username: str = USER, password: str = SECRET, api_version: str = "v1.0", **net: Any
    ) -> None:
        """Take the credentials, the one version served, and `port` and `latency`."""
        super().__init__(**net)
        self.now = datetime(2026, 1, 1, tzinfo=timezone.utc)
        self._settings = {"username": username, "password": password, "api_version": api_version}
        self._state = Contacts(self.url, api_version, lambda: f"{self.now:%Y-%m-%dT%H:%M:%SZ}")
        self.add_customer = self._state.add_customer
        self._sessions: set[str] = set()
        self._numbers = itertools.count(1)

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """Return the contacts as the list call shows them, oldest first."""
        return deepcopy(list(self._state.by_id.values()))

    def add(self, **fields: object) -> int:
        """Create a contact from fields of the form and return its id."""
        return int(self._state.save({name: str(fields[name]) for name in fields})["id"])

    def change(self, key: int, **fields: object) -> None:
        """Change a contact; the required fields may be left out here."""
        held = self._state.get(key)
        same = {name: held[name] for name in ("firstName", "lastName")}
        fields = {**same, "customerId": held["customer"]["id"], **fields}
        self._state.save({name: str(fields[name]) for name in fields}, key=key)

    def remove(self, key: int) -> None:
        """Delete a contact, as people do who use the product."""
        del self._state.by_id[key]

    def seed(self) -> None:
        """Hold the contact of the vendor's samples."""
        self._state.by_id[self._state.sample["id"]] = deepcopy(self._state.sample)

    def expire_sign_ins(self) -> None:
        """End every session."""
        self._sessions.clear()

    def is_write(self, request: Request) -> bool:
        """Say whether the request would change a contact, were it accepted."""
        return request.method not in {"GET", "HEAD"} and request.path.startswith(self._state.path)

    def target_config(self) -> dict[str, Any]:
        """Return the user's settings, and a customer for the contacts without one."""
        settings = {**self._settings, "api_url": self.url}
        return {"api": self.api, self.api: settings, "defaults": {"customer_id": "3229"}}

    def handle(self, request: Request) -> Response:
        """Answer the sign-in (Authentication/authentication.html) or a call of the API."""
        cookie = re.search(r"\bJSESSIONID=(\w+)", request.headers.get("cookie", ""))
        if request.path == "/j_spring_security_check":
            return self._sign_in(request)
        if request.path in LOGIN_PAGES:
            return LOGIN_PAGES[request.path]
        if cookie is None or cookie[1] not in self._sessions:
            return self._redirect("/login/auth")
        if request.path == "/login/ajaxSuccess":
            user = {"email": self._settings["username"], "companyName": "entity1"}
            return json_response({"success": True, "token": cookie[1], "user": user})
        return self._api(request)

    def _sign_in(self, request: Request) -> Response:
        user = {f"j_{name}": self._settings[name] for name in ("username", "password")}
        wanted = ("POST", URLENCODED, {**user, "ajax": "true"})
        if (request.method, request.content_type, request.form()) == wanted:
            return self._redirect("/login/ajaxSuccess", signed_in=True)
        return self._redirect("/login/authfail?ajax=true")

    def _redirect(self, path: str, *, signed_in: bool = False) -> Response:
        # Silent in the documents; taken: every redirect starts a session, signed in or not.
        session = f"{next(self._numbers):032X}"
        if signed_in:
            self._sessions.add(session)
        cookie = f"JSESSIONID={session}; Path=/; HttpOnly"
        return Response(302, b"", {"Location": self.url + path, "Set-Cookie": cookie})

    def _api(self, request: Request) -> Response:
        route = re.fullmatch(re.escape(self._state.path) + "/contacts(/([^/]+))?", request.path)
        if route is None:
            return _page(404, "Not Found")
        if request.method not in {"GET", "POST"}:
            return _page(405, "Method Not Allowed")
        if request.method == "POST" and request.content_type not in {URLENCODED, MULTIPART}:
            return _page(415, "Unsupported Media Type")
        try:
            return self._answer(request, route[2])
        except RefusedError as refused:
            return json_response(*refused.args)

    def _answer(self, request: Request, text: str | None) -> Response:
        _check_types({"id": text or "0"}, {"id": LONG})
        key = int(text) if text else None
        listing = key is None and request.method == "GET"
        _check_types(request.query, {**QUERY, **FILTERS} if listing else {})
        if request.method == "POST":
            return json_response(self._state.save(*_form(request), key), 200 if text else 201)
        found = self._state.page(request.query) if key is None else self._state.get(key)
        return json_response(found)
