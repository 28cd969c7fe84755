"""What `field_map` takes: fields, attributes, paths into objects, and JMESPath into lists."""

from __future__ import annotations

import decimal
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigurationError

from target_contacts.contact.paths import Failure, FieldPath, MappedFields
from target_contacts.mapping.path_check import assert_can_match
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.porters_tenant import Kind
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts
from tests.support.porters_lists import OWN, TYPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

ANNA = {"id": 1, "first_name": "Anna", "last_name": "Ahrens", "mobile": "+4915112345678"}
FIXED = settings(derandomize=True, deadline=None, database=None)


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


RECORD: dict[str, Any] = {
    "phones": [
        {"type": "home", "number": "1"},
        {"type": "mobile", "number": "2", "rank": decimal.Decimal("1.0")},
        {"type": "mobile", "number": "3"},
    ],
    "emails": [{"email": "a@example.com"}, {"email": "b@example.com"}],
    "origin": {"system": "crm", "path": {"deep": "d"}},
    "Phone (mobile)": "4",
    "Contact.P_Phase": "Lead",
    "Kunden Nr.": decimal.Decimal("7.0"),
    "first": "Anna",
    "middle": None,
    "last": "Ahrens",
    "tags": ["a", "b"],
    "phones[0]": "5",
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("first", "Anna"),
        ("origin.system", "crm"),
        ("origin.path.deep", "d"),
        ("Phone (mobile)", "4"),
        ("phones[0]", "5"),
        ("Contact.P_Phase", "Lead"),
        ("Kunden Nr.", decimal.Decimal("7.0")),
        ("email", "chosen@example.com"),
        ("emails[0].email", "a@example.com"),
        ("emails[-1].email", "b@example.com"),
        ("emails[1:].email | [0]", "b@example.com"),
        ("phones[?type=='mobile'].number | [0]", "2"),
        ("phones[?rank==`1`].number | [0]", "2"),
        ("(phones[?type=='fax'].number | [0]) || last", "Ahrens"),
        ("join(' ', [first, last])", "Anna Ahrens"),
        ("join(' ', [first, middle, last][?@])", "Anna Ahrens"),
        ("to_string(length(phones))", "3"),
        ("tags | join(', ', @)", "a, b"),
        ("origin.path", {"deep": "d"}),
        ("*.deep | [0]", None),
        ("nothing.there", None),
        ('"first"', "Anna"),
    ],
)
def test_a_path_finds_its_value(path: str, expected: object) -> None:
    """A field of that very name goes first, then an attribute, names with dots, an expression."""
    assert FieldPath(path).value(RECORD, {"email": "chosen@example.com"}) == expected


@pytest.mark.parametrize("path", ["join(' ', [first, middle])", "abs(last)", "sum(tags)"])
def test_an_expression_that_fails_on_a_record_says_so_without_its_values(path: str) -> None:
    """JMESPath's own words quote what they do not like."""
    found = FieldPath(path).value(RECORD, {})
    assert isinstance(found, Failure)
    assert "A" not in found.reason.replace("field_map", "")


SCHEMA = {
    "type": "object",
    "properties": {
        "phones": {
            "type": ["null", "array"],
            "items": {"type": "object", "properties": {"type": {}, "number": {"type": "string"}}},
        },
        "emails": {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]},
        "properties": {"type": "object", "properties": {"city": {"type": "string"}}},
        "free": {"type": "object"},
        "any": {},
        "name": {"type": ["string", "null"]},
        "x.0.y": {},
        "lists": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
    },
}


@pytest.mark.parametrize(
    "path",
    [
        "phones[0].number", "phones[].number | [0]", "phones[?type=='a'].number", "emails[0]",
        "properties.city", "free.whatever.deep", "any[0].x", "any.x", "name", "x.0.y", "email",
        "first_name", "name || properties.city", "join(' ', [name, properties.city])",
        "lists[] | [0]", "lists[0][1]", "phones[*].[type, number][]",
        "sort_by(phones, &number)[0].number", "any", "properties.*", "@.name",
    ],
)  # fmt: skip
def test_a_path_that_can_match_is_taken(path: str) -> None:
    """What the schema leaves open may be there."""
    assert_can_match([FieldPath(path)], [SCHEMA])


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("phone", None),
        ("nobody", "names nobody; known are: phones, emails"),
        ("nobody[0].x", "names nobody; known are: phones, emails"),
        ("name || nobody", "names nobody; known are"),
        ("email[0]", "names email; known are"),
        ("phones.0.number", "names phones.0.number, which can never match: 0 is asked of a list"),
        ("phones.number", "number is asked of a list; write [0].number there"),
        ("phones[0].nr", "there is no nr, but number, type"),
        ("phones[?typ=='a'].number", "there is no typ, but number, type"),
        ("phones[0].number.x", "x is asked of a plain value"),
        ("phones[0][0]", "an item is asked of an object, not of a list"),
        ("emails[0].email", "email is asked of a plain value"),
        ("properties[0].city", "an item is asked of an object, not of a list"),
        ("properties.town", "there is no town, but city"),
        ("name[0]", "an item is asked of a plain value, not of a list"),
        ("name[]", "an item is asked of a plain value, not of a list"),
        ("join(', ', [name, properties.town])", "there is no town, but city"),
        ("nonsense(name)", "JMESPath has no function nonsense"),
        ("phones[", "neither a field nor a JMESPath expression"),
        ("x.1.y", "names x; known are"),
    ],
)
def test_a_path_that_can_never_match_is_refused_with_its_reason(path: str, why: str | None) -> None:
    """The setting, the path and the fields there are stand in one sentence."""
    if why is None:
        assert_can_match([FieldPath(path)], [SCHEMA])
        return
    with pytest.raises(ConfigurationError) as refused:
        assert_can_match([FieldPath(path)], [SCHEMA])
    assert str(refused.value).startswith("field_map names ")
    assert why in str(refused.value)


