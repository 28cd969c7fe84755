"""Which contact a record is: evidence, normal forms and the rules of match_on."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigurationError

from target_contacts.delivery.evidence import FactReader, cover, letters, share_number
from target_contacts.delivery.matching import ByEvidence, ByRules, assigned, share_evidence
from target_contacts.sinks.cobai.sink import CobaiSink
from target_contacts.sinks.porters.sink import PortersSink
from target_contacts.sinks.zoho_voice import ZohoVoiceSink
from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.fake_run import Place
from tests.support.fake_sink import IdempotentSink
from tests.support.values import FIXED
from tests.support.zoho_people import bins

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

READER = FactReader(ZohoVoiceSink.fields, "DE")
JOHN = {"first_name": "John", "last_name": "Smith"}


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as running:
        yield running


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether evidence takes two contacts for one, and whether the index would find it."""
    matcher = ByEvidence(READER)
    agreeing = any(matcher.agreeing(one, {"x": other}))
    shares_key = not set(matcher.keys(one)).isdisjoint(matcher.keys(other))
    assert shares_key or not agreeing
    return agreeing


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"email": "john@example.com"}, {"email": "John@Example.com"}),
        ({"mobile": "+4915112345678"}, {"mobile": "0151 123 456 78"}),
        ({"mobile": "+4915112345678"}, {"phone2": "0049 151 12345678"}),
        ({"mobile": "+4915112345678", "email": "a@example.com"}, {"mobile": "+4915112345678"}),
        (
            {"mobile": "+4915112345678", "email": "old@example.com"},
            {"mobile": "+4915112345678", "email": "new@example.com"},
        ),
        (
            {"email": "j@example.com", "mobile": "+491"},
            {"email": "j@example.com", "mobile": "+492"},
        ),
        ({}, {}),
        ({"company": "Acme"}, {"company": "Other"}),
        ({"phone": "12"}, {"phone": "12"}),
        ({"phone": "12", "email": "j@example.com"}, {"phone": "12"}),
        ({"phone": "12", "mobile": "+4915112345678"}, {"phone": "12"}),
    ],
)
def test_one_name_and_an_address_or_number_in_common_is_one_person(
    one: dict[str, str], other: dict[str, str]
) -> None:
    """So it is where neither side has anything to compare but the name."""
    assert is_same({**JOHN, **one}, {**JOHN, **other})


ONE, TWO, LINE = (
    {"email": "one@example.com"},
    {"email": "two@example.com"},
    {"phone": "+4930123456"},
)

NOBODYS = [
    ("0000000000", "0000000000"),
    ("9999999", "9999999"),
    ("+49 000000", "000000"),
    ("000123", "0000123"),
    ("0123", "0123"),
]
"""Two numbers that say nothing: one digit throughout, or an extension with zeros before it."""

NAMELESS = [
    {"first_name": each, "last_name": each}
    for each in ("-", "?", "...", "\N{SLIGHTLY SMILING FACE}")
]
"""Names without a letter, as they are put where a name is demanded."""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"email": "john@example.com"}, {"email": "smith@example.com"}),
        ({"mobile": "+4915112345678"}, {"mobile": "+4915112345679"}),
        ({"email": "john@example.com"}, {"mobile": "+4915112345678"}),
        ({"email": "john@example.com"}, {}),
        ({}, {"mobile": "+4915112345678"}),
        ({"mobile": "+34600123456"}, {"mobile": "+34600123457"}),
        ({"mobile": "+34600123456"}, {"mobile": "+34600123456", "first_name": "Johnny"}),
        ({"mobile": "+34600123456"}, {"mobile": "+34600123456", "last_name": "Smith Huber"}),
        ({"email": "info@example.com", "first_name": "Joan"}, {"email": "info@example.com"}),
        ({"phone": "+4930123456", "first_name": "Joan"}, {"phone": "+4930123456"}),
        ({"first_name": "", "last_name": ""}, {}),
        ({"phone": "12", "email": "one@example.com"}, {"phone": "12", "email": "two@example.com"}),
        (
            {"company": "1234567", "email": "one@example.com"},
            {"company": "1234567", "email": "two@example.com"},
        ),
        ({"phone": "12", "first_name": "Joan"}, {"phone": "12"}),
        ({"phone": "12"}, {"phone": "13"}),
        *(({**ONE, "phone": some}, {**TWO, "phone": other}) for some, other in NOBODYS),
        *(({**ONE, **LINE, **name}, {**TWO, **LINE, **name}) for name in NAMELESS),
        *((name, name) for name in NAMELESS),
    ],
)
def test_another_name_or_nothing_in_common_is_another_person(
    one: dict[str, str], other: dict[str, str]
) -> None:
    """A shared mailbox or landline makes nobody somebody else; a name alone says nothing."""
    assert not is_same({**JOHN, **one}, {**JOHN, **other})


