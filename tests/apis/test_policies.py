"""Each policy at each API: what arrives, what is left alone, and what that costs in requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from target_contacts.declared.shapes import POLICIES
from target_contacts.pipeline.purpose import Purpose
from target_contacts.target import SINKS, TargetContacts
from target_contacts.values import names
from tests.crash.lab import KINDS
from tests.sandbox.porters import Porters
from tests.sandbox.porters_tenant import Kind
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts, singer
from tests.support.people import MORE
from tests.support.porters_lists import OWN, TYPED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished, Workplace

WITH_POLICIES = sorted({*KINDS} - {"bas_ip"})
NEW, FULL, BARE = 1, 2, 3
"""Who is new, who is there with an e-mail address, and who is there without one."""


@pytest.fixture(params=WITH_POLICIES)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Return a running, empty API that can keep what a policy forbids."""
    with KINDS[request.param]() as running:
        yield running


def person(policy: str, number: int, email: str | None, **more: Any) -> dict[str, Any]:
    """Return the record of somebody who is like nobody else."""
    nth = 10 * POLICIES.index(policy) + number
    return {
        "id": number,
        "first_name": f"First{nth}",
        "last_name": f"Last{policy.replace('_', '')}",
        "mobile": f"+4915112345{nth:03}",
        "login": f"user{nth}",
        "email": email,
        **more,
    }


def put(sandbox: Sandbox, told: Mapping[str, Any]) -> None:
    """Put somebody in, as others do on the API's screens."""
    whole = names.whole(told["first_name"], told["last_name"])
    values = {**told, "full_name": whole, "user_name": told["login"]}
    fields = {
        each.wire: values[each.attribute]
        for each in SINKS[sandbox.api].fields
        if values.get(each.attribute)
    }
    sandbox.add(**{**MORE.get(sandbox.api, {}), **fields})


def wire(sandbox: Sandbox, attribute: str) -> str:
    """Return the field of an attribute."""
    return next(f.wire for f in SINKS[sandbox.api].fields if f.attribute == attribute)


def held(sandbox: Sandbox, told: Mapping[str, Any], attribute: str = "email") -> str:
    """Return what the contact of a record holds; there is exactly one."""
    mobile = wire(sandbox, "mobile")
    (found,) = (each for each in sandbox.contacts if each.get(mobile) == told["mobile"])
    return str(found.get(wire(sandbox, attribute)) or "")


