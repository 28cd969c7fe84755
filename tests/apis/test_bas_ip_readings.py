"""A BAS-IP monitor in each reading of its pages: it works, or the run ends early and says why.

No reading loses or doubles a contact.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.sinks.bas_ip.results import outcomes, shows_no_link
from target_contacts.sinks.item import Item
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.messages import Request, Response, json_response
from tests.sandbox.readings import BAS_IP, OTHER
from tests.support.bas_ip_people import ANNA, BERT, CARL, bins, config, held
from tests.support.commands import Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Sequence

AUTO = {"contacts_path": None, "login_path": None}
PEOPLE = [ANNA, BERT, CARL]
LINK, CONTACT_LINK = "/api/v0/contacts/items/link", "/api/v0/contact/items/link"
BARE = "/api/v0/contacts"
STOPS = {
    "list_404": f"POST {LINK}: HTTP 405. Check contacts_path",
    "link_id_ignored": "created contacts without keeping our link_id",
}
"""Readings with which nothing more can be written, and what the run says then."""


def asked(monitor: BasIp) -> list[str]:
    """Return the requests that the monitor got."""
    return [f"{line.request.method} {line.request.path}" for line in monitor.log]


OF_DELETIONS = {name for name in BAS_IP if name.startswith("delete_")}
"""Readings that change nothing else; what they change is tested with the deletions."""
SEVERAL = {"": set[str](), "deletions": OF_DELETIONS, "other": OTHER["bas_ip"]}


@pytest.mark.parametrize("reading", [*SEVERAL, *sorted({*BAS_IP} - OF_DELETIONS)])
def test_every_reading_works_or_says_why(workplace: Workplace, reading: str) -> None:
    """Nothing is set but user, password and address. A second run repeats nothing."""
    readings = SEVERAL.get(reading, {reading})
    with BasIp(readings=readings) as monitor:
        run = workplace.target(config(monitor, **AUTO), contacts(*PEOPLE, state={"at": 3}))
        if sentence := STOPS.get(reading):
            assert (run.code, workplace.rejects) == (1, [])
            assert sentence in run.log
            assert (len(monitor.log) <= 5, len(monitor.writes) <= 1) == (True, True)
        else:
            assert (run.code, bins(run.summary), run.messages) == (0, {"created": 3}, [{"at": 3}])
        again = workplace.target(config(monitor, **AUTO), contacts(*PEOPLE, state={"at": 3}))
        assert again.code == (1 if reading in STOPS else 0)
        landed = {"list_404": [], "link_id_ignored": ["Anna", "Bert"]}
        assert held(monitor) == landed.get(reading, ["Anna", "Bert", "Carl"])


@pytest.mark.parametrize(
    ("readings", "taken", "asked_for"),
    [
        (["bulk_link"], LINK, [LINK]),
        (["bulk_contact_link"], CONTACT_LINK, [LINK, CONTACT_LINK]),
        ([], BARE, [LINK, CONTACT_LINK, BARE]),
        (["list_404"], LINK, [LINK, CONTACT_LINK, BARE]),
    ],
)
def test_the_path_is_found_by_reading_once_a_run(
    workplace: Workplace, readings: Sequence[str], taken: str, asked_for: Sequence[str]
) -> None:
    """One that lists contacts, else one that is there, else the likeliest; never by writing."""
    with BasIp(readings=readings) as monitor:
        settings = {**config(monitor, **AUTO), "batch_size_rows": 1}
        workplace.target(settings, contacts(ANNA, BERT))
        reads = [line.request for line in monitor.log if line.request.path in {*asked_for}]
        reads = [request for request in reads if request.method == "GET"]
        assert [request.path for request in reads] == asked_for
        assert {tuple(r.query.items()) for r in reads} == {(("limit", "10"), ("page_number", "1"))}
        assert {line.request.path for line in monitor.writes} | {taken} == {taken}
        assert monitor.log[-1].request.path == taken


def test_a_path_that_is_set_is_not_looked_for(monitor: BasIp, workplace: Workplace) -> None:
    """Sign-in and upsert are all that is sent."""
    workplace.target(config(monitor), contacts(ANNA))
    assert asked(monitor) == ["GET /api/v0/login", f"POST {BARE}"]


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 403}, {"cut": "after"}])
def test_a_look_at_a_path_that_fails_costs_one_request_and_no_run(
    workplace: Workplace, fault: dict[str, Any]
) -> None:
    """A monitor that fails on lists takes contacts all the same."""
    with BasIp(readings=["bulk_link"]) as monitor:
        monitor.fault(on=f"GET {LINK}", times=-1, **fault)
        run = workplace.target(config(monitor, **AUTO), contacts(ANNA))
        assert (run.code, run.messages) == (1, [])
        assert len(monitor.log) == 5
        assert f"POST {BARE}: code wrong_json_body (HTTP 400): it misses a field" in run.log
        assert f"Set bas_ip.contacts_path: likely are {LINK} and {CONTACT_LINK}." in run.log


@pytest.mark.parametrize("more", [[], ["camdroid_errors"]])
def test_a_path_that_takes_one_contact_stops_the_run(
    workplace: Workplace, more: Sequence[str]
) -> None:
    """A bulk body misses every field there: nothing is halved, rejected or created."""
    people = [{**ANNA, "id": number} for number in range(50)]
    with BasIp(readings=["bulk_link", *more]) as monitor:
        run = workplace.target(config(monitor, contacts_path=BARE), contacts(*people))
        assert (run.code, len(monitor.log), workplace.rejects, held(monitor)) == (1, 2, [], [])
    assert f"Set bas_ip.contacts_path: likely are {LINK} and {CONTACT_LINK}." in run.log


class Forgetful(BasIp):
    """A monitor that misses the name of one contact, which was sent."""

    def handle(self, request: Request) -> Response:
        """Refuse a request with Bert in it."""
        if self.is_write(request) and b"Bert" in request.body:
            return json_response({"error": "Wrong JSON body: no value for `name`"}, 400)
        return super().handle(request)


def test_one_contact_does_not_make_a_path_wrong_that_took_others(workplace: Workplace) -> None:
    """Once a contact was taken, such a refusal is the record's own."""
    with Forgetful() as monitor:
        settings = {**config(monitor), "batch_size_rows": 1}
        run = workplace.target(settings, contacts(*PEOPLE))
        assert (run.code, held(monitor)) == (3, ["Anna", "Carl"])


