"""Promises of `--check`: which account answers, what is as assumed, and nothing is written."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.plugin.check import tell_facts
from tap_contacts.transport.call import Call
from tap_contacts.transport.errors import Stopped
from tap_contacts.transport.facts import Fact, differs, fact, harms, holds, unknown
from tests.sandbox.cobai import Cobai
from tests.sandbox.messages import Request, Response
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.cobai_people import member
from tests.support.commands import FAST, Workplace
from tests.support.plain import Plain, PlainApi
from tests.support.privacy import (
    CONTACT,
    DESTINATIONS,
    NAME,
    QUICK,
    READS,
    SECRETS,
    Echoing,
    config_of,
    endless,
    found,
    source,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_contacts.transport.facts import Seen

WORDS = ("holds: ", "differs: ", "differs and would harm: ", "cannot be told: ")
DEBUG = {"LOGLEVEL": "DEBUG"}


class Told(Plain):
    """An account of which some facts are known beforehand, and others asked for by their path."""

    known: tuple[Fact, ...] = ()
    paths: tuple[str, ...] = ()

    def facts(self) -> Iterator[Fact]:
        """Yield the known facts, then whether each path answers."""
        yield from self.known
        for path in self.paths:
            yield fact(f"{path} answers", lambda path=path: self._seen(path))  # type: ignore[misc]

    def _seen(self, path: str) -> Seen:
        self.call("GET", path)
        return holds()

    @property
    def harmless(self) -> Call:
        """Return a read that is answered while the API is."""
        return Call("GET", "/alive")


@pytest.fixture
def account(api: PlainApi) -> Told:
    """Return an account of an API without rules."""
    return Told(api.target_config(), {**FAST, "max_tries": 3})


# A line a fact.


@pytest.mark.parametrize(
    ("seen", "line", "code"),
    [
        (holds(), "holds: Pages overlap", 0),
        (holds("by one"), "holds: Pages overlap (by one)", 0),
        (differs("set size to 10"), "differs: Pages overlap (set size to 10)", 0),
        (harms("set size to 10"), "differs and would harm: Pages overlap (set size to 10)", 1),
        (unknown("no page"), "cannot be told: Pages overlap (no page)", 0),
        (holds("\x1b[2J\n"), "holds: Pages overlap (\\x1b[2J\\n)", 0),
    ],
)
def test_a_line_says_what_was_seen_and_only_harm_makes_an_error(
    account: Told, capsys: pytest.CaptureFixture[str], seen: Seen, line: str, code: int
) -> None:
    """Exit code 1 is for what would fail or do harm; what is wrong and allowed for is no error."""
    account.known = (Fact("Pages overlap", seen),)
    assert tell_facts(account) == code
    assert capsys.readouterr().out == f"{line}\n"


def test_a_harm_is_no_reason_to_stop_telling(
    account: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    """The facts behind it are told, and do not take back the exit code."""
    account.known = (Fact("A", harms("set a")), Fact("B", holds()))
    assert tell_facts(account) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "holds: B"


def test_an_api_without_facts_has_none(api: PlainApi, capsys: pytest.CaptureFixture[str]) -> None:
    """It is no error."""
    assert tell_facts(Plain(api.target_config(), FAST)) == 0
    assert capsys.readouterr().out == ""


# Failures on the way.


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404}, {"cut": "before"}], ids=str)
def test_a_request_that_always_fails_leaves_its_fact_untold(
    api: PlainApi, account: Told, capsys: pytest.CaptureFixture[str], fault: dict[str, Any]
) -> None:
    """Its line says what was asked and what came back; the next fact is asked for."""
    account.paths = ("/bad", "/good")
    api.fault(on="GET /bad", times=-1, **fault)
    assert tell_facts(account) == 0
    bad, good = capsys.readouterr().out.splitlines()
    assert bad.startswith("cannot be told: /bad answers (Plain: GET /bad: ")
    assert good == "holds: /good answers"


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut": "before"}], ids=str)
def test_an_outage_ends_the_check(
    api: PlainApi, account: Told, capsys: pytest.CaptureFixture[str], fault: dict[str, Any]
) -> None:
    """What was told stays; nothing is said of what could not be asked for."""
    account.paths = ("/first", "/second", "/third")
    api.fault(after=1, times=-1, **fault)
    with pytest.raises(Stopped, match="GET /second: no success in 3 tries"):
        tell_facts(account)
    assert capsys.readouterr().out == "holds: /first answers\n"


@pytest.mark.parametrize("command", ["tap", "target"])
def test_an_outage_in_a_check_is_one_sentence(workplace: Workplace, command: str) -> None:
    """Exit code 1, no traceback, and the account's line stands."""
    with ZohoVoice() as zoho:
        zoho.fault(on="GET /rest/json/zv/contacts", after=1, times=-1, status=503)
        run = check(workplace, command, zoho, max_tries=2)
    assert run.code == 1
    assert run.out.splitlines()[1:] == ["holds: The host of the data centre serves the API"]
    assert "Run again when the API is reachable" in run.log.splitlines()[-1]
    assert "Traceback" not in run.log


