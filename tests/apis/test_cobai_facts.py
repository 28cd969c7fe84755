"""What `--check` tells of cobai, whichever way its pages are to be read."""

from __future__ import annotations

from typing import Any

import pytest

from tap_contacts.apis.cobai.client import Cobai as Client
from tests.sandbox.cobai import CUSTOMER_UUID, Cobai
from tests.support.cobai_people import LIST, member
from tests.support.commands import FAST

SIGNED = "A signature with the time of this machine and without headers of the vendor is taken"
QUERY = "A query is signed as sign_query says"
CUSTOMERS = "The list of customers comes whole"
LISTED = "The contacts of a customer can be listed"
CONTACTS = "The list of a customer's contacts comes whole"
SHOWN = "A contact can be read, and shows all its fields"
HARM = "differs and would harm"


def fill(sandbox: Cobai, count: int) -> None:
    """Put in contacts of the first customer, and customers without any."""
    for number in range(count):
        sandbox.add(**member(f"u{number}"))
        sandbox.add_customer()


def told(
    sandbox: Cobai, config: dict[str, Any] | None = None, most: int = 9, **changed: Any
) -> list[str]:
    """Return the lines for an account; few requests are sent, and none writes."""
    settings = {**sandbox.tap_config(), **changed}
    client = Client(settings, {**FAST, "max_tries": 2, **(config or {})})
    sandbox.log.clear()
    client.check()
    client.tell_apart()
    lines = [fact.line for fact in client.facts()]
    assert len(sandbox.log) <= most
    assert sandbox.writes == []
    return lines


READINGS = [
    ((), 25, f"holds: {SIGNED}"),
    ((), 25, f"holds: {QUERY} (sign_query is false)"),
    (("signed_query",), 25, f"holds: {QUERY} (sign_query is true)"),
    ((), 25, f"cannot be told: {CUSTOMERS} (number listed: 26, no second page known; compare it"),
    ((), 3, f"cannot be told: {CONTACTS} (number listed: 3, "),
    ((), 0, f"cannot be told: {CONTACTS} (no contact was found; customers looked at: 1)"),
    ((), 0, f"holds: {LISTED}"),
    ((), 25, f"holds: {SHOWN}"),
    (("pages_link",), 25, f"differs: {CUSTOMERS} (it has pages, which are found by their links)"),
    (("pages_number",), 25, f"differs: {CUSTOMERS} (it has pages, which are found by the param"),
    (("pages_number",), 25, f"differs: {CONTACTS} (it has pages, which are found by the parameter"),
    (("pages_number",), 19, f"cannot be told: {CONTACTS} (number listed: 19, "),
    (("pages_404",), 25, f"differs: {CONTACTS} (it has pages"),
    (("pages_404",), 15, f"cannot be told: {CONTACTS} (number listed: 15, "),
    (("pages_again",), 25, f"differs: {CONTACTS} (it has pages"),
    (("pages_again",), 15, f"cannot be told: {CONTACTS} (number listed: 15, "),
    (("no_contact_list_405",), 3, f"{HARM}: {LISTED} (it is refused, HTTP 405; contacts cannot"),
    (("no_contact_list_404",), 3, f"{HARM}: {LISTED} (it is refused, HTTP 404; contacts cannot"),
    (("put_resets_password",), 3, "cannot be told: An update without a password keeps it"),
    (("more_required",), 3, "cannot be told: The fields that are sent are enough"),
    (("user_name_shared",), 3, "cannot be told: A webUserName is used once"),
]
"""Readings, how many contacts there are, and how a line begins."""


@pytest.mark.parametrize(("readings", "count", "begins"), READINGS)
def test_each_reading_is_told(readings: tuple[str, ...], count: int, begins: str) -> None:
    """The line says whether the assumption holds, and if not, what becomes of it."""
    with Cobai(readings=readings) as sandbox:
        fill(sandbox, count)
        assert [line for line in told(sandbox) if line.startswith(begins)]