def test_a_path_may_match_in_one_of_several_streams() -> None:
    """What one stream declares otherwise, or not at all, another may have."""
    plain = {"type": "object", "properties": {"phones": {"type": "string"}, "town": {}}}
    for path in ("phones[0].number", "phones", "town", "town || name"):
        assert_can_match([FieldPath(path)], [plain, SCHEMA])
    loose = {**plain, "additionalProperties": True}
    assert_can_match([FieldPath("whatever[0].x")], [loose, SCHEMA])
    with pytest.raises(ConfigurationError, match="no function"):
        assert_can_match([FieldPath("whatever(x)")], [loose])


NAMES = st.text("ab. -é0[", min_size=1, max_size=4)
VALUES = st.text("xyz", min_size=1, max_size=4)


@FIXED
@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=2) | VALUES, max_size=5))
def test_every_plain_value_can_be_reached_by_its_name(record: dict[str, Any]) -> None:
    """Whatever a field is called; a nested one by its names, in quotes where they need them."""
    for name, value in record.items():
        assert FieldPath(name).value(record, {}) == value
        for below, inner in value.items() if isinstance(value, dict) else ():
            path = f"{json.dumps(name)}.{json.dumps(below)}"
            assume(path not in record)
            assert FieldPath(path).value(record, {}) == inner


@FIXED
@given(st.text(max_size=12) | st.text("ab.[]?'`|@&(){}*0:=!,\" ", max_size=12))
def test_no_text_is_too_odd_for_a_path(text: str) -> None:
    """It finds something or nothing, or is refused in a sentence."""
    path = FieldPath(text)
    found = path.value({"a": [{"b": "c"}], "b": {"a": "c"}}, {})
    assert found is None or isinstance(found, (str, int, float, bool, list, dict, Failure))
    assert path.reads("a") in {True, False}
    try:
        assert_can_match([path], [{"properties": {"a": {}, "b": {}}}])
    except ConfigurationError as error:
        assert str(error).startswith("field_map names ")  # noqa: PT017


@pytest.mark.parametrize(
    ("path", "read", "left"),
    [
        ("phones[?type=='a'].number | [0]", ["phones", "phones.number", "phones.2.x"], ["phone"]),
        ("join(' ', [first, origin.system])", ["first", "origin.system"], ["origin.path", "last"]),
        ("origin.path", ["origin.path", "origin.path.deep"], ["origin", "origin.paths"]),
        ("(emails[0].email) || last", ["emails.email", "last"], ["last_name"]),
        ("own.fields[?n=='a'].v | [0]", ["own.fields.v"], ["own.other"]),
    ],
)
def test_what_a_path_reads_is_told_from_what_is_left(
    path: str, read: list[str], left: list[str]
) -> None:
    """A list that is looked into counts as mapped, a field beside it does not."""
    mapped = MappedFields({"wire": path}, ())
    assert [mapped.reads(["wire"], name) for name in read + left] == [
        *[True] * len(read),
        *[False] * len(left),
    ]
    assert not any(mapped.reads([], name) for name in read)


# In a run.


