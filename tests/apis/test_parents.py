"""The customers of Valomnia and cobai are found; what an API cannot look up is no setting of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cobai import CUSTOMER_UUID, Cobai
from tests.sandbox.porters import Porters
from tests.support.commands import contacts
from tests.support.porters_people import bins

if TYPE_CHECKING:
    from tests.sandbox.server import Sandbox
    from tests.sandbox.valomnia import Valomnia
    from tests.support.commands import Workplace

NOWHERE = "http://127.0.0.1:9"


def person(number: int, **more: Any) -> dict[str, Any]:
    """Return a record."""
    return {"id": number, "first_name": f"F{number}", "last_name": f"L{number}", **more}


def config(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """Return settings without a default customer."""
    whole = sandbox.target_config()
    defaults = {name: v for name, v in whole["defaults"].items() if name != "customer_id"}
    return {**whole, "defaults": defaults, **changes}


# Valomnia.


def customers(valomnia: Valomnia) -> dict[str, int]:
    """Return the customer of each contact, by first name."""
    return {each["firstName"]: each["customer"]["id"] for each in valomnia.contacts}


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({}, ["Madrigal", "Madrigal", "Nobody"]),
        ({"from": "ref", "lookup": "reference"}, ["C0001", "C0001", "C9"]),
    ],
    ids=["name", "reference"],
)
def test_customers_of_valomnia_are_found_among_those_of_its_contacts(
    workplace: Workplace, valomnia: Valomnia, given: dict[str, str], values: list[str]
) -> None:
    """A customer that no contact shows is unknown; an unchanged run asks for nothing."""
    valomnia.add(firstName="Old", lastName="One", customerId=31888)
    field = given.get("from", "company")
    people = [person(n, **{field: value}) for n, value in enumerate(values)]
    run = workplace.target(config(valomnia, parents=given), contacts(*people))
    assert (run.code, bins(run.summary)) == (3, {"created": 2, "rejected": 1})
    assert customers(valomnia) == {"Old": 31888, "F0": 31888, "F1": 31888}
    assert workplace.rejections[0]["code"] == "unknown_parent"
    assert workplace.rejections[0]["field"] == "customerId"
    again = workplace.target(config(valomnia, parents=given), contacts(*people[:2]))
    assert again.summary["requests"] == 0


def test_a_customer_of_valomnia_that_no_contact_shows_is_warned_of(
    workplace: Workplace, valomnia: Valomnia
) -> None:
    """Two may have one name, of which one is seen; the log says so once a run that looks up names.

    References are unique, and no name is looked up in a run that knows all of them.
    """
    valomnia.add_customer(9, "C9", "Madrigal")
    valomnia.add(firstName="Old", lastName="One", customerId=31888)
    said = "shows only customers that have a contact"
    by_name = config(valomnia, parents={})
    run = workplace.target(by_name, contacts(person(1, company="Madrigal"), person(2, company="x")))
    assert (run.log.count(said), customers(valomnia)["F1"]) == (1, 31888)
    run = workplace.target(by_name, contacts(person(3, company="Madrigal")))
    assert (run.code, said in run.log) == (0, False)
    by_reference = config(valomnia, parents={"from": "ref", "lookup": "reference"})
    run = workplace.target(by_reference, contacts(person(4, ref="C0001")))
    assert (run.code, said in run.log) == (0, False)
    valomnia.add(firstName="New", lastName="One", customerId=9)
    run = workplace.target(by_name, contacts(person(5, company="Madrigal"), person(6, company="y")))
    codes = [each["code"] for each in workplace.rejections]
    assert codes == ["ambiguous_parent", "unknown_parent"]


def test_a_contact_of_valomnia_is_moved_when_its_customer_changes(
    workplace: Workplace, valomnia: Valomnia
) -> None:
    """The update names the other customer."""
    valomnia.add(firstName="Old", lastName="One", customerId=31888)
    valomnia.add(firstName="Old", lastName="Two", customerId=3229)
    given = config(valomnia, parents={})
    workplace.target(given, contacts(person(1, company="Madrigal")))
    run = workplace.target(given, contacts(person(1, company="Marie's Jewelry")))
    assert (bins(run.summary), customers(valomnia)["F1"]) == ({"updated": 1}, 3229)


def test_valomnia_looks_references_up_itself(workplace: Workplace, valomnia: Valomnia) -> None:
    """With `use_external_id` the reference is what it takes; names give references, too."""
    valomnia.add(firstName="Old", lastName="One", customerId=31888)
    given = config(valomnia, match_on=[], parents={"from": "ref", "lookup": "reference"})
    given["valomnia"]["use_external_id"] = True
    run = workplace.target(given, contacts(person(1, ref="C0959"), person(2, ref="C9")))
    assert (run.code, customers(valomnia)["F1"]) == (3, 3229)
    assert workplace.rejections[0]["code"] == "not_found"
    by_name = {**given, "parents": {}}
    run = workplace.target(by_name, contacts(person(3, company="Madrigal")))
    assert (run.code, customers(valomnia)["F3"]) == (0, 31888)


@pytest.mark.parametrize("options", [(), ("--explain",)], ids=["run", "explain"])
def test_a_reference_that_is_never_sent_is_not_written_as_the_customer(
    workplace: Workplace, valomnia: Valomnia, options: tuple[str, ...]
) -> None:
    """A new contact is rejected for want of it, and the reason names the policy."""
    given = config(valomnia, parents={"from": "company", "lookup": "reference"})
    given["valomnia"]["use_external_id"] = True
    given["policies"] = {"company": "never"}
    run = workplace.target(given, contacts(person(1, company="C0959")), *options)
    assert (run.code, valomnia.contacts) == (0 if options else 3, [])
    assert not any(line.request.holds("C0959") for line in valomnia.log)
    if options:
        assert "customerId" in run.out.partition("rejected for")[2]
        return
    (rejection,) = workplace.rejections
    assert (rejection["code"], rejection["field"]) == ("missing", "customerId")
    assert "company would be sent in its place, whose policy is never" in rejection["reason"]


def test_a_contact_keeps_its_customer_whose_reference_is_never_sent(
    workplace: Workplace, valomnia: Valomnia
) -> None:
    """An id of the file is sent, and so is a reference for which its field has a policy."""
    given = config(valomnia, match_on=[], parents={"from": "company", "lookup": "reference"})
    given["valomnia"]["use_external_id"] = True
    people = [person(n, company=value) for n, value in enumerate(["C0959", "Marie"])]
    assert workplace.target(given, contacts(people[0])).code == 0
    valomnia.log.clear()
    path = workplace.folder / "customers.csv"
    path.write_text("value,id\nMarie,C0001\n")
    never = {**given, "parents": {**given["parents"], "file": str(path)}}
    never["policies"] = {"company": "never"}
    changed = [
        {**each, "last_name": "New", "company": v}
        for each, v in zip(people, ["C9", "Marie"], strict=True)
    ]
    run = workplace.target(never, contacts(*changed))
    assert bins(run.summary) == {"created": 1, "updated": 1}
    assert (customers(valomnia), run.code) == ({"F0": 3229, "F1": 31888}, 0)
    assert not any(line.request.holds(v) for line in valomnia.log for v in ("C9&", "Marie"))
    both = {**never, "policies": {"company": "never", "customer_id": "overwrite"}}
    several = [person(3, company="C0959"), person(4, company="C0001")]
    run = workplace.target(both, contacts(*several))
    assert (run.code, customers(valomnia)["F3"], customers(valomnia)["F4"]) == (0, 3229, 31888)


# cobai.


def test_customers_of_cobai_are_found_by_erp_number(workplace: Workplace, cobai: Cobai) -> None:
    """Each customer is read once; two of one number are not told apart."""
    first, _, _ = (cobai.add_customer(number) for number in ("K1", "K2", "K2"))
    given = config(cobai, parents={"from": "account", "lookup": "reference"})
    people = [person(n, account=v, email=f"{n}@a.de") for n, v in enumerate(["K1", "K2", "K3"])]
    run = workplace.target(given, contacts(*people))
    assert (run.code, [each["customer_uuid"] for each in cobai.contacts]) == (3, [first])
    codes = sorted(each["code"] for each in workplace.rejections)
    assert codes == ["ambiguous_parent", "unknown_parent"]
    reads = [line for line in cobai.log if line.request.path.count("/") == 3]
    assert len(reads) == 4


def test_cobai_that_does_not_tell_a_customer_stops_with_one_sentence(
    workplace: Workplace,
) -> None:
    """No page describes that call; the sentence names the file, and so does `--check`."""
    with Cobai(inferred_calls=False) as cobai:
        given = config(cobai, match_on=[], parents={"from": "account", "lookup": "reference"})
        run = workplace.target(given, contacts(person(1, account="K1", email="1@a.de")))
        checked = workplace.target(given, [], "--check")
    assert (run.code, cobai.contacts) == (1, [])
    assert "No page of cobai describes how a customer is read: set parents.file" in run.log
    assert "differs and would harm: A customer can be read" in checked.out


def test_customers_of_cobai_are_given_by_a_file(workplace: Workplace, cobai: Cobai) -> None:
    """A contact never moves: cobai has no call for that, so the record is rejected."""
    other = cobai.add_customer()
    path = workplace.folder / "customers.csv"
    path.write_text(f"value\tid\nACME\t{CUSTOMER_UUID.upper()}\nGlobex\t{other}\n")
    given = config(cobai, parents={"file": str(path)})
    workplace.target(given, contacts(person(1, company="ACME", email="1@a.de")))
    run = workplace.target(given, contacts(person(1, company="Globex", email="1@a.de")))
    assert (run.code, workplace.rejections[0]["code"]) == (3, "parent_changed")
    assert [each["customer_uuid"] for each in cobai.contacts] == [CUSTOMER_UUID]


# What is no setting.


ACCOUNTS: dict[str, dict[str, Any]] = {
    "bas_ip": {"username": "u", "password": "p", "api_url": NOWHERE},
    "cobai": {"access_key_id": "i", "secret_access_key": "s", "api_url": NOWHERE},
    "porters": {"app_id": "i", "app_secret": "s", "api_url": NOWHERE},
    "valomnia": {"username": "u", "password": "p", "api_url": NOWHERE},
    "zoho_voice": {"access_token": "t", "api_url": NOWHERE},
}


@pytest.mark.parametrize(
    ("api", "settings", "told"),
    [
        ("zoho_voice", {"parents": {}}, "parents: contacts of Zoho Voice have no customer_id"),
        ("bas_ip", {"parents": {"file": "x"}}, "parents: contacts of BAS-IP have no customer_id"),
        ("valomnia", {"owners": {}}, "owners: contacts of Valomnia have no owner_id"),
        ("cobai", {"parents": {"lookup": "name"}}, "parents.lookup: cobai takes reference"),
        ("porters", {"parents": {"lookup": "reference"}}, "parents.lookup: PORTERS takes name or"),
        ("porters", {"owners": {"lookup": "User.P_Mail"}}, "owners.lookup: PORTERS takes email"),
        ("porters", {"parents": {"missing": "guess"}}, "parents.missing must be one of"),
        ("porters", {"parents": {"form": "company"}}, "parents"),
        (
            "porters",
            {"parents": {"file": "none.csv"}},
            "parents.file: the file none.csv cannot be read",
        ),
    ],
)
def test_what_an_api_cannot_look_up_is_refused_before_anything_is_asked(
    workplace: Workplace, api: str, settings: dict[str, Any], told: str
) -> None:
    """With exit code 2 and one sentence."""
    given = {"api": api, api: ACCOUNTS[api], **settings}
    run = workplace.target(given, contacts(person(1, company="ACME")))
    assert (run.code, told in run.log) == (2, True), run.log


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no head with the columns value and id"),
        ("name,id\nACME,1\n", "has no head with the columns value and id"),
        ("value,id\nACME,\n", "line 2 lacks the value or the id"),
        ('value,id\n"ACME"x,1\n', "line 2 is not CSV"),
        ('{"value": "ACME"}\n', "line 1 lacks the value or the id"),
        ('{"value": "ACME", "id": 1}\n[]\n', "line 2 is not a JSON object"),
        ("value,id\nACME,eleven\n", "parents.file holds an id that must be"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(workplace: Workplace, text: str, told: str) -> None:
    """The sentence names the line and no value."""
    path = workplace.folder / "clients.csv"
    path.write_text(text)
    with Porters() as sandbox:
        given = config(sandbox, parents={"file": str(path)})
        run = workplace.target(given, contacts(person(1, company="ACME")))
    assert (run.code, told in run.log, "ACME" in run.log) == (2, True, False), run.log


def test_a_field_that_no_stream_has_is_named(workplace: Workplace) -> None:
    """As with `field_map`: else every record would be rejected."""
    with Porters() as sandbox:
        given = config(sandbox, parents={"from": "compny"})
        run = workplace.target(given, contacts(person(1, company="ACME")))
    assert (run.code, "parents.from names what no record can have" in run.log) == (2, True)
