"""Valomnia as it may be where its pages leave room: nothing is skipped, doubled or blanked."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.valomnia import reading
from tap_contacts.apis.valomnia.client import Valomnia as Client
from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport.errors import NotFound, OutcomeUnknown, Refused, Stopped
from tests.sandbox.readings import OTHER, READINGS
from tests.sandbox.valomnia import Valomnia
from tests.support.commands import FAST, Workplace, contacts
from tests.support.valomnia_lists import catalog, fill
from tests.support.valomnia_people import ANNA, API, BERT, last_names, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGN_IN = "/j_spring_security_check"
PEOPLE = [ANNA, BERT]
EACH = [frozenset(), *(frozenset({name}) for name in READINGS["valomnia"]), OTHER["valomnia"]]
NOT_OF_LISTS = frozenset(
    name
    for name in READINGS["valomnia"]
    if name.startswith(("no_credentials", "sign_in", "update"))
)
"""Readings that change no list."""
HTML = "<html><title>Dashboard</title></html>"
NO_SORT = '{"error": "invalid_param_type", "error_description": "no"}'
NO_SESSION = '{"error": "no_credentials", "error_description": "no"}'


def client(sandbox: Valomnia, **changed: Any) -> Client:
    """Return a client with changed settings of the account."""
    return Client(settings(sandbox, **changed)["valomnia"], {**FAST, "max_tries": 2})


def asked(sandbox: Valomnia, path: str) -> int:
    """Count the requests for a path."""
    return sum(line.request.path == path for line in sandbox.log)


@pytest.fixture
def unordered() -> Iterator[Valomnia]:
    """Return a running Valomnia that does not sort by id."""
    with Valomnia(readings={"sort_id_refused"}) as sandbox:
        yield sandbox


# Every reading.


@pytest.mark.parametrize("readings", EACH, ids=lambda names: "+".join(sorted(names)))
def test_every_reading_is_written_and_read(workplace: Workplace, readings: frozenset[str]) -> None:
    """Two are created and updated once, across an ended session, and 130 are read once each."""
    with Valomnia(readings=readings) as sandbox:
        config = sandbox.target_config()
        assert workplace.target(config, contacts(*PEOPLE)).summary["created"] == 2
        sandbox.fault(on="POST /api", after=1, expire=True)
        moved = [{**each, "city": "Tunis"} for each in PEOPLE]
        run = workplace.target(config, contacts(*moved))
        assert (run.code, run.summary["updated"]) == (0, 2)
        found = {each["lastName"]: each["city"] for each in sandbox.contacts}
        assert (len(sandbox.contacts), found) == (2, {"Ahrens": "Tunis", "Busch": "Tunis"})
        for number in range(128):
            sandbox.add(firstName="N", lastName=str(number), customerId="3229")
        ids = sorted(each["id"] for each in sandbox.contacts)
        asking = Client(sandbox.tap_config(), FAST)
        assert sorted(each["id"] for each in reading.contacts(asking, {})) == ids
        if not (readings and readings <= NOT_OF_LISTS):
            read = workplace.tap({"valomnia": sandbox.tap_config()})
            records = [int(record["id"]) for record in read.records("valomnia_contacts")]
            assert (read.code, sorted(records)) == (0, ids)


# Ended sessions.


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500, 503])
def test_no_credentials_at_any_status_is_an_ended_session(valomnia: Valomnia, status: int) -> None:
    """One sign-in more, the same request once more."""
    (identity,) = fill(valomnia, 1)
    valomnia.fault(on=f"GET {API}", status=status, body=NO_SESSION)
    assert client(valomnia).contact(identity)["lastName"] == "0"
    assert (asked(valomnia, SIGN_IN), asked(valomnia, f"{API}/{identity}")) == (2, 2)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
def test_a_create_refused_for_its_session_is_sent_again_and_never_rejected(
    valomnia: Valomnia, workplace: Workplace, status: int
) -> None:
    """It was not carried out: there is one contact, and one look-up did."""
    valomnia.fault(on=f"POST {API}", status=status, body=NO_SESSION)
    run = workplace.target(valomnia.target_config(), contacts(ANNA))
    assert (run.code, last_names(valomnia), asked(valomnia, SIGN_IN)) == (0, ["Ahrens"], 2)
    assert sum(line.request.method == "GET" for line in valomnia.log) == 3  # two of sign-ins


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
def test_a_fresh_session_that_is_not_accepted_ends_the_run(valomnia: Valomnia, status: int) -> None:
    """After one renewal; the sentence says so, and nothing is tried a third time."""
    valomnia.fault(on=f"GET {API}", times=-1, status=status, body=NO_SESSION)
    with pytest.raises(Stopped, match="session that has just begun is not accepted"):
        client(valomnia).check()
    assert (asked(valomnia, SIGN_IN), asked(valomnia, API)) == (2, 2)


@pytest.mark.parametrize(
    "page", [{"status": 200, "body": HTML}, {"status": 302, "headers": {"Location": "/home"}}]
)
def test_a_page_after_good_answers_means_a_new_session(
    valomnia: Valomnia, page: dict[str, Any]
) -> None:
    """Whatever the page is; at the first request of all it may be anything."""
    (identity,) = fill(valomnia, 1)
    asking = client(valomnia)
    asking.check()
    valomnia.fault(on=f"GET {API}", **page)
    assert asking.contact(identity)["lastName"] == "0"
    assert asked(valomnia, SIGN_IN) == 2


@pytest.mark.parametrize(
    "page", [{"status": 200, "body": HTML}, {"status": 302, "headers": {"Location": "/home"}}]
)
def test_a_page_in_place_of_a_write_means_a_new_session_if_reads_get_one_too(
    valomnia: Valomnia, page: dict[str, Any]
) -> None:
    """A read shows it; if it is answered, the session goes on. Of two in a row one is asked for."""
    (identity,) = fill(valomnia, 1)
    asking = client(valomnia)
    asking.check()
    valomnia.fault(on=f"POST {API}", **page)
    ended = valomnia.fault(on=f"GET {API}", **page)
    with pytest.raises(OutcomeUnknown):
        asking.call("POST", asking.path, repeatable=False)
    asking.contact(identity)
    assert (ended.times, asked(valomnia, SIGN_IN)) == (0, 2)
    valomnia.fault(on=f"POST {API}", times=2, **page)
    before = asked(valomnia, API)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            asking.call("POST", asking.path, repeatable=False)
    assert (asked(valomnia, SIGN_IN), asked(valomnia, API) - before) == (2, 3)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_read_that_fails_after_a_page_in_place_of_a_create_does_not_repeat_it(
    valomnia: Valomnia, cut: str
) -> None:
    """It may have been carried out."""
    asking = client(valomnia)
    asking.check()
    create = valomnia.fault(on=f"POST {API}", times=-1, status=200, body=HTML)
    valomnia.fault(on=f"GET {API}", cut=cut)
    with pytest.raises(OutcomeUnknown):
        asking.call("POST", asking.path, repeatable=False)
    assert create.times == -2


# Signing in.


@pytest.mark.parametrize(
    "end",
    [
        {"status": 200, "body": '{"success": false}'},
        {"status": 200, "body": '{"success": true}'},
        {"status": 200, "body": '{"success": "true", "token": "A"}'},
        {"status": 200, "body": '{"token": "A"}'},
        {"status": 200, "body": HTML},
        {"status": 200, "body": ""},
        {"status": 200, "body": NO_SESSION},
        {"status": 400, "body": "{}"},
        {"status": 401, "body": HTML},
        {"status": 403, "body": ""},
        {"status": 404, "body": HTML},
        {"status": 500, "body": '{"error": "server_error"}'},
        {"status": 302, "headers": {"Location": "https://a.test/login"}},
        {"status": 302, "headers": {"Location": "/login/auth"}},
    ],
)
def test_a_sign_in_without_success_and_session_is_never_repeated(
    valomnia: Valomnia, workplace: Workplace, end: dict[str, Any]
) -> None:
    """However a refusal is told, the user is tried once, lest it be locked."""
    valomnia.fault(on=f"POST {SIGN_IN}", times=-1, **end)
    records = [{**ANNA, "id": number} for number in range(6)]
    run = workplace.target(valomnia.target_config(), contacts(*records))
    assert (run.code, asked(valomnia, SIGN_IN), valomnia.writes) == (1, 1, [])
    assert "Valomnia: sign-in: " in run.log.splitlines()[-1]
    assert "api_url" in run.log.splitlines()[-1]


def test_a_deprecated_version_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """However often the session is renewed; it is no error."""
    with Valomnia(readings={"deprecated_version"}) as sandbox:
        asking = client(sandbox)
        for _ in range(3):
            asking.check()
            sandbox.expire_sign_ins()
    told = [line for line in caplog.records if "deprecated_version" in line.getMessage()]
    assert [line.levelno for line in told] == [logging.WARNING]


def test_a_sign_in_without_warning_tells_nothing(
    valomnia: Valomnia, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is logged for what is as it should be."""
    client(valomnia).check()
    assert caplog.records == []


