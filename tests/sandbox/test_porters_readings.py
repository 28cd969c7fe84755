"""What the sandbox of PORTERS does in each reading of the vendor's documents."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
import requests
from lxml import etree

from tests.sandbox.porters import APP_ID, APP_SECRET, Porters
from tests.sandbox.porters_tenant import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterator

NEW = {"Contact.P_Id": "-1", "Contact.P_Owner": "1", "Contact.P_Client": "10001"}
NAMED = {**NEW, "Contact.P_Name": "Anna"}
UNOWNED = {"Contact.P_Id": "-1", "Contact.P_Name": "Anna"}
HELD = {"Contact.P_Owner": "1", "Contact.P_Client": "10001", "Contact.P_Phase": "Option.P_Lead"}
BAD = {
    "root_100": {**NEW, "Contact.P_Nickname": "Anna"},
    "root_101": UNOWNED,
    "root_103": {**NEW, "Contact.P_Owner": "nobody"},
}


class Api:
    """A signed-in client that does only what a test says."""

    def __init__(self, sandbox: Porters) -> None:
        """Sign in."""
        self.sandbox = sandbox
        url = f"{sandbox.url}/v1"
        query = {"app_id": APP_ID, "response_type": "code_direct"}
        code = etree.fromstring(requests.get(f"{url}/oauth", params=query, timeout=5).content)
        form = {"app_id": APP_ID, "secret": APP_SECRET, "grant_type": "oauth_code"}
        form["code"] = code.findtext("Code") or ""
        tokens = etree.fromstring(requests.post(f"{url}/token", data=form, timeout=5).content)
        self.token = tokens.findtext("AccessToken") or ""

    def answer(self, method: str, path: str, body: bytes = b"", **query: str) -> requests.Response:
        """Send any request."""
        headers = {"X-porters-hrbc-oauth-token": self.token}
        headers["Content-Type"] = "application/xml; charset=UTF-8"
        named = urlencode({"partition": "1234", **query}, quote_via=quote)
        url = f"{self.sandbox.url}/v1/{path}?{named}"
        return requests.request(method, url, data=body, headers=headers, timeout=5)

    def get(self, path: str, **query: str) -> etree._Element:
        """Read."""
        return etree.fromstring(self.answer("GET", path, b"", **query).content)

    def post(self, *items: dict[str, str]) -> requests.Response:
        """Write items."""
        root = etree.Element("Contact")
        for item in items:
            part = etree.SubElement(root, "Item")
            for alias, value in item.items():
                etree.SubElement(part, alias).text = value
        return self.answer("POST", "contact", etree.tostring(root))


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """Sign in at a company database in one reading, or in several."""
    readings = [request.param] if isinstance(request.param, str) else request.param
    with Porters(readings=readings) as sandbox:
        yield Api(sandbox)


def reading(*names: str) -> pytest.MarkDecorator:
    """Serve each of the readings by itself."""
    return pytest.mark.parametrize("api", names, indirect=True)


def refusal(answer: requests.Response) -> tuple[str, str | None, int]:
    """Return root element, code and HTTP status of a refusal."""
    root = etree.fromstring(answer.content)
    return root.tag, root.findtext("Code"), answer.status_code


def results(answer: requests.Response) -> list[tuple[str | None, str | None]]:
    """Return id and code of every item of a write's answer."""
    root = etree.fromstring(answer.content)
    return [(item.findtext("Id"), item.findtext("Code")) for item in root.iterfind("Item")]


@reading("ended_token_404")
def test_ended_token(api: Api) -> None:
    """A token that has ended, or is none, is 404 in code and HTTP status; nothing is written."""
    api.sandbox.expire_sign_ins()
    assert refusal(api.post(NAMED)) == ("System", "404", 404)
    api.token = "x"
    assert refusal(api.post(NAMED)) == ("System", "404", 404)
    assert api.sandbox.contacts == []


@reading("status_200")
def test_refusals_at_200(api: Api) -> None:
    """A refused request has HTTP 200 and the code at the root."""
    assert refusal(api.answer("GET", "contact", field="Contact.P_No")) == ("System", "100", 200)
    api.sandbox.expire_sign_ins()
    assert refusal(api.post(NAMED)) == ("System", "401", 200)


@reading("contact_root")
def test_root_of_refusals(api: Api) -> None:
    """A refused request has the resource as its root; a call that is none has System."""
    assert refusal(api.answer("GET", "client", field="Client.P_No")) == ("Client", "100", 400)
    assert refusal(api.answer("GET", "nothing")) == ("System", "7", 400)
    api.sandbox.expire_sign_ins()
    assert refusal(api.post(NAMED)) == ("Contact", "401", 400)


@reading("root_100", "root_101", "root_103")
def test_one_item_refuses_the_request(api: Api) -> None:
    """One item's unknown field, missing field or bad value refuses all, and writes nothing."""
    (name,) = api.sandbox.readings
    assert refusal(api.post(NAMED, BAD[name])) == ("System", name[-3:], 400)
    assert api.sandbox.contacts == []
    others = [item for other, item in BAD.items() if other != name]
    assert results(api.post(NAMED, *others))[0][1] == "0"
    assert len(api.sandbox.contacts) == 1


@reading("root_103")
def test_a_refused_request_undoes_updates(api: Api) -> None:
    """An update in a request that is refused leaves the contact as it was."""
    key = api.sandbox.add(**HELD, **{"Contact.P_Name": "Before"})
    update = {"Contact.P_Id": key, "Contact.P_Name": "After"}
    assert refusal(api.post(update, BAD["root_103"]))[1] == "103"
    assert [each["Contact.P_Name"] for each in api.sandbox.contacts] == ["Before"]


