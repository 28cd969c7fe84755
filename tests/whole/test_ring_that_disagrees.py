"""A ring of APIs that write the same people otherwise: three people stay three, and it rests."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.in_process import Folder
from tests.support.people import Person, put
from tests.support.ring import Ring, writes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


APIS = ("zoho_voice", "porters", "valomnia")
FAMILY = "+4930111222"
"""The landline that several people share."""

TOM: Person = {"first_name": "Tom", "last_name": "Ray", "email": "tom@example.com"}
NAMESAKE: Person = {"first_name": "Tom", "last_name": "Ray", "email": "tom@example.org"}
TINA: Person = {"first_name": "Tina", "last_name": "Ray", "email": "tina@example.com"}

THERE: dict[str, list[Person]] = {
    "zoho_voice": [
        {**TOM, "mobile": "+49 151 111 22 33", "phone": FAMILY, "state": "Berlin"},
        {**NAMESAKE, "mobile": "+4915199999999"},
        {**TINA, "mobile": "+4915188888888", "phone": FAMILY},
    ],
    "porters": [
        {**TOM, "email": "TOM@Example.com", "mobile": "+491511112233", "department": "Sales"},
        {**TINA, "first_name": "TINA", "mobile": "+49 151 88888888", "phone": FAMILY},
    ],
    "valomnia": [
        {**NAMESAKE, "first_name": "TOM", "mobile": "+49 151 99999999", "city": "Köln"},
        {**TINA, "last_name": "Ｒａｙ", "mobile": "+49-151-8888-8888", "job_title": "Boss"},  # noqa: RUF001  # full width
    ],
}
"""The same three people: two namesakes, and two on one landline."""

RULES = {
    "one leads": {
        "zoho_voice": {"*": "fill_empty"},
        "porters": {"*": "fill_empty"},
        "valomnia": {"*": "keep_null"},
    },
    "the last wins": {api: {"*": "keep_null"} for api in APIS},
}


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Ring]:
    """Return a ring in which each API has the people in its own form."""
    found = Ring(Folder(tmp_path))
    with ExitStack() as stack:
        found.start(stack, APIS, ())
        for api, people in THERE.items():
            for each in people:
                put(found.sandboxes[api], each)
        yield found


@pytest.mark.parametrize("rules", sorted(RULES))
def test_a_ring_that_disagrees_comes_to_rest(ring: Ring, rules: str) -> None:
    """Three people stay three; what one API alone knew is known by all that have a field for it."""
    ring.settings = {api: {"policies": RULES[rules][api]} for api in APIS}
    for _ in range(2):
        ring.round()
    sent = writes(ring)
    ring.round()
    assert writes(ring) == sent
    seen = {api: ring.seen(api) for api in APIS}
    for api, people in seen.items():
        mails = sorted(str(each["email"]).lower() for each in people)
        assert mails == ["tina@example.com", "tom@example.com", "tom@example.org"], api
    by_mail = {str(each["email"]).lower(): each for each in seen["valomnia"]}
    assert by_mail["tom@example.org"]["city"] == "Köln"
    assert by_mail["tina@example.com"]["job_title"] == "Boss"
    departments = [each.get("department") for each in seen["porters"]]
    assert sorted(filter(None, departments)) == ["Sales"]
    zoho = {str(each["email"]).lower(): each for each in seen["zoho_voice"]}
    assert zoho["tom@example.com"]["state"] == "Berlin"


def test_a_person_edited_at_two_apis_in_one_night_keeps_both_edits(ring: Ring) -> None:
    """Where each field has one API that leads, an older value of another overwrites none."""
    leads = {"porters": "phone", "valomnia": "mobile"}
    ring.settings = {
        api: {
            "policies": {
                "*": "fill_empty",
                **{f: "keep_null" for leader, f in leads.items() if leader != api},
            }
        }
        for api in APIS
    }
    for _ in range(3):
        ring.round()
    porters, valomnia = ring.sandboxes["porters"], ring.sandboxes["valomnia"]
    tina = next(c for c in porters.contacts if "tina" in str(c["Contact.P_Mail"]).lower())
    porters.change(tina["Contact.P_Id"], **{"Contact.P_Telephone": "+4930555555"})  # type: ignore[attr-defined]
    same = next(c for c in valomnia.contacts if "tina" in str(c["email"]).lower())
    valomnia.change(same["id"], mobile="+4915177777777")  # type: ignore[attr-defined]
    for _ in range(2):
        ring.round()
    sent = writes(ring)
    ring.round()
    assert writes(ring) == sent
    for api in APIS:
        (found,) = (p for p in ring.seen(api) if "tina" in str(p["email"]).lower())
        assert (found["phone"], found["mobile"]) == ("+4930555555", "+4915177777777"), api