def test_check_says_where_contacts_go(workplace: Workplace) -> None:
    """The path that was found is told, and why; nothing is written."""
    expected = {
        "bulk_link": f"contacts go to {LINK} (it lists contacts)\n",
        "api_v1": "contacts go to /api/v1/contacts (it is there, though it lists nothing)\n",
        "list_404": f"contacts go to {LINK} (the likeliest; none of those tried answers",
    }
    for reading, sentence in expected.items():
        with BasIp(readings=[reading]) as monitor:
            run = workplace.target(config(monitor, **AUTO), "", "--check")
            assert (run.code, monitor.writes) == (0, [])
            assert sentence in run.out


# Signing in.


@pytest.mark.parametrize(("readings", "logins"), [(["md5_lower"], 2), (["md5_upper"], 1), ([], 1)])
def test_the_case_of_the_password_is_found_once(
    workplace: Workplace, readings: Sequence[str], logins: int
) -> None:
    """Lower case is tried if upper case is refused; a renewal uses what worked."""
    with BasIp(readings=readings) as monitor:
        monitor.fault(on=f"POST {BARE}", after=1, expire=True)
        settings = {**config(monitor), "batch_size_rows": 1}
        run = workplace.target(settings, contacts(*PEOPLE))
        assert (run.code, held(monitor)) == (0, ["Anna", "Bert", "Carl"])
        assert asked(monitor).count("GET /api/v0/login") == logins + 1


@pytest.mark.parametrize("readings", [[], ["md5_lower"], ["camdroid_errors"], ["api_v1"]])
def test_a_wrong_password_is_sent_twice_at_most(
    workplace: Workplace, readings: Sequence[str]
) -> None:
    """A device may lock an account out: no more than two sign-ins are refused."""
    with BasIp(readings=readings) as monitor:
        run = workplace.target(config(monitor, **AUTO, password="wrong"), contacts(*PEOPLE))
        refused = [line for line in monitor.log if line.status == 400]
        assert (run.code, len(refused)) == (1, 2)
        assert "Check username and password" in run.log


# Link ids that are not kept.


