"""Creates that the API carries out long after they went unanswered: still nothing is doubled."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.lab import KINDS, Lab
from tests.crash.people import after, person, stream
from tests.crash.rules import PASS, Rule, Seen, page
from tests.sandbox.porters import Porters
from tests.sandbox.porters_tenant import Kind, Tenant
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.zoho_people import ANNA, BERT, bins

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT = 1.0
"""Seconds that the target waits in these tests, longer than it takes until a create is landed."""

LATE = 0.3
CARL = {"id": 3, "first_name": "Carl", "mobile": "+4915155555555", "email": "carl@example.com"}
ALONE: dict[str, Any] = {"match_on": [], "unanswered_wait_seconds": WAIT}
PEOPLE = [person(number) for number in range(1, 5)]

WAYS = [
    Rule(commits=False, answer=page(504), late=LATE),
    Rule(commits=False, answer=page(502), late=LATE),
    Rule(commits=False, part=0, late=LATE),
    Rule(commits=False, answer=page(200), delay=0.5, late=LATE),
]
"""A gateway gives up, or a connection breaks, or the time-out ends; the server behind goes on."""

TIME_OUT = 0.4
"""Seconds: less than the last of the ways takes to answer."""

all_apis = pytest.mark.parametrize("api", sorted(KINDS))
API = "/rest/json/zv/contacts"
CONTACT = "POST /v1/contact"
REFUSAL = '{"code": "ZVT9001", "message": "no", "status": "ERROR"}'


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


@all_apis
def test_a_create_that_lands_after_its_answer_was_lost_is_not_sent_again(api: str) -> None:
    """Whoever answers in the API's place: each contact is there once, and the books say created."""
    settings: dict[str, Any] = {**ALONE, "timeout_seconds": TIME_OUT, "batch_size_rows": 1}
    with Lab(api, **settings) as lab:
        lab.disturb(WAYS)
        ended = lab.run(stream(PEOPLE))
        lab.must_be_well(ended)
        lab.must_hold(range(1, 5), {number: lab.held()[number] for number in range(1, 5)}, "late")
        assert lab.verdict == (0, 0, [])
        assert len(lab.proxy.disturbed) == len(WAYS)
        assert ended.summary["created"] == len(PEOPLE)


@pytest.mark.parametrize("api", ["porters", "zoho_voice"])
def test_creates_sent_together_that_land_late_are_not_sent_again(api: str) -> None:
    """A batch whose time-out ends while the server goes on: each contact is there once.

    One API takes them in one request, the other in several at once.
    """
    with Lab(api, **ALONE) as lab:
        lab.disturb([Rule(commits=False, answer=page(504), late=LATE)] * len(PEOPLE))
        lab.must_be_well(lab.run(stream(PEOPLE)))
        assert (sorted(lab.held()), lab.verdict) == ([1, 2, 3, 4], (0, 0, []))


def test_a_run_started_right_after_a_kill_waits_for_what_the_killed_one_sent() -> None:
    """The create lands after the next run has begun: it is found, and not sent again."""
    with Lab("valomnia", **ALONE, batch_size_rows=1) as lab:
        lab.disturb([Rule(commits=False, part=0, kill="on arrival", late=LATE)], first=2)
        messages = stream(PEOPLE)
        running = lab.runs.start(messages)
        lab.proxy.kill = running.kill
        states = running.ended().messages
        lab.calm()
        lab.must_be_well(lab.run(after(messages, states)))
        assert (sorted(lab.held()), lab.verdict) == ([1, 2, 3, 4], (0, 0, []))


@pytest.mark.parametrize(("age", "waits"), [(100, False), (6, True)])
def test_a_create_of_an_earlier_night_is_not_waited_for(
    zoho: ZohoVoice, workplace: Workplace, age: int, *, waits: bool
) -> None:
    """Once its run has been over for as long as the wait, it is looked up and sent at once."""
    zoho.fault(on=f"POST {API}", cut="before")
    lost = zoho.fault(on=f"GET {API}", times=-1, status=503)
    settings = {"match_on": [], "unanswered_wait_seconds": 4, "timeout_seconds": 3}
    config = {**zoho.target_config(), **settings}
    assert workplace.target({**config, "max_tries": 1}, contacts(ANNA)).code == 1
    lost.times = 0
    with closing(sqlite3.connect(workplace.folder / "target-contacts.db")) as ledger, ledger:
        ledger.execute("UPDATE runs SET proven_at = proven_at - ?", [age])
    run = workplace.target(config, contacts(ANNA))
    assert (bins(run.summary), len(zoho.contacts)) == ({"created": 1}, 1)
    waited = run.summary["waited_seconds"]
    assert waited > 0 if waits else waited < 1