def check(workplace: Workplace, command: str, sandbox: Any, **config: Any) -> Any:
    """Run `--check` of a command for an account."""
    if command == "target":
        return workplace.target({**config_of(sandbox), **config}, "", "--check", env=DEBUG)
    settings = {**FAST, sandbox.api: sandbox.tap_config(), **config}
    return workplace.run("tap-contacts", settings, "--check", env=DEBUG)


# Both commands.


@pytest.mark.parametrize("kind", [ZohoVoice, Cobai])
def test_both_commands_tell_the_same_of_an_account(
    workplace: Workplace, kind: type[ZohoVoice | Cobai]
) -> None:
    """One line for the account, then one a fact; each begins with what was seen."""
    with kind() as sandbox:
        sandbox.seed()
        runs = [check(workplace, command, sandbox) for command in ("tap", "target")]
        assert sandbox.writes == []
    assert [run.code for run in runs] == [0, 0]
    assert runs[0].out == runs[1].out
    first, *lines = runs[0].out.splitlines()
    assert " answers; " in first
    assert len(lines) >= 11
    assert [line for line in lines if not line.startswith(WORDS)] == []


def test_the_tap_checks_each_api_that_has_settings(workplace: Workplace) -> None:
    """One after the other; what would harm at one of them makes the exit code 1."""
    with Cobai(readings=["no_contact_list_405"]) as cobai, ZohoVoice() as zoho:
        cobai.add(**member("rico"))
        good = workplace.tap({"zoho_voice": zoho.tap_config()}, "--check")
        both = {"cobai": cobai.tap_config(), "zoho_voice": zoho.tap_config()}
        run = workplace.tap(both, "--check")
        assert (cobai.writes, zoho.writes) == ([], [])
    assert (good.code, run.code) == (0, 1)
    named = [line.partition(" at ")[0] for line in run.out.splitlines() if " answers; " in line]
    assert named == ["cobai", "Zoho Voice"]
    assert run.out.endswith(good.out)
    assert "differs and would harm: The contacts of a customer can be listed" in run.out


def test_the_target_ends_with_1_if_something_would_harm(workplace: Workplace) -> None:
    """And leaves no ledger that says that anything was written."""
    with Cobai(readings=["no_contact_list_405"]) as cobai:
        run = check(workplace, "target", cobai)
        assert (run.code, cobai.writes) == (1, [])
    assert "differs and would harm: " in run.out


def test_wrong_settings_of_a_tap_are_found_before_anything_is_asked(workplace: Workplace) -> None:
    """Exit code 2, as in a run."""
    with ZohoVoice() as zoho:
        run = workplace.tap({"zoho_voice": {**zoho.tap_config(), "page_size": 1}}, "--check")
        assert (run.code, run.out, zoho.log) == (2, "", [])
        assert workplace.tap({}, "--check").code == 2


# Privacy.


def holding(api: str) -> Echoing:
    """Return a server that holds a contact of canaries."""
    if api in READS:
        return source(api)
    sandbox = DESTINATIONS[api]()
    sandbox.add(name=NAME, type="regular", number="sip:4711@pbx.example.com")
    return sandbox


@pytest.mark.parametrize("where", ["nowhere", "at reads"])
@pytest.mark.parametrize("api", DESTINATIONS)
def test_a_check_shows_nothing_of_a_contact_and_no_secret(
    workplace: Workplace, api: str, where: str
) -> None:
    """Whatever an API answers to what is read; both commands, at their most talkative."""
    with holding(api) as sandbox:
        sandbox.at = READS.get(api, "GET")
        if where == "at reads":
            sandbox.answers = itertools.chain([None], endless())
        commands = ("tap", "target") if api in READS else ("target",)
        for command in commands:
            run = check(workplace, command, sandbox, **QUICK)
            assert found((*SECRETS, *CONTACT), (run.out + run.log).encode()) == []
            assert "Traceback" not in run.log
            assert "Unexpected" not in run.log
        assert sandbox.writes == []


class Twisted(ZohoVoice):
    """A list in which a contact stands where something else is expected."""

    def answer(self, request: Request) -> tuple[Response | None, Any]:
        """Answer with what is no list."""
        given, fault = super().answer(request)
        if given and request.query:
            body = given.body.replace(b'"total": ', b'"total": "Kanarienv\xc3\xb6gel", "x": ')
            given = Response(200, body, given.headers)
        return given, fault


def test_an_answer_that_makes_no_sense_is_told_as_such(workplace: Workplace) -> None:
    """No traceback and no value of it; the sentence says what is wrong with the answer."""
    with Twisted() as zoho:
        run = check(workplace, "tap", zoho, max_tries=2)
    assert "Kanarien" not in run.out + run.log
    assert "Traceback" not in run.log
    assert "The answer is not what this API sends" in run.out + run.log
