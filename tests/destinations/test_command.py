"""The command with `destinations`: each one is written, fails and is checked for itself."""

from __future__ import annotations

import json
import shlex
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.__main__ import Sandboxes
from tests.sandbox.bas_ip import BasIp
from tests.support.doors import House, overall, residents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

STATE = '"read"\n'
HOMES = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


@pytest.fixture
def house() -> Iterator[House]:
    """Serve two monitors."""
    with House(2) as served:
        yield served


def test_one_that_fails_keeps_no_other_back_and_is_done_by_the_next_run(
    workplace: Workplace,
) -> None:
    """One is off, one is full, one knows another password: three others are done, exit code 1.

    The next run asks nothing of those that are done, and STATE goes on when all are.
    """
    with BasIp() as off:
        port = int(off.url.rpartition(":")[2])
    wrong = {3: {"api_url": off.url}, 4: {"password": "654321"}}
    with House(6) as house:
        small = house.monitors[5]._book  # noqa: SLF001
        small.max_contacts, room = 1, small.max_contacts
        first = workplace.target(house.config(wrong), residents(HOMES))
        assert [len(each) for each in house.held()] == [2, 2, 2, 0, 0, 1]
        assert first.code == 1
        assert first.out == ""
        told, asked, small.max_contacts = overall(first), house.asked(), room
        with BasIp(port=port) as again:
            second = workplace.target(house.config({3: {"api_url": off.url}}), residents(HOMES))
            third = workplace.target(house.config({3: {"api_url": off.url}}), residents(HOMES))
            assert len(again.contacts) == 2
    assert (told["failed"], told["rejected"]) == (["flat 3", "flat 4"], 1)
    assert (second.code, second.out, third.out) == (0, STATE, STATE)
    assert house.asked()[:3] == asked[:3]
    assert overall(third)["requests"] == 0


def test_all_apis_may_be_destinations_of_one_run(workplace: Workplace) -> None:
    """Each gets the same people in its own terms, and a second run asks nothing."""
    with ExitStack() as stack:
        served = Sandboxes(stack).destinations
        listed = [{**each.target_config(), "name": api} for api, each in served.items()]
        config: dict[str, Any] = {"destinations": listed}
        person = {"id": 1, "first_name": "Ann", "last_name": "Lee", "mobile": "+4915112345678"}
        person |= {"email": "ann@example.com", "user_name": "ann"}
        messages = [{**each} for each in residents([])]
        messages[0] |= {"schema": {"properties": {name: {} for name in person}}}
        messages.insert(1, {"type": "RECORD", "stream": "residents", "record": person})
        for _ in range(2):
            run = workplace.target(config, messages)
        assert {api: len(each.contacts) for api, each in served.items()} == dict.fromkeys(served, 1)
    assert (run.code, run.out, overall(run)["unchanged"]) == (0, STATE, 5)
    assert overall(run)["requests"] == 0


def test_who_moves_leaves_one_door_and_comes_to_the_other(
    workplace: Workplace, house: House
) -> None:
    """A complete reading lacks who has moved, as far as the old door can see."""
    config = {**house.config(), "on_delete": "delete"}
    workplace.target(config, residents([0, 0, 1], version=1))
    assert house.held() == [["Ann N0", "Ann N1"], ["Ann N2"]]
    run = workplace.target(config, residents([0, 1, 1], version=2))
    assert house.held() == [["Ann N0"], ["Ann N1", "Ann N2"]]
    assert (run.code, run.out) == (0, STATE)


def test_a_reject_stands_in_the_folder_of_its_destination(
    workplace: Workplace, house: House
) -> None:
    """It can be piped back to it; all is settled, so STATE goes on with exit code 3."""
    messages = residents([0, 1])
    messages[2]["record"]["last_name"] = messages[2]["record"]["first_name"] = ""
    run = workplace.target(house.config(), messages)
    (file,) = (workplace.folder / "rejects").rglob("*.jsonl")
    assert (run.code, run.out, file.parent.name) == (3, STATE, "flat 1")


