"""The command stops at a guard, at every API, and goes on when it is let through."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigurationError

from target_contacts.delivery.bounds import GUARDS, allowed, bounds_of
from target_contacts.target import TargetContacts
from tests.crash.lab import KINDS, Lab
from tests.crash.people import covered, person, stream
from tests.crash.rules import PASS, Rule
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts
from tests.support.zoho_people import bins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crash.rules import Seen
    from tests.sandbox.server import Sandbox
    from tests.support.commands import Workplace

KNOWN = range(1, 21)
CLEARING = ["cobai", "valomnia", "zoho_voice"]
"""The APIs that can clear a field."""


@pytest.fixture(params=sorted(KINDS))
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Return each API, empty."""
    with KINDS[request.param]() as server:
        yield server


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as server:
        yield server


def held(sandbox: Sandbox, text: str) -> int:
    """Return how many contacts hold a text."""
    return sum(text in json.dumps(contact) for contact in sandbox.contacts)


def test_each_api_gets_just_the_limit(sandbox: Sandbox, workplace: Workplace) -> None:
    """New and changed contacts in one run, which PORTERS takes in one request."""
    config, known = sandbox.target_config(), [person(n) for n in range(1, 9)]
    assert workplace.target(config, contacts(*known)).code == 0
    changed = [{**each, "first_name": "Changed", "job_title": "Chief"} for each in known]
    mixed = contacts(*changed, *map(person, range(21, 29)), state={"at": 28})
    run = workplace.target({**config, "guards": {"max_creates": 3}}, mixed)
    assert (run.code, run.out, len(sandbox.contacts)) == (4, "", 11), run.log
    assert bins(run.summary) == {"updated": 8, "created": 3, "skipped": 5}
    assert held(sandbox, "Changed") == 8
    again = [{**each, "first_name": "Again"} for each in changed]
    run = workplace.target(config, contacts(*again), "--allow", "max_updates=3")
    assert (run.code, run.summary["updated"], held(sandbox, "Again")) == (4, 3, 3), run.log
    rest = workplace.target(config, contacts(*again, *map(person, range(21, 29)), state={"at": 28}))
    assert (rest.code, rest.messages) == (0, [{"at": 28}])
    assert bins(rest.summary) == {"updated": 5, "unchanged": 6, "created": 5}


@pytest.mark.parametrize("api", CLEARING)
def test_a_source_that_loses_a_column_is_stopped(api: str, workplace: Workplace) -> None:
    """A quarter of the numbers goes; the message names all there is to know."""
    with KINDS[api]() as sandbox:
        config, records = sandbox.target_config(), [person(n) for n in KNOWN]
        workplace.target(config, contacts(*records))
        assert held(sandbox, '"+491"') == 20
        lost = contacts(*({**each, "phone": ""} for each in records), state={"at": 20})
        run = workplace.target(config, lost)
        assert (run.code, run.out, held(sandbox, '"+491"')) == (4, "", 15), run.log
        assert run.summary["guards"] == [
            {"guard": "max_cleared", "stream": "contacts", "attribute": "phone",
             "seen": 20, "limit": 5}
        ]  # fmt: skip
        assert (run.summary["held_back"], bins(run.summary)) == (15, {"updated": 5, "skipped": 15})
        assert "20 filled values of phone would have been emptied in stream contacts" in run.log
        assert "let it through once: --allow max_cleared=20, or more" in run.log
        run = workplace.target(config, lost, "--allow", "max_cleared=20")
        assert (run.code, run.messages, held(sandbox, '"+491"')) == (0, [{"at": 20}], 0), run.log
        assert "guards" not in run.summary


def test_state_covers_what_was_written(zoho: ZohoVoice, workplace: Workplace) -> None:
    """What came before the first record beyond the limit need not come again."""
    lines = stream([person(n) for n in KNOWN])
    run = workplace.target({**zoho.target_config(), "guards": {"max_creates": 9}}, lines)
    assert covered(lines, run.messages) == [1, 2, 3, 4, 5, 6, 7, 8]  # a STATE follows every third


