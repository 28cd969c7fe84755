"""Accounts whose settings are wrong, or that lack a right, and what a run says of each."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.sandbox.__main__ import DESTINATIONS
from tests.sandbox.porters import SCOPES, Porters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.sandbox.messages import Request, Response
    from tests.sandbox.server import Sandbox

KINDS = {kind.api: kind for kind in DESTINATIONS}
PAGE = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Hello</body></html>"
UUID = "fe79e3c0-f685-42d5-92b5-c46f04803c8f"
EVERY = {"times": -1}
PEOPLE = [
    {
        "id": n,
        "first_name": f"Anna{n}",
        "last_name": "Ahrens",
        "mobile": f"+4915112345{n:03}",
        "email": f"anna{n:03}@example.com",
    }
    for n in range(1, 13)
]


class WithoutToken(Porters):
    """PORTERS behind a proxy that takes the header of the access token away."""

    def handle(self, request: Request) -> Response:
        """Answer what is left of a request."""
        kept = {n: v for n, v in request.headers.items() if n != "x-porters-hrbc-oauth-token"}
        return super().handle(replace(request, headers=kept))


class WithoutCharset(Porters):
    """PORTERS behind a proxy that takes the charset away."""

    def handle(self, request: Request) -> Response:
        """Answer what is left of a request."""
        kind = request.headers.get("content-type", "").partition(";")[0]
        return super().handle(replace(request, headers={**request.headers, "content-type": kind}))


class Wrong(NamedTuple):
    """An account of an API that cannot be used as it is set."""

    api: str
    name: str
    says: str
    """Words of the last line of the log, of each command that ends."""
    account: Mapping[str, Any] = {}
    """Settings of the account that are wrong."""
    config: Mapping[str, Any] = {}
    """Settings beside the account's."""
    server: Mapping[str, Any] = {}
    """What makes the sandbox another one."""
    fault: Mapping[str, Any] | None = None
    elsewhere: str = ""
    """API at whose address the account is looked for."""
    kind: type[Sandbox] | None = None
    most: int = 5
    """Requests that a run may take to end."""
    fails: frozenset[str] = frozenset({"tap", "target"})
    """Commands that cannot do their work so."""

    @contextmanager
    def world(self) -> Iterator[tuple[list[Sandbox], dict[str, Any], dict[str, Any] | None]]:
        """Start what answers; yield it with a target's config, and a tap's if there is one."""
        with ExitStack() as stack:
            sandbox = stack.enter_context((self.kind or KINDS[self.api])(**self.server))
            servers, account = [sandbox], {**self.account}
            if self.elsewhere:
                servers.append(stack.enter_context(KINDS[self.elsewhere]()))
                urls = ("api_url", "accounts_url")
                account |= {name: servers[1].url for name in urls if name in self._known(sandbox)}
            if self.fault:
                sandbox.fault(**EVERY, **self.fault)
            config = sandbox.target_config()
            target = {**config, **self.config, self.api: {**config[self.api], **account}}
            tap = sandbox.tap_config()
            yield servers, target, tap and {self.api: {**tap, **account}}

    def _known(self, sandbox: Sandbox) -> Mapping[str, Any]:
        known: Mapping[str, Any] = sandbox.target_config()[self.api]
        return known


def _without(scope: str, *fails: str) -> Wrong:
    """Return an app of PORTERS that lacks a scope."""
    left = {"scopes": [each for each in SCOPES if each != scope]}
    says = "Grant the app access once"
    return Wrong("porters", f"no {scope}", says, server=left, fails=frozenset(fails))


TARGET, TAP = frozenset({"target"}), frozenset({"tap"})


def _page(api: str, on: str, *, most: int = 5, fails: frozenset[str]) -> Iterator[Wrong]:
    """Yield accounts of which only one path is answered with a page or a redirect."""
    for status in (200, 302, 404):
        fault = {
            "on": on,
            "status": status,
            "body": PAGE,
            "headers": {"Location": "https://x.org/"},
        }
        yield Wrong(api, f"{status} at {on}", f"{on}", fault=fault, most=most, fails=fails)


PATHS = [
    *_page("porters", "GET /v1/contact", fails=TARGET | TAP),
    *_page("porters", "GET /v1/field", fails=TARGET | TAP),
    *_page("porters", "GET /v1/partition", fails=TAP),
    *_page("porters", "GET /v1/client", most=6, fails=TAP),
    *_page("valomnia", "GET /api/v1.0/contacts", fails=TARGET | TAP),
    *_page("cobai", "GET /v2/customer", fails=TARGET | TAP),
]
"""One wrong path among right ones. Two sign-in requests and a read of each of four paths are six:
PORTERS' clients are proven last, since the other three paths show every scope as well."""

WRITTEN_PATHS = [
    Wrong(
        *(api, f"{status} at {on}", f"HTTP {status}"),
        fault={"on": on, "status": status, "body": PAGE, "headers": {"Location": "https://x.org/"}},
        most=most,
        fails=TARGET,
    )
    for api, on, most in (
        ("bas_ip", "POST /api/v0/contacts", 5),
        ("cobai", "POST /v2/customer", 5),
        ("porters", "POST /v1/contact", 6),
        ("valomnia", "POST /api/v1.0/contacts", 6),
        ("zoho_voice", "POST /rest", 5),
    )
    for status in (200, 302, 404)
]
"""One wrong path of writes. A second contact is tried, since the answer may be about the first: at
PORTERS the sixth request, behind two to sign in, the fields and the look-up; so it is at Valomnia,
where a page may mean that the session has ended, so that a read goes before the second contact."""