def test_each_line_of_the_log_says_whose_it_is(workplace: Workplace, house: House) -> None:
    """Each destination has a summary, and no line holds a contact or a secret."""
    run = workplace.target(house.config(), residents([0, 1, 7]))
    lines = [line for line in run.log.splitlines() if " summary: {" in line]
    assert sorted(line.split("| ")[-1].split(": summary")[0] for line in lines) == [
        "flat 0",
        "flat 1",
    ]
    assert "Records of residents that go to no destination" in run.log
    assert not any(text in run.log for text in ("123456", "Ann", "49151"))


def test_those_named_are_written_alone_and_no_state_goes_on(
    workplace: Workplace, house: House
) -> None:
    """The others have not got what the STATE covers."""
    run = workplace.target(house.config(), residents([0, 1]), "--destinations", "flat 1")
    assert (run.code, run.out, house.held()) == (0, "", [[], ["Ann N1"]])


def test_the_list_tells_names_apis_and_addresses(workplace: Workplace, house: House) -> None:
    """A line each, for whoever runs a task for each; nothing is asked and no secret is told."""
    run = workplace.target(house.config(), "", "--destinations", "list")
    urls = [each.url for each in house.monitors]
    assert run.out == "".join(f"flat {n}\tbas_ip\t{url}\n" for n, url in enumerate(urls))
    assert (run.code, house.asked()) == (0, [0, 0])


def test_a_check_tells_of_each(workplace: Workplace, house: House) -> None:
    """Each line names its destination; one that cannot be reached is an error."""
    run = workplace.target(house.config({1: {"password": "654321"}}), "", "--check")
    assert run.code == 1
    assert any(line.startswith("flat 0: ") for line in run.out.splitlines())
    assert not any(line.startswith("flat 1: ") for line in run.out.splitlines())
    assert "| flat 1: BAS-IP: sign-in" in run.log


@pytest.mark.parametrize("option", ["--explain", "--plan", "--apply"])
def test_what_is_for_one_at_a_time_is_refused_for_several(
    workplace: Workplace, house: House, option: str
) -> None:
    """A plan is of one account."""
    given = [option] if option == "--explain" else [option, str(workplace.folder / "plan")]
    run = workplace.target(house.config(), residents([0]), *given)
    assert run.code == 2
    assert f"{option} is for one destination" in run.log


def test_a_plan_of_one_is_made_and_carried_out(workplace: Workplace, house: House) -> None:
    """With the records that it takes, and no others."""
    plan = str(workplace.folder / "plan")
    one = ("--destinations", "flat 1")
    workplace.target(house.config(), residents([0, 1]), *one, "--plan", plan)
    assert house.held() == [[], []]
    run = workplace.target(house.config(), residents([0, 1]), *one, "--apply", plan)
    assert (run.code, run.out, house.held()) == (0, "", [[], ["Ann N1"]])


def test_an_explanation_of_one_is_printed(workplace: Workplace, house: House) -> None:
    """As that of a single account is."""
    run = workplace.target(
        house.config(), residents([0, 1]), "--destinations", "flat 1", "--explain"
    )
    assert (run.code, house.asked()) == (0, [0, 0])
    assert "flat" in run.out


def test_a_limit_is_one_of_each_and_no_state_goes_on(workplace: Workplace, house: House) -> None:
    """The rest is sent by the next run."""
    run = workplace.target(house.config(), residents([0, 0, 1, 1]), "--limit", "1")
    assert (run.code, run.out, house.held()) == (0, "", [["Ann N0"], ["Ann N2"]])


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"field_map": {"nosuch": "x"}}, "Destination flat 1: field_map"),
    ({"mode": "sometimes"}, "Destination flat 1: mode must be one of"),
    ({"api": "nosuch"}, "Destination flat 1: api must be one of"),
    ({"only": {"falt": 1}}, "Destination flat 1: only names falt"),
    ({"ledger_url": "mysql://x"}, "Destination flat 1: ledger_url"),
]