# The version.


@pytest.mark.parametrize("body", [HTML, '{"error": "not_found", "error_description": "no"}'])
def test_a_list_that_is_not_there_names_the_other_version(
    valomnia: Valomnia, workplace: Workplace, body: str
) -> None:
    """It is never taken for an account without such a contact, so that nothing is created."""
    valomnia.fault(on=f"GET {API}", times=-1, status=404, body=body)
    run = workplace.target(valomnia.target_config(), contacts(*PEOPLE))
    assert (run.code, valomnia.writes) == (1, [])
    assert "Set valomnia.api_version to v2.1." in run.log.splitlines()[-1]
    assert len(valomnia.log) <= 5


@pytest.mark.parametrize(("set_to", "other"), [("v1.0", "v2.1"), ("v2.1", "v1.0")])
def test_the_version_named_is_the_one_that_is_not_set(set_to: str, other: str) -> None:
    """The other one of the two that are known works."""
    with Valomnia(api_version=other) as sandbox:
        with pytest.raises(Stopped, match=f"Set valomnia.api_version to {other}"):
            client(sandbox, api_version=set_to).check()
        assert "answers" in client(sandbox, api_version=other).check()


def test_one_contact_that_is_not_there_says_nothing_of_the_version(valomnia: Valomnia) -> None:
    """It was removed."""
    with pytest.raises(NotFound) as caught:
        client(valomnia).contact("77")
    assert "api_version" not in str(caught.value)