MAIL = {"email": "x@example.com"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("José", "García Márquez"), ("José García", "Márquez")),
        (("José", "García"), ("Jose\u0301", "Garci\u0301a")),
        (("ANNA", "AHRENS"), ("Anna", "Ahrens")),
        (("\uff2a\uff4f\uff48\uff4e", "Smith"), ("John", "Smith")),
        (("太郎", "山田"), ("", "山田 太郎")),
        (("太郎", "山田"), ("", "山田太郎")),
        (("Karl-Heinz", "Groß"), ("Karl Heinz", "Gross")),
        (("İnci", "Kaya"), ("i\u0307nci", "Kaya")),
        (("Martin", "Simon"), ("Simon", "Martin")),
    ],
)
def test_a_name_is_the_same_however_it_is_written(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    """Unicode form, case, where it is split, and which part comes first make no other person."""
    left, right = ({"first_name": first, "last_name": last, **MAIL} for first, last in (one, other))
    assert is_same(left, right)


@pytest.mark.parametrize(
    "differing",
    [
        (
            {"email": "m@example.com", "phone": "+49301"},
            {"email": "s@example.com", "phone": "+49301"},
        ),
        (
            {"email": "info@example.com", "mobile": "+491"},
            {"email": "info@example.com", "mobile": "+492"},
        ),
    ],
)
def test_two_people_whose_names_are_each_others_may_share_a_mailbox_or_a_number(
    differing: tuple[dict[str, str], dict[str, str]],
) -> None:
    """Where first and last name changed places, nothing else may differ."""
    one = {"first_name": "Martin", "last_name": "Simon", **differing[0]}
    assert not is_same(one, {"first_name": "Simon", "last_name": "Martin", **differing[1]})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({**LINE, **ONE}, {**LINE, **ONE}, True),
        ({**LINE, **ONE}, LINE, True),
        ({**LINE, "mobile": "+4915112345678"}, LINE, True),
        ({**LINE, **ONE}, {**LINE, **TWO}, False),
        ({**LINE, "mobile": "+4915112345678"}, {**LINE, "mobile": "+4915187654321"}, False),
        (ONE, {**ONE, **LINE}, True),
        ({}, {}, False),
    ],
)
def test_one_whose_names_changed_places_is_the_same_if_nothing_differs(
    one: dict[str, str], other: dict[str, str], *, same: bool
) -> None:
    """What only one side tells is no difference, whichever side it is."""
    left = {"first_name": "Martin", "last_name": "Simon", **one}
    right = {"first_name": "Simon", "last_name": "Martin", **other}
    assert is_same(left, right) is same
    assert is_same(right, left) is same


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (ONE, ONE, True),
        (LINE, LINE, True),
        ({**ONE, **LINE}, {**TWO, **LINE}, True),
        ({**ONE, **LINE}, {**ONE, "phone": "+4930123457"}, True),
        ({**ONE, **LINE}, {**TWO, "phone": "+4930123457"}, False),
        (ONE, LINE, False),
        ({}, {}, False),
        ({"phone": "12"}, {"phone": "12"}, False),
    ],
)
def test_an_e_mail_address_or_a_number_is_evidence(
    one: dict[str, str], other: dict[str, str], *, shared: bool
) -> None:
    """Either will do, whatever the names; an extension is none."""
    assert share_evidence(READER.facts(one), READER.facts({**JOHN, **other})) is shared


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("", ""), ("", "")),
        (("-", "."), ("?", "??")),
        (("\U0001f642", ""), ("\U0001f680", "")),
        (("रमा", "सिंह"), ("राम", "सिंह")),
        (("กิ่ง", "ใจดี"), ("กุ้ง", "ใจดี")),
        (("Paul", "Simon"), ("Simon", "Paul")),
    ],
)
def test_a_shared_mailbox_or_landline_makes_no_two_names_one(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    """Nor does it where nobody has a name, or names differ in vowels only, or changed places."""
    shared = {"email": "info@example.com", "phone": "+4930123456"}
    left = {"first_name": one[0], "last_name": one[1], **shared, "mobile": "+4915112345678"}
    right = {"first_name": other[0], "last_name": other[1], **shared, "mobile": "+4915187654321"}
    assert not is_same(left, right)


def test_nobody_without_a_name_is_found_again() -> None:
    """Where all that both sides tell agrees, there is no name to disagree."""
    assert is_same({"email": "a@example.com"}, {"email": "A@example.com", "phone": "+4930123456"})


LOGIN = FactReader(CobaiSink.fields, None)
PHOEBE = {"firstName": "Phoebe", "lastName": "Cole", "webUserName": "cole"}


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"firstName": "PHOEBE"}, True),
        ({"webUserName": "cole2"}, False),
        ({"webUserName": "buffay"}, False),
        ({"firstName": "Ursula"}, False),
        ({"webUserName": ""}, False),
    ],
)
def test_a_login_makes_two_of_one_name_one(changed: dict[str, str], *, same: bool) -> None:
    """Whoever else is called so, and whatever else differs; a login alone is nobody's."""
    one = {**PHOEBE, "officeMail": "one@example.com"}
    other = {**PHOEBE, "officeMail": "two@example.com", **changed}
    matcher = ByEvidence(LOGIN)
    assert any(matcher.agreeing(one, {"x": other})) is same
    assert any(matcher.agreeing(other, {"x": one})) is same


