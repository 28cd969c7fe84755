"""What an update fills, clears and leaves alone, by what the ledger knows of its contact."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from target_contacts.mapping.field import Field
from tests.support.fake_run import Place
from tests.support.fake_sink import FAILING, FakeSink, ReplacingSink, ShortSink, WholeNameSink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAIL = "anna@example.com"
FEW: dict[str, Any] = {
    "id": 1,
    "first_name": "Anna",
    "last_name": "Ahrens",
    "mobile": "+4915112345678",
}
ANNA = {**FEW, "email": MAIL}
LISTED = [{"value": MAIL}]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return an empty destination with an empty ledger."""
    with Place(tmp_path) as made:
        yield made


def held(place: Place, *fields: str) -> list[str]:
    """Return fields of the only contact, "" where they are empty."""
    (contact,) = place.sink.contacts.values()
    return [contact.get(field, "") for field in fields]


# Lists and objects.


@pytest.mark.parametrize("taken_off", [[{"value": "+4930123456"}], [], None])
def test_a_number_taken_off_a_list_is_cleared(place: Place, taken_off: Any) -> None:
    """What came from the list and is no longer in it goes; the rest stays."""
    numbers = [{"value": "+4930123456"}, {"value": "+4930123457"}]
    place.run({**ANNA, "phones": numbers})
    place.run({**ANNA, "phones": taken_off})
    left = [number for number in held(place, "phone", "phone1") if number]
    assert left == ["+4930123456"] * bool(taken_off)
    assert held(place, "mobile") == [ANNA["mobile"]]


@pytest.mark.parametrize("gone", [None, {}, {"street": None, "city": None, "country": None}])
def test_an_address_that_is_gone_is_cleared_in_all_its_parts(place: Place, gone: Any) -> None:
    """An object without value takes everything with it that came from it."""
    address = {"street": "Hauptstr. 1", "city": "Bonn", "postalCode": "53111", "country": "DE"}
    parts = ("street", "city", "country")
    place.run({**ANNA, "MailingAddress": address})
    assert held(place, *parts) == ["Hauptstr. 1", "Bonn", "DE"]
    place.run({**ANNA, "MailingAddress": gone})
    assert held(place, *parts) == ["", "", ""]


def test_an_address_that_a_record_lacks_stays(place: Place) -> None:
    """A record without the property says nothing about it."""
    place.run({**ANNA, "MailingAddress": {"city": "Bonn"}})
    place.run({**ANNA, "phone": "+4930123456"})
    assert held(place, "city", "phone") == ["Bonn", "+4930123456"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"emails": LISTED}, {"email": None}),
        ({"phones": [{"value": "+4930123456"}]}, {"phone": None, "mobile": None}),
        ({"MailingAddress": {"city": "Bonn"}}, {"city": None}),
        ({"city": "Bonn"}, {"town": None}),
        ({"full_name": "Anna Ahrens"}, {"first_name": None}),
    ],
)
def test_another_property_without_value_clears_nothing(
    place: Place, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """What came from a property that the record now lacks stays, whatever else is empty."""
    names = {} if "full_name" in before else {"first_name": "Anna", "last_name": "Ahrens"}
    bare = {"id": 1, **names}
    fields = ("first_name", "email", "phone", "mobile", "city")
    place.run({**bare, "job_title": "Boss", **before})
    there = held(place, *fields)
    assert place.run({**bare, "job_title": "Chief", **after}).bins == {"updated": 1}
    assert held(place, *fields, "job_title") == [*there, "Chief"]


def test_a_list_whose_value_does_not_fit_clears_nothing(tmp_path: Path) -> None:
    """The source has a value: what the contact has stays until one comes that fits."""
    with Place(tmp_path, ShortSink) as place:
        place.run({**FEW, "emails": LISTED})
        longer = {**FEW, "emails": [{"value": f"a.{MAIL}.example"}], "company": "Acme"}
        run = place.run(longer, on_invalid_value="drop_field")
        assert (run.bins, held(place, "email", "company")) == ({"updated": 1}, [MAIL, "Acme"])


# Plain values.


def test_nothing_is_cleared_that_this_target_did_not_fill(place: Place) -> None:
    """What somebody typed in at the destination stays, though the source has the property empty."""
    place.run({**ANNA, "company": None})
    place.sink.contacts["1"]["company"] = "Typed in"
    place.run({**ANNA, "company": "", "phone": "+4930123456"})
    assert held(place, "company", "phone") == ["Typed in", "+4930123456"]


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([{"emails": LISTED}, {}, {"emails": []}], ""),
        ([{"emails": LISTED}, {}, {"emails": None}], ""),
        ([{"email": MAIL}, {}, {"email": None}], ""),
        ([{"emails": LISTED}, {"email": MAIL}, {"email": None}], ""),
        ([{"emails": LISTED}, {"email": MAIL}, {"emails": []}], MAIL),
        ([{"emails": LISTED}, {"emails": LISTED, "company": "Acme"}, {"company": "Acme"}], MAIL),
        ([{"email": MAIL}, {"email": False}], ""),
        ([{"email": MAIL}, {"E-Mail": None}], MAIL),
    ],
)
def test_a_value_is_gone_with_the_property_it_came_from_last(
    place: Place, steps: list[dict[str, Any]], left: str
) -> None:
    """Whatever lay between, and though what is sent looks like what was sent before."""
    for step in steps:
        place.run({**FEW, **step})
    again = place.run({**FEW, **steps[-1]})
    assert (held(place, "email"), again.bins) == ([left], {"unchanged": 1})


