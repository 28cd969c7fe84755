"""cobai in each reading of its pages: both commands work, or end early and say why.

No reading loses or doubles a contact.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cobai import CUSTOMER_UUID, PASSWORD, Cobai
from tests.sandbox.messages import Request, Response
from tests.sandbox.readings import COBAI, OTHER
from tests.support.cobai_people import HTML, LIST, calls, member, person, source
from tests.support.commands import Finished, Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

STREAM = "cobai_contacts"
EVERY = ["", *sorted(COBAI), "other"]
WITHOUT_LIST = {"no_contact_list_404", "no_contact_list_405"}
SETTINGS: dict[str, dict[str, Any]] = {"table_order": {"element_order": "table"}}
"""Settings without which a reading is refused."""
PUT_REFUSED = {"put_needs_password"}
OF_WRITES = {"more_required", "any_order", "table_order", "cut_values", "user_name_shared"}
OF_WRITES |= {"bad_request_text", *(name for name in COBAI if name.startswith("put_"))}
"""Readings that change nothing for a tap."""


def readings_of(name: str) -> Collection[str]:
    """Return the readings of which one name stands for."""
    return OTHER["cobai"] if name == "other" else {name} - {""}


def config(sandbox: Cobai, account: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Return a target config with settings of the account and others."""
    whole = {**sandbox.target_config(), **settings}
    return {**whole, "cobai": {**whole["cobai"], **account}}


def hashed(password: str) -> str:
    """Return what cobai keeps of a password."""
    return hashlib.sha256(password.encode()).hexdigest()


def mails(sandbox: Cobai) -> list[str]:
    """Return the e-mail addresses held."""
    return sorted(contact["officeMail"] for contact in sandbox.contacts)


@pytest.mark.parametrize("reading", [name for name in EVERY if name not in OF_WRITES])
def test_the_tap_works_in_every_reading(workplace: Workplace, reading: str) -> None:
    """Each contact and each customer comes once, whatever pages lists have; or the run says why."""
    with Cobai(readings=readings_of(reading) or OF_WRITES) as sandbox:
        customers = [CUSTOMER_UUID, *(sandbox.add_customer(new=n < 15) for n in range(25))]
        for number in range(43):
            sandbox.add(**member(f"u{number}"))
        others = [sandbox.add(customer_uuid=c, **member(c)) for c in customers[1:4]]
        run = workplace.tap(source(sandbox))
        if reading in WITHOUT_LIST:
            assert (run.code, run.records(STREAM), "Traceback" in run.log) == (1, [], False)
            assert f"GET {LIST}: HTTP {reading[-3:]}" in run.log
            assert "only inferred from the documents" in run.log
            return
        assert run.code == 0, run.log
        found = [record["uuid"] for record in run.records(STREAM)]
        assert found == [contact["uuid"] for contact in sandbox.contacts]
        assert found[-3:] == others
        listed = run.records("cobai_customers")
        assert [record["uuid"] for record in listed] == customers
        assert sum(record["is_new"] for record in listed) == 15


@pytest.mark.parametrize("reading", EVERY)
def test_the_target_works_in_every_reading(workplace: Workplace, reading: str) -> None:
    """Who is there is adopted though far down the list, others land once; nothing is blanked."""
    logins = ["own-name", "login 1", "login 2"]
    people = [person(n, phone="030", login=login) for n, login in enumerate(logins)]
    account = SETTINGS.get(reading, {})
    with Cobai(readings=readings_of(reading)) as sandbox:
        for number in range(39):
            sandbox.add(**member(f"u{number}", officeMail=f"u{number}@example.com"))
        names = {"firstName": "First 0", "lastName": "Last 0", "officeMail": "n0@example.com"}
        there = sandbox.add(**member("own-name", **names, officeFax="031"))
        before = len(sandbox.contacts)
        run = workplace.target(config(sandbox, account, field_map={}), contacts(*people, state=1))
        if reading in WITHOUT_LIST:
            assert (run.code, run.out, workplace.rejects, sandbox.writes) == (1, "", [], [])
            assert f"look-up of contacts: HTTP {reading[-3:]}. cobai does not tell" in run.log
            assert "set match_on to []" in run.log
            assert len(sandbox.log) <= 5
            return
        refused = int(reading in PUT_REFUSED)
        assert run.code == 3 * refused, run.log
        assert len(sandbox.contacts) == before + 2
        (adopted,) = [contact for contact in sandbox.contacts if contact["uuid"] == there]
        assert adopted["officeFax"] == "031"
        assert adopted["officePhone"] == ("" if refused else "030")
        assert adopted["webUserName"] == "own-name"
        again = workplace.target(config(sandbox, account, field_map={}), contacts(*people))
        assert len(sandbox.contacts) == before + 2
        assert again.summary["unchanged"] == 3 - refused
        if refused:
            assert "a password with each change" in workplace.rejections[0]["reason"]
        else:
            assert run.log.count("contacts are changed without a password") == 1


