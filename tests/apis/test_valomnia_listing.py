"""How Valomnia's lists are asked for, within this process, with and without an order of ids."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.valomnia.client import Valomnia as Client
from tap_contacts.apis.valomnia.reading import contacts, few_contacts, normal, read_contacts
from tap_contacts.listing.pages import Incomplete
from tap_contacts.listing.prefetch import AFRESH
from tap_contacts.transport.errors import Refused
from tests.sandbox.valomnia import Valomnia
from tests.support.commands import FAST
from tests.support.valomnia_lists import fill
from tests.support.valomnia_reading import LIST, queries

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_SORT = '{"error": "invalid_param_type", "error_description": "no"}'
WARNING = "does not sort by id: contacts are read in other orders until all have come"
OTHERS = ["dateCreated", "lastName", "firstName", "email", "mobile", "lastUpdated"]
"""Orders other than that of ids."""


def client(sandbox: Valomnia) -> Client:
    """Return a client that is signed in."""
    return Client(sandbox.tap_config(), FAST)


def ids(client: Client, **filters: str) -> list[str]:
    """Return the ids that a list gives."""
    return [str(row["id"]) for row in contacts(client, filters)]


def sorts(sandbox: Valomnia) -> list[str | None]:
    """Return the orders that were asked for, in turn, and what was in none."""
    return [query.get("sort") for query in queries(sandbox)]


def page(total: int, *ids: int) -> dict[str, Any]:
    """Return the fault of an answer with these contacts."""
    told = {"paging": {"total": total}, "data": [{"id": each} for each in ids]}
    return {"status": 200, "body": json.dumps(told)}


# Whether there is an order of ids.


def test_an_order_that_is_refused_is_asked_for_once(caplog: pytest.LogCaptureFixture) -> None:
    """That it is refused is said once; what is asked without it shows that it was the order."""
    with Valomnia(readings={"sort_id_refused"}) as sandbox:
        expected, asking = fill(sandbox, 3), client(sandbox)
        assert [sorted(ids(asking)) for _ in range(2)] == [expected] * 2
        assert sorts(sandbox) == ["id", None, "dateCreated", "dateCreated"]
    assert caplog.text.count(WARNING) == 1


def test_an_order_that_was_taken_is_never_given_up(valomnia: Valomnia) -> None:
    """What is refused then is about something else; nothing is asked without it."""
    expected, asking = fill(valomnia, 3), client(valomnia)
    assert ids(asking) == expected
    valomnia.fault(on=LIST, holding="sort=id", status=400, body=NO_SORT)
    with pytest.raises(Refused):
        ids(asking)
    assert ids(asking) == expected
    assert sorts(valomnia) == ["id"] * 3


@pytest.mark.parametrize("others", [True, False])
def test_where_a_total_counts_others_a_page_that_is_not_full_is_not_the_last(
    valomnia: Valomnia, *, others: bool
) -> None:
    """The API may give fewer contacts than were asked for; only a page of one ends the list."""
    asking = client(valomnia)
    asking.counts_matches = not others
    for total, rows in ((9, (1, 2)), (9, (2, 3)), (9 if others else 3, (3,))):
        valomnia.fault(on=LIST, holding="sort=id", **page(total, *rows))
    assert ids(asking, lastName="N") == ["1", "2", "3"]


def test_what_a_total_counts_is_asked_only_if_it_matters(valomnia: Valomnia) -> None:
    """Where all that is counted is there, it does not."""
    everyone = fill(valomnia, 3)
    asking = client(valomnia)
    assert ids(asking) == everyone
    assert ids(asking, lastName="1") == everyone[1:2]
    assert sorts(valomnia) == ["id", "id"]


# A list without an order of ids.


@pytest.fixture
def unordered(valomnia: Valomnia) -> Valomnia:
    """Return a Valomnia that refuses the order of ids alone."""
    valomnia.fault(on=LIST, holding="sort=id", times=-1, status=400, body=NO_SORT)
    return valomnia


def test_pages_follow_each_other_up_to_what_is_counted(unordered: Valomnia) -> None:
    """Whatever the size of a page; once all have come, no other order is asked for."""
    fill(unordered, 1)
    for total, rows in ((5, (1, 2)), (5, (3, 4)), (5, (5,))):
        unordered.fault(on=LIST, holding="sort=dateCreated", **page(total, *rows))
    assert ids(client(unordered)) == ["1", "2", "3", "4", "5"]
    asked = [(query.get("sort"), query.get("offset", "0")) for query in queries(unordered)[2:]]
    assert asked == [("dateCreated", "0"), ("dateCreated", "2"), ("dateCreated", "4")]


def test_the_list_is_asked_for_in_one_order_after_the_other(unordered: Valomnia) -> None:
    """After the first one as a whole; each contact comes once, as soon as it is given."""
    fill(unordered, 1)
    unordered.fault(on=LIST, holding="max=7", **page(7, 1, 3))
    for sort, last in zip(OTHERS, (2, 4, 5, 6, 1, 7), strict=True):
        unordered.fault(on=LIST, holding=f"sort={sort}", **page(7, 1, last))
        unordered.fault(on=LIST, holding=f"sort={sort}", **page(7))
    assert ids(client(unordered)) == ["1", "2", "3", "4", "5", "6", "7"]
    asked = [query.get("sort", query.get("max")) for query in queries(unordered)[2:]]
    assert asked == ["dateCreated"] * 2 + ["7"] + [each for each in OTHERS[1:] for _ in range(2)]


@pytest.mark.parametrize(("total", "is_whole"), [(3, True), (1000, True), (1001, False)])
def test_a_list_that_never_comes_up_to_its_number_is_incomplete(
    unordered: Valomnia, total: int, *, is_whole: bool
) -> None:
    """The sentence counts what came; a page holds a thousand contacts at most."""
    fill(unordered, 1)
    unordered.fault(on=LIST, holding=f"max={total}", times=-1, status=400, body=NO_SORT)
    for sort in OTHERS:
        unordered.fault(on=LIST, holding=f"sort={sort}", **page(total, 1, 2))
        unordered.fault(on=LIST, holding=f"sort={sort}", **page(total))
    with pytest.raises(Incomplete, match=rf"counts {total} contacts and gave 2 in all other orde"):
        ids(client(unordered))
    assert (str(total) in [query["max"] for query in queries(unordered)]) == is_whole


def test_where_a_total_counts_others_an_order_of_one_page_is_all(unordered: Valomnia) -> None:
    """Though the order before it came in several."""
    fill(unordered, 1)
    asking = client(unordered)
    asking.counts_matches = False
    unordered.fault(on=LIST, holding="max=9", times=-1, status=400, body=NO_SORT)
    for sort, rows in (("dateCreated", (1, 2)), ("dateCreated", (4,)), ("lastName", (1, 2, 3, 4))):
        unordered.fault(on=LIST, holding=f"sort={sort}", **page(9, *rows))
    for sort in OTHERS[:2]:
        unordered.fault(on=LIST, holding=f"sort={sort}", **page(9))
    assert ids(asking, firstName="N") == ["1", "2", "4", "3"]


def test_what_came_before_the_number_changed_does_not_count(unordered: Valomnia) -> None:
    """A contact that went is counted no more, and one that came may hide behind it."""
    fill(unordered, 1)
    for told in (page(3, 1, 2), page(2, 9)):
        unordered.fault(on=LIST, holding="sort=dateCreated", **told)
    unordered.fault(on=LIST, holding="max=2", **page(2, 2, 9))
    assert ids(client(unordered)) == ["1", "2", "9"]
    assert sorts(unordered)[2:] == ["dateCreated"] * 2 + [None]


@pytest.mark.parametrize(
    ("pages", "is_complete"),
    [
        ([(1, 2), ()], True),
        ([()], True),
        ([(1, 2), (3,), ()], False),
    ],
)
def test_where_a_total_counts_others_a_single_page_is_all(
    unordered: Valomnia, pages: Sequence[Sequence[int]], *, is_complete: bool
) -> None:
    """What stands on several may have moved from one to another between them."""
    fill(unordered, 9)
    for rows in pages:
        unordered.fault(on=LIST, holding="sort=dateCreated", **page(9, *rows))
    unordered.fault(on=LIST, holding="max=9", times=-1, status=400, body=NO_SORT)
    for sort in OTHERS[1:]:
        unordered.fault(on=LIST, holding=f"sort={sort}", times=-1, status=400, body=NO_SORT)
    asking = client(unordered)
    asking.counts_matches = False
    with nullcontext() if is_complete else pytest.raises(Incomplete):
        assert ids(asking, lastName="N") == [str(each) for each in pages[0]]


def test_a_total_that_counts_what_passes_is_no_hint(unordered: Valomnia) -> None:
    """A page that lacks some of it is not all."""
    fill(unordered, 9)
    asking = client(unordered)
    asking.counts_matches = True
    unordered.fault(on=LIST, holding="sort=dateCreated", **page(3, 1, 2))
    unordered.fault(on=LIST, holding="sort=dateCreated", **page(3))
    unordered.fault(on=LIST, holding="max=3", **page(3, 1, 2, 3))
    assert ids(asking, lastName="N") == ["1", "2", "3"]


def test_what_was_written_before_does_not_count_where_there_is_no_order(
    unordered: Valomnia,
) -> None:
    """A tap that goes on reads all of it again, and says so first."""
    expected = fill(unordered, 3)
    for progress in (None, {"offset": 1, "id": expected[0]}):
        found = [*read_contacts(client(unordered), progress)]
        assert (found[0] is AFRESH) == (progress is not None)
        assert sorted(row["id"] for chunk in found for row in chunk.records) == expected
        assert {json.dumps(chunk.progress) for chunk in found} == {"{}"}


# Few contacts.


@pytest.mark.parametrize("is_ordered", [True, False])
@pytest.mark.parametrize(
    ("count", "pages", "fits"),
    [(0, 1, True), (1, 0, False), (100, 1, True), (101, 1, False), (200, 2, True), (201, 2, False)],
)
def test_few_contacts_are_those_that_fill_so_many_pages(
    valomnia: Valomnia, count: int, pages: int, *, fits: bool, is_ordered: bool
) -> None:
    """With one more, nothing further is read."""
    expected = fill(valomnia, count)
    if not is_ordered:
        valomnia.fault(on=LIST, holding="sort=id", times=-1, status=400, body=NO_SORT)
    found = few_contacts(client(valomnia), pages)
    assert (found is not None) == fits
    if found is not None:
        assert sorted((str(row["id"]) for row in found), key=int) == expected
    else:
        assert len(queries(valomnia)) == (1 if is_ordered else 3)


# The form of a record.


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"id": 7, "email": ""}, {"id": "7", "email": None}),
        ({"id": 7, "fax": 0}, {"fax": 0}),
        ({"id": 7, "customer": {"id": 5, "name": "A"}}, {"customer": {"id": "5", "name": "A"}}),
        ({"id": 7, "customer": {"id": 5}}, {"customer_id": "5"}),
        ({"id": 7, "customer": {"id": None}}, {"customer": {"id": None}, "customer_id": None}),
        ({"id": 7, "customer": {}}, {"customer": None, "customer_id": None}),
        ({"id": 7, "customer": ""}, {"customer": None}),
        ({"id": 7}, {"customer": None, "user": None, "customer_id": None}),
        ({"id": 7, "user": {"id": 6}}, {"user": {"id": "6"}}),
        (
            {"id": 7, "customer": {"reference": "C"}, "customerReference": "D"},
            {"customer_reference": "C"},
        ),
        (
            {"id": 7, "customer": {"reference": ""}, "customerReference": "D"},
            {"customer_reference": "D"},
        ),
        ({"id": 7, "customerReference": "D"}, {"customer_reference": "D"}),
        (
            {"id": 7, "lastUpdated": "2026-01-31T01:00:00+01:00"},
            {"lastUpdated": "2026-01-31T00:00:00Z"},
        ),
        ({"id": 7, "dateCreated": "2026-01-31T01:00:00Z"}, {"dateCreated": "2026-01-31T01:00:00Z"}),
        ({"id": 7, "lastUpdated": "2026-01-31T01:00:00"}, {"lastUpdated": "2026-01-31T01:00:00"}),
        ({"id": 7, "lastUpdated": "yesterday"}, {"lastUpdated": "yesterday"}),
        ({"id": 7, "lastUpdated": ""}, {"lastUpdated": None, "dateCreated": None}),
        ({"id": 7, "photo": "a/b.png"}, {"small_photo": "a/small_b.png"}),
        ({"id": 7, "photo": "b.png"}, {"medium_photo": "medium_b.png"}),
        ({"id": 7, "photo": "a/b.png?x=/c"}, {"small_photo": "a/small_b.png?x=/c"}),
        ({"id": 7, "photo": "/b.png#/c"}, {"small_photo": "/small_b.png#/c"}),
        ({"id": 7, "photo": 3}, {"photo": 3, "small_photo": None, "medium_photo": None}),
        ({"id": 7}, {"small_photo": None, "medium_photo": None}),
    ],
)
def test_a_record_has_ids_as_text_times_in_utc_and_no_empty_text(
    told: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Whatever a contact lacks; a time that is none, or has no zone, stays as it is told."""
    record = normal(told)
    assert {name: record[name] for name in expected} == expected
