"""What a policy says is never sent is in no request: neither in a write nor in any look-up."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.target import SINKS
from tests.crash.lab import KINDS
from tests.sandbox.porters import CLIENT_ID, Porters
from tests.support.commands import contacts
from tests.support.people import MORE, put

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Workplace

WITH_POLICIES = sorted({*KINDS} - {"bas_ip"})
RULES = ([["email"]], [["mobile"], ["email"]], [["last_name", "email"]])


@pytest.fixture(params=WITH_POLICIES)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Return a running, empty API that can keep what a policy forbids."""
    with KINDS[request.param]() as running:
        yield running


def person(number: int) -> dict[str, Any]:
    """Return the record of somebody of whom each value is to be found in a request."""
    named = {"first_name": f"Fyq{number}", "last_name": f"Lyq{number}"}
    numbers = {"mobile": f"+4915112345{number:03}", "phone": f"+4930765432{number}"}
    return {"id": number, **named, **numbers, "email": f"eyq{number}@example.com", "login": "x"}


def there(number: int) -> dict[str, Any]:
    """Return the same as the API holds it: what it gets back is told from what records say."""
    said = person(number)
    return {name: v.upper() if isinstance(v, str) else v for name, v in said.items()}


def never(dice: random.Random) -> dict[str, str]:
    """Return policies by which some attributes are never sent; parts of a name go together."""
    whole = dice.choice(("never", "never", "keep_null"))
    names = ("full_name", "first_name", "last_name")
    drawn = {name: dice.choice(("never", "on_create")) for name in ("email", "mobile", "phone")}
    return {**drawn, **dict.fromkeys(names, whole)}


def assert_withheld(
    sandbox: Sandbox, policies: Mapping[str, str], people: list[dict[str, Any]]
) -> None:
    """Check all requests. An update may give a contact back the number that it has."""
    names = [name for name, policy in policies.items() if policy == "never"]
    for line in sandbox.log:
        told = ("mobile", "phone") if sandbox.is_write(line.request) else ()
        for name in (each for each in names if each in people[0] and each not in told):
            for each in people:
                assert not line.request.holds(each[name].strip("+")), (name, line.request.path)


@pytest.mark.parametrize("has_rules", [False, True])
def test_no_request_holds_what_is_never_sent(
    sandbox: Sandbox, workplace: Workplace, *, has_rules: bool
) -> None:
    """A plan, a run whose creates are not answered, the run after it, and a lost ledger."""
    dice = random.Random(f"{sandbox.api} {has_rules}")  # noqa: S311
    people = [person(number) for number in range(1, 5)]
    for number in (1, 2):
        put(sandbox, there(number))
    policies, rules = never(dice), dice.choice(RULES) if has_rules else None
    if sandbox.api == "porters" and rules:
        rules = [["full_name" if each == "last_name" else each for each in r] for r in rules]
    field_map = {"field_map": {"webUserName": "login"}} if sandbox.api == "cobai" else {}
    config = {**sandbox.target_config(), **field_map, "policies": policies}
    config |= {} if rules is None else {"match_on": rules}
    planned = workplace.target(config, contacts(*people), "--plan", str(workplace.folder / "plan"))
    assert planned.code in {0, 3}, planned.log
    sandbox.fault(on="POST", holding="yq", cut="after")
    for records in (people, people[::-1]):
        assert workplace.target(config, contacts(*records)).code in {0, 1, 3}
    workplace.folder.joinpath("target-contacts.db").unlink()
    workplace.target(config, contacts(*people))
    assert_withheld(sandbox, policies, people)


def test_no_request_asks_for_a_company_that_is_never_sent(workplace: Workplace) -> None:
    """Its client is found all the same: the list of clients is read in place of one name."""
    with Porters() as porters:
        for number in range(500):
            porters.add_client(str(900 + number), f"Firm {number}")
        porters.add_client("77", "Cyq Ltd")
        whole = porters.target_config()
        given = {**whole, "defaults": {"owner_id": "1"}, "parents": {}}
        record = {"id": 1, "name": "Anna", "email": "a@example.com", "company": "Cyq Ltd"}
        config = {**given, "policies": {"company": "never"}}
        assert workplace.target(config, contacts(record)).code == 0
        assert [each["Contact.P_Client"] for each in porters.contacts] == ["77"]
        assert not any(line.request.holds("Cyq") for line in porters.log)
        workplace.folder.joinpath("target-contacts.db").unlink()
        assert workplace.target(given, contacts(record)).code == 0
        assert any(line.request.holds("Cyq") for line in porters.log), "without it one is asked for"


def test_contacts_are_found_by_what_is_never_sent(sandbox: Sandbox, workplace: Workplace) -> None:
    """All are listed, once a run, and compared here."""
    put(sandbox, there(1))
    whose = {"full_name": "never", "first_name": "never", "last_name": "never"}
    field_map = {"field_map": {"webUserName": "login"}} if sandbox.api == "cobai" else {}
    policies = {**whose, "email": "never", "customer_id": "never"}
    config = {**sandbox.target_config(), **field_map, "policies": policies}
    run = workplace.target(config, contacts({**person(1), "phone": "+4930999"}))
    assert (run.code, run.summary["updated"], len(sandbox.contacts)) == (0, 1, 1), run.log
    wire = next(f.wire for f in SINKS[sandbox.api].fields if f.attribute == "phone")
    assert "30999" in str(sandbox.contacts[0][wire])
    assert_withheld(sandbox, policies, [person(1)])


def test_no_look_up_names_a_client_that_is_never_sent(workplace: Workplace) -> None:
    """The default of a customer counts as a value like any other."""
    with Porters() as porters:
        put(porters, there(1))
        config = {**porters.target_config(), "policies": {"customer_id": "never"}}
        assert CLIENT_ID in str(MORE["porters"].values())
        workplace.target(config, contacts(person(1)))
        reads = [line.request for line in porters.log if line.request.path == "/v1/contact"]
        assert not any("P_Client" in (each.query.get("condition") or "") for each in reads)
