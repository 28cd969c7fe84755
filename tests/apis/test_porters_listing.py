"""How a listing of PORTERS is walked, within this process, and which answers are no listing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.porters.by_id import pages
from tap_contacts.apis.porters.client import Porters as Client
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.apis.porters.one_page import Asked, text
from tap_contacts.apis.porters.reading import contacts, one_contact
from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport.errors import Stopped
from tests.sandbox.porters import CONTACT, Porters
from tests.support.commands import FAST
from tests.support.porters_lists import fill
from tests.support.porters_reading import reads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.sandbox.messages import Request, Response

NAME = "Contact.P_Name"
ASKED = Asked(CONTACTS, [NAME])


def client(sandbox: Porters) -> Client:
    """Return a client."""
    return Client(sandbox.tap_config(), {**FAST})


def listed(sandbox: Porters, after: int = 0) -> list[str]:
    """Return the ids that a listing gives, in turn."""
    found = pages(client(sandbox), ASKED, after)
    return [text(item, CONTACTS.key) for page in found for item in page.items]


def body(*ids: object, total: int | None = None) -> str:
    """Return an answer with rows of these ids; an empty id is left out."""
    rows = "".join(
        f"<Item>{f'<Contact.P_Id>{id_}</Contact.P_Id>' if id_ != '' else ''}</Item>" for id_ in ids
    )
    return (
        f'<Contact Total="{len(ids) if total is None else total}" Count="{len(ids)}" Start="0">'
        f"<Code>0</Code>{rows}</Contact>"
    )


def test_contacts_are_those_that_meet_the_conditions(company: Porters) -> None:
    """Without any, all of them; each with its id and what was asked for."""
    everyone = fill(company, 201)
    account = client(company)
    rows = [{CONTACTS.key: each, NAME: f"N{n} M"} for n, each in enumerate(everyone)]
    assert [*contacts(account, [NAME])] == rows
    assert [*contacts(account, [NAME], {f"{NAME}:full": "N1 M"})] == rows[1:2]


def test_of_one_contact_one_row_is_asked_for(company: Porters) -> None:
    """Whatever an API that does not heed the id would give."""
    (only,) = fill(company, 1)
    assert one_contact(client(company), [NAME], only) == {CONTACTS.key: only, NAME: "N0 M"}
    assert company.log[-1].request.query["count"] == "1"


class Uncounted(Porters):
    """A PORTERS that does not say how many contacts there are."""

    def handle(self, request: Request) -> Response:
        """Answer."""
        response = super().handle(request)
        if request.path != CONTACT:
            return response
        return replace(response, body=re.sub(rb' Total="\d+"', b"", response.body or b""))


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 400])
def test_where_nothing_is_counted_a_full_page_is_never_the_last(count: int) -> None:
    """And one that is not full always is."""
    with Uncounted() as company:
        everyone = fill(company, count)
        found = [*pages(client(company), ASKED)]
        assert [text(item, CONTACTS.key) for page in found for item in page.items] == everyone
        assert len(reads(company)) == count // 200 + 1
        assert {(page.total, page.left) for page in found} == {(-1, None)}


@pytest.mark.parametrize(
    ("after", "ids", "is_in_order"),
    [
        (0, [1, 2, 9, 10], True),
        (0, [2, 1], False),
        (0, [1, 1], False),
        (0, [1, 3, 2], False),
        (5, [6, 7], True),
        (5, [5, 6], False),
        (5, [4], False),
        (5, [], True),
    ],
)
def test_rows_that_do_not_ascend_are_no_listing(
    company: Porters, after: int, ids: Sequence[int], *, is_in_order: bool
) -> None:
    """A range that is not heeded, or an order, would make rows missed or doubled."""
    company.fault(on=f"GET {CONTACT}", status=200, body=body(*ids))
    if is_in_order:
        assert listed(company, after) == [str(each) for each in ids]
    else:
        with pytest.raises(Incomplete, match="gave rows that are not in the order of their ids"):
            listed(company, after)


@pytest.mark.parametrize("served", [0, 1])
def test_a_page_without_the_rows_that_it_counts_is_no_end(company: Porters, served: int) -> None:
    """Neither the first nor a later one; one that counts none is."""
    everyone = fill(company, 210)
    company.fault(on=f"GET {CONTACT}", after=served, status=200, body=body(total=7))
    with pytest.raises(Incomplete, match=r"PORTERS: GET .*: counts 7 rows, gave none\. Run again"):
        listed(company)
    company.fault(on=f"GET {CONTACT}", after=served, status=200, body=body(total=0))
    assert listed(company) == everyone[: 200 * served]


@pytest.mark.parametrize("wrong", ["", "x", "-1", "1.5"])
@pytest.mark.parametrize("refused", [[], ["order_refused"]])
def test_a_row_without_an_id_is_no_row(wrong: str, refused: list[str]) -> None:
    """However the list is read: nobody could tell whether it is a new one."""
    with Porters(readings=refused) as company:
        company.fault(
            on=f"GET {CONTACT}", holding="count=200", status=200, body=body(1, wrong, total=2)
        )
        with pytest.raises(Incomplete, match="gave a row without an id"):
            listed(company)


# Requests that are refused.


def refusal(code: int) -> dict[str, Any]:
    """Return the fault of a request that is refused with a code."""
    return {"times": -1, "status": 200, "body": f"<System><Code>{code}</Code></System>"}


@pytest.mark.parametrize(
    ("code", "served", "asked"),
    [(100, 0, 2), (101, 0, 1), (100, 1, 4), (101, 1, 2)],
)
def test_what_is_refused_whatever_is_asked_is_not_laid_to_the_order(
    company: Porters, code: int, served: int, asked: int
) -> None:
    """A request without order and range shows it; other codes are not about parameters at all."""
    fill(company, 210)
    account = client(company)
    company.fault(on=f"GET {CONTACT}", after=served, **refusal(code))
    with pytest.raises(Stopped, match=f"code {code}"):
        [*pages(account, ASKED)]
    assert (account.ways.has_order, account.ways.has_ranges) == (True, True)
    assert len([line for line in company.log if line.request.path == CONTACT]) == asked


@pytest.mark.parametrize("refused", ["order_refused", "range_refused"])
def test_behind_an_id_nothing_is_asked_for_that_was_refused(refused: str) -> None:
    """What was learned of one listing holds for the next."""
    with Porters(readings=[refused]) as company:
        first, *others = fill(company, 201)
        account = client(company)
        [*pages(account, ASKED)]
        company.log.clear()
        found = [item for page in pages(account, ASKED, int(first)) for item in page.items]
        assert sorted(text(item, CONTACTS.key) for item in found) == others
        queries = [line.request.query for line in company.log]
        assert {"order" in each for each in queries} == {refused == "range_refused"}
        assert not any(":gt=" in each.get("condition", "") for each in queries)