def test_a_name_follows_a_field_map_that_takes_less_of_the_record(tmp_path: Path) -> None:
    """The record still has the part that the setting leaves out, so that nothing is lacking."""
    with Place(tmp_path, WholeNameSink) as place:
        place.run(ANNA)
        changed = {**ANNA, "phone": "+4930123456"}
        run = place.run(changed, field_map={"full_name": "last_name"})
        assert run.bins == {"updated": 1}
        assert held(place, "full_name") == ["Ahrens"]


def test_a_name_stays_whole_as_long_as_a_part_of_it_is_lacking(tmp_path: Path) -> None:
    """In whatever other properties the record changes, and however often."""
    less = {"id": 1, "last_name": "Ahrens", "email": MAIL}
    with Place(tmp_path, WholeNameSink) as place:
        for extra in ({"first_name": "Anna"}, {}, {"seen": 1}, {"phone": "+4930123456"}):
            run = place.run({**less, **extra})
        assert held(place, "full_name", "phone") == ["Anna Ahrens", "+4930123456"]
        assert list(run.books.noted) == [
            ("contacts", "full_name", "left alone: the record lacks a part of it")
        ]


def test_a_part_of_a_name_that_is_there_without_value_is_gone(tmp_path: Path) -> None:
    """A first name of null is no longer part of the whole one."""
    with Place(tmp_path, WholeNameSink) as place:
        place.run(ANNA)
        place.run({**ANNA, "first_name": None})
        assert held(place, "full_name") == ["Ahrens"]


FULL = {"first_name": "Anna", "last_name": "Ahrens"}
LAST: dict[str, Any] = {"last_name": "Ahrens"}


@pytest.mark.parametrize(
    ("steps", "left", "became"),
    [
        ([FULL, LAST, {**LAST, "first_name": None}], "Ahrens", "updated"),
        ([FULL, LAST, {**LAST, "first_name": ""}], "Ahrens", "updated"),
        ([FULL, LAST, LAST, {**LAST, "first_name": None}], "Ahrens", "updated"),
        ([FULL, LAST, {}, {**LAST, "first_name": None}], "Ahrens", "updated"),
        ([FULL, LAST, {"full_name": "Ahrens"}], "Ahrens", "updated"),
        ([FULL, LAST, FULL], "Anna Ahrens", "updated"),
        ([FULL, LAST, {**LAST, "first_name": "Eva"}], "Eva Ahrens", "updated"),
        ([FULL, LAST, {**LAST, "seen": 1}], "Anna Ahrens", "unchanged"),
        ([FULL, LAST, {"first_name": None, "last_name": None}], "Anna Ahrens", "updated"),
    ],
)
def test_a_name_left_alone_follows_as_soon_as_nothing_of_it_is_lacking(
    tmp_path: Path, steps: list[dict[str, Any]], left: str, became: str
) -> None:
    """What is sent may look as it was sent last, but the contact still has the older name."""
    with Place(tmp_path, WholeNameSink) as place:
        runs = [place.run({"id": 1, "email": MAIL, **step}) for step in steps]
        assert (held(place, "full_name"), runs[-1].bins) == ([left], {became: 1})
        again = place.run({"id": 1, "email": MAIL, "seen": 2, **steps[-1]})
        assert (held(place, "full_name"), again.bins) == ([left], {"unchanged": 1})


class ClearingNameSink(WholeNameSink):
    """The same where a field can be cleared."""

    capabilities = replace(WholeNameSink.capabilities, clears_fields=True)


@pytest.mark.parametrize("told", ["missing", "without value"])
def test_a_name_left_alone_is_cleared_once_all_parts_of_it_are_gone(
    tmp_path: Path, told: str
) -> None:
    """Parts that a record lacks are no sign of that; those that it has without value are."""
    gone = {} if told == "missing" else {"first_name": None, "last_name": None}
    with Place(tmp_path, ClearingNameSink) as place:
        for step in (FULL, LAST, gone):
            place.run({"id": 1, "email": MAIL, **step})
        assert held(place, "full_name") == ["Anna Ahrens" if told == "missing" else ""]


