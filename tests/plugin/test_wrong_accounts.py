"""An account that cannot be used costs about five requests and one sentence.

`--check` fails wherever a run would fail, as far as reading can tell.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import ApiError, Stopped
from target_contacts.target import SINKS
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.support.commands import FAST, contacts
from tests.support.wrong_accounts import (
    ACCOUNTS,
    ELSEWHERE,
    KINDS,
    OF_QUERIES,
    OF_WRITES,
    PAGE,
    PATHS,
    PEOPLE,
    PLACES,
    WRITTEN_PATHS,
    Wrong,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.support.commands import Finished, Workplace


def name_of(wrong: Wrong) -> str:
    """Return a name for a row."""
    return f"{wrong.api} {wrong.name}"


def runs(workplace: Workplace, wrong: Wrong, *options: str) -> dict[str, tuple[Finished, int]]:
    """Run each command on a wrong account of its own; return it with the requests it took."""
    found = {}
    for command in ("target", "tap"):
        with wrong.world() as (servers, target, tap):
            if command == "target":
                run = workplace.target({**target, "canary": True}, contacts(*PEOPLE), *options)
            elif tap:
                run = workplace.tap(tap, *options)
            else:
                continue
            found[command] = run, sum(len(each.log) for each in servers)
    return found


def asked(wrong: Wrong) -> tuple[ApiError, int]:
    """Ask a wrong account for anything; return the error, and how many requests that took."""
    with wrong.world() as (servers, target, _):
        client = SINKS[wrong.api].client_class(target[wrong.api], {**FAST, **target})
        with pytest.raises(ApiError) as caught:
            client.check()
        return caught.value, sum(len(each.log) for each in servers)


OF_A_RUN = [each for each in PLACES if (each.api, each.elsewhere) == ("cobai", "porters")]
"""What looks like the refusal of one request; only a run sees that there is nothing else."""


@pytest.mark.parametrize(
    "wrong", [each for each in (*PLACES, *ELSEWHERE) if each not in OF_A_RUN], ids=name_of
)
def test_whoever_answers_in_the_place_of_an_api_is_known(wrong: Wrong) -> None:
    """Within few requests the client says that no other one can succeed, and why."""
    error, requests = asked(wrong)
    assert isinstance(error, Stopped)
    assert (wrong.says in str(error), requests <= wrong.most) == (True, True), str(error)


def in_turn(accounts: Iterable[Wrong]) -> list[Wrong]:
    """Return of what befell each API another part, so that each part befalls one of them.

    The client of each API stands every one; what a run makes of its errors is the same for all.
    """
    by_name: dict[str, list[Wrong]] = {}
    for each in accounts:
        by_name.setdefault(each.name, []).append(each)
    return [several[n % len(several)] for n, several in enumerate(by_name.values())]


def by_status(accounts: Sequence[Wrong]) -> list[Wrong]:
    """Return each path with one status, and the first one with all."""
    several = len({each.fault["status"] for each in accounts if each.fault})
    paths = [accounts[n : n + several] for n in range(0, len(accounts), several)]
    return [*paths[0], *(path[n % several] for n, path in enumerate(paths[1:]))]


EVERY = [
    *(*OF_A_RUN, *in_turn(PLACES), *ACCOUNTS, *OF_WRITES),
    *(*by_status(PATHS), *by_status(WRITTEN_PATHS)),
]


@pytest.mark.parametrize("wrong", EVERY, ids=name_of)
def test_it_ends_within_few_requests(workplace: Workplace, wrong: Wrong) -> None:
    """With code 1 or 2, and advice in the last line of the log; nothing is rejected for good."""
    for command, (run, requests) in runs(workplace, wrong).items():
        last = run.log.splitlines()[-1]
        if command not in wrong.fails or (wrong in OF_WRITES and command == "tap"):
            assert run.code == 0, last
            continue
        assert (run.code in {1, 2}, wrong.says in last) == (True, True), last
        assert requests <= wrong.most, (command, requests)
        assert not any(message["type"] == "STATE" and message["value"] for message in run.messages)


REPEATED = " Trying again in "
THROTTLES = " throttles: for now this run sends at most "
"""Words of the lines that say that a request has to wait."""


@pytest.mark.parametrize("wrong", in_turn(ELSEWHERE), ids=name_of)
def test_what_is_no_api_ends_the_run_with_one_sentence(workplace: Workplace, wrong: Wrong) -> None:
    """Nothing else is said, but for each repeat of what is throttled; nothing is rejected."""
    for command, (run, requests) in runs(workplace, wrong).items():
        said = [line for line in run.log.splitlines() if "| INFO " not in line]
        said = [line for line in said if REPEATED not in line and THROTTLES not in line]
        said = [line for line in said if "has no field for" not in line]
        assert (run.code, len(said), wrong.says in said[-1]) == (1, 1, True), (command, run.log)
        assert (requests <= wrong.most, workplace.rejects) == (True, []), (command, requests)
        assert ("Trying again" in run.log) == (wrong.name == "throttle"), run.log


@pytest.mark.parametrize("api", KINDS)
def test_a_page_instead_of_the_first_contact_alone_stops_nothing(
    workplace: Workplace, api: str
) -> None:
    """It is rejected, since the second contact of the account is accepted."""
    held = PEOPLE[0]["mobile"]
    with KINDS[api]() as sandbox:
        config = {**sandbox.target_config(), "canary": True}
        sandbox.fault(on="POST", holding=str(held)[1:], times=-1, status=200, body=PAGE)
        run = workplace.target(config, contacts(*PEOPLE))
        assert (run.code, len(sandbox.contacts)) == (3, len(PEOPLE) - 1), run.log


ALONE: dict[str, dict[str, Any]] = {
    "charset": {"status": 400, "body": "<System><Code>101</Code></System>"},
    "form": {"status": 200, "body": "<Contact><Code>103</Code></Contact>"},
    "page": {"status": 403, "body": PAGE},
}
"""What PORTERS, or something before it, may answer to a request for the sake of one contact."""


@pytest.mark.parametrize("canary", [True, False])
@pytest.mark.parametrize("name", ALONE)
def test_one_contact_that_is_refused_like_a_whole_account_stops_nothing(
    workplace: Workplace, name: str, *, canary: bool
) -> None:
    """The first one of a first run is rejected alone; all others are written, once."""
    with Porters() as sandbox:
        held = str(PEOPLE[0]["email"])
        sandbox.fault(on="POST /v1/contact", holding=held, times=-1, **ALONE[name])
        config = {**sandbox.target_config(), "canary": canary}
        run = workplace.target(config, contacts(*PEOPLE, state={"at": 12}))
        assert (run.code, run.summary["created"], run.summary["rejected"]) == (3, 11, 1), run.log
        assert (len(sandbox.contacts), run.messages) == (11, [{"at": 12}])


@pytest.mark.parametrize("wrong", [*ACCOUNTS, *OF_QUERIES], ids=name_of)
def test_check_fails_where_a_run_does(workplace: Workplace, wrong: Wrong) -> None:
    """It passes where a run passes, but for cobai.customers, which a target does not read."""
    for command, (check, _) in runs(workplace, wrong, "--check").items():
        assert (check.code != 0) == (command in wrong.fails), check.out + check.log


PASSING: list[dict[str, Any]] = [
    {"status": 503, "body": PAGE},
    {"status": 502, "body": PAGE},
    {"status": 503, "body": PAGE, "headers": {"Retry-After": "0"}},
]


@pytest.mark.parametrize("fault", PASSING, ids=["503", "502", "503 with a time"])
@pytest.mark.parametrize("api", [api for api in KINDS if api != "valomnia"])
def test_a_page_of_a_maintenance_is_waited_for(
    workplace: Workplace, api: str, fault: dict[str, Any]
) -> None:
    """An outage that passes within the tries costs nothing but time."""
    with KINDS[api]() as sandbox:
        sandbox.fault(times=3, **fault)
        run = workplace.target(sandbox.target_config(), contacts(*PEOPLE[:1]))
        assert (run.code, len(sandbox.contacts)) == (0, 1), run.log


def test_a_page_that_says_when_to_ask_again_is_waited_for(workplace: Workplace) -> None:
    """Whatever its status is."""
    with KINDS["cobai"]() as sandbox:
        sandbox.fault(times=3, status=200, body=PAGE, headers={"Retry-After": "0"})
        run = workplace.target(sandbox.target_config(), contacts(*PEOPLE[:1]))
        assert (run.code, len(sandbox.contacts)) == (0, 1), run.log


@pytest.mark.parametrize("status", [200, 302, 404])
def test_a_page_once_in_passing_ends_nothing(workplace: Workplace, status: int) -> None:
    """A harmless read is answered, and then the path without a query: it is sent again."""
    with KINDS["zoho_voice"]() as sandbox:
        on = "GET /rest/json/zv/contacts"
        sandbox.fault(on=on, status=status, body=PAGE)
        sandbox.fault(on=on, after=1, status=status, body=PAGE)
        run = workplace.target(sandbox.target_config(), contacts(*PEOPLE))
        assert (run.code, len(sandbox.contacts)) == (0, len(PEOPLE)), run.log


def test_the_first_request_goes_alone(workplace: Workplace) -> None:
    """Until it is answered by the API, the others wait: a wrong address sees two requests."""
    with Cobai() as sandbox:
        sandbox.fault(times=-1, status=200, body=PAGE)
        customers = [sandbox.add_customer() for _ in range(8)]
        people = [
            {**person, "customer_id": customer}
            for person, customer in zip(PEOPLE, customers, strict=False)
        ]
        run = workplace.target({**sandbox.target_config(), "concurrency": 8}, contacts(*people))
        assert (run.code, len(sandbox.log)) == (1, 2)


def test_streams_are_proven_before_a_first_run_alone(workplace: Workplace) -> None:
    """At PORTERS by three reads: of a company database, of a contact and of a client."""
    path = workplace.folder / "state.json"
    with Porters() as sandbox:
        config = {"porters": sandbox.tap_config()}
        first = workplace.tap(config)
        proofs = [line.request.query for line in sandbox.log if "field" not in line.request.query]
        path.write_text(json.dumps(first.messages[-1]["value"]))
        sandbox.log.clear()
        later = workplace.tap(config, "--state", str(path))
        asked = [line.request.query for line in sandbox.log if "field" not in line.request.query]
    assert (first.code, later.code) == (0, 0)
    assert sum(query.get("count") == "1" for query in proofs) == 3
    assert sum(query.get("count") == "1" for query in asked) == 0
