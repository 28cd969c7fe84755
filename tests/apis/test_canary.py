"""Each API's first create and first update are read back before anything else leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.crash.lab import KINDS, Lab
from tests.crash.people import person, stream
from tests.crash.rules import RESET_AFTER, Rule
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.porters import Porters
from tests.sandbox.porters_codes import Code
from tests.sandbox.readings import OTHER
from tests.support.commands import Finished, Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.crash.rules import Seen
    from tests.sandbox.messages import Request, Response
    from tests.sandbox.server import Sandbox

PEOPLE = range(1, 7)


class Case(NamedTuple):
    """How one API is made to lose something."""

    key: str
    """Field that holds the id of a contact."""
    lost: tuple[str, str]
    """A name, number or address, and what is stored in its place."""
    by_hand: tuple[str, str] | None
    """A field that records do not fill, and what somebody gave it; None if there is none."""
    readings: frozenset[str] = frozenset()


CASES = {
    "bas_ip": Case("item_uid", ("name", "Somebody"), None, frozenset({"bulk_link"})),
    "cobai": Case("uuid", ("officeMobile", ""), ("officeFax", "+49309")),
    "porters": Case("Contact.P_Id", ("Contact.P_Mail", "a@b.c"), ("Contact.P_Division", "Sales")),
    "valomnia": Case("id", ("email", ""), ("fonction", "Chief")),
    "zoho_voice": Case("contact_id", ("email", ""), ("company", "Acme")),
}
all_apis = pytest.mark.parametrize("api", sorted(KINDS))


def losing(api: str) -> Sandbox:
    """Return an API that stores something else than it is sent, once it is told what."""
    kind, case = KINDS[api], CASES[api]

    class Losing(kind):  # type: ignore[valid-type,misc]
        stores: dict[str, str] = {}  # noqa: RUF012

        def handle(self, request: Request) -> Response:
            answer: Response = super().handle(request)
            if self.is_write(request) and answer.status < 300:
                for each in self.contacts if self.stores else ():
                    self.change(each[case.key], **self.stores)
            return answer

    sandbox: Sandbox = Losing(readings=case.readings)
    return sandbox


def run(
    sandbox: Sandbox,
    workplace: Workplace,
    *,
    version: int = 1,
    wanted: Iterable[int] = PEOPLE,
    **settings: Any,
) -> Finished:
    """Run the target on these people, with a STATE behind them."""
    lines = contacts(*(person(number, version) for number in wanted), state={"at": version})
    config = {**sandbox.target_config(), "match_on": [], "canary": True, **settings}
    return workplace.target(config, lines)


def reads(sandbox: Sandbox) -> int:
    """Return how often contacts were read."""
    return sum(
        line.request.method == "GET" and "contact" in line.request.path.lower()
        for line in sandbox.log
    )


@all_apis
def test_a_write_that_loses_a_value_stops_before_the_others(api: str, workplace: Workplace) -> None:
    """The field is named, not its value; the next run writes the contact again."""
    lost = CASES[api].lost
    with losing(api) as sandbox:
        for version, write, updated in ((1, "create", 1), (2, "update", len(PEOPLE))):
            before = len(sandbox.writes)
            vars(sandbox)["stores"] = dict([lost])
            ended = run(sandbox, workplace, version=version)
            assert (ended.code, ended.messages) == (1, []), ended.log
            assert len(sandbox.writes) == before + 1
            (said,) = {line for line in ended.log.splitlines() if f"first {write} into" in line}
            assert f"did not arrive as it was sent: {lost[0]}." in said
            assert not any(value in said for value in ("4915", "example.com", "First1"))
            assert ended.summary[f"{write}d"] == 1
            vars(sandbox)["stores"] = {}
            again = run(sandbox, workplace, version=version)
            assert (again.code, again.messages) == (0, [{"at": version}]), again.log
            assert len(sandbox.contacts) == len(PEOPLE)
            assert again.summary["updated"] == updated
        done = reads(sandbox), len(sandbox.writes)
        assert run(sandbox, workplace, version=2).summary["unchanged"] == len(PEOPLE)
        assert (reads(sandbox), len(sandbox.writes)) == done


@pytest.mark.parametrize("api", [api for api, case in CASES.items() if case.by_hand])
def test_an_update_that_loses_what_was_there_stops_before_the_others(
    api: str, workplace: Workplace
) -> None:
    """What somebody entered by hand is still there in all contacts but one."""
    case = CASES[api]
    assert case.by_hand
    field, value = case.by_hand
    with losing(api) as sandbox:
        assert run(sandbox, workplace).code == 0
        for each in sandbox.contacts:
            sandbox.change(each[case.key], **{field: value})  # type: ignore[attr-defined]
        before = len(sandbox.writes)
        vars(sandbox)["stores"] = {field: "Other" if api == "porters" else ""}
        ended = run(sandbox, workplace, version=2)
        assert (ended.code, ended.messages) == (1, [])
        assert f"was there before, was not sent and is lost: {field}." in ended.log
        assert value not in ended.log
        assert len(sandbox.writes) == before + 1


READ = [(api, "") for api in sorted(KINDS)]
READ += [(api, " ".join(sorted(readings))) for api, readings in sorted(OTHER.items())]
READ += [
    ("zoho_voice", "put_keeps reads_status"),
    ("cobai", "put_resets_password"),
    ("cobai", "put_merges cut_values"),
    ("valomnia", "update_blanks"),
    ("bas_ip", "bulk_contact_link flags_stay"),
    ("porters", "order_refused range_refused reference_plain"),
]


@pytest.mark.parametrize(("api", "readings"), READ)
def test_what_works_is_not_stopped(api: str, readings: str, workplace: Workplace) -> None:
    """Whatever the documents may mean: an API that keeps what it is sent passes unseen."""
    with KINDS[api](readings=readings.split()) as sandbox:
        for version in (1, 2):
            ended = run(sandbox, workplace, version=version)
            assert (ended.code, ended.messages) == (0, [{"at": version}]), ended.log
            lists = api != "bas_ip" or "bulk" in readings
            assert ("cannot be told" in ended.log) != lists
            assert "not as it was sent" not in ended.log
        assert len(sandbox.contacts) == len(PEOPLE)


def test_valomnia_that_blanks_is_found_out(workplace: Workplace) -> None:
    """Where updates send nothing back and the API empties what they leave out, one is emptied."""
    with KINDS["valomnia"](readings={"update_blanks"}) as sandbox:
        assert run(sandbox, workplace).code == 0
        for each in sandbox.contacts:
            sandbox.change(each["id"], fonction="Chief")  # type: ignore[attr-defined]
        config = sandbox.target_config()
        config["valomnia"] = {**config["valomnia"], "merge_updates": False}
        lines = contacts(*(person(number, 2) for number in PEOPLE))
        ended = workplace.target({**config, "match_on": [], "canary": True}, lines)
        assert ended.code == 1
        assert "was not sent and is lost: fonction." in ended.log
        assert [each["fonction"] for each in sandbox.contacts].count("Chief") == len(PEOPLE) - 1


def test_a_monitor_that_lists_nothing_is_asked_once_a_run(workplace: Workplace) -> None:
    """Nobody can tell what it holds; the run goes on."""
    with BasIp() as monitor:
        ended = run(monitor, workplace)
        assert (ended.code, len(monitor.contacts)) == (0, len(PEOPLE))
        assert ended.log.count("cannot be told") == 1
        assert reads(monitor) == 1


@pytest.mark.parametrize("position", [1, 3])
def test_a_request_level_code_for_one_contact_stops_nobody(
    position: int, workplace: Workplace
) -> None:
    """PORTERS may refuse a request for what is wrong with the one contact in it."""
    with Porters(readings={"root_101"}) as porters:
        porters.spoilt = {f"First{position}": Code.MISSING}
        ended = run(porters, workplace)
        assert ended.code == 3, ended.log
        assert ended.summary["rejected"] == 1
        assert len(porters.contacts) == len(PEOPLE) - 1


KILL = Rule(part=0, kill="on arrival")


@pytest.mark.parametrize(
    ("api", "rule"),
    [("bas_ip", KILL), ("zoho_voice", KILL), ("cobai", RESET_AFTER), ("porters", RESET_AFTER)],
)
def test_a_kill_while_the_first_contact_is_read_back(api: str, rule: Rule) -> None:
    """The next run finds the contact in its ledger, updates it and looks again."""
    with Lab(api, match_on=[], batch_size_rows=6) as lab:
        is_sent: list[bool] = []

        def is_read_back(seen: Seen) -> bool:
            is_sent.append(lab.is_write(seen))
            return any(is_sent) and not lab.is_write(seen) and "contact" in seen.line.lower()

        lab.disturb([rule], among=is_read_back)
        running = lab.runs.start(stream([person(number) for number in PEOPLE]))
        lab.proxy.kill = running.kill
        ended = lab.settled(running.ended())
        lab.calm()
        assert lab.proxy.disturbed
        if rule.kill:
            assert ended.code < 0
            assert ended.messages == []
        lab.must_be_well(lab.run(stream([person(number) for number in PEOPLE])))
        assert lab.verdict == (0, 0, [])
        assert sorted(lab.held()) == list(PEOPLE)
