"""`--ledger check` says `changed` only of what somebody changed, whatever records look like."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.lab import KINDS
from tests.crash.people import person
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.checks import CHECK, told
from tests.support.commands import Workplace, contacts
from tests.support.people import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished

Record = dict[str, Any]

SEED = 7
COUNT = 30
ID_OF = {"zoho_voice": "contact_id", "cobai": "uuid", "porters": "Contact.P_Id", "valomnia": "id"}
CHANGE: dict[str, dict[str, Any]] = {
    "zoho_voice": {"last_name": "Somebody Else"},
    "cobai": {"lastName": "Somebody Else"},
    "porters": {"Contact.P_Name": "Somebody Else"},
    "valomnia": {"lastName": "Somebody Else"},
}
"""What somebody changes at the destination."""

KNOWN = "first_name", "last_name", "email", "mobile"
"""What those have who were there before."""

POLICIES = {
    "policies": {"company": "on_create", "city": "fill_empty", "note": "never", "*": "keep_null"},
    "defaults": {"department": "Default", "city": "Bonn"},
}

EMPTY: tuple[Any, ...] = (None, "", "  ", "\u3000", [], {})
VALUES: dict[str, tuple[Any, ...]] = {
    "phone": ("+49 (0)30 1234-56", "030/4711", "0049 89 99", 493012345),
    "fax": ("+49 40 1",),
    "company": (
        "ACME",
        "Müller & Söhne <KG>",
        "\uff21\uff23\uff2d\uff25",
        "Cafe\u0301 'Zu\"m' Krug",
    ),
    "department": ("R&D", "Vertrieb; Süd", "\u55b6\u696d"),
    "job_title": ("CEO", "x" * 91),
    "street": ("Weg 1\r\nHinterhaus", "Straße\u00a05"),
    "city": ("Köln", "AACHEN", " Ulm "),
    "postal_code": ("01234", 50667, 50667.0),
    "country": ("DE", "Germany"),
    "note": ("one\ntwo\r\nthree\t", "\U0001f600 👩‍👩‍👧", "x" * 4001, 'back\\slash "quoted" [1] +2'),
    "is_favourite": (True, False, "true"),
    "is_spam": (True, False),
    "gender": ("male", "f"),
    "website": ("https://example.com/?a=1&b=2",),
}
"""Values of attributes, as sources may have them."""


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running Zoho Voice, empty."""
    with ZohoVoice() as server:
        yield server


def people(seed: int, count: int = COUNT) -> list[Record]:
    """Return people of all shapes: namesakes, values of all kinds, empty ones and none."""
    chance = random.Random(seed)  # noqa: S311  # the same people in each run
    return [_person(number, chance) for number in range(count)]


def _person(number: int, chance: random.Random) -> Record:
    first, last = ("Ann-Zoë", "O'Neil") if number % 9 == 0 else (f"First{number}", f"Last {number}")
    record = {
        "id": number,
        "first_name": first,
        "last_name": last,
        "email": f"Contact{number}@Example.com",
        "mobile": f"+49 15 {number:09}",
    }
    for name, values in VALUES.items():
        if (drawn := chance.random()) < 0.5:
            record[name] = chance.choice(values)
        elif drawn < 0.75:
            record[name] = chance.choice(EMPTY)
    return record


def changed(records: list[Record], seed: int) -> list[Record]:
    """Return records as they are the next night: some values are others, empty or missing."""
    chance = random.Random(seed)  # noqa: S311  # the same people in each run
    found = []
    for before in records:
        record = dict(before)
        for name in sorted(VALUES.keys() & record.keys()):
            drawn = chance.random()
            if drawn < 0.1:
                del record[name]
            elif drawn < 0.3:
                record[name] = chance.choice((*EMPTY, *VALUES[name]))
        found.append(record)
    return found


def config_of(sandbox: Sandbox, **settings: Any) -> dict[str, Any]:
    """Return the settings of a target whose values are cut where they do not fit."""
    quick = {"requests_per_minute": 1_000_000, "max_rejects": -1}
    own = sandbox.target_config()
    defaults = {**own.get("defaults", {}), **settings.get("defaults", {})}
    return {**own, **quick, "on_invalid_value": "truncate", **settings, "defaults": defaults}


def named(ended: Finished) -> list[str]:
    """Return the ids of the contacts that are said to be changed."""
    after = ended.out.partition("changed (stream, hash of the key, id there):\n")[2]
    rows = (line.split() for line in after.splitlines())
    return [row[2] for row in rows if len(row) == 3 and re.fullmatch("[0-9a-f]{32}", row[1])]


def _plain(records: list[Record]) -> int:
    """Return the id of one who was not there before, and has no text that may be cut."""
    long = ("job_title", "note", "street")
    free = (r["id"] for r in records[7:] if r["id"] % 9 and not any(map(r.get, long)))
    return int(next(free))