def test_values_in_lists_arrive_and_are_not_listed_as_left(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """What is mapped counts as carried; what no path reads is listed, also where one finds none."""
    lines = [{"kind": "a", "no": "+49301"}, {"kind": "b", "no": "+49302"}]
    people = [
        {**ANNA, "lines": lines, "codes": {"x": "1", "y": "2"}},
        {**ANNA, "id": 2, "mobile": "+4915187654321", "lines": lines[:1], "codes": {"x": "1"}},
    ]
    paths = {"phone3": "lines[?kind=='b'].no | [0]", "company": "codes.x"}
    config = {**zoho.target_config(), "field_map": paths, "concurrency": 1}
    run = workplace.target(config, contacts(*people))
    assert run.code == 0
    assert [(held["phone3"], held["company"]) for held in zoho.contacts] == [
        ("+49302", "1"),
        ("", "1"),
    ]
    assert run.summary["not_carried"] == {"contacts": ["codes.*", "lines.*"]}


def test_a_list_or_an_object_is_no_value_of_a_plain_field(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """It is listed as not carried, and what fills the field otherwise still does."""
    record = {**ANNA, "employer": "Acme", "tags": ["a"], "more": {"b": "c"}}
    paths = {"company": "tags", "state": "more"}
    run = workplace.target({**zoho.target_config(), "field_map": paths}, contacts(record))
    assert (run.code, zoho.contacts[0]["company"], zoho.contacts[0]["state"]) == (0, "Acme", "")
    assert run.summary["not_carried"] == {"contacts": ["more.*", "tags"]}


@pytest.mark.parametrize("path", ["tags[*]", "tags[].n", "tags[?n]", "[a, b]", "{a: b}", "o.*"])
def test_a_path_that_only_gives_lists_is_said(
    zoho: ZohoVoice, workplace: Workplace, path: str
) -> None:
    """Who forgot to choose one value is told so, before anything is sent."""
    run = workplace.target({**zoho.target_config(), "field_map": {"company": path}}, contacts(ANNA))
    assert (run.code, zoho.log) == (2, [])
    assert "gives a list or an object, and company takes one value" in run.log


@pytest.mark.parametrize(("setting", "code"), [("reject", 3), ("drop_field", 0)])
def test_an_expression_that_fails_follows_on_invalid_value(
    zoho: ZohoVoice, workplace: Workplace, setting: str, code: int
) -> None:
    """The record is rejected alone, or the field is left out and counted; no value is shown."""
    config = {
        **zoho.target_config(),
        "field_map": {"company": "join(' ', [first_name, nick])"},
        "on_invalid_value": setting,
        "concurrency": 1,
    }
    people = [{**ANNA, "nick": "A"}, {**ANNA, "id": 2, "mobile": "+4915187654321", "nick": None}]
    run = workplace.target(config, contacts(*people))
    assert (run.code, zoho.contacts[0]["company"]) == (code, "Anna A")
    assert "Anna" not in run.log
    if code:
        assert [(each["code"], each["field"]) for each in workplace.rejections] == [
            ("invalid", "company")
        ]
    else:
        assert run.summary["dropped_or_truncated"] == [["contacts", "company", "left out", 1]]


@pytest.mark.parametrize(
    ("paths", "sentence"),
    [
        ({"company": "employr"}, "field_map names employr; known are: employer"),
        ({"company": "tags.0.name"}, "field_map names tags.0.name, which can never match"),
        ({"company": "tags[0"}, "neither a field nor a JMESPath expression"),
        ({"nickname": "employer"}, "field_map names nickname; known are: first_name"),
        ({"company": 7}, "field_map.company must be of type string"),
    ],
)
def test_a_wrong_path_is_exit_code_2_before_anything_is_sent(
    zoho: ZohoVoice, workplace: Workplace, paths: dict[str, Any], sentence: str
) -> None:
    """In a run and in an explanation."""
    schema, record = contacts({**ANNA, "employer": "Acme", "tags": [{"name": "x"}]})
    schema["schema"]["properties"]["tags"] = {"type": "array"}
    for options in ((), ("--explain",)):
        config = {**zoho.target_config(), "field_map": paths}
        run = workplace.target(config, [schema, record], *options)
        assert (run.code, zoho.log) == (2, [])
        assert sentence in run.log
        assert "Traceback" not in run.log


def test_other_settings_translate_all_records_anew(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A changed path or value map is heard, though no record changed."""
    record = {**ANNA, "tags": [{"name": "x"}, {"name": "y"}]}
    held = []
    for paths, names in (("tags[0].name", {}), ("tags[1].name", {}), ("tags[1].name", {"y": "Z"})):
        config = {**zoho.target_config(), "field_map": {"company": paths}}
        config["value_map"] = {"company": names}
        assert workplace.target(config, contacts(record)).code == 0
        held.append(zoho.contacts[0]["company"])
    assert held == ["x", "y", "Z"]


def test_fields_that_take_lists_get_them(workplace: Workplace) -> None:
    """Options of PORTERS may come as a list that an expression makes."""
    record = {**ANNA, "areas": [{"at": "Tokyo"}, {"at": "North, far"}]}
    with Porters(tenant=TYPED) as sandbox:
        mapped = {OWN[Kind.CHECKBOX]: "areas[*].at"}
        config = {**sandbox.target_config(), "field_map": mapped}
        run = workplace.target(config, contacts(record))
        (held,) = sandbox.contacts
    assert (run.code, held[OWN[Kind.CHECKBOX]].count(",")) == (0, 1)


def test_an_attribute_that_is_mapped_to_another_field_is_explained(workplace: Workplace) -> None:
    """The explanation shows the path as it stands in the settings."""
    with Cobai() as cobai:
        path = "emails[?main].at | [0]"
        config = {**cobai.target_config(), "field_map": {"officeMail": path}}
        record = {**ANNA, "emails": [{"at": "a@example.com", "main": True}]}
        run = workplace.target(config, contacts(record), "--explain")
    assert f"{path} (field_map)" in run.out
    assert "a@example.com" not in run.out


# What finds nothing.

FOUND_NOTHING = "field_map found nothing for these in any of "
UNFOUND = {"company": "employer.name", "phone3": "lines[?k=='b'].no | [0]", "state": "region"}
BERT = {**ANNA, "id": 2, "mobile": "+4915187654321"}


def found_nothing(log: str) -> list[str]:
    """Return what the log says of entries of `field_map` that found nothing."""
    return [line.partition(FOUND_NOTHING)[2] for line in log.splitlines() if FOUND_NOTHING in line]


def test_an_entry_that_finds_nothing_in_any_record_is_said_once(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """By stream and field, at the end; no part of a path is in the log, which may hold a value."""
    people = [
        {**each, "employer": {}, "lines": [], "region": "", "mail": "a@b.de"}
        for each in (ANNA, BERT)
    ]
    config = {**zoho.target_config(), "field_map": {**UNFOUND, "email": "mail", "country": None}}
    run = workplace.target(config, contacts(*people, {**ANNA, "id": 3, "mobile": "no"}))
    assert found_nothing(run.log) == [
        "3 records of contacts: company, phone3, state. See --explain."
    ]
    assert "k==" not in run.log
    again = workplace.target(config, contacts(people[0], {**people[1], "first_name": "Bea"}))
    assert (again.summary["unchanged"], found_nothing(again.log)) == (1, [])


@pytest.mark.parametrize(("many", "level"), [(19, "INFO"), (20, "WARNING")])
def test_few_records_without_a_value_are_no_reason_to_warn(
    zoho: ZohoVoice, workplace: Workplace, many: int, level: str
) -> None:
    """What an incremental tap sends of a night may be one person whose value was emptied."""
    people = [{**ANNA, "id": n, "mobile": "no", "employer": {}} for n in range(many)]
    config = {**zoho.target_config(), "field_map": {"company": "employer.name"}}
    (line,) = (
        line
        for line in workplace.target(config, contacts(*people)).log.splitlines()
        if FOUND_NOTHING in line
    )
    assert f"| {level} " in line


def test_an_entry_that_finds_a_value_in_one_record_is_not_said(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """The record may be of another stream, and 0 is a value."""
    first = {**ANNA, "employer": None, "lines": [], "region": ""}
    other = {**BERT, "employer": {"name": "Acme"}, "lines": [{"k": "b", "no": "+49301"}]}
    lines = [*contacts(first), *contacts({**other, "region": 0}, stream="people")]
    run = workplace.target({**zoho.target_config(), "field_map": UNFOUND}, lines)
    assert (run.summary["created"], found_nothing(run.log)) == (2, [])


def test_nothing_is_said_where_there_was_no_record(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Neither of a run without any, nor of a stream without any beside another one."""
    config = {**zoho.target_config(), "field_map": {"company": "employer.name"}}
    empty = contacts(stream="people")
    assert found_nothing(workplace.target(config, empty).log) == []
    record = {**ANNA, "employer": {}}
    run = workplace.target(config, [*empty, *contacts(record)])
    assert found_nothing(run.log) == ["1 record of contacts: company. See --explain."]
    explained = workplace.target(config, empty, "--explain")
    assert (explained.code, "found nothing" in explained.out) == (0, False)


def test_an_entry_that_finds_nothing_is_explained(zoho: ZohoVoice, workplace: Workplace) -> None:
    """By path and field; what finds a value stands among what is sent."""
    record = {**ANNA, "employer": {}, "lines": [], "region": "Bavaria"}
    config = {**zoho.target_config(), "field_map": UNFOUND}
    run = workplace.target(config, contacts(record, BERT), "--explain")
    shown = [" ".join(line.split()) for line in run.out.splitlines()]
    start = shown.index("found nothing Zoho Voice field")
    assert shown[start + 2 : start + 4] == [
        "employer.name (field_map) company",
        "lines[?k=='b'].no | [0] (field_map) phone3",
    ]
    assert "region (field_map) state 1" in shown
    assert "Bavaria" not in run.out