def test_rejected_records_end_a_run_that_would_reject_all(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """It ends with 4 long before the input does; with `max_rejects`, it would end with 3."""
    good, nameless = [person(1)], [{"id": n, "first_name": ""} for n in range(100, 120)]
    config = {**zoho.target_config(), "guards": {"max_rejected": 5}, "batch_size_rows": 1}
    run = workplace.target(config, contacts(*good, *nameless, state={"at": 1}))
    assert (run.code, run.out, bins(run.summary)) == (4, "", {"created": 1, "rejected": 6})
    assert len(workplace.rejections) == 6
    assert "6 records were rejected, and the limit is 5" in run.log


def test_a_run_killed_at_the_limit_is_followed_by_one_that_sends_nothing_more() -> None:
    """What was under way is looked up and not sent again; nothing is doubled or lost."""
    people = stream([person(n) for n in range(1, 13)], every=1)
    with Lab("zoho_voice", guards={"max_creates": 5}, concurrency=1, timeout_seconds=4) as lab:
        writes, arrived = list[Any](), threading.Event()

        def choose(seen: Seen) -> Rule:
            writes.extend([seen] if lab.is_write(seen) else [])
            if len(writes) < 5 or arrived.is_set():
                return PASS
            arrived.set()
            return Rule(delay=3.5)

        lab.proxy.choose = choose
        running = lab.runs.start(people)
        assert arrived.wait(30)
        running.kill()
        running.ended()
        assert len(writes) == 5
        for _ in range(2):
            run = lab.run(people)
            assert (run.code, len(lab.sandbox.contacts)) == (4, 5), run.log
        assert lab.verdict == (0, 0, [])


@pytest.mark.parametrize("sandbox", ["porters", "zoho_voice"], indirect=True)
def test_a_source_that_stays_wrong_writes_nothing_more(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """However often it is run; once it is mended, it goes through by itself.

    One API takes several contacts in a request, the other takes them one by one.
    """
    config = {**sandbox.target_config(), "guards": {"max_creates": 3}}
    known, wrong = [person(n) for n in range(1, 4)], [person(n) for n in range(21, 26)]
    assert workplace.target(config, contacts(*known)).code == 0
    for _ in range(2):
        run = workplace.target(config, contacts(*known, *wrong, state={"at": 25}))
        assert (run.code, run.out, len(sandbox.contacts)) == (4, "", 6), run.log
        assert run.summary["guards"] == [{"guard": "max_creates", "seen": 5, "limit": 3}]
        sandbox.log.clear()
    assert (run.summary["held_back"], sandbox.writes) == (2, [])
    assert "is counted before anything is sent" in run.log
    run = workplace.target(config, contacts(*known, person(4), state={"at": 4}))
    assert (run.code, run.messages, len(sandbox.contacts)) == (0, [{"at": 4}], 7), run.log
    assert "guards" not in run.summary
    run = workplace.target(config, contacts(*map(person, range(1, 8)), state={"at": 7}))
    assert (run.code, "is counted before" in run.log) == (0, False), run.log


# Wrong limits.

WRONG: list[Any] = ["abc", -1, "-1", "110%x", "%", "1e3", "٣", "1.5", 1.5, True, [], {}, "", " "]


@pytest.mark.parametrize("value", WRONG)
def test_a_wrong_limit_is_refused(zoho: ZohoVoice, value: Any) -> None:
    """In words that name the guard and what it may be."""
    with pytest.raises(ConfigurationError, match=r"guards.*max_cleared (must be|is)"):
        TargetContacts(config={**zoho.target_config(), "guards": {"max_cleared": value}})
    assert zoho.log == []


@pytest.mark.parametrize("name", ["max_clear", "max_rejects", "", "MAX_CREATES", "max_creates "])
def test_an_unknown_guard_is_refused(zoho: ZohoVoice, name: str) -> None:
    """Nobody is to believe in a guard that there is not."""
    with pytest.raises(ConfigurationError, match=r"^guards\.[A-Za-z_* ]+: no such guard; "):
        TargetContacts(config={**zoho.target_config(), "guards": {name: 1}})


@pytest.mark.parametrize("option", ["max_cleared", "max_clear=1", "max_cleared=x", "=1", "", "5"])
def test_a_wrong_option_ends_with_2(zoho: ZohoVoice, workplace: Workplace, option: str) -> None:
    """It ends the run before anything is asked."""
    run = workplace.target(zoho.target_config(), contacts(person(1)), "--allow", option)
    assert (run.code, zoho.log) == (2, [])
    assert "--allow" in run.log
    assert "max_cleared" in run.log


@given(
    st.sampled_from(GUARDS), st.text(max_size=6) | st.from_regex(r"[0-9]{1,4}%?", fullmatch=True)
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.filter_too_much])
def test_settings_and_options_take_the_same(name: str, value: str) -> None:
    """What one refuses, the other refuses with the same words."""
    assume("\0" not in value)

    def told(read: Any) -> str:
        try:
            return str(bounds_of(read())[name])
        except ValueError as error:
            return str(error)

    assert told(lambda: {name: value}) == told(lambda: allowed((f"{name}={value}",)))


def test_a_number_may_come_as_text_and_null_is_the_default(zoho: ZohoVoice) -> None:
    """As from the environment; several options count, the last of the same guard."""
    assert bounds_of({"max_creates": "5", "max_cleared": None}) == bounds_of({"max_creates": 5})
    assert allowed(("max_creates=1", "max_updates=10%", "max_creates=2")) == {
        "max_creates": "2",
        "max_updates": "10%",
    }
    config = {**zoho.target_config(), "guards": '{"max_creates": 5, "max_cleared": null}'}
    TargetContacts(config=config).this_run.close()