@pytest.mark.parametrize(
    ("readings", "kept"), [([], True), (["put_resets_password"], False), (["put_200"], True)]
)
def test_a_password_of_the_record_goes_with_each_change(
    workplace: Workplace, readings: list[str], *, kept: bool
) -> None:
    """Then nothing is in doubt and nothing is said; without it, one warning says what is."""
    with Cobai(readings=readings) as sandbox:
        account = config(sandbox, {})
        workplace.target(account, contacts(person(1, password="one")))
        (uuid,) = [contact["uuid"] for contact in sandbox.contacts]
        run = workplace.target(account, contacts(person(1, phone="030", password="one")))
        assert (run.code, sandbox.passwords[uuid]) == (0, hashed("one"))
        assert "without a password" not in run.log
        workplace.target(account, contacts(person(2)))
        changed = [person(2, phone="030"), person(1, phone="031")]
        run = workplace.target(account, contacts(*changed))
        assert (run.code, run.summary["updated"]) == (0, 2)
        assert run.log.count("contacts are changed without a password") == 1
        assert (sandbox.passwords.get(uuid) == hashed("one")) is kept
        assert PASSWORD not in run.log


def test_a_field_that_nobody_knows_is_sent_back(cobai: Cobai, workplace: Workplace) -> None:
    """What cobai tells of a contact and no page names is not blanked by a change."""
    workplace.target(cobai.target_config(), contacts(person(1)))
    (uuid,) = [contact["uuid"] for contact in cobai.contacts]
    body = (
        "<contact><lastName>Last 1</lastName><nickName>Rix</nickName><empty/>"
        "<office><room>7</room></office></contact>"
    )
    cobai.fault(on=f"GET {LIST}/{uuid}", status=200, body=body)
    workplace.target(cobai.target_config(), contacts(person(1, phone="030")))
    (put,) = [line.request.body for line in cobai.log if line.request.method == "PUT"]
    assert b"<lastName>Last 1</lastName><nickName>Rix</nickName><officeMail>" in put
    assert b"empty" not in put
    assert b"office>" not in put


@pytest.mark.parametrize(("status", "body"), [(401, "<Error/>"), (403, HTML), (403, "")])
def test_a_refused_signature_names_key_clock_and_query(
    cobai: Cobai, workplace: Workplace, status: int, body: str
) -> None:
    """Exit code 1 within five requests, for tap, target and check; nobody is rejected."""
    cobai.fault(times=-1, status=status, body=body)
    settings = cobai.target_config()
    runs: tuple[Callable[[], Finished], ...] = (
        lambda: workplace.tap(source(cobai)),
        lambda: workplace.target(settings, contacts(person(1), person(2))),
        lambda: workplace.target(settings, "", "--check"),
    )
    for run in runs:
        cobai.log.clear()
        done = run()
        assert (done.code, workplace.rejects, "Traceback" in done.log) == (1, [], False)
        for named in ("access_key_id", "clock", "Date", "sign_query"):
            assert named in done.log
        assert 1 <= len(cobai.log) <= 5


def test_pages_that_cannot_be_asked_for_are_named(workplace: Workplace) -> None:
    """With the wrong sign_query it is not known whether a list is whole: one warning says so."""
    with Cobai(readings=["signed_query"]) as sandbox:
        for number in range(12):
            sandbox.add(**member(f"u{number}"))
        unset = {"sign_query": False, "customers": [CUSTOMER_UUID]}
        tap = workplace.tap(source(sandbox, **unset))
        people = contacts(person(1), person(2))
        for run in (tap, workplace.target(config(sandbox, unset), people)):
            assert run.log.count("it is not known whether lists have pages") == 1
            assert "Switch cobai.sign_query" in run.log
        assert mails(sandbox)[:2] == ["n1@example.com", "n2@example.com"]


@pytest.mark.parametrize(
    ("number", "settings", "asked"),
    [(9, {}, 0), (10, {}, 1), (30, {}, 1), (30, {"page_parameter": ""}, 0)],
)
def test_a_second_page_is_asked_for_once_a_run(
    cobai: Cobai, workplace: Workplace, number: int, settings: dict[str, Any], asked: int
) -> None:
    """And not for short lists, nor where the setting says that there are no pages."""
    for customer in (CUSTOMER_UUID, cobai.add_customer(), cobai.add_customer()):
        for place in range(number):
            cobai.add(customer_uuid=customer, **member(f"{customer}{place}"))
    run = workplace.tap({**source(cobai, **settings), "concurrency": 1})
    assert len(run.records(STREAM)) == 3 * number
    assert sum(line.request.query == {"page": "2"} for line in cobai.log) == asked


