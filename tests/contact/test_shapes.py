"""Whatever shape a record has, each of its values arrives or its field is listed."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_contacts.contact.flatten import leaves
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.values.basic import is_empty
from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.records import origins_of, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_contacts.contact.model import Contact
    from tests.sandbox.server import Sandbox

WORDS = [word for words in ATTRIBUTES.values() for word in words.split()]
AROUND = [
    "properties", "custom_fields", "attributes", "contact", "profile", "address", "addresses",
    "MailingAddress", "contacts", "billing_address", "emails", "phones", "phone_numbers", "telecom",
    "names", "organizations", "location", "metadata", "value", "type", "label", "primary",
    "is_primary", "rank", "order", "number", "lines", "id", "key", "name", "data", "plan", "tags",
    "a.b",
]  # fmt: skip
NAMES = st.sampled_from([*WORDS, *AROUND]) | st.text(max_size=8)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
RECORDS = st.dictionaries(NAMES, ANYTHING, max_size=10)
PLENTY = settings(derandomize=True, max_examples=150, deadline=None, database=None)


def arrived(values: list[Any]) -> str:
    """Return the values of a contact as one text."""
    return "\n".join(map(str, values))


@PLENTY
@given(RECORDS, st.integers(0, 1000))
def test_of_no_record_a_value_is_lost_or_misread(record: dict[str, Any], seed: int) -> None:
    """Of flat and nested records, lists of objects included, whatever JSON they hold."""
    contact = read(record)
    what_no_attribute_takes_is_listed(record, contact)
    every_value_is_looked_at(record)
    the_order_of_the_fields_changes_nothing(record, contact, seed)
    values_come_from_properties_of_their_record(record, contact)


def what_no_attribute_takes_is_listed(record: dict[str, Any], contact: Contact) -> None:
    """Check that a value is in an attribute or listed; a yes where text is meant is no value."""
    text = arrived([*contact.attributes.values()])
    listed = contact.spare.keys() | {name for _, name in contact.same}
    for (path, _, _), value in leaves(record):
        is_told = is_empty(value) or isinstance(value, bool) or ".".join(path) in listed
        assert is_told or str(value).strip() in text


def every_value_is_looked_at(record: dict[str, Any]) -> None:
    """Check that all in a record is among its values, but for what items of lists say of it."""
    seen = arrived([each for leaf in leaves(record) for each in texts(leaf.value)])
    assert all(is_empty(value) or str(value) in seen for value in texts(without_marks(record)))


def the_order_of_the_fields_changes_nothing(
    record: dict[str, Any], one: Contact, seed: int
) -> None:
    """Check that the same values are taken from the same fields, and the same are listed."""
    names = list(record)
    random.Random(seed).shuffle(names)  # noqa: S311  # no secret
    other = read({name: record[name] for name in names})
    assert (one.attributes, one.sources) == (other.attributes, other.sources)
    assert (one.spare, one.conflicts) == (other.spare, other.conflicts)


def values_come_from_properties_of_their_record(record: dict[str, Any], contact: Contact) -> None:
    """Check that each attribute names at least one, and none that the record does not have."""
    for attribute, origins in origins_of(contact, record).items():
        assert origins, attribute
        assert origins <= record.keys()


def without_marks(value: Any, *, is_item: bool = False) -> Any:
    """Return a value without the labels and marks of items and the names of own fields."""
    if isinstance(value, list):
        return [without_marks(item, is_item=True) for item in value]
    if isinstance(value, dict):
        kept = value.keys() - ABOUT if is_item else value.keys()
        return {name: without_marks(value[name]) for name in kept}
    return value


ABOUT = {
    "type", "label", "primary", "is_primary", "rank", "order", "metadata", "name", "key", "id",
    "position", "default", "active", "value", "data",
}  # fmt: skip
"""Names in the items of lists that say what these are."""


# Into real destinations.

TAKEN = [
    "company", "Title", "notes", "city", "street", "street_name", "house_number", "address_2",
    "fax", "department", "phones", "other_phone", "emails", "addresses", "custom_fields", "region",
    "properties", "contacts", "profile", "MailingAddress", "billing_address", "zip", "province",
]  # fmt: skip
UNKNOWN = ["plan", "x", "nickname", "value", "type", "metadata", "tags", "score", "extras"]
KEYS = st.sampled_from([*TAKEN, *UNKNOWN, "primary", "label", "number", "line1", "value", "name"])
PLAIN = st.just("")
SHAPES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=6,
)
PEOPLE = st.lists(
    st.dictionaries(st.sampled_from([*TAKEN, *UNKNOWN]), SHAPES, max_size=8),
    min_size=5,
    max_size=25,
)


def texts(value: Any) -> Iterator[Any]:
    """Yield all plain values in a value."""
    children = value.values() if isinstance(value, dict) else value
    if isinstance(value, (dict, list)):
        for child in children:
            yield from texts(child)
    else:
        yield value


def filled(shape: Any, numbers: itertools.count[int]) -> Any:
    """Return a shape with a text of its own in each place; some places stay empty."""
    if isinstance(shape, dict):
        return {name: filled(each, numbers) for name, each in shape.items()}
    if isinstance(shape, list):
        return [filled(each, numbers) for each in shape]
    number = next(numbers)
    return f"<{number}>" if number % 5 else None


@pytest.mark.parametrize("kind", [Porters, Valomnia, ZohoVoice])
def test_each_field_arrives_or_is_named_in_the_summary(kind: type[Sandbox], tmp_path: Path) -> None:
    """No property of any contact vanishes in silence, whatever it holds."""

    @settings(derandomize=True, max_examples=4, deadline=None, database=None)
    @given(shapes=PEOPLE)
    def holds(shapes: list[dict[str, Any]]) -> None:
        numbers = itertools.count(1)
        people = [
            {"id": str(number), "first_name": f"Anna{number}", "last_name": "Ahrens",
             "mobile": f"+49151{number:08}", "email": f"{number}@example.com",
             **filled(shape, numbers)}
            for number, shape in enumerate(shapes)
        ]  # fmt: skip
        folder = tmp_path / str(next(runs))
        folder.mkdir()
        with kind() as sandbox:
            run = Workplace(folder).target({**sandbox.target_config(), "match_on": []},
                                           contacts(*people))  # fmt: skip
            assert (run.code, len(sandbox.contacts)) == (0, len(people))
            there = arrived(sandbox.contacts)
        named = {name.split(".")[0] for name in run.summary["not_carried"].get("contacts", [])}
        for person in people:
            for name, value in person.items():
                assert name in named or all(text in there for text in filter(None, texts(value)))

    runs = itertools.count(1)
    holds()


JUDGED = [
    ("state", "Berlin", "state"),
    ("state", "active", None),
    ("state", "Berlin", "state"),
    ("state", f"{'Land ' * 20}Berlin", "state"),
    ("state", "a.c.t.i.v.e" + "." * 80, None),
    ("country_code", "DE", "country"),
    ("country_code", "+49", None),
    ("title", "Dr.", None),
    ("title", "Head of Sales", "job_title"),
    ("title", "Dr.", None),
]


def test_each_value_is_judged_by_itself_however_many_came_before() -> None:
    """What a field with an ambiguous name held in one record says nothing of the next one."""
    for field, value, attribute in (*JUDGED, *reversed(JUDGED)):
        contact = read({"id": "1", "last_name": "Meier", "first_name": "Ann", field: value})

        takers = {name for name, held in contact.attributes.items() if held == value}
        assert takers == ({attribute} if attribute else set())
