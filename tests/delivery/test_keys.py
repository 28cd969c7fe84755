"""What is one key and what is none, in every API; and ledgers of earlier versions go on."""

from __future__ import annotations

import itertools
import json
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigurationError

from target_contacts.delivery.keys import KeyReader, former, other, texts
from target_contacts.errors import Rejected
from target_contacts.ledger.entry import WRITTEN, Entry, Keys
from target_contacts.ledger.ledger import Ledger
from target_contacts.pipeline.intake import know_keys
from target_contacts.pipeline.stream import Stream
from target_contacts.singer.lines import Line
from tests.crowd.places import seen
from tests.sandbox.__main__ import DESTINATIONS
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support import old_ledger
from tests.support.commands import Workplace, contacts, singer
from tests.support.fake_people import ANNA
from tests.support.fake_run import FakeRun, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished

KINDS = {kind.api: kind for kind in DESTINATIONS}
ALONE = {"match_on": [], "requests_per_minute": 1_000_000}
"""Settings with which the ledger alone knows who was written before."""


@pytest.fixture(params=["bas_ip", "zoho_voice"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Return an API whose ids come from us, then one that gives its own, running and empty."""
    with KINDS[request.param]() as running:
        yield running


@pytest.fixture(params=old_ledger.KEPT)
def old(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Return each API that an earlier version wrote, in turn, running and empty."""
    with KINDS[request.param]() as running:
        yield running


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice, which stands for all."""
    with ZohoVoice() as running:
        yield running


def person(number: int, **more: Any) -> dict[str, Any]:
    """Return a made-up person whom every API takes, without a key."""
    ways = {"email": f"contact{number}@example.com", "mobile": f"+49151{10_000_000 + number}"}
    return {"first_name": f"First{number}", "last_name": f"Last{number}", **ways, **more}


def keyed(*pairs: tuple[str, dict[str, Any]], stream: str = "contacts") -> str:
    """Return a stream whose keys, in `id`, are written exactly as these texts of JSON."""
    head, *rest = contacts(*({**fields, "id": "?"} for _, fields in pairs), stream=stream)
    records = singer(rest).splitlines()
    written = zip(records, pairs, strict=True)
    lines = [line.replace('"id": "?"', f'"id": {key}') for line, (key, _) in written]
    return "".join(f"{line}\n" for line in [json.dumps(head), *lines])


def run(workplace: Workplace, sandbox: Sandbox, lines: Any, **more: Any) -> Finished:
    """Run the target into a sandbox."""
    return workplace.target({**sandbox.target_config(), **ALONE, **more}, lines)


def names(sandbox: Sandbox) -> list[str]:
    """Return the names held, sorted, without spaces."""
    held = (seen(sandbox.api, contact).evidence.names for contact in sandbox.contacts)
    return sorted(name for each in held for name in each)


def booked(finished: Finished) -> dict[str, int]:
    """Return the bins that are not empty."""
    bins = ("created", "updated", "unchanged", "deleted", "rejected", "skipped")
    return {name: finished.summary[name] for name in bins if finished.summary[name]}


# Equal numbers are one key.


EQUAL = [
    ("1", "1.0"),
    ("1", '"1"'),
    ("1", "1E0"),
    ("1.0", '"1"'),
    ("100", "1E2"),
    ("100", "1e+2"),
    ("1E2", "100.00"),
    ("1E2", '"100"'),
    ("-5", "-5.0"),
    ("0", "0.0"),
    ("0", "-0.0"),
    ("2.5", "2.50"),
    ("0.1", "1E-1"),
    ("9007199254740993", '"9007199254740993"'),
]
FORMS = ["{}", "{}.0", "{}.000", "{}E0", "{}0E-1", '"{}"']
"""Ways of writing one number."""
DIFFERENT = [
    ("1", "10"),
    ("1", '"01"'),
    ("1", '"a"'),
    ("1", "1.5"),
    ("1", "-1"),
    ("9007199254740992", "9007199254740993"),
    ("123456789012345678901234567890", "123456789012345678901234567891"),
    ('"a"', '"A"'),
    ('"1E0"', '"1E1"'),
]


def key(written: str, names: Sequence[str] = ("id",)) -> list[str]:
    """Return the key of a record, given as the text of its JSON."""
    record = written.encode()
    values = KeyReader(names).read(Line("contacts", record, b'{"record": %b}' % record), record)
    return texts(names, values)


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_numbers_are_one_key_however_written(one: str, other: str) -> None:
    """A key written otherwise is the same."""
    assert key(f'{{"id": {one}}}') == key(f'{{"id": {other}}}')


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_keys_that_differ_stay_two(one: str, other: str) -> None:
    """Leading zeros, letters, case and the last digit of a long number tell keys apart."""
    assert key(f'{{"id": {one}}}') != key(f'{{"id": {other}}}')


@given(st.integers(-(10**40), 10**40), st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_any_number_is_one_key_in_all_its_forms(number: int, one: str, other: str) -> None:
    """Whatever the number and the form."""
    first, second = (key(f'{{"id": {form.format(number)}}}') for form in (one, other))
    assert first == second == [str(number)]


@pytest.mark.parametrize(
    "blank", ['""', '" "', '"\\t"', '"\\n \\n"', '"\\u00a0"', "null", "[]", "{}"]
)
def test_a_blank_key_is_none(blank: str) -> None:
    """Blanks alone are no key, whatever blanks, and neither are null, lists and objects."""
    with pytest.raises(Rejected) as raised:
        key(f'{{"id": {blank}}}')
    assert (raised.value.code, raised.value.field) == ("missing_key", "id")


@pytest.mark.parametrize("part", ['""', '"  "', "null"])
def test_an_empty_part_of_a_composite_key_is_none(part: str) -> None:
    """A record that lacks a part of its key is rejected, and the part is named."""
    with pytest.raises(Rejected) as raised:
        key(f'{{"shop": "a", "nr": {part}}}', ("nr", "shop"))
    assert (raised.value.code, raised.value.field) == ("missing_key", "nr")
    assert key('{"shop": "a", "nr": 1}', ("nr", "shop")) == ["1", "a"]


@pytest.mark.parametrize("short", ["0", '"0"', "0.0", '"-"', '"a b"'])
def test_a_short_key_is_one(short: str) -> None:
    """Zero is a key, and so is any text that is not blank."""
    assert key(f'{{"id": {short}}}') in (["0"], ["-"], ["a b"])


def test_parts_of_a_composite_key_are_numbers_however_written() -> None:
    """1, 1.0 and "1" are one as a part, too; each part keeps its name."""
    names = ("nr", "shop")
    forms = [key(f'{{"shop": "a", "nr": {number}}}', names) for number in ("1", "1.0", '"1"')]
    assert forms == [["1", "a"]] * 3
    assert key('{"shop": "1", "nr": "a"}', names) == ["a", "1"]


@pytest.mark.parametrize(
    ("value", "before"),
    [
        (1, [["1.0"]]),
        (Decimal("1.0"), [["1.0"]]),
        (Decimal("1E2"), [["1E+2"]]),
        ("1", []),
        ("1.0", []),
        (True, []),
    ],
)
def test_an_earlier_version_knew_a_number_as_it_was_written(
    value: Any, before: list[list[str]]
) -> None:
    """Text and truth values were known by the same key as now."""
    assert former(["id"], [value]) == before


def test_an_earlier_version_knew_keys_in_the_order_of_the_schema() -> None:
    """Values are given in the order of the names."""
    assert former(["shop", "nr"], ["1", "a"]) == [["a", "1"]]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_record_known_by_a_former_key_keeps_its_contact(tmp_path: Path, *, dry_run: bool) -> None:
    """It is updated, and from then on known by the key that it has now."""
    with Place(tmp_path) as place:
        place.run(ANNA)
        now, before = place.ledger.digest(["1"]), place.ledger.digest(["1.0"])
        place.ledger.rename("contacts", {now: before})
        place.ledger.stream_keys.put("contacts", Keys(["id"], has_former=True))
        run = FakeRun(place, dry_run=dry_run)
        run.send({**ANNA, "company": "Acme"})
        assert (run.bins, len(place.sink.contacts)) == ({"updated": 1}, 1)
        assert (place.entry(1) is None) == dry_run


def test_a_truth_value_is_no_number(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The contact of the key 1 is not taken for that of the key true."""
    run(workplace, zoho, keyed(("1", person(1))))
    run(workplace, zoho, keyed(("true", person(2))))
    assert "First1Last1" in names(zoho)


def test_equal_numbers_are_one_key_in_the_ledger(sandbox: Sandbox, workplace: Workplace) -> None:
    """1, 1.0, "1" and 1E0 in four runs are one contact, with the last run's values."""
    for number, key in enumerate(("1", "1.0", '"1"', "1E0"), start=1):
        changed = person(1, last_name=f"Changed{number}")
        ended = run(workplace, sandbox, keyed((key, changed), ("7", person(7))))
        assert ended.code == 0
    assert names(sandbox) == ["First1Changed4", "First7Last7"]


def test_equal_numbers_in_one_run_are_one_record(sandbox: Sandbox, workplace: Workplace) -> None:
    """Of two records of one run with equal keys the last wins, as with any key."""
    versions = [person(1, last_name=f"V{each}") for each in range(4)]
    keys = ("100", "1E2", '"100"', "100.0")
    ended = run(workplace, sandbox, keyed(*zip(keys, versions, strict=True)))
    assert ended.code == 0
    assert names(sandbox) == ["First1V3"]


# Keys of several parts.


def paired(key: tuple[str, str], *records: dict[str, Any], stream: str = "contacts") -> Any:
    """Return a stream with a key of two parts."""
    return contacts(*records, key=key, stream=stream)


def test_the_order_of_a_composite_key_does_not_matter(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """Key properties in another order are the same key, and no change of it."""
    records = [person(1, shop="a", nr=1), person(2, shop="b", nr=1), person(3, shop="a", nr=2.0)]
    made = run(workplace, sandbox, paired(("shop", "nr"), *records))
    again = run(workplace, sandbox, paired(("nr", "shop"), *records))
    changed = [{**each, "last_name": "Changed"} for each in records]
    third = run(workplace, sandbox, paired(("nr", "shop"), *changed))
    assert [booked(each) for each in (made, again, third)] == [
        {"created": 3},
        {"unchanged": 3},
        {"updated": 3},
    ]
    assert names(sandbox) == ["First1Changed", "First2Changed", "First3Changed"]


# Empty keys.


def reasons(workplace: Workplace) -> list[tuple[str, str]]:
    """Return code and field of the newest rejections."""
    return [(each["code"], each["field"]) for each in workplace.rejections]


def test_records_with_an_empty_key_are_all_rejected(sandbox: Sandbox, workplace: Workplace) -> None:
    """Two people whose key is "" are both in the rejects, none is written, none takes a place."""
    ended = run(workplace, sandbox, keyed(('""', person(1)), ('"x"', person(2)), ('""', person(3))))
    assert (ended.code, booked(ended)) == (3, {"created": 1, "rejected": 2})
    assert reasons(workplace) == [("missing_key", "id")] * 2
    rejected = [line["record"]["first_name"] for line in workplace.rejects if "record" in line]
    assert (sorted(rejected), names(sandbox)) == (["First1", "First3"], ["First2Last2"])


def test_what_had_no_key_lands_once_it_has_one(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The rejects can be piped back when their keys are mended."""
    run(workplace, zoho, keyed(('""', person(1)), ('""', person(2))))
    numbers = itertools.count(1)
    mended = [
        {**line, "record": {**line["record"], "id": next(numbers)}} if "record" in line else line
        for line in workplace.rejects
    ]
    assert booked(run(workplace, zoho, mended)) == {"created": 2}


# Key properties that change.


WAYS_OUT = ("--ledger", "ledger_url", "key_properties", "rename", "another stream", "other name")
"""Words of a sentence that says what to do."""


def people(*numbers: int) -> list[dict[str, Any]]:
    """Return people with a number as their `id`."""
    return [person(number, id=number) for number in numbers]


def sentence(finished: Finished, *words: str) -> str:
    """Return the line of the log that holds all these words."""
    lines = [line for line in finished.log.splitlines() if all(word in line for word in words)]
    assert lines, finished.log
    return lines[-1]


def test_a_changed_key_is_said_before_anything_is_written(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """Known by `id` and now by `email`: the run refuses, names both and what to do."""
    run(workplace, sandbox, contacts(*people(1, 2)))
    held, writes = names(sandbox), len(sandbox.writes)
    ended = run(workplace, sandbox, contacts(*people(1, 2, 3), key=("email",), state={"at": 1}))
    assert (ended.code, ended.out) == (2, "")
    assert (len(sandbox.writes), names(sandbox)) == (writes, held)
    said = sentence(ended, "contacts", "id", "email")
    assert any(word in said for word in WAYS_OUT)
    assert "contact1@example.com" not in ended.log
    assert "Traceback" not in ended.log


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("id",), ("id", "email")),
        (("id", "email"), ("id",)),
        (("id", "email"), ("id", "mobile")),
        (("email",), ("id",)),
    ],
)
def test_any_other_set_of_key_properties_is_a_change(
    tmp_path: Path, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    """One part more, one less or another one: all are refused, with the names of both keys."""
    with closing(Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "a")) as ledger:
        know_keys(ledger, Stream("contacts", {}, before))
        ledger.put("contacts", [Entry("k", WRITTEN, "1")])
        with pytest.raises(ConfigurationError) as raised:
            know_keys(ledger, Stream("contacts", {}, after))
    for name in (*before, *after):
        assert name in str(raised.value)


def test_with_the_key_set_back_the_run_goes_on(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A refused run leaves the ledger as it was, so the old key finds everything again."""
    run(workplace, zoho, contacts(*people(1, 2)))
    refused = run(workplace, zoho, contacts(*people(1, 2), key=("email",)))
    again = run(workplace, zoho, contacts(*people(1, 2)))
    assert (refused.code, again.code, booked(again)) == (2, 0, {"unchanged": 2})


def test_the_key_of_a_stream_concerns_no_other(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Another stream may have another key, also in the same run and with the same people."""
    run(workplace, zoho, contacts(*people(1)))
    both = [*contacts(*people(1)), *contacts(*people(2), stream="b_contacts", key=("email",))]
    ended = run(workplace, zoho, both)
    assert (ended.code, booked(ended)) == (0, {"created": 1, "unchanged": 1})


def test_without_a_ledger_no_key_has_changed(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Where nothing is remembered any key is a first one."""
    run(workplace, zoho, contacts(*people(1)))
    for path in workplace.folder.glob("target-contacts.db*"):
        path.unlink()
    ended = run(workplace, zoho, contacts(*people(2), key=("email",)))
    assert (ended.code, booked(ended)) == (0, {"created": 1})


# Ledgers of earlier versions.


def renamed(last: str) -> list[str]:
    """Return the names of the people of the old ledger, with this for a last name."""
    return sorted(f"First{number}{last}{number}" for number in range(1, old_ledger.PEOPLE + 1))


OTHERWISE = {
    "ints_contacts": ['{"id": 1.0', '{"id": "2"', '{"id": 1E2'],
    "floats_contacts": ['{"id": 1', '{"id": 25E-1', '{"id": "100"'],
    "pairs_contacts": ['{"nr": 1.0, "shop": "b"', '{"nr": 2, "shop": "b"'],
}
"""Keys of the old ledger, written in another way."""


def test_a_ledger_of_an_earlier_version_goes_on(old: Sandbox, workplace: Workplace) -> None:
    """Of what it knows nothing is made again, whatever its keys: each is the contact it was.

    Once a run has gone over it, it takes equal numbers for one key, too, and refuses a stream
    whose key properties are others. Before, it did not know them.
    """
    old_ledger.restore(old, workplace.folder)
    before = old_ledger.ids(old)
    for last, keys in (("Last", None), ("Again", None), ("Changed", OTHERWISE)):
        ended = run(workplace, old, old_ledger.lines(last, keys), **old_ledger.SETTINGS)
        assert (ended.code, ended.summary["created"]) == (0, 0)
        assert (old_ledger.ids(old), names(old)) == (before, renamed(last))
    writes = len(old.writes)
    other = contacts(*people(1, 2), stream="ints_contacts", key=("email",))
    ended = run(workplace, old, other, **old_ledger.SETTINGS)
    assert (ended.code, len(old.writes)) == (2, writes)
    sentence(ended, "ints_contacts", "id", "email")


def test_the_kept_ledgers_hold_no_more_than_hashes_and_ids() -> None:
    """No value of a record stands in them, not even a key."""
    for api in old_ledger.KEPT:
        kept = json.loads(old_ledger.path(api).read_text(encoding="utf-8"))
        text = "\n".join(kept["ledger"])
        assert text.count("INSERT INTO") == len(kept["ids"]) == old_ledger.PEOPLE
        assert [word for word in ("First", "example.com", "+49", "B-2") if word in text] == []


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (["id"], ["a", "b"], "Stream people has the key a, b; the ledger knows its records by id,"),
        (["a", "b"], [], "Stream people has the key none; the ledger knows its records by a, b,"),
        ([], ["id"], "Stream people has the key id; the ledger knows its records by none,"),
    ],
)
def test_another_key_is_named_beside_the_former_one(
    before: list[str], now: list[str], said: str
) -> None:
    """With what to do."""
    text = other("people", before, now)
    assert text.startswith(said)
    assert "Let the tap send the former key again." in text
