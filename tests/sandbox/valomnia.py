"""Play Valomnia, field sales; the pages named are those of developers.valomnia.com/ref/."""

from __future__ import annotations

import itertools
import re
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timezone
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from tests.sandbox.messages import Request, Response, json_response
from tests.sandbox.server import Sandbox
from tests.sandbox.valomnia_contacts import (
    FILTERS,
    LONG,
    QUERY,
    Contacts,
    RefusedError,
    check_types,
    refuse,
    shown,
)
from tests.sandbox.valomnia_readings import WARNING, no_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

USER, SECRET = "jane@example.com", "open-sesame"
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


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
        refuse("save_failed")
    for name in (*form, *files):
        if form.getlist(name)[1:] or files.getlist(name)[1:] or name in {*files} - {"imageFile"}:
            refuse("invalid_param_type", key=name)
    return form.to_dict(), files["imageFile"].read() if files else None


# Observed habit of Grails, as the documents do not say how a sign-in fails.
FAILED = {"success": False, "error": "Sorry, we were not able to find a user with that username."}
LOGIN_PAGES = {"/login/auth": _page(200, "Login"), "/login/authfail": json_response(FAILED)}


class Valomnia(Sandbox):
    """Valomnia on 127.0.0.1, with one user and at first one customer, 3229 or C0959."""

    api = "valomnia"

    def __init__(
        self,
        *,
        username: str = USER,
        password: str = SECRET,
        api_version: str | None = None,
        **net: Any,
    ) -> None:
        """Take the credentials, the one version served, and what `Sandbox` takes.

        `on_list` is called before each list answer with the number of those before it.
        """
        super().__init__(**net)
        self.now = datetime(2026, 1, 1, tzinfo=timezone.utc)
        version = api_version or ("v2.1" if "v2_1" in self.readings else "v1.0")
        self._settings = {"username": username, "password": password, "api_version": version}
        self.state = Contacts(
            self.url, version, lambda: f"{self.now:%Y-%m-%dT%H:%M:%S.%fZ}", self.readings
        )
        self.add_customer = self.state.add_customer
        self._sessions: set[str] = set()
        self._numbers = itertools.count(1)
        self._lists = itertools.count()
        self.on_list: Callable[[int], None] | None = None

    def time(self) -> datetime:
        """Return what the clock says that changes are stamped by."""
        return self.now

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """Return the contacts as the list call shows them, oldest first."""
        return deepcopy([shown(contact) for contact in self.state.by_id.values()])

    def add(self, **fields: object) -> int:
        """Create a contact from fields of the form and return its id."""
        return int(self.state.save({name: str(fields[name]) for name in fields})["id"])

    def change(self, key: int, **fields: object) -> None:
        """Change a contact; the required fields may be left out here."""
        held = self.state.get(key)
        same = {name: held[name] for name in ("firstName", "lastName")}
        fields = {**same, "customerId": held["customer"]["id"], **fields}
        self.state.save({name: str(fields[name]) for name in fields}, key=key)

    def stamp(self, key: int, told: object) -> None:
        """Have a contact tell something else as the time of its last change."""
        self.state.by_id[key]["lastUpdated"] = told

    def remove(self, key: int) -> None:
        """Delete a contact, as people do who use the product."""
        del self.state.by_id[key]

    def seed(self) -> None:
        """Hold the contact of the vendor's samples."""
        self.state.by_id[self.state.sample["id"]] = deepcopy(self.state.sample)

    def expire_sign_ins(self) -> None:
        """End every session."""
        self._sessions.clear()

    def is_write(self, request: Request) -> bool:
        """Say whether the request would change a contact, were it accepted."""
        return request.method not in {"GET", "HEAD"} and request.path.startswith(self.state.path)

    def target_config(self) -> dict[str, Any]:
        """Return the user's settings, and a customer for the contacts without one."""
        defaults = {"customer_id": "3229"}
        return {"api": self.api, self.api: self.tap_config(), "defaults": defaults}

    def tap_config(self) -> dict[str, Any]:
        """Return the user's settings."""
        return {**self._settings, "api_url": self.url}

    def handle(self, request: Request) -> Response:
        """Answer the sign-in (Authentication/authentication.html) or a call of the API."""
        cookie = re.search(r"\bJSESSIONID=(\w+)", request.headers.get("cookie", ""))
        if request.path == "/j_spring_security_check":
            return self._sign_in(request)
        if request.path in LOGIN_PAGES:
            return LOGIN_PAGES[request.path]
        if cookie is None or cookie[1] not in self._sessions:
            return no_credentials(self.readings) or self._redirect("/login/auth")
        if request.path == "/login/ajaxSuccess":
            return self._welcome(cookie[1])
        return self._api(request)

    def _sign_in(self, request: Request) -> Response:
        user = {f"j_{name}": self._settings[name] for name in ("username", "password")}
        wanted = ("POST", URLENCODED, {**user, "ajax": "true"})
        if (request.method, request.content_type, request.form()) == wanted:
            to = self._redirect("/login/ajaxSuccess", signed_in=True)
        else:
            to = self._redirect("/login/authfail?ajax=true")
        return self._at_once(to) if "sign_in_json" in self.readings else to

    def _at_once(self, to: Response) -> Response:
        """Return what a redirect of the sign-in leads to, with its cookie."""
        cookie = to.headers["Set-Cookie"]
        session = cookie.partition(";")[0].partition("=")[2]
        answer = self._welcome(session) if session in self._sessions else json_response(FAILED)
        return replace(answer, headers={**answer.headers, "Set-Cookie": cookie})

    def _welcome(self, session: str) -> Response:
        user = {"email": self._settings["username"], "companyName": "entity1"}
        warning = WARNING if "deprecated_version" in self.readings else {}
        return json_response({"success": True, "token": session, "user": user, **warning})

    def _redirect(self, path: str, *, signed_in: bool = False) -> Response:
        # Silent in the documents; taken: every redirect starts a session, signed in or not.
        session = f"{next(self._numbers):032X}"
        if signed_in:
            self._sessions.add(session)
        cookie = f"JSESSIONID={session}; Path=/; HttpOnly"
        return Response(302, b"", {"Location": self.url + path, "Set-Cookie": cookie})

    def _api(self, request: Request) -> Response:
        route = re.fullmatch(re.escape(self.state.path) + "/contacts(/([^/]+))?", request.path)
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
        check_types({"id": text or "0"}, {"id": LONG})
        key = int(text) if text else None
        listing = key is None and request.method == "GET"
        check_types(request.query, {**QUERY, **FILTERS} if listing else {})
        if request.method == "POST":
            form = _form(request)
            save, update = self.state.save, self.state.update
            contact = save(*form) if key is None else update(*form, key)
            return json_response(shown(contact), 200 if text else 201)
        if key is not None:
            return json_response(shown(self.state.get(key)))
        served = next(self._lists)
        if self.on_list:
            self.on_list(served)
        return json_response(self.state.page(request.query))