def test_nobody_without_a_login_has_the_same_one() -> None:
    """Two of one name with two e-mail addresses stay two."""
    one = {**PHOEBE, "webUserName": "", "officeMail": "one@example.com"}
    other = {**one, "officeMail": "two@example.com"}
    assert not any(ByEvidence(LOGIN).agreeing(one, {"x": other}))


KEYED = FactReader(ZohoVoiceSink.fields, None, key="own_key")


@pytest.mark.parametrize(("key", "same"), [("k1", True), ("k2", False), ("k0", False), ("", False)])
def test_a_key_goes_before_all_else(key: str, *, same: bool) -> None:
    """Where the destination has a field for it, neither name nor number is asked for."""
    matcher = ByEvidence(KEYED)
    one = {"own_key": "k1", **JOHN, **ONE}
    other = {"own_key": "".join(key), "first_name": "Joan", **TWO}
    assert any(matcher.agreeing(one, {"x": other})) is same
    assert set(matcher.keys(one)).isdisjoint(matcher.keys(other)) is not same
    bare, bare_too = {**one, "own_key": ""}, {**other, "own_key": ""}
    assert not any(matcher.agreeing(bare, {"x": bare_too}))
    assert set(matcher.keys(bare)).isdisjoint(matcher.keys(bare_too))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+4930123456", "+4930123456", True),
        ("+4930123456", "+4930123457", False),
        ("+4930123456", "030123456", True),
        ("+4930123456", "0030123456", True),
        ("+4930123456", "030123457", False),
        ("+4930123456", "123456", False),
        ("+49301234567", "1234567", True),
        ("030123456", "30123456", True),
        ("030123456", "030123457", False),
        ("12345", "12345", False),
        ("+12345", "+12345", False),
        ("123456", "123456", True),
        ("111111", "111111", False),
        ("+1111111", "+1111111", False),
        ("1111111", "+491111111", False),
        ("5551234567", "1234567", False),
        ("1212121", "1212121", True),
    ],
)
def test_two_numbers_are_one_though_one_lacks_its_country(
    one: str, other: str, *, same: bool
) -> None:
    """Seven digits in common tell; an extension, or one digit throughout, is everybody's."""
    assert share_number({one}, {other}) is same
    assert share_number({other}, {one}) is same
    assert share_number({other, "+4989555555"}, {"+4989666666", one}) is same