@reading("rollback")
def test_rollback(api: Api) -> None:
    """A failing item undoes the others, which say so with code 302."""
    answer = api.post(NAMED, BAD["root_103"], NAMED)
    assert ([code for _, code in results(answer)], api.sandbox.contacts) == (
        ["302", "103", "302"],
        [],
    )
    assert [code for _, code in results(api.post(NAMED, NAMED))] == ["0", "0"]


@reading("failed_id_empty")
def test_id_of_a_failed_item(api: Api) -> None:
    """A failed item has an empty Id, also where one was sent."""
    key = api.sandbox.add(**HELD)
    items = ({"Contact.P_Id": key, "Contact.P_Owner": "x"}, BAD["root_103"], NAMED)
    ids = [item_id for item_id, _ in results(api.post(*items))]
    assert ids[:2] == ["", ""]
    assert ids[2] not in ("", None, "-1")


@reading("field_gone")
def test_deleted_field(api: Api) -> None:
    """A read or write that names a deleted field is code 100 at the root."""
    assert refusal(api.answer("GET", "contact", field="Contact.P_Fax")) == ("System", "100", 400)
    assert refusal(api.post(NAMED, {**NAMED, "Contact.P_Fax": "1"})) == ("System", "100", 400)
    listed = api.get("field", resource="27", active="1", count="200")
    aliases = {item.findtext("Field.P_Alias") for item in listed.iterfind("Item")}
    assert {"Contact.P_Fax", "Contact.P_Reading"} & aliases == set()


@reading("order_refused")
def test_order(api: Api) -> None:
    """Any order is code 100; a read without one is answered."""
    refused = api.answer("GET", "contact", order="Contact.P_Id:asc")
    assert refusal(refused) == ("System", "100", 400)
    assert api.get("contact", condition="Contact.P_Id:gt=1").findtext("Code") == "0"


@reading("range_refused")
def test_range(api: Api) -> None:
    """A range of ids is code 100; one id and a range of dates are answered."""
    for sign in ("gt", "ge", "lt", "le"):
        answer = api.answer("GET", "contact", condition=f"Contact.P_Id:{sign}=1")
        assert refusal(answer) == ("System", "100", 400)
    condition = "Contact.P_Id:eq=1,Contact.P_UpdateDate:ge=2026/01/02 03:04:05"
    assert api.get("contact", condition=condition, order="Contact.P_Id:asc").findtext("Code") == "0"


def own_fields(api: Api) -> list[str]:
    """Return the aliases of the customer's own fields, read page by page."""
    pages = [
        api.get("field", resource="27", active="1", count="200", start=str(start))
        for start in (0, 200, 400)
    ]
    found = [item.findtext("Field.P_Alias") or "" for page in pages for item in page.iter("Item")]
    return [alias for alias in found if ".U_" in alias]


@reading("own_fields_400")
def test_many_own_fields(api: Api) -> None:
    """400 own fields have names of U_ and 30 hex digits; no request can name them all."""
    aliases = own_fields(api)
    machine_made = [alias for alias in aliases if len(alias.partition(".U_")[2]) == 30]
    assert (len(aliases), len(machine_made)) == (401, 400)
    assert all(int(alias.partition(".U_")[2], 16) for alias in machine_made)
    assert api.answer("GET", "contact", field=",".join(aliases)).status_code == 400
    some = ",".join(["Contact.P_Id", *aliases[:100]])
    assert api.get("contact", field=some).findtext("Code") == "0"
    assert results(api.post({**NAMED, machine_made[0]: "x"}))[0][1] == "0"


@pytest.mark.parametrize("api", [("own_fields_400", "line_limit")], indirect=True)
def test_request_line(api: Api) -> None:
    """A line that is too long for the server is 414 and a page for people, not XML."""
    aliases = own_fields(api)
    statuses = [
        api.answer("GET", "contact", field=",".join(aliases[:count])).status_code
        for count in (150, 250)
    ]
    assert statuses == [200, 414]
    answer = api.answer("GET", "contact", field=",".join(aliases))
    assert (answer.status_code, answer.headers["Content-Type"]) == (414, "text/html")


@reading("bare_aliases")
def test_bare_aliases(api: Api) -> None:
    """Field Read writes aliases without the resource."""
    listed = api.get("field", resource="27", count="200")
    aliases = [item.findtext("Field.P_Alias") or "" for item in listed.iterfind("Item")]
    assert "P_Name" in aliases
    assert [alias for alias in aliases if "." in alias] == []


@reading("option_root")
def test_option_root(api: Api) -> None:
    """A read shows options inside OptionRoot."""
    api.sandbox.add(**HELD)
    shown = api.get("contact", field="Contact.P_Phase").find("Item/Contact.P_Phase")
    assert shown is not None
    assert [child.tag for child in shown] == ["OptionRoot"]
    assert [child.tag for child in shown[0]] == [PHASES.below[0].alias]


@reading("reference_plain")
def test_plain_reference(api: Api) -> None:
    """A reference without () is the id alone; with fields asked for it is nested."""
    api.sandbox.add(**HELD)
    plain = api.get("contact", field="Contact.P_Client,Contact.P_Owner()")
    assert plain.findtext("Item/Contact.P_Client") == "10001"
    assert plain.findtext("Item/Contact.P_Owner") == "1"
    nested = api.get("contact", field="Contact.P_Client(Client.P_Name)")
    assert nested.findtext("Item/Contact.P_Client/Client/Client.P_Name") == "Sandbox Client"