# Lists without an order.


def crowd(sandbox: Valomnia, count: int, *, alike: bool) -> None:
    """Put in so many contacts of one second, all of one name if they are alike."""
    for number in range(count):
        last = "N" if alike else str(number)
        sandbox.add(firstName="N", lastName=last, customerId="3229")


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 201, 350])
@pytest.mark.parametrize(("most", "alike"), [("max_refused", False), ("max_1000", True)])
def test_every_contact_is_read_without_sorting_by_id(most: str, count: int, *, alike: bool) -> None:
    """Their order changes from answer to answer: none is skipped or repeated."""
    with Valomnia(readings={"sort_id_refused", most}) as sandbox:
        crowd(sandbox, count, alike=alike)
        found = [str(row["id"]) for row in reading.contacts(client(sandbox), {})]
        assert sorted(found) == sorted(str(each["id"]) for each in sandbox.contacts)


def test_a_list_without_order_that_stays_short_is_not_taken_for_complete(
    unordered: Valomnia,
) -> None:
    """A number that no order reaches fails the reading, and the sentence says why."""
    page = '{"paging": {"total": 3}, "data": [{"id": 1}, {"id": 2}]}'
    unordered.fault(on=f"GET {API}", holding="sort=id", times=-1, status=400, body=NO_SORT)
    unordered.fault(on=f"GET {API}", times=-1, status=200, body=page)
    with pytest.raises(Incomplete, match="does not sort by id, counts 3 contacts and gave 2 in"):
        list(reading.contacts(client(unordered), {}))


@pytest.mark.parametrize(("total", "is_asked"), [(999, True), (1000, True), (1001, False)])
def test_a_list_is_asked_for_as_a_whole_where_one_page_may_hold_it(
    unordered: Valomnia, total: int, *, is_asked: bool
) -> None:
    """A page holds a thousand contacts at most."""
    page = json.dumps({"paging": {"total": total}, "data": [{"id": n} for n in range(300)]})
    unordered.fault(on=f"GET {API}", holding="sort=id", times=-1, status=400, body=NO_SORT)
    unordered.fault(on=f"GET {API}", times=-1, status=200, body=page)
    with pytest.raises(Incomplete, match=f"counts {total} contacts and gave 300"):
        list(reading.contacts(client(unordered), {}))
    sizes = [line.request.query.get("max") for line in unordered.log if line.request.path == API]
    assert (str(total) in sizes) == is_asked


def test_a_list_that_is_refused_in_every_order_is_not_taken_for_empty(unordered: Valomnia) -> None:
    """The reading fails: nobody has counted the contacts."""
    fill(unordered, 3)
    unordered.fault(on=f"GET {API}", holding="sort=", times=-1, status=400, body=NO_SORT)
    with pytest.raises(Incomplete, match="does not sort by id"):
        list(reading.contacts(client(unordered), {}))