@pytest.mark.parametrize(
    ("some", "others", "covered"),
    [
        ({"+4915112345678", "+4930123456"}, {"+4930123456", "015112345678"}, True),
        ({"015112345678"}, {"+4930123456", "+4915112345678"}, True),
        ({"+4915112345678", "+4930123456"}, {"+4915112345678"}, False),
        ({"12"}, {"12"}, True),
        (set(), {"+4930123456"}, True),
        ({"+4930123456"}, set(), False),
    ],
)
def test_numbers_are_among_others_however_these_are_written(
    some: set[str], others: set[str], *, covered: bool
) -> None:
    """With or without country code; one that many share only as it is."""
    assert cover(some, others) is covered


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+4915112345678", "+49015112345678", True),
        ("+4915112345678", "+49 0151 12345678", True),
        ("+4915112345678", "+49 (0)151 12345678", True),
        ("+4915112345678", "0049 (0) 151-12345678", True),
        ("+4915112345678", "0049015112345678", True),
        ("+4930123456", "+49030123456", True),
        ("+819012345678", "+8109012345678", True),
        ("+442079460018", "+4402079460018", True),
        ("+390669812345", "+39669812345", False),  # in Italy the 0 is part of the number
        ("+2250123456789", "+225123456789", False),
        ("+4915112345678", "+49015112345679", False),
        ("+4915112345678", "+490015112345678", False),  # nobody writes two
        ("+12125550100", "+102125550100", False),
    ],
)
@pytest.mark.parametrize("region", [None, "DE", "US"])
def test_a_zero_that_is_dialled_within_a_country_only_does_not_count(
    one: str,
    other: str,
    same: bool,  # noqa: FBT001
    region: str | None,
) -> None:
    """Where it is part of the number it does, and nothing is guessed that is no number then."""
    reader = FactReader(ZohoVoiceSink.fields, region)
    numbers = [{reader.number("mobile", each, {})} for each in (one, other)]
    assert share_number(*numbers) is same
    assert share_number(*reversed(numbers)) is same


@pytest.mark.parametrize(
    ("value", "region", "country", "number"),
    [
        ("0151 12345678", "DE", None, "+4915112345678"),
        (" +4915112345678 ", None, None, "+4915112345678"),
        ("+49 (151) 123-456-78", None, None, "+4915112345678"),
        ("0151 12345678", None, None, "015112345678"),
        ("0151 12345678", None, "DE", "015112345678"),
        ("0664 1234567", "DE", "AT", "+436641234567"),
        ("\uff10\uff11\uff15\uff11 12", None, None, "015112"),
        (30123456, None, None, "30123456"),
        ("", "DE", None, ""),
        ("  ", None, None, ""),
        (None, "DE", None, ""),
        ("none", None, None, ""),
    ],
)
def test_a_number_is_compared_by_its_digits(
    value: Any, region: str | None, country: str | None, number: str
) -> None:
    """As E.164 where its country is told, by the region or by the contact's own."""
    reader = FactReader(ZohoVoiceSink.fields, region)
    contact = {"mobile": value, "country": country}
    assert reader.number("mobile", value, contact) == number
    assert reader.facts(contact).numbers == ({number} if number else set())
    assert reader.normal("mobile", contact) == number


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Taro Yamada", "TARO  YAMADA", True),
        ("Taro Yamada", "Yamada Taro", True),
        ("Taro Yamada", "Taro Yamamoto", False),
        ("Ana Maria Silva", "Silva Ana Maria", True),
        ("Ana Maria Silva", "Maria Ana Silva", False),
    ],
)
def test_a_whole_name_is_the_same_from_whichever_part_it_begins(
    one: str, other: str, *, same: bool
) -> None:
    """An API with one field for it may have the last name first."""
    reader = FactReader(PortersSink.fields, None)
    left, right = ({"Contact.P_Name": each, "Contact.P_Mail": "a@x.org"} for each in (one, other))
    assert any(ByEvidence(reader).agreeing(left, {"x": right})) is same