OTHER = '{"status": "ok", "version": "2.4.1", "data": [], "users": [{"id": 1}]}'
"""What an API of another product answers."""

ANSWERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "unpaid": ("HTTP 402", {"status": 402, "body": '{"message": "Payment Required"}'}),
    "unpaid page": ("HTTP 402", {"status": 402, "body": PAGE}),
    "no right": ("HTTP 403", {"status": 403, "body": '{"message": "Account disabled"}'}),
    "no sign-in": ("HTTP 401", {"status": 401, "body": '{"message": "Unauthorized"}'}),
    "throttle": ("HTTP 429", {"status": 429, "body": '{"message": "Too Many Requests"}'}),
    "long throttle": ("7200 s", {"status": 429, "headers": {"Retry-After": "7200"}}),
    "proxy": ("HTTPS_PROXY", {"status": 407, "body": PAGE}),
    "portal": ("The network wants a sign-in of its own", {"status": 511, "body": PAGE}),
    "other product": ("HTTP 200", {"status": 200, "body": OTHER}),
    "other list": ("HTTP 200", {"status": 200, "body": '[{"id": 1}]'}),
    "other XML": ("HTTP 200", {"status": 200, "body": "<rss><channel/></rss>"}),
    "nothing": ("HTTP 404", {"status": 404, "body": ""}),
    "gateway": ("HTTP 404", {"status": 404, "body": '{"message": "no Route matched"}'}),
    "gone": ("HTTP 410", {"status": 410, "body": ""}),
    "not implemented": ("HTTP 501", {"status": 501, "body": ""}),
}
"""What may answer every request instead of the API, and words of what is said then."""

ELSEWHERE = [
    Wrong(api, name, says, fault=fault) for api in KINDS for name, (says, fault) in ANSWERS.items()
]

PLACES = [
    *(
        Wrong(
            api,
            f"page {status}",
            "Check accounts_url" if api == "zoho_voice" else "api_url",
            fault=fault,
        )
        for api in KINDS
        for status in (200, 302, 400, 404, 405)
        for fault in [{"status": status, "body": PAGE, "headers": {"Location": "https://x.org/"}}]
    ),
    *(
        Wrong(api, f"host of {other}", "", elsewhere=other)
        for api in KINDS
        for other in KINDS
        if other != api
    ),
    *(
        Wrong("zoho_voice", f"page {status} at the API", "check api_url", fault=fault)
        for status in (200, 302, 404)
        for fault in [{"on": "GET /rest", "status": status, "body": PAGE}]
    ),
]
"""Wrong addresses: something else answers."""

ACCOUNTS = [
    Wrong("zoho_voice", "secret", "client_secret", {"client_secret": "x"}),
    Wrong("zoho_voice", "client", "client_id", {"client_id": "x"}),
    Wrong("zoho_voice", "token", "refresh_token", {"refresh_token": "x"}),
    Wrong("zoho_voice", "centre", "data_center", server={"readings": ["other_centre_token"]}),
    Wrong("zoho_voice", "its client", "data_center", server={"readings": ["other_centre_client"]}),
    Wrong("cobai", "key", "Check access_key_id", {"access_key_id": "x"}),
    Wrong("cobai", "secret", "secret_access_key", {"secret_access_key": "x"}),
    Wrong("cobai", "customers", "cobai.customers names", {"customers": [UUID]}, fails=TAP),
    Wrong(
        *("cobai", "default customer", "not_found for customer"),
        config={"defaults": {"customer_id": UUID, "password": "x", "role": "ROLE_SHOP_USER"}},
        fails=TARGET,
    ),
    _without("contact_r", "tap", "target"),
    _without("client_r", "tap", "target"),
    _without("user_r", "tap", "target"),
    _without("option_r", "tap", "target"),
    _without("field_r", "tap"),
    _without("partition_r", "tap"),
    Wrong("porters", "app", "app_id", {"app_id": "x"}),
    Wrong("porters", "secret", "app_secret", {"app_secret": "x"}),
    Wrong("porters", "partition", "Check porters.partition", {"partition": "99"}),
    Wrong("porters", "proxy", "access token", kind=WithoutToken),
    Wrong("valomnia", "password", "Check username, password", {"password": "x"}),
    Wrong("valomnia", "version", "Set valomnia.api_version", {"api_version": "v9.9"}),
    Wrong("bas_ip", "password", "Check username and password", {"password": "x"}),
    Wrong("bas_ip", "login path", "login_path", {"login_path": "/api/v0/nope"}),
    Wrong("bas_ip", "path", "Check contacts_path", {"contacts_path": "/api/v0/nope"}),
]
"""Wrong settings of an account at the right address, and rights that it lacks."""

OF_QUERIES = [Wrong("cobai", "sign_query", "sign_query", {"sign_query": True}, fails=TAP)]
"""What only some reads need: streams that do not are read whole, with their STATE."""

OF_WRITES = [
    Wrong("zoho_voice", "no right", "CREATE", server={"readings": ["no_permission_403"]}),
    Wrong("zoho_voice", "scope", "CREATE", server={"readings": ["scope_mismatch_401"]}),
    Wrong("cobai", "order", "cobai.element_order", server={"readings": ["table_order"]}),
    _without("contact_w", "target"),
    Wrong(
        *("valomnia", "default customer", "not_found for customerId"),
        config={"defaults": {"customer_id": "999999"}},
        fails=TARGET,
    ),
    Wrong("porters", "charset", "its charset away", kind=WithoutCharset, most=6, fails=TARGET),
]
"""What only a write tells: `--check` cannot."""