@pytest.mark.parametrize(("own", "why"), WRONG)
def test_wrong_settings_of_one_end_the_run_before_anything_is_sent(
    workplace: Workplace, house: House, own: dict[str, Any], why: str
) -> None:
    """The destination is named, and the others are not written either."""
    config = house.config()
    config["destinations"][1] |= own
    run = workplace.target(config, residents([0, 1]))
    assert (run.code, house.asked()) == (2, [0, 0])
    assert why in run.log


def test_one_account_under_two_names_is_refused(workplace: Workplace, house: House) -> None:
    """Each would take the contacts of the other for ones that have left."""
    url = house.monitors[0].url
    run = workplace.target(house.config({1: {"api_url": url}}), residents([0]))
    assert (run.code, house.asked()) == (2, [0, 0])
    assert "Destination flat 1: it is the same account as flat 0" in run.log


def test_two_companies_behind_one_address_are_two_accounts(workplace: Workplace) -> None:
    """Their settings tell them apart; nothing is asked for that."""
    account = {"app_id": "a" * 32, "app_secret": "b" * 64, "api_url": "https://192.0.2.1"}
    listed = [
        {"name": each, "api": "porters", "porters": {**account, "partition": each}}
        for each in ("1", "2")
    ]
    run = workplace.target({"destinations": listed}, "", "--destinations", "list")
    assert (run.code, len(run.out.splitlines())) == (0, 2)
    listed[1]["porters"] = listed[0]["porters"]
    assert workplace.target({"destinations": listed}, "", "--destinations", "list").code == 2


def test_names_without_the_setting_are_refused(workplace: Workplace) -> None:
    """Whoever names a destination does not mean the one account that there is."""
    with BasIp() as monitor:
        run = workplace.target(monitor.target_config(), residents([]), "--destinations", "x")
    assert run.code == 2
    assert "--destinations: the setting destinations is not given" in run.log


def test_settings_come_from_the_environment_too(workplace: Workplace, house: House) -> None:
    """The list is a variable that holds JSON."""
    config = house.config()
    env = {
        "TARGET_CONTACTS_DESTINATIONS": json.dumps(config.pop("destinations")),
        "TARGET_CONTACTS_BAS_IP": json.dumps(config.pop("bas_ip")),
        "TARGET_CONTACTS_STREAMS": "res*, others",
        "TARGET_CONTACTS_FIELD_MAP": "{}",
    }
    run = workplace.target(config, residents([0, 1]), "--config", "ENV", env=env)
    assert (run.code, house.held()) == (0, [["Ann N0"], ["Ann N1"]])


def test_the_commands_that_repair_are_for_one_destination_that_is_named(
    workplace: Workplace, house: House
) -> None:
    """Just as its report prints them; they read its ledger, its rejects and its settings."""
    config = {**house.config(), "report_dir": "reports", "max_rejects": -1}
    messages = [*residents([0, 1])]
    bad = {"type": "RECORD", "stream": "residents", "record": {"id": 9, "flat": 1}}
    workplace.target(config, [*messages[:1], bad, *messages[1:]])
    (told,) = (workplace.folder / "reports" / "flat 1").glob("*/run.json")
    facts = json.loads(told.read_text())
    assert facts["destination"] == "flat 1"
    commands = [shlex.split(each["command"]) for each in facts["repairs"]]
    assert [each[3:6] for each in commands] == [
        ["--destinations", "flat 1", "--rejects"],
        ["--destinations", "flat 1", "--rejects"],
        ["--destinations", "flat 1", "<"],
    ]
    listed = workplace.target(config, "", "--destinations", "flat 1", "--ledger", "list")
    assert (listed.code, "residents  written  1" in listed.out) == (0, True)
    for start, *options in (each[3:] for each in commands[:2]):
        ended = workplace.target(config, "", start, *options)
        assert (ended.code, "missing" in ended.out) == (0, True), ended.log
    for names in ([], ["--destinations", "flat 0", "--destinations", "flat 1"]):
        ended = workplace.target(config, "", *names, "--ledger", "list")
        assert (ended.code, ended.out) == (2, "")
        assert "--ledger list is for one destination: name it" in ended.log
    unknown = workplace.target(config, "", "--destinations", "flat 7", "--ledger", "list")
    assert (unknown.code, "has none of this name" in unknown.log) == (2, True)