def test_a_whole_name_is_that_of_its_parts() -> None:
    """Whether an API has one field for it or two."""
    whole = FactReader(PortersSink.fields, None).name({"Contact.P_Name": "José García Márquez"})
    parts = READER.name({"first_name": "José", "last_name": "García Márquez"})
    assert whole[0] == parts[0] == "josegarciamarquez"


def test_a_contact_of_another_parent_is_another() -> None:
    """Two customers of one dealer may employ two of one name and one mailbox."""
    matcher = ByEvidence(FactReader(PortersSink.fields, None))
    one = {"Contact.P_Name": "Ana Silva", "Contact.P_Mail": "a@x.org", "Contact.P_Client": "1"}
    assert any(matcher.agreeing(one, {"x": {**one, "Contact.P_Client": " 1 "}}))
    assert not any(matcher.agreeing(one, {"x": {**one, "Contact.P_Client": "2"}}))


# Several at once.


def test_a_better_rule_goes_first_for_all_records() -> None:
    """The father does not take his son's contact by their landline: the son has it by e-mail."""
    wishes = {"father": [[], ["son's"]], "son": [["son's"], ["son's"]]}
    assert assigned(wishes, set()) == {"father": [], "son": ["son's"]}


def test_what_one_rule_cannot_tell_apart_the_next_one_may() -> None:
    """Two have the e-mail address, one of them the number as well."""
    assert assigned({"r": [["a", "b"], ["b"]]}, set()) == {"r": ["b"]}
    assert assigned({"r": [["a", "b"], ["c"]]}, set()) == {"r": ["a", "b"]}


def test_whoever_is_left_over_is_found() -> None:
    """Of two equal contacts, the one that nobody else has."""
    assert assigned({"r": [["a", "b"]], "s": [["a"]]}, set()) == {"r": ["b"], "s": ["a"]}
    assert assigned({"r": [["a", "b"]]}, {"b"}) == {"r": ["a"]}
    assert assigned({"r": [["a"]]}, {"a"}) == {"r": []}


@given(
    st.dictionaries(
        st.integers(0, 9),
        st.lists(st.lists(st.sampled_from("abcdef"), max_size=3), min_size=3, max_size=3),
    )
)
def test_no_contact_is_given_to_two_records(wishes: dict[int, list[list[str]]]) -> None:
    """Whatever the rules find, each record gets what it asked for, and nothing that another has."""
    found = assigned(wishes, {"f"})
    given_away = [ids[0] for ids in found.values() if len(ids) == 1]
    assert len(given_away) == len(set(given_away))
    assert "f" not in given_away
    assert found.keys() == wishes.keys()
    assert all(
        set(ids) <= {each for rule in wishes[r] for each in rule} for r, ids in found.items()
    )


# match_on.


