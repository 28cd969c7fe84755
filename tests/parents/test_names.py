"""Companies that are in the input, too, say what their ids are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.parents.names import ParentNames, are_parents
from tests.sandbox.porters import Porters
from tests.support.commands import contacts

if TYPE_CHECKING:
    from tests.support.commands import Workplace


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        *((name, True) for name in ("Account", "companies", "porters_clients", "customers")),
        *((name, False) for name in ("contacts", "deals", "account_contacts", "x")),
    ],
)
def test_a_stream_of_companies_is_known_by_its_name(stream: str, *, expected: bool) -> None:
    """As its last word says."""
    assert are_parents(stream) is expected


def test_a_name_stands_at_the_top_or_below_properties() -> None:
    """An id with two names has none; a key of several properties, and no name, tell nothing."""
    names = ParentNames()
    for key, record in (
        (["Id"], {"Id": "001", "Name": " ACME "}),
        (["id"], {"id": 2, "properties": {"name": "Globex", "domain": "globex.example"}}),
        (["id"], {"id": 3, "company_name": "Initech", "name": "Initech LLC"}),
        (["id"], {"id": "4", "name": "One"}),
        (["id"], {"id": "4", "name": "Other"}),
        (["id"], {"id": "4", "name": "One"}),
        (["id", "at"], {"id": "5", "at": "x", "name": "Five"}),
        (["id"], {"id": "6", "name": None}),
    ):
        names.take(key, record)
    found = {each: names.name(each) for each in ("001", "2", "3", "4", "5", "6", "7")}
    told = {"001": "ACME", "2": "Globex", "3": "Initech"}
    assert found == {each: told.get(each, each) for each in found}


def test_contacts_with_a_companys_id_land_under_the_client_of_its_name(
    workplace: Workplace,
) -> None:
    """Without a request for it; a later run that has no companies knows them by the ledger."""
    accounts = [{"Id": f"00{n}", "Name": name} for n, name in enumerate(("ACME", "Globex"))]
    people: list[dict[str, Any]] = [
        {"Id": f"c{n}", "Name": f"Person {n}", "AccountId": account}
        for n, account in enumerate(("000", "001", "000", "ACME", "009"))
    ]
    first = [
        *contacts(*accounts, stream="Account", key=["Id"]),
        *contacts(*people, stream="Contact", key=["Id"]),
    ]
    later = {"Id": "c9", "Name": "Person 9", "AccountId": "001"}
    with Porters() as sandbox:
        for number, name in (("11", "ACME"), ("12", "Globex")):
            sandbox.add_client(number, name)
        given = {**sandbox.target_config(), "parents": {"from": "AccountId"}}
        run = workplace.target(given, first)
        found = [each["Contact.P_Client"] for each in sandbox.contacts]
        assert (run.code, found) == (3, ["11", "12", "11", "11"])
        assert "passed over" not in run.log
        sandbox.log.clear()
        again = workplace.target(given, contacts(later, stream="Contact", key=["Id"]))
        assert (again.code, sandbox.contacts[-1]["Contact.P_Client"]) == (0, "12")
        assert not [line for line in sandbox.log if line.request.path == "/v1/client"]


def test_a_company_that_is_called_like_an_id_is_no_id(workplace: Workplace) -> None:
    """By default the company's name is looked up, whatever companies are in the input."""
    company = contacts({"id": "42", "name": "ACME"}, stream="companies")
    person = {"id": 1, "name": "Jo", "company": "42"}
    with Porters() as sandbox:
        for number, name in (("11", "ACME"), ("12", "42")):
            sandbox.add_client(number, name)
        given = {**sandbox.target_config(), "parents": {}}
        workplace.target(given, [*company, *contacts(person)])
        assert [each["Contact.P_Client"] for each in sandbox.contacts] == ["12"]


def test_a_file_may_list_the_ids_or_the_names_of_companies(workplace: Workplace) -> None:
    """Nothing is asked either way."""
    path = workplace.folder / "clients.csv"
    path.write_text("value,id\nACME,11\n001,12\n")
    accounts = [{"Id": f"00{n}", "Name": name} for n, name in enumerate(("ACME", "Globex"))]
    people = [{"Id": f"c{n}", "Name": f"Person {n}", "AccountId": f"00{n}"} for n in range(2)]
    lines = [
        *contacts(*accounts, stream="Account", key=["Id"]),
        *contacts(*people, stream="Contact", key=["Id"]),
    ]
    with Porters() as sandbox:
        for number in ("11", "12"):
            sandbox.add_client(number, f"Client {number}")
        given = {**sandbox.target_config(), "parents": {"from": "AccountId", "file": str(path)}}
        run = workplace.target(given, lines)
        assert (run.code, [c["Contact.P_Client"] for c in sandbox.contacts]) == (0, ["11", "12"])
        assert not [line for line in sandbox.log if line.request.path == "/v1/client"]