def test_a_create_that_never_lands_is_sent_again_after_the_wait() -> None:
    """It is neither lost nor sent before the wait is over, and others go on meanwhile."""
    with Lab("valomnia", **ALONE, batch_size_rows=1, concurrency=1) as lab:
        lab.disturb([Rule(commits=False, part=0)])
        ended = lab.run(stream(PEOPLE))
        lab.must_be_well(ended)
        order = [number for seen in filter(lab.is_write, lab.proxy.seen) for number in seen.numbers]
        assert order == [1, 2, 3, 4, 1]
        assert ended.summary["waited_seconds"] > 0
        assert (sorted(lab.held()), lab.verdict) == ([1, 2, 3, 4], (0, 0, []))


def test_what_lands_after_all_is_named_with_both_ids() -> None:
    """No wait is long enough for every server: what doubled is said, so that it can be removed."""
    with Lab("porters", unanswered_wait_seconds=0.1) as lab:
        landing_between(lab)
        ended = lab.run(stream(PEOPLE[:1]))
        (told,) = ended.summary["doubled"]
        assert (ended.code, ended.summary["created"], told[0]) == (0, 1, "contacts")
        assert sorted(told[1:]) == ids(lab)
        assert f"contact {told[1]} may be there twice, also as {told[2]}." in ended.log
        assert "doubled" not in lab.run(stream(PEOPLE[:1])).summary


def test_a_second_create_that_is_refused_since_the_first_landed_is_done() -> None:
    """Cobai refuses a second contact with the same login: the first is found, nobody rejected."""
    with Lab("cobai", match_on=[], unanswered_wait_seconds=0.1) as lab:
        landing_between(lab)
        ended = lab.run(stream(PEOPLE[:1]))
        assert (ended.code, ended.summary["created"], "doubled" in ended.summary) == (0, 1, False)
        assert (lab.verdict, lab.open_intents(), len(lab.sandbox.contacts)) == ((0, 0, []), 0, 1)


def landing_between(lab: Lab) -> None:
    """Let the first create land just before the second is carried out."""
    sent: list[Seen] = []

    def choose(seen: Seen) -> Rule:
        if not lab.is_write(seen) or len(sent) == 2:
            return PASS
        sent.append(seen)
        first = Rule(commits=False, answer=page(504))
        return first if len(sent) == 1 else Rule(first=sent[0].whole)

    lab.proxy.choose = choose


def ids(lab: Lab) -> list[str]:
    """Return the ids of an API's two contacts."""
    names = ("contact_id", "uuid", "Contact.P_Id", "id")
    found = [next(str(each[n]) for n in names if n in each) for each in lab.sandbox.contacts]
    assert len(found) == 2
    return sorted(found)


def test_a_signal_ends_the_wait_at_once() -> None:
    """STATE does not cover the create that is held, and the next run settles it."""
    with Lab("zoho_voice", match_on=[], unanswered_wait_seconds=60) as lab:
        looked = threading.Event()

        def choose(seen: Seen) -> Rule:
            if lab.is_write(seen):
                return Rule(commits=False, part=0)
            if seen.line.startswith("GET"):
                looked.set()
            return PASS

        lab.proxy.choose = choose
        running = lab.runs.start(stream(PEOPLE[:3]))
        assert looked.wait(30)
        os.kill(running.pid, signal.SIGTERM)
        ended = running.ended(within=5)
        assert (ended.code, ended.messages, lab.open_intents()) == (143, [], 3)


# The same person in two streams.