def config(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    """Return settings; the login of cobai has a field of its own."""
    field_map = {"field_map": {"webUserName": "login"}} if sandbox.api == "cobai" else {}
    return {**sandbox.target_config(), **field_map, **more}


def night(sandbox: Sandbox, workplace: Workplace, records: Mapping[str, Any]) -> Finished:
    """Run the target on the records of five streams, each with the policy that it is called by."""
    streams = {policy: {"email": policy} for policy in POLICIES}
    lines = "".join(singer(contacts(*each, stream=name)) for name, each in records.items())
    run = workplace.target(config(sandbox, stream_policies=streams), lines)
    assert (run.code, run.summary["rejected"]) == (0, 0), run.log
    return run


def three(what: str) -> dict[str, list[dict[str, Any]]]:
    """Return three people of each stream, who say what they are told to."""
    told = {name: f"{what}-{name}@example.com" if what else None for name in POLICIES}
    phone = f"+49301234{len(what)}"
    several = (NEW, FULL, BARE)
    return {p: [person(p, n, told[p], phone=phone) for n in several] for p in POLICIES}


def mails(sandbox: Sandbox) -> dict[str, list[str]]:
    """Return what the contacts of each stream hold, each as the first part of its address."""
    return {
        policy: [held(sandbox, each).split("-")[0] for each in several]
        for policy, several in three("").items()
    }


def test_each_policy_means_the_same_at_each_api(sandbox: Sandbox, workplace: Workplace) -> None:
    """Of a new contact, one that is adopted, one that is updated, and after a lost ledger."""
    for policy in POLICIES:
        put(sandbox, person(policy, FULL, f"theirs-{policy}@example.com"))
        put(sandbox, person(policy, BARE, None))
    night(sandbox, workplace, three("first"))
    assert mails(sandbox) == {
        "overwrite": ["first", "first", "first"],
        "fill_empty": ["first", "theirs", "first"],
        "on_create": ["first", "theirs", ""],
        "keep_null": ["first", "first", "first"],
        "never": ["", "theirs", ""],
    }
    before = len(sandbox.log)
    night(sandbox, workplace, three("second"))
    then = {
        "overwrite": ["second", "second", "second"],
        "fill_empty": ["first", "theirs", "first"],
        "on_create": ["first", "theirs", ""],
        "keep_null": ["second", "second", "second"],
        "never": ["", "theirs", ""],
    }
    assert mails(sandbox) == then
    sent = [each.request for each in sandbox.log[before:] if sandbox.is_write(each.request)]
    for policy in ("fill_empty", "on_create", "never"):
        assert not any(request.holds(f"second-{policy}") for request in sent)
    (workplace.folder / "target-contacts.db").unlink()
    night(sandbox, workplace, three("second"))
    assert mails(sandbox) == then
    assert night(sandbox, workplace, three("second")).summary["requests"] == 0
    night(sandbox, workplace, three(""))
    emptied = "second" if sandbox.api == "porters" else ""  # it has no way to clear a field
    assert mails(sandbox) == {**then, "overwrite": [emptied] * 3}
    phones = {
        held(sandbox, each, "phone")[-1] for several in three("").values() for each in several
    }
    assert phones == {"0"}


@pytest.mark.parametrize("policy", ["fill_empty", "on_create", "keep_null", "never"])
def test_a_monitor_can_keep_nothing_and_says_so(workplace: Workplace, policy: str) -> None:
    """What an upsert would lose cannot be read, so the setting is refused before any request."""
    with KINDS["bas_ip"]() as monitor:
        given = {**monitor.target_config(), "policies": {"*": policy}}
        run = workplace.target(given, contacts(person("never", 1, None)))
        assert (run.code, monitor.writes) == (2, [])
        assert "BAS-IP replaces all of it" in run.log
        assert "Traceback" not in run.log
        parts = {**given, "policies": {"mobile": policy}}
        run = workplace.target(parts, contacts(person("never", 1, None)))
        assert (run.code, monitor.writes) == (2, [])
        general = {**given, "policies": {"*": "overwrite", "customer_id": policy}}
        assert workplace.target(general, contacts(person("never", 1, None))).code == 0


@pytest.mark.parametrize("policies", [{"first_name": "fill_empty"}, {"last_name": "never"}])
def test_a_monitor_can_keep_no_part_of_a_name(policies: dict[str, str]) -> None:
    """Its name is one field, of which no part can be kept."""
    with KINDS["bas_ip"]() as monitor:
        given = {**monitor.target_config(), "policies": policies}
        target = TargetContacts(config=given, purpose=Purpose.EXPLAIN)
        with pytest.raises(ConfigurationError, match="BAS-IP replaces all of it"):
            target.rehearse()
        assert monitor.log == []


def test_a_policy_without_effect_is_told_once_in_a_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """However many streams there are; so do `--check` and `--explain`, which rehearse the same."""
    with Porters() as porters:
        given = config(
            porters,
            policies={"first_name": "never"},
            ledger_url=f"sqlite:///{tmp_path / 'ledger.db'}",
        )
        target = TargetContacts(config=given, purpose=Purpose.EXPLAIN)
        for _ in range(2):
            target.rehearse()
        target.this_run.close()
    told = [each.getMessage() for each in caplog.records if "policies" in each.getMessage()]
    assert told == [
        "policies.first_name has no effect at PORTERS: the name is one field there. Use full_name."
    ]


def test_what_the_api_demands_again_is_its_own_value(workplace: Workplace, zoho: ZohoVoice) -> None:
    """Zoho Voice wants first name and mobile in each update: it gets those that it has."""
    put(zoho, person("never", FULL, "theirs@example.com"))
    policies = {"*": "never", "phone": "overwrite"}
    spelled = person("never", FULL, "theirs@example.com", phone="+49301234567")
    run = workplace.target(config(zoho, policies=policies), contacts(spelled))
    assert (run.code, run.summary["updated"]) == (0, 1)
    changed = {**spelled, "first_name": "Other", "mobile": "+4915999999999", "phone": "+49305555"}
    workplace.target(config(zoho, policies=policies), contacts(changed))
    (contact,) = zoho.contacts
    assert (contact["first_name"], contact["mobile"]) == (
        spelled["first_name"],
        spelled["mobile"],
    )
    assert contact["phone"] == "+49305555"


def test_a_stream_of_one_attribute_finds_its_contacts(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """Whose client a contact has and what it is called tells who it is, though it is not sent."""
    there = person("never", FULL, None)
    put(sandbox, there)
    policies = {"*": "never", "email": "overwrite"}
    record = {**there, "email": "new@example.com"}
    run = workplace.target(config(sandbox, policies=policies), contacts(record))
    assert (run.code, run.summary["updated"]) == (0, 1), run.log
    assert held(sandbox, there) == "new@example.com"


def test_what_is_never_sent_is_not_looked_up(workplace: Workplace) -> None:
    """A company that no client of PORTERS has rejects nobody who stays with the client there."""
    with Porters() as porters:
        there = person("never", FULL, None)
        put(porters, there)
        given = config(
            porters, policies={"customer_id": "never"}, parents={}, match_on=[["mobile"]]
        )
        record = {**there, "email": "new@example.com", "company": "Nowhere Ltd"}
        run = workplace.target(given, contacts(record))
        assert (run.code, run.summary["updated"]) == (0, 1), run.log
        assert held(porters, there) == "new@example.com"


def test_a_new_contact_that_lacks_what_is_never_sent_is_rejected(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """The reason names the policy, and what to do; nothing is asked of the API for it."""
    policies = {"*": "never", "email": "overwrite"}
    run = workplace.target(
        config(sandbox, policies=policies, match_on=[]), contacts(person("never", 1, "a@b.de"))
    )
    assert (run.code, sandbox.writes) == (3, [])
    assert "is never" in workplace.rejections[0]["reason"]
    assert "update_only" in workplace.rejections[0]["reason"]


IDS = {
    "zoho_voice": "contact_id",
    "cobai": "uuid",
    "porters": "Contact.P_Id",
    "valomnia": "id",
}


def test_who_was_removed_there_is_created_with_all_that_a_new_contact_gets(
    sandbox: Any, workplace: Workplace
) -> None:
    """That nothing is read of the contact is no reason to take it for filled, or to be silent."""
    policies = {"email": "fill_empty", "phone": "on_create"}
    told = person("never", NEW, "ours@example.com", phone="+49301234567")
    given = config(sandbox, policies=policies, on_gone="recreate")
    workplace.target(given, contacts(told))
    (contact,) = sandbox.contacts
    sandbox.remove(contact[IDS[sandbox.api]])
    changed = {**told, "email": "new@example.com"}
    run = workplace.target(given, contacts(changed))
    assert (run.code, run.summary["created"]) == (0, 1), run.log
    assert held(sandbox, told) == "new@example.com"
    assert held(sandbox, told, "phone").endswith("1234567")


def test_what_cannot_be_read_counts_as_filled(workplace: Workplace) -> None:
    """No password is overwritten, as nobody can tell whether there is one."""
    with KINDS["cobai"]() as cobai:
        put(cobai, person("never", FULL, "theirs@example.com"))
        record = person("never", FULL, "theirs@example.com", password="Another-1!", phone="+49301")
        run = workplace.target(config(cobai, policies={"*": "fill_empty"}), contacts(record))
        assert (run.code, run.summary["updated"]) == (0, 1)
        sent = [each.request for each in cobai.log if cobai.is_write(each.request)]
        assert not any(request.holds("Another-1!") for request in sent)
        explained = workplace.target(
            config(cobai, policies={"*": "fill_empty"}), contacts(record), "--explain"
        )
        rows = {
            row.split()[0]: row.split()[-1] for row in explained.out.splitlines() if row.split()
        }
        assert (rows["password"], rows["email"]) == ("on_create", "fill_empty")


def test_no_write_holds_what_a_policy_forbids(sandbox: Sandbox, workplace: Workplace) -> None:
    """Going by the log of requests: the values of no such field ever leave."""
    turned = [*POLICIES[2:], *POLICIES[:2]]
    streams = [{"email": a, "phone": b} for a, b in zip(POLICIES, turned, strict=True)]
    people = [person("never", n, f"theirs{n}@a.com") for n in range(len(streams))]
    for number, each in enumerate(people):
        put(sandbox, {**each, "phone": f"+493011111{number:02}"})
    policies = {f"stream{n}": each for n, each in enumerate(streams)}
    settings = config(sandbox, stream_policies=policies, match_on=[["mobile"]])
    for turn in range(2):
        told = [
            {"email": f"say{turn}{n}@example.com", "phone": f"+493022{turn}{n}222"}
            for n in range(len(streams))
        ]
        fax = {"fax": f"+4930999999{turn}"}
        lines = [
            singer(contacts({**each, **said, **fax}, stream=f"stream{n}"))
            for n, (each, said) in enumerate(zip(people, told, strict=True))
        ]
        before = len(sandbox.log)
        assert workplace.target(settings, "".join(lines)).code == 0
        sent = [each.request for each in sandbox.log[before:] if sandbox.is_write(each.request)]
        is_sent = [
            {name: any(each.holds(text[1:]) for each in sent) for name, text in said.items()}
            for said in told
        ]
        assert is_sent == [{name: may_leave(each[name]) for name in each} for each in streams]


def may_leave(policy: str) -> bool:
    """Say whether the value of a field that is filled there is sent at all."""
    return policy not in {"fill_empty", "on_create", "never"}


# Requests.


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as running:
        yield running


def many(count: int, text: str) -> list[dict[str, Any]]:
    """Return records of that many people."""
    return [
        {
            "id": n,
            "first_name": f"F{n}",
            "last_name": "L",
            "mobile": f"+4915112{n:06}",
            "email": f"{n}@example.com",
            "phone": f"+4930{text}{n:05}",
        }
        for n in range(count)
    ]


@pytest.mark.parametrize("readings", [("several_ids",), ()], ids=["several ids", "ranges of ids"])
def test_porters_is_asked_for_200_contacts_at_once(
    workplace: Workplace, readings: tuple[str, ...]
) -> None:
    """By ids in one condition if it takes that, else from one id on."""
    with Porters(readings=readings) as porters:
        _ask_in_bulk(workplace, porters, refused=0 if readings else 2)


def _ask_in_bulk(workplace: Workplace, porters: Porters, *, refused: int) -> None:
    given = config(porters, policies={"email": "fill_empty"}, match_on=[])
    workplace.target(given, contacts(*many(401, "1")))
    before = len(porters.log)
    run = workplace.target(given, contacts(*many(401, "2")))
    assert run.summary["updated"] == 401
    assert run.summary["read_first"] == 401
    assert run.summary["left_alone"] == [["contacts", "Contact.P_Mail", "fill_empty", 401]]
    reads = [each.request for each in porters.log[before:] if each.request.path == "/v1/contact"]
    reads = [each for each in reads if each.method == "GET"]
    # The condition is refused, and a read tells that it was at fault.
    assert len(reads) == 3 + refused


@pytest.mark.parametrize(
    "readings", [(), ("option_root",), ("several_ids", "option_root"), ("order_refused",)]
)
def test_a_field_of_ones_own_is_read_in_whatever_form_it_comes(
    workplace: Workplace, readings: tuple[str, ...]
) -> None:
    """An option that a contact has is no empty field, however PORTERS wraps it."""
    own = OWN[Kind.RADIO]
    with Porters(readings=readings, tenant=TYPED) as porters:
        given = config(porters, field_map={own: "area"}, policies={own: "fill_empty"})
        people = [person("never", n, None, area=area) for n, area in ((1, "Tokyo"), (2, None))]
        assert workplace.target(given, contacts(*people)).code == 0
        later = ({**each, "area": "Option.U_1", "phone": "+49301"} for each in people)
        run = workplace.target(given, contacts(*later))
        assert (run.code, run.summary["updated"]) == (0, 2), run.log
        assert [each.get(own) for each in porters.contacts] == ["Option.U_Tokyo", "Option.U_1"]


@pytest.mark.parametrize(("count", "reads"), [(2, 2), (60, 3)])
def test_zoho_voice_is_listed_where_that_takes_fewer_requests(
    workplace: Workplace, zoho: ZohoVoice, count: int, reads: int
) -> None:
    """A few contacts are read one by one; an update reads its contact again in any case."""
    given = config(zoho, policies={"email": "fill_empty"}, match_on=[])
    workplace.target(given, contacts(*many(count, "1")))
    before = len(zoho.log)
    workplace.target(given, contacts(*many(count, "2")))
    asked = [each.request for each in zoho.log[before:] if each.request.method == "GET"]
    assert len(asked) == reads + count