def test_a_parameter_that_means_nothing_makes_no_pages(cobai: Cobai, workplace: Workplace) -> None:
    """Where the second page is the first one again, contacts come once."""
    held = [cobai.add(**member(f"u{number}")) for number in range(15)]
    items = "".join(f"<contact><uuid>{uuid}</uuid></contact>" for uuid in held)
    body = f"<contactIdList>{items}</contactIdList>"
    cobai.fault(on=f"GET {LIST}", times=2, status=200, body=body)
    cobai.log.clear()
    run = workplace.tap(source(cobai))
    assert [record["uuid"] for record in run.records(STREAM)] == held
    assert calls(cobai, "GET").count(LIST) == 2


def test_a_link_in_a_circle_ends_the_run(cobai: Cobai, workplace: Workplace) -> None:
    """A list that leads back to what was read is not taken for complete, and read no further."""
    link = '<link rel="next" href="http://elsewhere.example/v1/x?page=1"/>'
    body = f"<contactIdList>{link}</contactIdList>"
    cobai.fault(on=f"GET {LIST}", times=-1, status=200, body=body)
    run = workplace.tap(source(cobai))
    assert (run.code, calls(cobai, "GET").count(LIST)) == (1, 2)
    assert "links to a next page that was read already" in run.log


@pytest.mark.parametrize("reading", ["pages_404", "pages_again"])
@pytest.mark.parametrize("numbers", [(12, 45), (20, 25), (40, 12, 41)])
def test_a_list_without_second_page_makes_no_longer_one_short(
    workplace: Workplace, reading: str, numbers: tuple[int, ...]
) -> None:
    """That a list of one page has no other tells nothing of those that fill a page."""
    with Cobai(readings=[reading]) as sandbox:
        for count in numbers:
            customer = sandbox.add_customer()
            for place in range(count):
                sandbox.add(customer_uuid=customer, **member(f"{customer}{place}"))
        run = workplace.tap({**source(sandbox), "concurrency": 1})
        assert run.code == 0, run.log
        held = [contact["uuid"] for contact in sandbox.contacts]
        assert [record["uuid"] for record in run.records(STREAM)] == held


class Linking(Cobai):
    """A cobai whose lists link to ever another next page, as the class says."""

    href = "?cursor={number}"

    def handle(self, request: Request) -> Response:
        """Answer each list without an item, but with a link."""
        if request.path != LIST:
            return super().handle(request)
        number = sum(line.request.path == LIST for line in self.log)
        link = f'<link rel="next" href="{self.href.format(number=number)}"/>'
        body = f"<contactIdList>{link}</contactIdList>"
        return Response(200, body.encode(), {"Content-Type": "application/xml;charset=UTF-8"})


class LinkingByPath(Linking):
    """A cobai that tells the next page in the path, and not in the query."""

    href = "/v2/customer/page/2"


@pytest.mark.parametrize(
    ("kind", "said"),
    [(Linking, "hold nothing new, and link on"), (LinkingByPath, "page that has no query")],
)
def test_links_that_lead_nowhere_end_the_run(
    workplace: Workplace, kind: type[Linking], said: str
) -> None:
    """A list that links on and on is not read for ever, nor one taken for whole that links on."""
    with kind() as sandbox:
        run = workplace.tap(source(sandbox))
        assert (run.code, run.records(STREAM)) == (1, [])
        assert said in run.log
        assert len(sandbox.log) < 20


@pytest.mark.parametrize("readings", [["table_order"], ["bad_request_text", "table_order"]])
def test_an_order_of_elements_that_is_refused_is_named(
    workplace: Workplace, readings: list[str]
) -> None:
    """The sentence names the setting; with it, the same record lands, once."""
    with Cobai(readings=readings) as sandbox:
        run = workplace.target(config(sandbox, {}), contacts(person(1)))
        assert (run.code, len(calls(sandbox, "POST"))) == (3, 1)
        assert "cobai.element_order" in workplace.rejections[0]["reason"]
        again = workplace.target(config(sandbox, {"element_order": "table"}), contacts(person(1)))
        assert (again.code, mails(sandbox)) == (0, ["n1@example.com"])


def test_the_contacts_of_a_customer_that_is_not_there_stop_nobody(
    cobai: Cobai, workplace: Workplace
) -> None:
    """An unknown customer is the record's fault, an unknown list is not."""
    nobody = "00000000-0000-4000-8000-000000000000"
    people = [person(1, customer_uuid=nobody), person(2)]
    run = workplace.target(cobai.target_config(), contacts(*people))
    assert (run.code, mails(cobai)) == (3, ["n2@example.com"])
    assert [each["field"] for each in workplace.rejections] == ["customer"]