@pytest.mark.parametrize(
    ("rules", "one", "other", "same"),
    [
        ([["email"]], {"email": "Anna@example.com"}, {"email": "anna@EXAMPLE.com"}, True),
        ([["email"]], {"email": ""}, {"email": ""}, False),
        ([["email"], ["mobile"]], {"email": "a@x.org", "mobile": "+491"}, {"mobile": "+491"}, True),
        (
            [["mobile", "last_name"]],
            {"mobile": "+491", "last_name": "A"},
            {"mobile": "+491"},
            False,
        ),
        ([["company"]], {"company": "ACME  Ltd"}, {"company": "Acme Ltd"}, True),
        ([["first_name"]], {"first_name": "Jose\u0301"}, {"first_name": "José"}, True),
        ([["first_name"]], {"first_name": "José"}, {"first_name": "jose"}, True),
        ([["last_name"]], {"last_name": "Meyer-Schulz"}, {"last_name": "Meyer Schulz"}, True),
        ([["mobile"]], {"mobile": "0151 12345678"}, {"mobile": "+4915112345678"}, True),
        ([], JOHN, JOHN, False),
    ],
)
def test_rules_compare_normal_forms_and_never_empty_values(
    rules: list[list[str]], one: dict[str, str], other: dict[str, str], *, same: bool
) -> None:
    """The first rule whose attributes are all there and equal decides."""
    matcher = ByRules(READER, rules)
    assert any(matcher.agreeing(one, {"x": other})) is same
    assert set(matcher.keys(one)).isdisjoint(matcher.keys(other)) is not same


@pytest.mark.parametrize(
    ("match_on", "sentence"),
    [
        (["email", ["mobile"]], "match_on mixes names and lists"),
        ([["shoe_size"]], "match_on names shoe_size; known are: first_name"),
        (["state"], "match_on names state"),
        ([["email"], []], "match_on has an empty rule"),
        ([[]], "match_on has an empty rule"),
    ],
)
def test_rules_that_are_none_are_said(match_on: Any, sentence: str, tmp_path: Path) -> None:
    """A wrong name is an error that lists the right ones, before anything is sent."""
    with Place(tmp_path) as place, pytest.raises(ConfigurationError, match=sentence):
        place.run({"id": 1, **JOHN}, match_on=match_on)
    assert place.sink.asked == []


def test_rules_need_a_destination_that_can_be_asked(tmp_path: Path) -> None:
    """Where contacts cannot be looked up, no rule finds anybody."""
    said = "match_on: contacts of Fake cannot be looked up; leave it out."
    with Place(tmp_path, IdempotentSink) as place, pytest.raises(ConfigurationError, match=said):
        place.run({"id": 1, **JOHN}, match_on=["email"])


def test_no_rule_needs_no_destination_that_can_be_asked(tmp_path: Path) -> None:
    """An empty `match_on` is right everywhere."""
    with Place(tmp_path, IdempotentSink) as place:
        assert place.run({"id": 1, "first_name": "Anna"}, match_on=[]).bins == {"created": 1}


@pytest.mark.parametrize("match_on", [{"email": 1}, [[7]], ["city"]])
def test_a_wrong_match_on_ends_the_run(
    zoho: ZohoVoice, workplace: Workplace, match_on: Any
) -> None:
    """Exit code 2, whatever the setting holds."""
    config = {**zoho.target_config(), "match_on": match_on}
    run = workplace.target(config, contacts({"id": 1, **JOHN, "mobile": "+491"}))
    assert (run.code, zoho.log, "match_on" in run.log) == (2, [], True)


@pytest.mark.parametrize("kind", [Porters, Valomnia])
def test_an_address_in_other_case_is_found_by_a_rule(kind: Any, workplace: Workplace) -> None:
    """Anna@ and anna@ are one contact, however the API itself compares."""
    record = {"id": 1, **JOHN, "mobile": "+4915112345678", "email": "Anna@example.com"}
    with kind() as sandbox:
        config = {**sandbox.target_config(), "match_on": ["email"]}
        workplace.target(config, contacts(record))
        for path in workplace.folder.glob("target-contacts.db*"):
            path.unlink()
        run = workplace.target(config, contacts({**record, "email": "anna@example.com"}))
        assert (bins(run.summary), len(sandbox.contacts)) == ({"updated": 1}, 1)


# What look-ups cost.


def people(count: int) -> list[dict[str, Any]]:
    """Return records of different people."""
    return [
        {"id": n, "first_name": "N", "last_name": f"N{n}", "mobile": f"+4915{n:08}"}
        for n in range(count)
    ]