def assert_only_changed(
    workplace: Workplace, sandbox: Sandbox, config: Record, records: list[Record]
) -> None:
    """Check that nothing is called changed, then change one contact: just that one is named."""
    before = workplace.target(config, "", *CHECK)
    counts = told(before)
    assert counts.keys() <= {"as written", "there"}, before.out
    written = counts.get("as written", 0)
    assert written > COUNT * 0.7, before.out
    email = f"contact{_plain(records)}@example.com"
    (contact,) = (each for each in sandbox.contacts if email in str(each).casefold())
    remote_id = contact[ID_OF[sandbox.api]]
    sandbox.change(remote_id, **CHANGE[sandbox.api])  # type: ignore[attr-defined]
    after = workplace.target(config, "", *CHECK)
    assert told(after).get("changed") == 1, after.out
    assert [each.rpartition("/")[2] for each in named(after)] == [str(remote_id)]


@pytest.mark.parametrize("api", sorted(ID_OF))
@pytest.mark.parametrize("settings", [{}, POLICIES], ids=["plain", "policies"])
def test_only_what_somebody_changed_is_called_changed(
    workplace: Workplace, api: str, settings: Record
) -> None:
    """After creates, after updates that empty, lack or change values, and after an adoption."""
    with KINDS[api]() as sandbox:
        records = people(SEED)
        for record in records[:6]:
            put(sandbox, {name: record[name] for name in KNOWN} | {"phone": "+491"})
        config = config_of(sandbox, **settings)
        first = workplace.target(config, contacts(*records))
        assert first.code == 0, first.log
        nothing = workplace.target(config, "", *CHECK)
        assert told(nothing).keys() <= {"as written", "there"}, nothing.out
        records = changed(records, SEED)
        second = workplace.target(config, contacts(*records))
        assert second.code == 0, second.log
        assert_only_changed(workplace, sandbox, config, records)


def zoho_written(workplace: Workplace, zoho: ZohoVoice) -> Record:
    """Write people whose values are all short; return the settings."""
    config = config_of(zoho)
    records = [{**person(number), "company": f"Company {number}"} for number in range(30)]
    assert workplace.target(config, contacts(*records)).code == 0
    return config


@pytest.mark.parametrize(
    ("field", "told_as"),
    [
        ("mobile", lambda value: value.replace("+", "")),
        ("mobile", lambda value: f"{value[:3]} ({value[3:5]}) {value[5:]}"),
        ("mobile", lambda value: int(value.strip("+"))),
        ("company", str.upper),
        ("company", lambda value: f" {value} "),
        ("company", lambda value: value.replace(" ", "\u00a0")),
    ],
    ids=["plus", "set apart", "number", "case", "blanks", "no-break"],
)
def test_what_an_api_likes_to_change_in_some_values_is_no_change(
    workplace: Workplace, zoho: ZohoVoice, field: str, told_as: Callable[[str], Any]
) -> None:
    """Though others are told as they were written."""
    config = zoho_written(workplace, zoho)
    for held in list(zoho.state.held.values())[::3]:
        held[field] = told_as(held[field])
    assert told(workplace.target(config, "", *CHECK)) == {"as written": 30}


@pytest.mark.parametrize(("length", "kind"), [(50, "there"), (43, "changed")])
def test_a_text_that_may_have_been_cut_is_no_change(
    workplace: Workplace, zoho: ZohoVoice, length: int, kind: str
) -> None:
    """That is the longest one, of a length at which texts are often cut."""
    config = zoho_written(workplace, zoho)
    next(iter(zoho.state.held.values()))["company"] = "x" * length
    assert told(workplace.target(config, "", *CHECK)) == {"as written": 29, kind: 1}


def test_a_field_that_is_not_told_is_no_change(workplace: Workplace, zoho: ZohoVoice) -> None:
    """Nothing is known of contacts that have a value there; of others all is."""
    config = config_of(zoho)
    records = [person(number) for number in range(30)]
    assert workplace.target(config, contacts(*records, {**person(30), "company": "A"})).code == 0
    for held in zoho.state.held.values():
        held["company"] = ""
    assert told(workplace.target(config, "", *CHECK)) == {"as written": 30, "there": 1}


def test_what_is_known_stays_known_after_a_move_and_a_relink(
    workplace: Workplace, zoho: ZohoVoice
) -> None:
    """What an import enters is compared; a relinked contact is not known until it is written."""
    config = zoho_written(workplace, zoho)
    file = str(workplace.folder / "moved.jsonl")
    assert workplace.target(config, "", "--ledger", "export", "--file", file).code == 0
    config["ledger_url"] = f"sqlite:///{workplace.folder / 'new.db'}"
    assert workplace.target(config, "", "--ledger", "import", "--file", file).code == 0
    own, other = list(zoho.state.held)[:2]
    zoho.change(other, company="Somebody Else")
    key = "--stream", "contacts", "--key", "0", "--remote-id", own
    assert workplace.target(config, "", "--ledger", "relink", *key).code == 0
    ended = workplace.target(config, "", *CHECK)
    assert told(ended) == {"as written": 28, "there": 1, "changed": 1}
    assert named(ended) == [other]