def test_a_contact_without_our_link_id_is_never_sent_again(workplace: Workplace) -> None:
    """It is there once, and stays once: not sent again, and a change of it is rejected."""
    with BasIp(readings=["link_id_ignored"]) as monitor:
        settings = {**config(monitor), "batch_size_rows": 1}
        first = workplace.target(settings, contacts(ANNA, BERT, state={"at": 2}))
        assert (first.code, first.messages, held(monitor)) == (1, [], ["Anna"])
        assert "this firmware cannot be kept in step" in first.log
        second = workplace.target(settings, contacts(ANNA, state={"at": 1}))
        assert (second.code, bins(second.summary)) == (0, {"unchanged": 1})
        changed = workplace.target(settings, contacts({**ANNA, "mobile": "+49 151 9999"}))
        assert (changed.code, held(monitor)) == (3, ["Anna"])
        assert workplace.rejections[0]["code"] == "no_link_id"


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_a_device_that_ignores_link_id_doubles_nobody(workplace: Workplace, bad: int) -> None:
    """Each run leaves one contact at most and names it, refused ones beside it or not."""
    people = [{**each, "name": "x" * 31} if n < bad else each for n, each in enumerate(PEOPLE)]
    good = [each["name"] for each in people[bad:]]
    with BasIp(readings=["link_id_ignored"]) as monitor:
        for number in range(1, len(good) + 2):
            run = workplace.target(config(monitor), contacts(*people, state={"at": 3}))
            assert held(monitor) == good[:number]
            if number <= len(good):
                assert run.code == 1
                assert run.messages == ([] if number < len(good) else [{"at": 3}])
                assert "without keeping our link_id, booked as unlinked:" in run.log
        assert run.code == (3 if bad else 0)


def test_one_result_is_that_of_the_one_contact_sent() -> None:
    """Whatever it names, or nothing: it was created, and is not sent again."""
    for result in (NULL, {"success": True}, {"link_id": "b1", "success": True}):
        [found] = outcomes([("a1", Item({}, "a1"))], [result])
        assert (found.remote_id, shows_no_link(found)) == ("unlinked:a1", True)
    [refused] = outcomes([("a1", Item({}, "a1"))], [{"success": False}])
    assert (refused.remote_id, shows_no_link(refused)) == (None, False)


OURS, OTHERS = ["a1", "A2"], ["b1", "b2"]
KEPT = [{"link_id": id_.swapcase(), "success": True} for id_ in OURS]
NULL = {"link_id": None, "success": True, "extended_info": "created"}
BAD = {"link_id": None, "success": False, "extended_info": "invalid_entity_data"}
ANSWERS: list[tuple[list[dict[str, Any]], list[str], bool]] = [
    (KEPT, OURS, False),
    (KEPT[1:], ["outcome_unknown", "A2"], False),
    ([*KEPT[1:], {"success": True}], ["outcome_unknown", "A2"], False),
    ([NULL, NULL], ["unlinked:a1", "unlinked:A2"], True),
    ([NULL, KEPT[0]], ["a1", "unlinked:A2"], True),
    ([{**NULL, "link_id": each} for each in OTHERS], ["unlinked:a1", "unlinked:A2"], True),
    ([NULL, BAD], ["no_link_id", "no_link_id"], True),
    ([NULL], ["no_link_id", "no_link_id"], True),
    ([BAD, BAD], ["invalid_entity_data", "invalid_entity_data"], False),
    ([BAD, KEPT[0]], ["a1", "invalid_entity_data"], False),
]


@pytest.mark.parametrize(("results", "expected", "ends"), ANSWERS)
def test_results_are_those_of_the_contacts_they_name(
    results: list[dict[str, Any]], expected: Sequence[str], *, ends: bool
) -> None:
    """What cannot be told apart is called unknown, and a link id that is not kept ends the run."""
    sent = [(link_id, Item({}, link_id)) for link_id in OURS]
    found = outcomes(sent, results)
    codes = [each.error.code if each.error else str(each.remote_id) for each in found]
    assert (codes, any(map(shows_no_link, found))) == (expected, ends)


# Room, names and the default panel.


def people(count: int) -> list[dict[str, Any]]:
    """Return records of so many people."""
    return [{"id": n, "name": f"No {n}", "mobile": 100 + n} for n in range(count)]


@pytest.mark.parametrize(("new", "warned"), [(299, ""), (301, "holds 300 (bas_ip.max_contacts)")])
def test_more_than_fits_is_said_before_it_is_sent(
    workplace: Workplace, new: int, warned: str
) -> None:
    """By the setting, or by what the device says of itself; the device decides all the same."""
    with BasIp(max_contacts=1000) as monitor:
        run = workplace.target(config(monitor, max_contacts=300), contacts(*people(new)))
        assert (run.code, len(monitor.contacts)) == (0, new)
        assert ("this monitor holds" in run.log) is bool(warned)
        assert warned in run.log.partition("summary")[0]