@pytest.mark.parametrize("status", [(), ("bad_signature_401",)])
@pytest.mark.parametrize("covers_query", [True, False])
def test_a_query_signed_the_wrong_way_would_harm(
    status: tuple[str, ...], *, covers_query: bool
) -> None:
    """The line says what to set, after one request signed either way."""
    with Cobai(readings=[*status, *["signed_query"] * covers_query]) as sandbox:
        fill(sandbox, 3)
        lines = told(sandbox, sign_query=not covers_query)
    right = str(covers_query).lower()
    assert f"{HARM}: {QUERY} (set cobai.sign_query to {right})" in lines
    assert f"holds: {SHOWN}" in lines


def test_a_query_signed_the_wrong_way_does_not_harm_a_target() -> None:
    """It asks by none, but for second pages of long lists; the line says so, and what to set."""
    with Cobai() as sandbox:
        fill(sandbox, 3)
        lines = told(sandbox, {"api": "cobai"}, sign_query=True)
    (line,) = [line for line in lines if QUERY in line]
    assert line.startswith(f"differs: {QUERY} (set cobai.sign_query to false; a target asks by")


def test_a_query_that_is_refused_either_way_is_only_told() -> None:
    """Whoever leaves out the customers needs no query."""
    with Cobai() as sandbox:
        fill(sandbox, 3)
        sandbox.fault(holding="state=new", times=-1, status=403, body="<Error/>")
        (query,) = [line for line in told(sandbox) if QUERY in line]
    assert query.startswith(f"differs: {QUERY} (it is refused either way")


def test_whoever_looks_nobody_up_is_not_harmed_by_a_missing_list() -> None:
    """With match_on [] contacts are created without a look."""
    with Cobai(readings=["no_contact_list_405"]) as sandbox:
        fill(sandbox, 3)
        lines = told(sandbox, {"match_on": []})
    assert [line for line in lines if line.startswith(f"differs: {LISTED} (it is refused")]
    assert not [line for line in lines if HARM in line]


@pytest.mark.parametrize("status", [404, 405])
def test_a_contact_that_cannot_be_read_would_harm(status: int) -> None:
    """Each update reads it before; the line names the mode in which none is needed."""
    with Cobai() as sandbox:
        fill(sandbox, 3)
        sandbox.fault(on=f"GET {LIST}/", times=-1, status=status)
        (shown,) = [line for line in told(sandbox) if SHOWN in line]
    assert shown.startswith(f"{HARM}: {SHOWN} (it is refused, HTTP {status}; ")
    assert "create_only" in shown


def test_fields_that_are_not_shown_are_named_without_a_value() -> None:
    """An update sends back what is shown, so the others may be lost."""
    with Cobai() as sandbox:
        fill(sandbox, 3)
        body = "<contact><lastName>Blaa</lastName><firstName>Rico</firstName></contact>"
        sandbox.fault(on=f"GET {LIST}/", status=200, body=body)
        (shown,) = [line for line in told(sandbox) if SHOWN in line]
    assert shown.startswith(f"differs: {SHOWN} (one is shown without gender, ignoreAssortment, ")
    assert "Blaa" not in shown


def test_the_chosen_customers_are_looked_at() -> None:
    """The contacts are those of customers that the tap reads."""
    with Cobai() as sandbox:
        empty = [sandbox.add_customer() for _ in range(3)]
        sandbox.customers = {**{u: {} for u in empty}, **sandbox.customers}
        sandbox.add(**member("rico"))
        assert f"holds: {SHOWN}" not in told(sandbox)
        assert f"holds: {SHOWN}" in told(sandbox, customers=[CUSTOMER_UUID])


def test_plain_http_proves_nothing_of_https() -> None:
    """The vendor's samples have http; nobody falls back to it in silence."""
    with Cobai() as sandbox:
        line = told(sandbox)[0]
    assert line == "cannot be told: cobai answers over https (cobai.api_url names plain http)"


def test_a_second_page_that_fails_is_not_taken_for_none() -> None:
    """An answer that is no refusal leaves it open whether there are pages."""
    with Cobai() as sandbox:
        fill(sandbox, 12)
        sandbox.fault(on="GET /v2/customer", holding="page=2", after=1, times=-1, status=500)
        lines = told(sandbox, most=20)
    failed = [line for line in lines if "HTTP 500" in line]
    assert [line.partition(" (")[0] for line in failed] == [
        f"cannot be told: {CUSTOMERS}",
        f"cannot be told: {CONTACTS}",
    ]