def test_a_look_up_that_is_incomplete_ends_the_run_in_words(workplace: Workplace) -> None:
    """Whoever may be among the rows that are missing is not created."""
    body = '<Contact Total="2" Count="0" Start="0"><Code>0</Code></Contact>'
    with Porters() as sandbox:
        sandbox.fault(on="GET /v1/contact", times=-1, status=200, body=body)
        run = workplace.target(sandbox.target_config(), contacts(*people(1)))
        assert (run.code, run.out, sandbox.writes) == (1, "", [])
    assert "counts 2 rows, gave none" in run.log
    assert "Traceback" not in run.log


@pytest.mark.parametrize(
    ("kind", "there", "new", "cost"),
    [
        (Porters, 150, 1, 1),
        (Porters, 150, 15, 1),
        (Porters, 450, 2, 3),  # one shows that there are too many; then one for each
        (Porters, 450, 5, 3),
        (Valomnia, 50, 1, 1),
        (Valomnia, 350, 2, 2),
        (Valomnia, 350, 15, 4),
        (ZohoVoice, 45, 15, 1),
    ],
)
def test_a_few_new_records_cost_a_few_look_ups(
    workplace: Workplace, kind: Any, there: int, new: int, cost: int
) -> None:
    """They are asked for one by one, unless listing where they belong takes fewer requests."""
    everyone = people(there + new)
    with kind() as sandbox:
        config = sandbox.target_config()
        workplace.target({**config, "match_on": []}, contacts(*everyone[:there]))
        seen = len(sandbox.log)
        run = workplace.target(config, contacts(*everyone))
        paths = ("/v1/contact", "/api/v1.0/contacts", "/rest/json/zv/contacts")
        reads = [line.request for line in sandbox.log[seen:] if line.request.method == "GET"]
        looked_up = [each for each in reads if each.path in paths]
    assert bins(run.summary) == {"unchanged": there, "created": new}
    assert len(looked_up) == cost


@pytest.mark.parametrize(
    ("mine", "other", "same"),
    [
        ({}, {}, True),
        ({}, {"company": "Acme"}, True),
        ({}, {"first_name": "Smith", "last_name": "John"}, False),
        ({}, {"email": "x@example.com"}, False),
        ({}, {"phone": "12"}, False),
        ({"email": "x@example.com"}, {}, False),
        ({"own_key": "1"}, {"own_key": "1"}, True),
        ({"own_key": "1"}, {}, True),
        ({"own_key": "1"}, {"own_key": "2"}, False),
        ({}, {"own_key": "2"}, False),
        ({"first_name": "-", "last_name": "-"}, {"first_name": "-", "last_name": "-"}, False),
    ],
)
def test_a_name_alone_says_enough_only_if_nothing_is_beside_it(
    mine: dict[str, str], other: dict[str, str], *, same: bool
) -> None:
    """A contact with an address, a number or somebody else's key is somebody else's."""
    found = ByEvidence(KEYED).by_name({**JOHN, **mine}, {"x": {**JOHN, **other}})
    assert found == (["x"] if same else [])


def by_category(name: str) -> str:
    """Return the letters of a name in ASCII by the kind that Unicode gives each character."""
    bare = name.lower()
    kept = "".join(each if unicodedata.category(each)[0] in "LMN" else " " for each in bare)
    return " ".join(kept.split()) or "".join(bare.split())


@FIXED
@given(st.text(st.characters(max_codepoint=127)))
def test_the_letters_of_a_name_in_ascii_are_those_of_unicode(name: str) -> None:
    """A name that needs no normal form is compared by the same letters as one that does."""
    assert letters(name) == by_category(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("O'Brien-Smith Jr.", "o brien smith jr"),
        ("  ANNA\tMARIA ", "anna maria"),
        ("- -", "--"),
        ("Zoë Müller", "zoe muller"),
        ("R2 D2", "r2 d2"),
        ("", ""),
    ],
)
def test_letters_leave_out_case_accents_and_punctuation(name: str, expected: str) -> None:
    """A name without any letter stays as it is, without blanks."""
    assert letters(name) == expected
