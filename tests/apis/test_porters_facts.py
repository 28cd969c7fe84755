"""What `--check` tells of PORTERS, by reading only."""

from __future__ import annotations

from typing import Any

import pytest

from tap_contacts.apis.porters.client import Porters as Client
from tap_contacts.apis.porters.untold import UNTOLD
from tests.sandbox.porters import CONTACT, FIELD, Porters
from tests.support.commands import FAST, Workplace
from tests.support.facts import line_of, told
from tests.support.porters_people import config

MAIL = "Ann@Example.com"
BY_OFFSETS = "(code 100: it is refused; contacts are read by offsets instead)"


def fill(sandbox: Porters) -> None:
    """Put in three contacts, one with an e-mail."""
    for number in range(3):
        mail = {"Contact.P_Mail": MAIL} if number == 1 else {}
        sandbox.add(**{"Contact.P_Name": f"N{number}", **OWNED, **mail})


OWNED = {"Contact.P_Owner": "1", "Contact.P_Client": "10001"}


def lines_of(sandbox: Porters) -> list[str]:
    """Return what is told of a database with three contacts."""
    fill(sandbox)
    return told(Client(sandbox.tap_config(), {**FAST}), sandbox)


# Reading, words of an assumption, and the line about it.
EXPECTED = [
    ("", "Aliases in the list", "(fields: 26; among the first 26, the company's own: 1)"),
    ("bare_aliases", "Aliases in the list", "differs: "),
    ("", "how long a text may be", "holds: "),
    ("", "names the options", "holds: "),
    ("", "Contacts can be read (", "holds: Contacts can be read (contacts: 3)"),
    ("", "Without an order", "differs: "),
    ("", "in the order of their ids", "holds: "),
    ("order_refused", "in the order of their ids", f"ids {BY_OFFSETS}"),
    ("", "by a range of ids", "holds: "),
    ("range_refused", "by a range of ids", f"ids {BY_OFFSETS}"),
    ("", "P_Id:or", "differs: "),
    ("", "A reference holds", "holds: "),
    ("reference_plain", "A reference holds", "differs: "),
    ("", "OptionRoot", "cannot be told: "),
    ("", ":full finds", "differs: "),
    (
        "",
        "what the company uses",
        "(recruiters could not be read, code 7 (HTTP 400); if the screen",
    ),
    ("", "refused with code 100", "(System, code 100, HTTP 400)"),
    ("status_200", "refused with code 100", "(System, code 100, HTTP 200)"),
    ("contact_root", "refused with code 100", "(Contact, code 100, HTTP 400)"),
    ("", "database that is not there", "differs: "),
    ("", "all company databases", "cannot be told: "),
]


@pytest.mark.parametrize(("reading", "what", "expected"), EXPECTED)
def test_each_assumption_is_told_as_the_database_has_it(
    reading: str, what: str, expected: str
) -> None:
    """In about ten reads, one line each, without anybody's data; no token is renewed."""
    with Porters(readings={reading} - {""}) as sandbox:
        lines = lines_of(sandbox)
        assert expected in line_of(lines, what)
        assert len(sandbox.log) <= 10
        assert {line.request.path for line in sandbox.log} <= {CONTACT, FIELD, "/v1/recruiter"}
    assert "xample" not in "".join(lines)


def test_recruiters_that_can_be_read_are_counted_beside_the_contacts() -> None:
    """Which of the two a company uses is for a person to see."""
    listed = '<Recruiter Total="5" Count="0" Start="0"><Code>0</Code></Recruiter>'
    with Porters() as sandbox:
        sandbox.fault(on="GET /v1/recruiter", status=200, body=listed)
        line = line_of(lines_of(sandbox), "what the company uses")
    assert "(contacts: 3, recruiters: 5; if the screen shows" in line


def test_what_no_read_tells_says_what_does() -> None:
    """Every other assumption has its line, also in a database without contacts."""
    with Porters() as sandbox:
        lines = told(Client(sandbox.tap_config(), {**FAST}), sandbox)
    assert [line for line in lines if "differs and" in line] == []
    assert all(line_of(lines, f"cannot be told: {what} (") for what in UNTOLD)


LIST = '<Contact Total="2" Count="2" Start="0"><Code>0</Code>{}</Contact>'
WRONG = "".join(f"<Item><Contact.P_Id>{n}</Contact.P_Id></Item>" for n in (5, 3))
HARMS: list[tuple[dict[str, Any], str]] = [
    ({"holding": "order=", "status": 200, "body": LIST.format(WRONG)}, "the order is taken and"),
    ({"holding": ":gt=", "status": 200, "body": LIST.format(WRONG)}, "the range is taken and"),
    ({"holding": ":full=", "status": 200, "body": LIST.format("")}, "contacts would be doubled"),
    ({"status": 400, "body": "<System><Code>403</Code></System>"}, "Grant the app access"),
]


@pytest.mark.parametrize(("fault", "sentence"), HARMS)
def test_what_would_harm_is_said_with_exit_code_1(
    workplace: Workplace, fault: dict[str, Any], sentence: str
) -> None:
    """Nothing is written, and nothing is a traceback."""
    with Porters() as sandbox:
        fill(sandbox)
        sandbox.fault(on=f"GET {CONTACT}", times=-1, **fault)
        run = workplace.target(config(sandbox), [], "--check")
        assert (run.code, sandbox.writes) == (1, [])
    [harm] = [line for line in run.out.splitlines() if "differs and would harm: " in line]
    assert sentence in harm
    assert "Traceback" not in run.log


@pytest.mark.parametrize(
    "fault",
    [{"status": 400, "body": "<System><Code>601</Code></System>"}, {"status": 403, "body": "no"}],
)
def test_a_list_of_fields_that_may_not_be_read_tells_nothing(fault: dict[str, Any]) -> None:
    """It is no failure: a run does without it."""
    with Porters() as sandbox:
        sandbox.fault(on=f"GET {FIELD}", times=-1, **fault)
        lines = lines_of(sandbox)
    assert line_of(lines, "Aliases in the list").startswith("cannot be told: ")
    assert line_of(lines, "how long a text may be").endswith("(the fields could not be read)")
