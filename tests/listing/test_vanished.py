"""What is deleted after it was listed is left out and counted; what is refused ends the run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.listing.vanished import Vanished
from tests.sandbox.cobai import CUSTOMER_UUID, Cobai
from tests.sandbox.porters import CLIENT_ID, OWNER_ID, Porters
from tests.sandbox.porters_tenant import PHASES, Kind, Option, Tenant
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import CONTACTS_PATH, ZohoVoice
from tests.support.reading import COBAI, ZOHO, fill, filled, keys, progress, read, state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.messages import Request, Response
    from tests.support.commands import Finished, Workplace

SOON = float("inf")
"""A moment later than any list was read."""


@pytest.mark.parametrize(
    ("asks", "lists"),
    [
        ([("a", 0.0, False)], 1),
        ([("x", 0.0, True)], 1),
        ([("x", 0.0, True), ("y", 0.0, True)], 1),
        ([("x", 0.0, True), ("a", 0.0, False)], 2),
        ([("x", 0.0, True), ("y", SOON, True)], 2),
        ([("a", 0.0, False), ("a", 0.0, False)], 2),
    ],
)
def test_the_list_is_read_again_unless_it_has_shown_that_a_row_is_gone(
    asks: list[tuple[str, float, bool]], lists: int
) -> None:
    """A list from before a row was listed shows nothing, nor does one that still has the row."""
    count = 0

    def listed() -> list[str]:
        nonlocal count
        count += 1
        return ["a", "b"]

    vanished = Vanished(listed)
    assert [vanished.has(key, at) for key, at, _ in asks] == [is_gone for *_, is_gone in asks]
    assert count == lists


LEFT_OUT = "left out as deleted meanwhile"
DETAILS: dict[str, Any] = {"contact_details": True}
ACTIVATES: dict[str, Any] = {"emit_activate_version_messages": True}


def activated(run: Finished, stream: str) -> bool:
    """Say whether a run told that what it had not written of a stream is gone."""
    kinds = {each["type"] for each in run.messages if each.get("stream") == stream}
    return "ACTIVATE_VERSION" in kinds


@pytest.fixture
def cobai() -> Iterator[Cobai]:
    """Return a running cobai."""
    with Cobai() as sandbox:
        yield sandbox


class Losing(ZohoVoice):
    """A Zoho Voice whose contacts are deleted when one of them is asked for."""

    losing: tuple[str, ...] = ()

    def handle(self, request: Request) -> Response:
        """Answer."""
        if self.losing and request.path.removeprefix(f"{CONTACTS_PATH}/").isdigit():
            lost, self.losing = self.losing, ()
            for each in lost:
                self.remove(each)
        return super().handle(request)


@pytest.mark.parametrize(("error_status", "count"), [(200, 1), (400, 30), (404, 50)])
def test_a_contact_deleted_before_its_details_were_read_is_left_out(
    workplace: Workplace, error_status: int, count: int
) -> None:
    """However Zoho Voice says that it is not there: all others come, and one line counts."""
    with Losing(error_status=error_status) as zoho:
        everyone = fill(zoho, 120)
        zoho.losing = tuple(everyone[50 - count : 50])
        run = read(workplace, zoho, account=DETAILS, **ACTIVATES)
    assert (run.code, keys(run, ZOHO)) == (0, everyone[: 50 - count] + everyone[50:])
    lines = [line for line in run.log.splitlines() if LEFT_OUT in line]
    assert len(lines) == 1
    assert f"{ZOHO}: {120 - count} records, " in lines[0]
    assert f", {count} {LEFT_OUT}" in lines[0]
    assert activated(run, ZOHO)
    assert progress(run, ZOHO) is None


def test_without_losses_nothing_is_said_of_them(workplace: Workplace) -> None:
    """Nor is anything listed twice."""
    with ZohoVoice() as zoho:
        fill(zoho, 120)
        run = read(workplace, zoho, account=DETAILS)
        lists = [line for line in zoho.log if line.request.path == CONTACTS_PATH]
    assert (run.code, LEFT_OUT in run.log, len(lists)) == (0, False, 3)


@pytest.mark.parametrize(("status", "code"), [(404, "ZVT1"), (400, "ZVT010"), (200, "ZVTST005")])
def test_a_contact_that_is_refused_but_listed_ends_the_run(
    workplace: Workplace, status: int, code: str
) -> None:
    """Otherwise a call that this account lacks would look like an account without contacts."""
    body = json.dumps({"code": code, "message": "no", "status": "ERROR"})
    with ZohoVoice() as zoho:
        everyone = fill(zoho, 120)
        path = f"{CONTACTS_PATH}/{everyone[60]}"
        zoho.fault(on=f"GET {path}", times=-1, status=status, body=body)
        run = read(workplace, zoho, account=DETAILS, **ACTIVATES)
    assert (run.code, keys(run, ZOHO)) == (1, everyone[:60])
    assert code in run.log
    assert not activated(run, ZOHO)


def test_a_listing_that_fails_proves_no_deletion(workplace: Workplace) -> None:
    """If what is still listed cannot be read, the run fails with that."""
    with Losing() as zoho:
        everyone = fill(zoho, 120)
        zoho.losing = (everyone[40],)
        zoho.fault(on=f"GET {CONTACTS_PATH}", holding="from=0", after=1, times=-1, status=500)
        run = read(workplace, zoho, account=DETAILS, max_tries=1, **ACTIVATES)
    assert (run.code, keys(run, ZOHO)) == (1, everyone[:40])
    assert not activated(run, ZOHO)


def test_a_resumed_run_leaves_out_as_well(workplace: Workplace) -> None:
    """What an earlier run has read stays read; what vanished since is counted."""
    with Losing() as zoho:
        everyone = fill(zoho, 120)
        fault = zoho.fault(on=f"GET {CONTACTS_PATH}/{everyone[80]}", times=-1, status=500)
        failed = read(workplace, zoho, account=DETAILS, max_tries=1)
        zoho.faults.remove(fault)
        zoho.losing = (everyone[90],)
        run = read(workplace, zoho, state(failed), account=DETAILS)
    assert (failed.code, run.code) == (1, 0)
    assert keys(run, ZOHO) == everyone[50:90] + everyone[91:]
    assert f", 1 {LEFT_OUT}" in run.log


# Customers of cobai.


def gone(cobai: Cobai, customer: str) -> None:
    """Delete a customer with its contacts, as people do on the screens."""
    for uuid in list(cobai.customers[customer]):
        cobai.remove(uuid)
    del cobai.customers[customer]


class Leaving(Cobai):
    """A cobai that loses a customer when something is asked of it."""

    at = ""
    """The path by which it is lost; "" for never."""

    def handle(self, request: Request) -> Response:
        """Answer."""
        if self.at and request.path == self.at:
            self.at = ""
            gone(self, request.path.split("/")[3])
        return super().handle(request)


@pytest.mark.parametrize("when", ["its contacts are listed", "a contact is read"])
def test_a_customer_deleted_meanwhile_is_left_out(workplace: Workplace, when: str) -> None:
    """All contacts of the others come."""
    with Leaving() as cobai:
        everyone = filled(cobai, 12)
        customer = list(cobai.customers)[5]
        lost = list(cobai.customers[customer])
        below = f"/{lost[0]}" if when == "a contact is read" else ""
        cobai.at = f"/v2/customer/{customer}/contact{below}"
        run = read(workplace, cobai, concurrency=1)
    left = [each for each in everyone if each not in lost]
    assert (run.code, keys(run, COBAI)) == (0, left)
    assert f"{COBAI}: {len(left)} records, " in run.log
    assert LEFT_OUT in run.log


def test_two_customers_deleted_one_after_the_other_are_left_out(workplace: Workplace) -> None:
    """That the second was still listed when the first had gone proves nothing."""
    with Leaving() as cobai:
        everyone = filled(cobai, 12)
        first, second = list(cobai.customers)[2], list(cobai.customers)[8]
        lost = [*cobai.customers[first], *cobai.customers[second]]
        handle = cobai.handle

        def then(request: Request) -> Response:
            response = handle(request)
            if request.path.endswith(f"{first}/contact"):
                cobai.at = f"/v2/customer/{second}/contact"
            return response

        cobai.at = f"/v2/customer/{first}/contact"
        cobai.handle = then  # type: ignore[method-assign]
        run = read(workplace, cobai, concurrency=1)
    assert (run.code, keys(run, COBAI)) == (0, [each for each in everyone if each not in lost])
    assert f", 2 {LEFT_OUT}" in run.log


def test_a_customer_that_is_listed_but_not_there_ends_the_run(
    workplace: Workplace, cobai: Cobai
) -> None:
    """A call that cobai does not offer is no customer that has gone."""
    filled(cobai, 12)
    path = f"/v2/customer/{list(cobai.customers)[5]}/contact"
    cobai.fault(on=f"GET {path}", times=-1, status=404, body="<Error/>")
    run = read(workplace, cobai, **ACTIVATES)
    assert (run.code, "HTTP 404" in run.log) == (1, True)
    assert not activated(run, COBAI)


def test_a_contact_that_cannot_be_told_from_its_customer_ends_the_run(
    workplace: Workplace, cobai: Cobai
) -> None:
    """All that is asked below a customer is refused, but the customer is still listed."""
    filled(cobai, 12)
    path = f"/v2/customer/{list(cobai.customers)[5]}/contact"
    cobai.fault(on=f"GET {path}", after=1, times=-1, status=404, body="<Error/>")
    run = read(workplace, cobai, **ACTIVATES)
    assert (run.code, activated(run, COBAI)) == (1, False)


@pytest.mark.parametrize("status", [404, 500, 403])
def test_a_list_of_customers_that_fails_is_not_an_empty_one(
    workplace: Workplace, cobai: Cobai, status: int
) -> None:
    """No contact, no ACTIVATE_VERSION, exit code 1."""
    filled(cobai, 6)
    cobai.fault(on="GET /v2/customer", times=-1, status=status, body="<Error/>")
    run = read(workplace, cobai, max_tries=1, **ACTIVATES)
    assert (run.code, run.records(COBAI)) == (1, [])
    assert not activated(run, COBAI)


NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("chosen", [{}, {"customer_state": "new"}])
def test_a_configured_customer_that_does_not_exist_is_a_wrong_setting(
    workplace: Workplace, cobai: Cobai, chosen: dict[str, Any]
) -> None:
    """Exit code 2 and which one it is, with customer_state, too."""
    new = cobai.add_customer(new=True)
    account = {"customers": [new, NOBODY], **chosen}
    run = read(workplace, cobai, account=account)
    sentence = f"cobai.customers names {NOBODY}; cobai has no such customer."
    assert (run.code, sentence in run.log, run.records(COBAI)) == (2, True, [])


def test_a_configured_customer_in_another_state_is_none_to_read(
    workplace: Workplace, cobai: Cobai
) -> None:
    """It exists, and is passed over."""
    new = cobai.add_customer(new=True)
    account = {"customers": [new, CUSTOMER_UUID], "customer_state": "new"}
    run = read(workplace, cobai, account=account)
    assert (run.code, [row["uuid"] for row in run.records("cobai_customers")]) == (0, [new])


# What contacts refer to.


@pytest.mark.parametrize("lost", ["Client", "User"])
def test_a_contact_of_porters_whose_client_or_owner_is_gone_comes(
    workplace: Workplace, lost: str
) -> None:
    """Its reference is empty; the contact is no less one, and others have theirs."""
    with Porters() as porters:
        porters.add_client("10002", "Other")
        porters.add_user("7", "Other")
        owned = {"Contact.P_Owner": "7", "Contact.P_Client": "10002"}
        kept = {"Contact.P_Owner": OWNER_ID, "Contact.P_Client": CLIENT_ID}
        porters.add(**owned, **{"Contact.P_Name": "A"})
        porters.add(**kept, **{"Contact.P_Name": "B"})
        del porters.database.records[lost]["10002" if lost == "Client" else "7"]
        run = read(workplace, porters)
    field = "Contact.P_Client" if lost == "Client" else "Contact.P_Owner"
    first, second = run.records("porters_contacts")
    assert (run.code, first[field], first["Contact.P_Name"]) == (0, None, "A")
    assert second[field] == kept[field]


def test_an_option_that_was_taken_away_leaves_its_contacts(workplace: Workplace) -> None:
    """Its alias still tells which it was."""
    area = Option("Option.U_Area", "Area", (Option("Option.U_N", "North"),))
    own = Tenant(
        own={"Contact.U_Area": Kind.OPTION},
        refers={"Contact.U_Area": area.alias},
        options=(PHASES, area),
    )
    fields = {"Contact.P_Owner": OWNER_ID, "Contact.P_Client": CLIENT_ID}
    with Porters(tenant=own) as porters:
        porters.add(**fields, **{"Contact.P_Name": "A", "Contact.U_Area": "Option.U_N"})
        record = porters.database.records["Contact"]
        next(iter(record.values()))["Contact.U_Area"] = "Option.U_Gone"
        run = read(workplace, porters)
    (found,) = run.records("porters_contacts")
    assert (run.code, found["Contact.U_Area.P_Alias"]) == (0, "Option.U_Gone")


@pytest.mark.parametrize(
    "customer",
    [None, {}, "", {"id": None}, {"id": 99}, {"id": None, "reference": None, "name": None}],
)
def test_a_contact_of_valomnia_whose_customer_is_gone_comes(
    workplace: Workplace, customer: Any
) -> None:
    """Whatever is left of the customer: the contact comes, and others have theirs."""
    with Valomnia() as valomnia:
        first = valomnia.add(firstName="A", lastName="B", customerId="3229")
        valomnia.add(firstName="C", lastName="D", customerId="3229")
        valomnia.state.by_id[first] |= {"customer": customer, "customerReference": ""}
        run = read(workplace, valomnia)
    found = run.records("valomnia_contacts")
    expected = "99" if customer == {"id": 99} else None
    assert (run.code, [row["customer_id"] for row in found]) == (0, [expected, "3229"])