def test_what_goes_while_it_is_read_in_no_order_skips_no_other(unordered: Valomnia) -> None:
    """Contacts count from the last change of their number on."""
    ids = fill(unordered, 260)

    def remove(served: int) -> None:
        if served in {3, 4}:
            for identity in ids[(served - 3) * 9 : (served - 2) * 9]:
                unordered.remove(int(identity))

    unordered.on_list = remove
    found = [str(row["id"]) for row in reading.contacts(client(unordered), {})]
    assert len(found) == len(set(found))
    assert {str(each["id"]) for each in unordered.contacts} <= set(found)


@pytest.mark.parametrize("size", [100, 30])
@pytest.mark.parametrize("is_ordered", [True, False])
@pytest.mark.parametrize("count", [0, 1, 29, 30, 31, 100, 101, 205])
def test_a_total_that_counts_all_does_not_make_a_filtered_list_incomplete(
    count: int, size: int, *, is_ordered: bool
) -> None:
    """Whoever passes comes once. Without an order, nothing shows that several pages are all."""
    also = {"max_30": size == 30, "sort_id_refused": not is_ordered}
    with Valomnia(readings={"total_of_all", *(name for name in also if also[name])}) as sandbox:
        crowd(sandbox, count, alike=True)
        fill(sandbox, 40)
        everyone = [each["id"] for each in sandbox.contacts if each["lastName"] == "N"]
        listed = reading.contacts(client(sandbox), {"lastName": "N"})
        if is_ordered or count <= size:
            assert sorted(row["id"] for row in listed) == everyone
        else:
            with pytest.raises(Incomplete, match="does not sort by id"):
                list(listed)


@pytest.mark.parametrize("readings", [set(), {"sort_id_refused"}])
def test_a_filtered_list_that_is_truncated_fails(readings: set[str]) -> None:
    """Where a total counts what passes, fewer contacts than that are not taken for all."""
    short = '{"paging": {"total": 3}, "data": [{"id": 1}, {"id": 2}]}'
    with Valomnia(readings=readings) as sandbox:
        sandbox.fault(on=f"GET {API}", holding="lastName=N", times=-1, status=200, body=short)
        with pytest.raises(Incomplete, match=r"counts 3 .*gave 2"):
            list(reading.contacts(client(sandbox), {"lastName": "N"}))


@pytest.mark.parametrize("concurrency", [1, 4])
def test_pages_follow_the_size_that_is_echoed(concurrency: int) -> None:
    """A server that caps its pages is asked for each page once, and nothing is read in vain."""
    with Valomnia(readings={"max_30"}) as sandbox:
        expected = fill(sandbox, 205)
        asking = Client(sandbox.tap_config(), {**FAST, "concurrency": concurrency})
        rows = [row["id"] for chunk in reading.read_contacts(asking) for row in chunk.records]
        offsets = [line.request.query["offset"] for line in sandbox.log if line.request.path == API]
    assert rows == expected
    assert sorted(map(int, offsets)) == [*range(0, 204, 29)]


def test_pages_of_one_contact_fail_instead_of_lacking_others(valomnia: Valomnia) -> None:
    """Such pages do not overlap, so that nothing shows what is missing."""
    fill(valomnia, 3)
    one = '{"paging": {"total": 3, "max": 1}, "data": [{"id": 6}]}'
    valomnia.fault(on=f"GET {API}", times=-1, status=200, body=one)
    with pytest.raises(Incomplete, match="gives one contact a page"):
        list(reading.contacts(client(valomnia), {"lastName": "0"}))


@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_a_tap_reads_on_without_sorting_by_id(
    unordered: Valomnia, workplace: Workplace, method: str
) -> None:
    """A second with more contacts than a page is read whole, and a line says how."""
    expected = fill(unordered, 150, every=0) + fill(unordered, 120, first=5)
    config = {"valomnia": unordered.tap_config()}
    path = catalog(workplace, unordered, replication_method=method)
    run = workplace.tap(config, "--catalog", str(path))
    found = [record["id"] for record in run.records("valomnia_contacts")]
    assert (run.code, sorted(found, key=int)) == (0, expected)
    assert run.log.count("does not sort by id") == 1