def test_a_name_that_looks_as_it_was_sent_last_may_still_differ(tmp_path: Path) -> None:
    """A part was lacking, so that it was not sent; now a field_map leaves that part out."""
    less = {name: value for name, value in ANNA.items() if name != "first_name"}
    with Place(tmp_path, WholeNameSink) as place:
        place.run(ANNA)
        place.run(less)
        assert held(place, "full_name") == ["Anna Ahrens"]
        assert place.run(less, field_map={"full_name": "last_name"}).bins == {"unchanged": 1}
        assert place.run(ANNA, field_map={"full_name": "last_name"}).bins == {"updated": 1}
        assert held(place, "full_name") == ["Ahrens"]


def test_what_cannot_be_cleared_is_named_and_not_sent_again_and_again(tmp_path: Path) -> None:
    """A record that changes in other properties only is unchanged."""
    with Place(tmp_path, WholeNameSink) as place:
        runs = [
            place.run({**FEW, "emails": emails, "updated_at": f"2026-11-0{number}"})
            for number, emails in enumerate((LISTED, [], []), start=1)
        ]
        assert (held(place, "email"), runs[-1].bins) == ([MAIL], {"unchanged": 1})
        assert list(runs[1].books.noted) == [
            ("contacts", "email", "gone at the source and cannot be cleared")
        ]


class KeepingSink(FakeSink):
    """A destination that clears fields, but no e-mail address."""

    fields: ClassVar = (
        *(each for each in FakeSink.fields if each.wire != "email"),
        Field("email", "email", clears=False),
    )


def test_a_single_field_that_cannot_be_cleared_is_named(tmp_path: Path) -> None:
    """Others are cleared; and a default takes the place of none that stays."""
    with Place(tmp_path, KeepingSink) as place:
        place.run({**ANNA, "company": "Acme"})
        run = place.run({**ANNA, "company": None, "email": None}, defaults={"email": "x@y.de"})
        assert held(place, "email", "company") == [MAIL, ""]
        assert list(run.books.noted) == [
            ("contacts", "email", "gone at the source and cannot be cleared")
        ]


def test_a_default_takes_the_place_of_what_cannot_be_cleared(tmp_path: Path) -> None:
    """Nothing has to be emptied for it."""
    with Place(tmp_path, WholeNameSink) as place:
        place.run(ANNA)
        run = place.run({**ANNA, "email": None}, defaults={"email": "all@example.com"})
        assert (held(place, "email"), list(run.books.noted)) == (["all@example.com"], [])


def test_the_names_of_properties_are_remembered_as_in_earlier_versions(place: Place) -> None:
    """By eight digits of their hashes: what an older ledger says is gone with its property, too."""
    place.run({"id": 1, "first_name": "Anna", "emails": LISTED})
    entry = place.entry(1)
    assert entry
    assert entry.filled
    digest = place.ledger.digest
    assert place.ledger.fills([entry.filled])[entry.filled] == {
        "first_name": [digest("first_name")[:8]],
        "email": [digest("emails")[:8]],
    }


def test_a_cleared_value_is_cleared_once(place: Place) -> None:
    """Afterwards the record is unchanged, and what others type in then stays."""
    place.run({**ANNA, "company": "Acme"})
    place.run({**ANNA, "company": None})
    assert held(place, "company") == [""]
    assert place.run({**ANNA, "company": None}).bins == {"unchanged": 1}
    place.sink.contacts["1"]["company"] = "Typed in"
    place.run({**ANNA, "company": None, "phone": "+4930123456"})
    assert held(place, "company") == ["Typed in"]


def test_a_lost_update_is_not_forgotten_when_a_value_was_to_be_cleared(place: Place) -> None:
    """The next run clears it, though the first may have done so."""
    place.run({**ANNA, "company": "Acme"})
    place.sink.faults = [FAILING]
    assert place.run({**ANNA, "company": None}).bins == {"rejected": 1}
    assert place.run({**ANNA, "company": None}).bins == {"updated": 1}
    assert held(place, "company") == [""]


def test_what_a_lost_first_update_filled_is_cleared_if_it_is_gone_since(place: Place) -> None:
    """The update may have landed: what it fills is remembered before it leaves."""
    place.sink.put(**{name: value for name, value in ANNA.items() if name != "id"})
    place.sink.faults = [FAILING]
    assert place.run({**ANNA, "company": "Acme"}).bins == {"rejected": 1}
    place.sink.contacts["1"]["company"] = "Acme"
    assert place.run({**ANNA, "company": None}).bins == {"updated": 1}
    assert held(place, "company") == [""]