def other(record: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the record of the same person in another stream."""
    return {**record, "id": number}


def test_nobody_overtakes_a_create_that_may_still_land() -> None:
    """While it is held, a record of another stream that is the same person waits, too."""
    one = person(1)
    with Lab("cobai", unanswered_wait_seconds=WAIT) as lab:
        lab.disturb([Rule(commits=False, part=0, late=LATE)])
        both = [*contacts(one, stream="a"), *contacts(other(one, 9), stream="b", state={"at": 1})]
        ended = lab.run(both)
        lab.must_be_well(ended)
        assert (ended.messages, lab.verdict) == ([{"at": 1}], (0, 0, []))
        assert (len(lab.sandbox.contacts), ended.summary["created"]) == (1, 1)


# Changes meanwhile.


def test_a_run_killed_while_it_waits_for_an_answer_is_waited_for() -> None:
    """How long ago the killed run proved its lease does not count as time without a request."""
    with Lab("zoho_voice", match_on=[], timeout_seconds=4, unanswered_wait_seconds=2.5) as lab:
        arrived = threading.Event()

        def choose(seen: Seen) -> Rule:
            if not lab.is_write(seen) or arrived.is_set():
                return PASS
            arrived.set()
            return Rule(commits=False, answer=page(504), delay=3.5, late=0.5)

        lab.proxy.choose = choose
        running = lab.runs.start(stream(PEOPLE[:1]))
        assert arrived.wait(30)
        running.killed_after(3)
        lab.must_be_well(lab.run(stream(PEOPLE[:1])))
        assert (len(lab.sandbox.contacts), lab.verdict) == (1, (0, 0, []))


def test_a_field_for_the_key_set_since_does_not_hide_what_was_made(workplace: Workplace) -> None:
    """PORTERS is asked for the identity that was sent, not for a key that nobody had then."""
    with Porters(tenant=Tenant(own={"Contact.U_Key": Kind.SINGLE})) as porters:
        config = porters.target_config()
        crowd = [person(number) for number in range(100, 350)]  # too many to be listed for one
        workplace.target(config, contacts(*crowd))
        porters.fault(on=CONTACT, cut="after")
        lost = porters.fault(on=f"GET {CONTACT.removeprefix('POST ')}", times=-1, status=503)
        assert workplace.target(config, contacts(person(1))).code == 3
        lost.times = 0
        config["porters"]["external_key_field"] = "Contact.U_Key"
        run = workplace.target(config, contacts(person(1)))
        assert (bins(run.summary), len(porters.contacts)) == ({"created": 1}, 251)


def test_state_goes_on_when_a_held_create_is_settled_although_its_stream_is_over(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """The records of another stream are enough of an occasion; nobody waits for the end."""
    zoho.fault(on=f"POST {API}", cut="before")
    settings = {"match_on": [], "unanswered_wait_seconds": 0.2, "checkpoint_seconds": 0}
    lines = [*contacts(ANNA, stream="a"), {"type": "STATE", "value": {"at": 1}}]
    for number in range(20):
        lines += contacts({**BERT, "id": number, "mobile": f"+4915{number:09}"}, stream="b")
        lines.append({"type": "STATE", "value": {"at": 2 + number}})
    slow = zoho.fault(on=f"POST {API}", after=1, times=-1, status=None, delay=0.05)
    run = workplace.target({**zoho.target_config(), **settings}, lines)
    assert slow.times < -1
    assert (run.code, run.messages[-1]) == (0, {"at": 21})
    assert len(run.messages) > 1


# What nobody can tell is for a person to say.


@pytest.fixture
def undecidable(zoho: ZohoVoice, workplace: Workplace) -> dict[str, Any]:
    """Return the config after a create that landed unseen, and whose record has changed since."""
    config = {**zoho.target_config(), "match_on": []}
    zoho.fault(on=f"POST {API}", cut="after")
    lost = zoho.fault(on=f"GET {API}", times=-1, status=503)
    workplace.target(config, contacts(ANNA))
    lost.times = 0
    other = {"id": 1, "first_name": "Anna", "mobile": "+4900", "email": "new@example.com"}
    assert workplace.target(zoho.target_config(), contacts(other)).code == 3
    return config


def test_a_rejected_record_that_nobody_could_tell_is_sent_when_it_is_piped_in_again(
    zoho: ZohoVoice, workplace: Workplace, undecidable: dict[str, Any]
) -> None:
    """Who pipes it in again has looked: it is created, and unchanged from then on."""
    del undecidable
    assert "pipe this line in again: then it is sent" in workplace.rejections[0]["reason"]
    rejects = workplace.rejects
    done = [bins(workplace.target(zoho.target_config(), rejects).summary) for _ in range(2)]
    assert done == [{"created": 1}, {"unchanged": 1}]
    assert len(zoho.contacts) == 2
