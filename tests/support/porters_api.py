"""A client of PORTERS' sandbox that does only what a test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, urlencode

import requests
from lxml import etree

from tests.sandbox.porters import APP_ID, APP_SECRET, Porters
from tests.sandbox.porters_tenant import OWN_KINDS, PHASES, Option, Tenant

XML = "application/xml; charset=UTF-8"
NEW = "<Contact.P_Id>-1</Contact.P_Id>"
OWNED = f"{NEW}<Contact.P_Owner>1</Contact.P_Owner><Contact.P_Client>10001</Contact.P_Client>"
FIELDS = {"Contact.P_Owner": "1", "Contact.P_Client": "10001"}
SIGN_IN = {"app_id": APP_ID, "secret": APP_SECRET, "grant_type": "oauth_code"}


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    time: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def go_on(self, **by: float) -> None:
        """Let time pass."""
        self.time += timedelta(**by)


@dataclass
class Api:
    """A client that does only what a test says."""

    sandbox: Porters
    clock: Clock
    headers: dict[str, str] = field(default_factory=dict)

    def oauth(self, **query: str) -> etree._Element:
        """Ask for a code."""
        query = {"app_id": APP_ID, "response_type": "code_direct"} | query
        answer = requests.get(f"{self.sandbox.url}/v1/oauth", params=query, timeout=5)
        return etree.fromstring(answer.content)

    def token(self, **form: str) -> etree._Element:
        """Ask for tokens."""
        answer = requests.post(f"{self.sandbox.url}/v1/token", data=SIGN_IN | form, timeout=5)
        return etree.fromstring(answer.content)

    def sign_in(self) -> str:
        """Sign in and return the refresh token."""
        tokens = self.token(code=self.oauth().findtext("Code") or "")
        self.headers["X-porters-hrbc-oauth-token"] = tokens.findtext("AccessToken") or ""
        return tokens.findtext("RefreshToken") or ""

    def get(self, path: str, **query: str) -> etree._Element:
        """Read; the answer's HTTP status is put into its root as `status`."""
        return self.send("GET", path, {"partition": "1234"} | query)

    def send(
        self, method: str, path: str, query: dict[str, str], body: str = "", **headers: str
    ) -> etree._Element:
        """Send any request."""
        url = f"{self.sandbox.url}/v1/{path}?{urlencode(query, quote_via=quote)}"
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = requests.request(method, url, data=body.encode(), headers=sent, timeout=5)
        root = etree.fromstring(answer.content)
        root.set("status", str(answer.status_code))
        return root

    def post(self, *items: str, content_type: str = XML, **query: str) -> etree._Element:
        """Write items, given as the XML of their fields."""
        body = "".join(f"<Item>{item}</Item>" for item in items)
        return self.post_body(f"<Contact>{body}</Contact>", content_type, **query)

    def post_body(self, body: str, content_type: str = XML, **query: str) -> etree._Element:
        """Write any body."""
        query = {"partition": "1234"} | query
        return self.send("POST", "contact", query, body, Content_Type=content_type)


def results(root: etree._Element) -> list[tuple[str | None, str | None]]:
    """Return id and code of every item of a write's answer."""
    assert root.get("status") == "200"
    return [(item.findtext("Id"), item.findtext("Code")) for item in root.iterfind("Item")]


def refused(root: etree._Element) -> tuple[str, str | None, str | None]:
    """Return root element, code and HTTP status of a refusal."""
    return root.tag, root.findtext("Code"), root.get("status")


def read_ids(root: etree._Element, alias: str = "Contact.P_Id") -> list[str | None]:
    """Return the ids of a read's items."""
    assert root.findtext("Code") == "0"
    return [item.findtext(alias) for item in root.iterfind("Item")]


def with_field(alias: str, value: str, start: str = OWNED) -> str:
    """Return the XML of a contact with one field more."""
    return f"{start}<{alias}>{value}</{alias}>"


AREAS = Option(
    "Option.U_Area",
    "Area",
    (
        Option("Option.U_East", "East", (Option("Option.U_Tokyo", "Tokyo"),)),
        Option("Option.U_West", "West", unused=True),
        Option("Option.U_North", "North"),
    ),
)
TENANT = Tenant(
    own={f"Contact.U_{kind.name.title()}": kind for kind in OWN_KINDS},
    unused=["Contact.P_Division", "Contact.U_Multi"],
    required=["Contact.P_Name"],
    largest={"Contact.P_Name": 10, "Contact.U_Number": 100},
    least={"Contact.P_Name": 2, "Contact.U_Number": -5},
    decimals={"Contact.U_Number": 1},
    options=[PHASES, AREAS],
    refers={f"Contact.U_{name}": AREAS.alias for name in ("Checkbox", "Radio", "Option")},
    names={"Contact.P_Title": "Rank"},
)
NAMED = with_field("Contact.P_Name", "Anna")


def listed(answer: etree._Element) -> dict[str, dict[str, str]]:
    """Return what Field Read tells of each field, by alias."""
    rows = [{each.tag: each for each in item} for item in answer.iterfind("Item")]
    return {
        row["Field.P_Alias"].text or "": {
            tag.removeprefix("Field.P_"): "".join(child.tag for child in each) or each.text or ""
            for tag, each in row.items()
        }
        for row in rows
    }