@pytest.mark.parametrize(("defaults", "left"), [({}, "Acme"), ({"company": "Firm"}, "Firm")])
def test_nothing_is_cleared_of_which_nobody_knows_what_filled_it(
    place: Place, defaults: dict[str, Any], left: str
) -> None:
    """As in a ledger of an earlier version; a default takes the place of what is gone."""
    place.run({**ANNA, "company": "Acme"})
    entry = place.entry(1)
    assert entry
    place.ledger.put("contacts", [structs.replace(entry, filled=None)])
    run = place.run({**ANNA, "company": None, "phone": "+4930123456"}, defaults=defaults)
    assert (run.bins, held(place, "company", "phone")) == ({"updated": 1}, [left, "+4930123456"])


# Defaults and constants.


def test_a_default_fills_a_new_contact_and_goes_over_no_value(place: Place) -> None:
    """What a record has no value for is not sent, unless there is a default."""
    defaults = {"company": "Default"}
    place.run({**ANNA, "phone": None}, defaults=defaults)
    assert place.sink.contacts == {
        "1": {name: value for name, value in ANNA.items() if name != "id"} | defaults
    }
    place.sink.contacts["1"]["company"] = "Typed in"
    place.run({**ANNA, "last_name": "Meyer"}, defaults=defaults)
    assert held(place, "company", "last_name") == ["Typed in", "Meyer"]


def test_a_default_is_sent_again_where_an_update_replaces_the_contact(tmp_path: Path) -> None:
    """But not over a value of the source that the record only lacks now."""
    defaults = {"company": "Default", "country": "DE"}
    with Place(tmp_path, ReplacingSink) as place:
        place.run({**ANNA, "company": "Acme"}, defaults=defaults)
        place.sink.contacts["1"]["country"] = ""
        place.run({**ANNA, "last_name": "Meyer"}, defaults=defaults)
        assert held(place, "company", "country", "last_name") == ["Acme", "DE", "Meyer"]


def test_a_default_fills_what_becomes_empty(place: Place) -> None:
    """What is gone at the source gives way to it."""
    defaults = {"company": "Default"}
    place.run({**ANNA, "company": "Acme"}, defaults=defaults)
    place.run({**ANNA, "company": None}, defaults=defaults)
    assert held(place, "company") == ["Default"]


def test_a_constant_takes_the_place_of_what_came_from_a_property(place: Place) -> None:
    """It comes from no property, so that none of it can be lacking."""
    place.run({**ANNA, "org": "Globex"}, field_map={"company": "org"})
    run = place.run(ANNA, field_map={"company": "'Acme'"})
    assert (run.bins, held(place, "company")) == ({"updated": 1}, ["Acme"])


def test_what_a_field_map_filled_stays_without_it(place: Place) -> None:
    """Its property still has a value, though nobody takes it any more; until it has none."""
    place.run({**ANNA, "circus": "Krone"}, field_map={"company": "circus"})
    place.run({**ANNA, "circus": "Krone", "phone": "+4930123456"})
    assert held(place, "company", "phone") == ["Krone", "+4930123456"]
    place.run({**ANNA, "circus": None})
    assert held(place, "company", "phone") == ["", "+4930123456"]


def test_what_a_constant_filled_stays_until_the_source_says_something(place: Place) -> None:
    """It came from no property, so that none of them is gone."""
    place.run(ANNA, field_map={"company": "'Acme'"})
    place.run({**ANNA, "phone": "+4930123456"})
    assert held(place, "company", "phone") == ["Acme", "+4930123456"]
    place.run({**ANNA, "company": None})
    assert held(place, "company", "phone") == ["", "+4930123456"]


def test_what_only_a_default_filled_stays(place: Place) -> None:
    """A record that has the property without value, now as before, changes nothing of it."""
    defaults = {"mobile": "+4915100000000"}
    place.run({**ANNA, "mobile": None}, defaults=defaults)
    run = place.run({**ANNA, "mobile": None, "last_name": "Meyer"}, defaults=defaults)
    assert run.bins == {"updated": 1}
    assert held(place, "mobile", "last_name") == ["+4915100000000", "Meyer"]


VALUES = st.sampled_from(["absent", None, "", "one", "two"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=4))
def test_any_history_of_two_fields_ends_as_the_source_says(
    place: Place, steps: list[tuple[Any, Any]]
) -> None:
    """The last value said counts: text fills, an empty one clears, an absent one is nothing."""
    stream = f"s{len(place.sink.asked)}"
    place.sink.contacts.clear()
    expected = {"city": "", "job_title": ""}
    for city, title in steps:
        told = {"city": city, "job_title": title}
        said = {name: value for name, value in told.items() if value != "absent"}
        place.run({**ANNA, **said}, stream=stream)
        expected |= {name: value or "" for name, value in said.items()}
    assert held(place, "city", "job_title") == list(expected.values())
