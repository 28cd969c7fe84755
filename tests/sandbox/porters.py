"""Serve the Connect API of PORTERS (HRBC): sign-in, Contact Write and the reads it needs, in XML.

Facts are from hrbcapi.porters.jp/hc/en-us: "OAuth", "Steps for Authentication", "HTTP Header",
"Contact Write", "Write API - XML Format", "Result Code List". A comment "Silent in the documents;
taken: ..." marks an adverse reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import etree

from tests.sandbox import porters_masters as masters
from tests.sandbox import porters_reads as reads
from tests.sandbox.messages import Request, Response, text_response, xml_response
from tests.sandbox.porters_codes import Code, ResultCodeError
from tests.sandbox.porters_readings import check_line, check_query, code_of, tenant_of
from tests.sandbox.porters_sign_in import AuthenticationError, SignIns, is_page, refuse_if
from tests.sandbox.porters_state import APP_USER, Database
from tests.sandbox.porters_tenant import Tenant
from tests.sandbox.porters_values import ID
from tests.sandbox.porters_wire import MAX_BYTES, check_content_type, parse_items
from tests.sandbox.porters_writes import write_items
from tests.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

APP_ID = "sandbox-app"
APP_SECRET = "sandbox+secret/="
REDIRECT_URL = "https://app.example.com/ready"
PARTITION = "1234"
COMPANY_NAME = "Sandbox Recruiting"
COMPANY_ID = "sandbox"
OWNER_ID = "1"
CLIENT_ID = "10001"
SEED_ID = "20001"
SCOPES = ("partition_r", "user_r", "field_r", "option_r", "client_r", "contact_r", "contact_w")

OAUTH, TOKEN, CONTACT = "/v1/oauth", "/v1/token", "/v1/contact"
FIELD, OPTION = "/v1/field", "/v1/option"
SIGN_IN_CALLS = (("GET", OAUTH), ("POST", TOKEN))
FORM = "application/x-www-form-urlencoded"
TOKEN_HEADER = "x-porters-hrbc-oauth-token"


@dataclass(frozen=True)
class Call:
    """What a call of the resource API demands, and what answers it if it is a read."""

    scopes: str
    required: str
    optional: str = ""
    read: Callable[[Database, Mapping[str, str]], etree._Element] | None = None

    def check(self, granted: Collection[str], query: Mapping[str, str]) -> None:
        """Refuse a missing scope, a missing parameter and any that the call does not take."""
        if set(self.scopes.split()) - set(granted):
            raise ResultCodeError(Code.NO_DATA_RIGHT)
        if set(self.required.split()) - query.keys():
            raise ResultCodeError(Code.MISSING)
        if query.keys() - {*self.required.split(), *self.optional.split()}:
            raise ResultCodeError(Code.BAD_PARAMETER)


PAGE = "count start"
SEARCH = f"{PAGE} field condition order itemstate"
REFERRED = "client_r user_r option_r"
READ_CONTACTS = partial(reads.records, name="Contact")
READ_CLIENTS = partial(reads.records, name="Client")
CALLS = {
    ("POST", CONTACT): Call("contact_w", "partition"),
    ("GET", CONTACT): Call(f"contact_r {REFERRED}", "partition", SEARCH, READ_CONTACTS),
    ("GET", "/v1/client"): Call(REFERRED, "partition", SEARCH, READ_CLIENTS),
    ("GET", "/v1/partition"): Call("partition_r", "request_type", PAGE, masters.partitions),
    ("GET", "/v1/user"): Call("user_r", "partition request_type", f"{PAGE} field", masters.users),
    ("GET", OPTION): Call("option_r", "partition", "alias level enabled count", masters.options),
    ("GET", FIELD): Call("field_r", "partition resource", f"active {PAGE}", masters.fields),
}
"""The calls by method and path."""


class Porters(Sandbox):
    """PORTERS Connect API with one company database."""

    api = "porters"

    def __init__(  # noqa: PLR0913
        self,
        *,
        app_id: str = APP_ID,
        app_secret: str = APP_SECRET,
        partition: str = PARTITION,
        scopes: Collection[str] = SCOPES,
        tenant: Tenant | None = None,
        error_status: int = 400,
        port: int = 0,
        latency: float = 0.0,
        readings: Collection[str] = (),
    ) -> None:
        """Set up the database; `error_status` goes with every `<System>` answer.

        `scopes` are what the customer granted; the tenant is by default one that has added nothing
        but a text field for keys.
        """
        super().__init__(port=port, latency=latency, readings=readings)
        self.now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
        self.on_read: Callable[[int], None] | None = None
        """Called before each Contact Read is carried out, with the number of those before it."""
        self.spoilt: dict[str, Code] = {}
        """Codes with which single items are answered that hold a text; they are not carried out."""
        self._reads = count()
        self.partition = partition
        self.scopes: Collection[str] = scopes
        self.error_status = 200 if "status_200" in self.readings else error_status
        self.database = Database(tenant_of(self.readings, tenant or Tenant()), self._clock)
        self.database.readings = self.readings
        self.sign_ins = SignIns(app_id, app_secret, self._clock)
        self.add_user(OWNER_ID, "Sandbox Owner", administrator=True)
        self.add_user(APP_USER, "Sandbox App")
        company = {"P_Name": COMPANY_NAME, "P_CompanyId": COMPANY_ID}
        self.database.add("Partition", partition, **company)
        self.add_client(CLIENT_ID, "Sandbox Client")

    def _clock(self) -> datetime:
        return self.now()

    def time(self) -> datetime:
        """Return what the clock says that changes are stamped by."""
        return self.now()

    @property
    def contacts(self) -> list[dict[str, Any]]:
        """Return the living contacts; every value is text under its alias."""
        return [dict(contact) for contact in self.database.records["Contact"].values()]

    def add(self, **fields: str) -> str:
        """Put in a contact by its writable fields; the phase is given as the option's alias."""
        return self.database.write({**fields, "Contact.P_Id": "-1"})

    def change(self, contact_id: str, **fields: str) -> None:
        """Change the fields of a contact."""
        self.database.write({**fields, "Contact.P_Id": contact_id})

    def remove(self, contact_id: str) -> None:
        """Delete a contact; it stays readable with `itemstate`."""
        self.database.remove(contact_id)

    def add_client(self, client_id: str, name: str) -> None:
        """Put in a client company."""
        self.database.add("Client", client_id, P_Name=name)

    def add_user(
        self, user_id: str, name: str, mail: str = "", *, administrator: bool = False
    ) -> None:
        """Put in a user, who may own contacts."""
        kind = str(int(administrator))
        self.database.add("User", user_id, P_Name=name, P_Type=kind, P_Mail=mail)

    def seed(self) -> None:
        """Put in the contact the page "Contact Write" updates; no more of it is printed there."""
        owner_and_client = {"Contact.P_Owner": OWNER_ID, "Contact.P_Client": CLIENT_ID}
        self.database.insert(SEED_ID, owner_and_client)

    def accept(self, address: str) -> str:
        """Open the page of a grant as an administrator, accept; return where the browser ends."""
        query = dict(parse_qsl(urlsplit(address).query))
        try:
            self.scopes, code = self.sign_ins.grant(query, REDIRECT_URL)
            told = {"response_type": "code", "code": code, "state": query.get("state", "")}
        except AuthenticationError as refused:
            told = {"error": str(refused.code)}
        return f"{REDIRECT_URL}?{urlencode(told)}"

    def expire_sign_ins(self) -> None:
        """End every code and token, as if their time had run out."""
        self.sign_ins.expire()

    def is_write(self, request: Request) -> bool:
        """Say whether it is a Contact Write."""
        return (request.method, request.path) == ("POST", CONTACT)

    def target_config(self) -> dict[str, Any]:
        """Return the settings of this server, its owner and its client."""
        settings = {
            "app_id": self.sign_ins.app_id,
            "app_secret": self.sign_ins.secret,
            "partition": self.partition,
            "api_url": self.url,
        }
        defaults = {"customer_id": CLIENT_ID, "owner_id": OWNER_ID}
        return {"api": self.api, self.api: settings, "defaults": defaults}

    def tap_config(self) -> dict[str, Any]:
        """Return the settings of this server."""
        settings: dict[str, Any] = self.target_config()[self.api]
        return settings

    def person(self) -> Mapping[str, str]:
        """Return the app; the page of a grant is at the address that the command prints."""
        app = {"App ID": self.sign_ins.app_id, "Secret": self.sign_ins.secret}
        return {**app, "Redirect URL": REDIRECT_URL}

    def handle(self, request: Request) -> Response:
        """Answer a sign-in or a resource call, each with errors of its own numbering."""
        if is_page(request.path, request.query):
            ended = self.accept(request.raw_path)
            return text_response(f"At PORTERS the browser would now be at this address:\n{ended}\n")
        if (too_long := check_line(self.readings, request)) is not None:
            return too_long
        if request.path in (OAUTH, TOKEN):
            return self._authenticate(request)
        try:
            root = self._call(request)
        except ResultCodeError as refused:
            code, status = code_of(self.readings, refused)
            named = "contact_root" in self.readings and (request.method, request.path) in CALLS
            resource = request.path.rpartition("/")[2].capitalize()
            root = etree.Element(resource if named else "System")
            reads.element(root, "Code", str(code))
            return xml_response(_document(root), status or self.error_status)
        return xml_response(_document(root))

    def _authenticate(self, request: Request) -> Response:
        form = request.form() if request.content_type == FORM else {}
        root = etree.Element("Authentication")
        try:
            refuse_if(((request.method, request.path) not in SIGN_IN_CALLS, 115))
            oauth = request.path == OAUTH
            sign_ins = self.sign_ins
            given = sign_ins.authorize(request.query) if oauth else sign_ins.exchange(form)
            outcome = {**given, "Error": "0", "Message": "Success"}
        except AuthenticationError as refused:
            outcome = {"Error": str(refused.code), "Message": str(refused)}
        for tag, text in outcome.items():
            reads.element(root, tag, text)
        # Silent in the documents; taken: a refused sign-in has HTTP 200.
        return xml_response(_document(root))

    def _call(self, request: Request) -> etree._Element:
        if "x-forwarded-for" in request.headers:
            raise ResultCodeError(Code.UNAVAILABLE)
        # Silent in the documents; taken: paths are case-sensitive.
        call = CALLS.get((request.method, request.path))
        if call is None:
            raise ResultCodeError(Code.NOT_FOUND)
        self.sign_ins.check(request.headers.get(TOKEN_HEADER))
        # Silent in the documents; taken: without the header it is version 1.
        self.database.version = request.headers.get("x-p-connectapi-version", "1")
        if self.database.version not in ("1", "2"):
            raise ResultCodeError(Code.BAD_VERSION)
        query = _query(request)
        call.check(self.scopes, query)
        check_query(self.readings, query)
        self._check_partition(query.get("partition", self.partition))
        if (request.method, request.path) == ("GET", CONTACT):
            self._before_read(request)
        return call.read(self.database, query) if call.read else self._write(request)

    def _before_read(self, request: Request) -> None:
        # Silent in the documents; taken: the limit is that of a write, with HTTP 400 and no code.
        if len(request.raw_path) > MAX_BYTES:
            raise ResultCodeError(Code.BAD_VALUE, status=400)
        if self.on_read:
            self.on_read(next(self._reads))

    def _check_partition(self, partition: str) -> None:
        if not ID.fullmatch(partition):
            raise ResultCodeError(Code.BAD_VALUE)
        if partition != self.partition:
            raise ResultCodeError(Code.NO_PARTITION)

    def _write(self, request: Request) -> etree._Element:
        """Write each item on its own and answer in their order, without a code at the root."""
        check_content_type(request.headers.get("content-type", ""))
        root = etree.Element("Contact")
        items = parse_items(request.body)
        named = {str(part.tag) for item in items for part in item}
        # Silent in the documents; taken: a field out of use in one item refuses them all.
        if named.intersection(self.database.tenant.unused):
            raise ResultCodeError(Code.BAD_PARAMETER)
        for contact_id, code in write_items(self.database, items, self.spoilt):
            result = reads.element(root, "Item")
            failed = code is not Code.SUCCESS and "failed_id_empty" in self.readings
            reads.element(result, "Id", "" if failed else contact_id)
            reads.element(result, "Code", str(code.value))
        return root


def _query(request: Request) -> dict[str, str]:
    """Read the query; a space is `%20` in all samples."""
    # Silent in the documents; taken: a plus sign is no space.
    query = urlsplit(request.raw_path).query.replace("+", "%2B")
    return dict(parse_qsl(query, keep_blank_values=True))


def _document(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
