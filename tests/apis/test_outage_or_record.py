"""An outage is told from a record that cannot be read or written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.lab import KINDS
from tests.crash.people import person
from tests.support.commands import Workplace, contacts
from tests.support.one_night import (
    DEAD,
    PEOPLE,
    Night,
    all_apis,
    held_by,
    must_land,
    must_part,
    must_pass_over,
)

if TYPE_CHECKING:
    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished


def must_be_an_outage(night: Night, **settings: Any) -> Finished:
    """Run the target, which is to end with exit code 1, reject nobody and pass on no STATE."""
    night.before = len(night.sandbox.log)
    run = night.run(PEOPLE, **settings)
    assert (run.code, run.out, run.summary["rejected"]) == (1, "", 0), run.log
    night.mend()
    return run


@all_apis
@pytest.mark.parametrize("write", ["create", "update"])
def test_an_outage_makes_nobody_a_bad_record(workplace: Workplace, api: str, write: str) -> None:
    """Whether an API dies in the middle, fails for all, or serves reads alone; then all land."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, write)
        turn = sorted(KINDS).index(api) * 2 + (write == "update")
        fault = list(DEAD)[turn % len(DEAD)]
        # It dies in the middle.
        reads = 4 if api in {"cobai", "valomnia", "zoho_voice"} and write == "update" else 0
        sandbox.fault(after=5 + reads, times=-1, status=500)
        run = must_be_an_outage(night, batch_size_rows=1, concurrency=1)
        assert 2 <= run.summary[f"{write}d"] <= 6
        # It fails for all.
        sandbox.fault(times=-1, **DEAD[fault])
        run = must_be_an_outage(night)
        told = ("no success in 3 tries", "It is not tried again")
        assert fault == "page" or any(words in run.log for words in told)
        assert len(sandbox.log) - night.before < 30
        # It only reads.
        night.spoil(*PEOPLE, **DEAD[fault])
        must_be_an_outage(night)
        assert night.sent < 60
        again = night.run(PEOPLE)
        assert (again.code, again.messages) == (0, [{"at": 1}])
        assert night.held == dict.fromkeys(PEOPLE, 1)


@pytest.mark.parametrize("api", ["cobai", "porters", "valomnia", "zoho_voice"])
def test_a_throttle_is_never_a_records_fault(workplace: Workplace, api: str) -> None:
    """Whoever is told to come later is not rejected, even if others are let in."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        night.spoil(12, status=429)
        run = night.run(PEOPLE, batch_size_rows=1)
        assert (run.code, run.summary["rejected"], run.out) == (1, 0, "")


# Reads that are about one record.


def id_of(sandbox: Sandbox, number: int) -> str:
    """Return the id under which an API holds a person."""
    names = ("contact_id", "uuid", "id", "Contact.P_Id")
    (held,) = [each for each in sandbox.contacts if held_by(number) in str(each)]
    return str(next(held[name] for name in names if name in held))


@pytest.mark.parametrize("api", ["cobai", "zoho_voice"])
def test_a_contact_that_cannot_be_read_before_its_update_stops_nobody(
    workplace: Workplace, api: str
) -> None:
    """Where an update needs what is there, only that contact goes without; wherever it stands."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace, "update")
        for position in (1, 6, 12):
            sandbox.fault(on="GET", holding=id_of(sandbox, position), times=-1, status=500)
        must_part(night, night.run(PEOPLE), {1, 6, 12}, PEOPLE)
        night.mend()
        night.go_on()
        sandbox.fault(on="GET", holding=id_of(sandbox, 1), times=-1, status=500)
        must_part(night, night.run(PEOPLE), {1}, PEOPLE)


ASKED_ONE_BY_ONE = pytest.mark.parametrize("api", ["porters", "valomnia"])
LISTINGS = {"porters": "condition=Contact.P_Client=10001\n", "valomnia": "contacts?sort=id&"}
"""What only those requests hold that list contacts for several look-ups."""


@ASKED_ONE_BY_ONE
def test_a_look_up_that_always_fails_stops_nobody(workplace: Workplace, api: str) -> None:
    """Who may be there already is not sent blindly, and is rejected alone."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        sandbox.fault(on="GET", holding="Last6", times=-1, status=500)
        sandbox.fault(on="GET", holding=LISTINGS[api], times=-1, status=500)
        wanted = [5, 6]
        run = workplace.target(
            {**sandbox.target_config(), "max_tries": 3},
            contacts(*map(person, wanted), state={"at": 1}),
        )
        must_pass_over(night, run, wanted, {6})
        assert night.rejected() == [(6, "outcome_unknown")]
        assert 6 not in night.taken
        must_land(night, wanted)


@ASKED_ONE_BY_ONE
def test_look_ups_that_all_fail_are_an_outage(workplace: Workplace, api: str) -> None:
    """Though the API serves other reads: nobody is rejected, and the next run completes."""
    with KINDS[api]() as sandbox:
        before = len(sandbox.contacts)
        for number in PEOPLE:
            sandbox.fault(on="GET", holding=f"Last{number}", times=-1, status=500)
        sandbox.fault(on="GET", holding=LISTINGS[api], times=-1, status=500)
        config = {**sandbox.target_config(), "max_tries": 3}
        lines = contacts(*map(person, PEOPLE), state={"at": 1})
        run = workplace.target(config, lines)
        assert (run.code, run.out, run.summary["rejected"]) == (1, "", 0)
        assert len(sandbox.contacts) == before
        sandbox.faults.clear()
        assert workplace.target(config, lines).code == 0


@ASKED_ONE_BY_ONE
def test_a_listing_that_always_fails_stops_nobody(workplace: Workplace, api: str) -> None:
    """Contacts are then asked for one by one."""
    with KINDS[api]() as sandbox:
        night = Night(sandbox, workplace)
        sandbox.fault(on="GET", holding=LISTINGS[api], times=-1, status=500)
        config = {**sandbox.target_config(), "max_tries": 3}
        run = workplace.target(config, contacts(*map(person, PEOPLE), state={"at": 1}))
        assert (run.code, run.messages, night.held) == (0, [{"at": 1}], dict.fromkeys(PEOPLE, 1))


def test_a_customer_whose_contacts_cannot_be_read_stops_no_other(workplace: Workplace) -> None:
    """The records of that customer of cobai are rejected, after one attempt to read its list."""
    with KINDS["cobai"]() as sandbox:
        cobai: Any = sandbox
        bad, good = cobai.add_customer(), cobai.add_customer()
        config = sandbox.target_config()
        sandbox.fault(on=f"GET /v2/customer/{bad}/contact", times=-1, status=500)
        people = [{**person(n), "customer_id": bad if n % 2 else good} for n in PEOPLE]
        lines = contacts(*people, state={"at": 1})
        run = workplace.target({**config, "max_tries": 3}, lines)
        assert (run.code, run.messages, run.summary["created"]) == (3, [{"at": 1}], 6)
        assert {each["record"]["id"] % 2 for each in workplace.rejects[1:]} == {1}
        asked = [line for line in sandbox.log if f"/{bad}/contact" in line.request.path]
        assert len(asked) == 3
        sandbox.faults.clear()
        again = workplace.target(config, lines)
        assert (again.code, len(sandbox.contacts)) == (0, 12)