def test_nobody_is_doubled_without_sorting_by_id(unordered: Valomnia, workplace: Workplace) -> None:
    """Look-ups work: those that are there are adopted."""
    for each in PEOPLE:
        names = {"firstName": each["first_name"], "lastName": each["last_name"]}
        unordered.add(**names, email=each["email"], customerId="3229")
    run = workplace.target(unordered.target_config(), contacts(*PEOPLE))
    assert (run.code, run.summary["created"], len(unordered.contacts)) == (0, 0, 2)


def test_a_list_that_is_refused_in_any_order_is_refused(valomnia: Valomnia) -> None:
    """What is refused without an order, too, is not about the order; the next list is as usual."""
    valomnia.fault(on=f"GET {API}", times=2, status=400, body=NO_SORT)
    asking = client(valomnia)
    with pytest.raises(Refused, match="invalid_param_type"):
        list(reading.contacts(asking, {}))
    fill(valomnia, 1)
    assert len(list(reading.contacts(asking, {}))) == 1
    assert asking.sorts_by_id


def test_a_look_up_that_is_refused_creates_nothing(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """Whoever cannot be asked for is not taken to be absent."""
    valomnia.fault(on=f"GET {API}", holding="firstName=Anna", times=-1, status=400, body=NO_SORT)
    run = workplace.target(valomnia.target_config(), contacts(ANNA))
    assert (run.code, valomnia.writes) == (3, [])
    [rejection] = workplace.rejections
    assert "It cannot be asked for contacts of this name" in rejection["reason"]


# Updates.

BLANKS = {"update_blanks"}


@pytest.mark.parametrize("readings", [set(), BLANKS])
def test_an_update_keeps_what_the_record_does_not_mention(
    workplace: Workplace, readings: set[str]
) -> None:
    """Whether or not Valomnia blanks what is left out, all fields are what they were."""
    with Valomnia(readings=readings) as sandbox:
        workplace.target(sandbox.target_config(), contacts(ANNA))
        (held,) = sandbox.contacts
        sandbox.change(held["id"], city="Tunis", fax="+21671000000", fonction="Chef", country="TN")
        run = workplace.target(
            sandbox.target_config(), contacts({**ANNA, "email": "a@example.com"})
        )
        (now,) = sandbox.contacts
    assert (run.code, now["email"]) == (0, "a@example.com")
    assert (now["city"], now["fax"], now["fonction"], now["country"]) == (
        "Tunis",
        "+21671000000",
        "Chef",
        "TN",
    )


def test_an_update_does_not_read_if_that_is_set(valomnia: Valomnia, workplace: Workplace) -> None:
    """Whoever knows that Valomnia keeps what is left out saves the request."""
    config = settings(valomnia, merge_updates=False)
    anna = {**ANNA, "customer_id": "3229"}
    workplace.target(config, contacts(anna))
    valomnia.log.clear()
    run = workplace.target(config, contacts({**anna, "city": "Tunis"}))
    (held,) = valomnia.contacts
    assert (run.code, held["city"], asked(valomnia, f"{API}/{held['id']}")) == (0, "Tunis", 1)


def test_a_photo_that_an_update_removes_ends_the_run(workplace: Workplace) -> None:
    """No other photo goes, unless the user allows it."""
    with Valomnia(readings=BLANKS) as sandbox:
        config = {**sandbox.target_config(), "concurrency": 1}
        workplace.target(config, contacts(*PEOPLE))
        for held in sandbox.state.by_id.values():
            held["photo"] = "https://example.com/photo.png"
        moved = [{**each, "city": "Tunis"} for each in PEOPLE]
        run = workplace.target(config, contacts(*moved))
        left = [each["photo"] is not None for each in sandbox.contacts]
        assert (run.code, sorted(left)) == (1, [False, True])
        assert "valomnia.keep_photos" in run.log.splitlines()[-1]
        config = {**config, "valomnia": {**config["valomnia"], "keep_photos": False}}
        run = workplace.target(config, contacts(*moved))
        assert (run.code, [each["city"] for each in sandbox.contacts]) == (0, ["Tunis"] * 2)


def test_a_held_value_that_is_refused_is_said_to_be_held(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """The record is not called wrong for what it does not mention."""
    workplace.target(valomnia.target_config(), contacts(ANNA))
    (held,) = valomnia.state.by_id.values()
    held["country"] = "Tunisia"
    run = workplace.target(valomnia.target_config(), contacts({**ANNA, "city": "Tunis"}))
    [rejection] = workplace.rejections
    assert (run.code, rejection["field"]) == (3, "country")
    assert "which the record does not mention" in rejection["reason"]