@pytest.mark.parametrize(
    ("told", "warned"),
    [("Camdroid monitor", "holds 300"), ("android", ""), ("panel", ""), ("androidish", "")],
)
def test_the_room_is_that_of_the_family_that_the_device_names(
    workplace: Workplace, told: str, warned: str
) -> None:
    """An unknown one is not guessed at."""
    with BasIp(max_contacts=1000) as monitor:
        monitor.fault(on="GET /api/info", times=-1, status=200, body=json.dumps({"type": told}))
        run = workplace.target(config(monitor), contacts(*people(301)))
        assert run.code == 0
        assert ("this monitor holds" in run.log) is bool(warned)
        assert warned in run.log


def test_a_device_that_does_not_tell_its_room_stops_nothing(workplace: Workplace) -> None:
    """One request is spent on it, whatever it answers."""
    with BasIp(max_contacts=1000) as monitor:
        monitor.fault(on="GET /api/info", times=-1, status=500)
        run = workplace.target(config(monitor), contacts(*people(301)))
        assert (run.code, len(monitor.contacts), len(monitor.log)) == (0, 301, 4)


def test_a_full_book_refuses_what_is_new_and_nothing_else(workplace: Workplace) -> None:
    """A device that refuses the whole request is filled, and costs few requests; updates still go.

    A second run sends the rest again, for there may be room by then.
    """
    with BasIp(readings=["full_refuses_call"], max_contacts=20) as monitor:
        workplace.target(config(monitor), contacts(*people(5)))
        changed = [{**each, "name": f"New {each['id']}"} for each in people(5)]
        run = workplace.target(config(monitor), contacts(*people(40)[5:], *changed))
        assert (run.code, bins(run.summary)) == (3, {"created": 15, "updated": 5, "rejected": 20})
        assert {each["code"] for each in workplace.rejections} == {"full"}
        assert sum(name.startswith("New") for name in held(monitor)) == 5
        assert len(monitor.writes) <= 1 + 2 * 6 + 3


@pytest.mark.parametrize(
    ("readings", "limit", "code", "sent"),
    [
        (["android_room"], None, None, 1),
        ([], None, "invalid_entity_data", 1),
        ([], 30, "too_long", 0),
    ],
)
def test_the_length_of_names_is_the_devices_or_set(
    workplace: Workplace, readings: Sequence[str], limit: int | None, code: str | None, sent: int
) -> None:
    """Only one family of devices documents a limit."""
    with BasIp(readings=readings) as monitor:
        settings = config(monitor, max_name_length=limit)
        workplace.target(settings, contacts({**ANNA, "name": "x" * 31}))
        codes = [each["code"] for each in workplace.rejections] if code else []
        assert (codes, len(monitor.writes)) == ([code] if code else [], sent)


def test_a_run_has_one_default_panel(workplace: Workplace) -> None:
    """The second would take the place of the first, so it is rejected, whichever request it is in.

    The first may be sent again: it is no second one.
    """
    panels = [{**each, "kind": "multi", "panel": each is not BERT} for each in PEOPLE]
    for size in (1, 10):
        with BasIp(readings=["one_default"]) as monitor:
            mapped = {"is_default": "panel", "type": "kind"}
            settings = {**config(monitor), "field_map": mapped, "batch_size_rows": size}
            run = workplace.target(settings, contacts(*panels))
            found = {each["name"]: each["is_default"] for each in monitor.contacts}
            assert (run.code, found) == (3, {"Anna": True, "Bert": False})
            [rejection] = workplace.rejections
            assert (rejection["code"], rejection["field"]) == ("second_default", "is_default")


@pytest.mark.parametrize("kind", ["global", "p2p"])
def test_newer_types_are_the_devices_to_refuse(workplace: Workplace, kind: str) -> None:
    """Types of newer firmware are sent; a device that does not know them refuses the contact."""
    record = {**ANNA, "kind": kind}
    for readings in ([f"type_{kind}"], []):
        with BasIp(readings=readings) as monitor:
            settings = {**config(monitor), "field_map": {"type": "kind"}}
            run = workplace.target(settings, contacts(record))
            assert (run.code, len(monitor.writes)) == (0 if readings else 3, 1)
            assert [each["type"] for each in monitor.contacts] == ([kind] if readings else [])
