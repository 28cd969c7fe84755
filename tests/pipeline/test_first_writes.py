"""An account that refuses all contacts alike ends the run after five write requests, at each API.

Where only some of the first contacts are refused, all others are written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.server import Sandbox

MANY, MOST = 16, 5
SECRET = "Anna's own words"
"""What the API says of a contact; it may hold the contact's data."""


def porters(number: int) -> dict[str, Any]:
    """Return a refusal of PORTERS."""
    return {"status": 200, "body": f"<Contact><Code>{105 + number}</Code></Contact>"}


def cobai(number: int) -> dict[str, Any]:
    """Return a refusal of cobai."""
    status = (400, 409, 422)[number]
    body = f"<BadRequest><message>{SECRET}</message></BadRequest>"
    return {"status": status, "body": body}


def valomnia(number: int) -> dict[str, Any]:
    """Return a refusal of Valomnia."""
    code = ("save_failed", "missing_param", "invalid_param_type")[number]
    return {"status": 400, "body": json.dumps({"error": code, "error_description": SECRET})}


def zoho_voice(number: int) -> dict[str, Any]:
    """Return a refusal of Zoho Voice."""
    body = {"code": f"ZVT02{number}", "message": SECRET, "status": "ERROR"}
    return {"status": 400, "body": json.dumps(body)}


def bas_ip(number: int) -> dict[str, Any]:
    """Return a refusal of a monitor."""
    codes = ("Wrong JSON body", {"code": "not_valid", "message": SECRET}, "Wrong JSON body: twice")
    return {"status": 400, "body": json.dumps({"error": codes[number]})}


WAYS = {
    Porters: ("POST /v1/contact", porters),
    Cobai: ("POST /", cobai),
    Valomnia: ("POST /api/", valomnia),
    ZohoVoice: ("POST /rest", zoho_voice),
    BasIp: ("POST /api/", bas_ip),
}
"""Which requests write, and how each API refuses, in three ways."""


@pytest.fixture(params=list(WAYS), ids=lambda kind: str(kind.api))
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Return a running, empty API, in turn each of the five."""
    with request.param() as running:
        yield running


def people() -> list[dict[str, Any]]:
    """Return records that each of the five can hold."""
    return [
        {
            "id": n,
            "first_name": f"Anna{n}",
            "last_name": "Ahrens",
            "mobile": f"+4915112345{n:03}",
            "email": f"anna{n:03}@example.com",
        }
        for n in range(1, MANY + 1)
    ]


def tried(sandbox: Sandbox, on: str) -> int:
    """Return how many requests to write arrived."""
    lines = (f"{line.request.method} {line.request.path}" for line in sandbox.log)
    found = [text for text in lines if text.startswith(on)]
    return len([text for text in found if "token" not in text and "login" not in text])


def test_an_account_that_refuses_all_alike_ends_the_run(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """At most five write requests leave; STATE stays; nothing personal is said; none is lost."""
    on, way = WAYS[type(sandbox)]
    config, messages = sandbox.target_config(), contacts(*people(), state={"at": MANY})
    sandbox.fault(on=on, times=-1, **way(0))
    run = workplace.target(config, messages)
    assert (run.code, run.out, sandbox.contacts) == (1, "", [])
    assert 3 <= tried(sandbox, on) <= MOST
    assert "several were refused alike, with code" in run.log
    assert "Nothing was written." in run.log
    assert SECRET not in run.log
    assert len(workplace.rejections) == run.summary["rejected"] <= MOST
    sandbox.faults.clear()
    again = workplace.target(config, messages)
    assert (again.code, again.summary["created"], again.messages) == (0, MANY, [{"at": MANY}])
    assert len(sandbox.contacts) == MANY


def test_three_bad_contacts_of_different_causes_stop_nothing(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """All that come after them are written, and they alone are rejected."""
    on, way = WAYS[type(sandbox)]
    for number, bad in enumerate(people()[:3]):
        held = str(bad["mobile"])[-10:] if sandbox.api == "bas_ip" else bad["email"]
        sandbox.fault(on=on, times=-1, holding=held, **way(number))
    run = workplace.target(sandbox.target_config(), contacts(*people(), state={"at": MANY}))
    assert (run.code, run.summary["created"], run.summary["rejected"]) == (3, MANY - 3, 3)
    assert (run.messages, len(sandbox.contacts)) == ([{"at": MANY}], MANY - 3)


UPDATES = {Cobai: "PUT /", ZohoVoice: "PUT /rest"}
"""Which requests update, where these are not those of `WAYS`."""


def test_an_account_that_has_accepted_contacts_stays_one(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """If it refuses the updates of all of them, each is rejected alone, in every run."""
    on, way = WAYS[type(sandbox)]
    config, known = sandbox.target_config(), people()[:6]
    workplace.target(config, contacts(*known))
    sandbox.fault(on=UPDATES.get(type(sandbox), on), times=-1, **way(0))
    renamed = contacts(*({**each, "last_name": "Meyer"} for each in known), state={"at": 1})
    for _ in range(2):
        run = workplace.target(config, renamed)
        assert (run.code, run.summary["rejected"], run.messages) == (3, 6, [{"at": 1}])


@pytest.mark.parametrize("bad", [4, 5, MANY])
def test_first_contacts_without_a_field_that_cobai_demands_stop_nothing(
    workplace: Workplace, bad: int
) -> None:
    """Its words name the field, under one code for all. They are bad records, however many."""
    records = people()
    for record in records[:bad]:
        del record["email"]
    with Cobai(inferred_fields=True) as sandbox:
        config = sandbox.target_config()
        more = {"gender": "MALE", "ignore_assortment": "false"}
        config["defaults"] = {**config["defaults"], **more}
        config["field_map"] = {"webUserName": "first_name"}
        run = workplace.target(config, contacts(*records, state={"at": MANY}))
        assert (run.code, len(sandbox.contacts)) == (3, MANY - bad), run.log
        assert len([line for line in sandbox.log if line.request.method == "POST"]) == MANY
    assert ("they lack officeMail. See field_map" in run.log) == (bad > 4)
