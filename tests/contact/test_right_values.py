"""A value arrives as it is meant, whatever its type at the source, in every field of every API."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.contact.numbers import KINDS as NUMBERS
from target_contacts.contact.vocabulary import ADDRESS, ATTRIBUTES
from target_contacts.target import SINKS
from target_contacts.values.basic import FLAGS
from tests.crash.lab import KINDS
from tests.sandbox.porters import CLIENT_ID
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts, singer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished, Workplace

APIS = sorted(KINDS)
ANNA = {"id": 1, "first_name": "Anna", "last_name": "Ahrens", "mobile": "+4915112345678"}
ANNA |= {"email": "anna@example.com"}

CODED = {"email", "user_name", "gender", "role", "password", "image", "status", "customer_id"}
CODED |= {"owner_id", "customer_reference", "number", "type", "country", *FLAGS}
"""Attributes that are more than text."""


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Run an empty account."""
    with ZohoVoice() as sandbox:
        yield sandbox


@pytest.fixture
def valomnia() -> Iterator[Valomnia]:
    """Run an account with one customer."""
    with Valomnia() as sandbox:
        yield sandbox


def texts_of(api: str) -> dict[str, str]:
    """Return the attributes that an API takes as text, and the fields that they fill."""
    fields = {each.attribute: each.wire for each in SINKS[api].fields}
    return {a: wire for a, wire in fields.items() if a in ATTRIBUTES and a not in CODED}


def held(sandbox: Sandbox, api: str) -> dict[str, str]:
    """Return what the one contact of an account holds, by attribute."""
    (contact,) = sandbox.contacts
    return texts_in(contact, api)


def texts_in(contact: Mapping[str, Any], api: str) -> dict[str, str]:
    """Return the texts that a contact of an API holds, by attribute."""
    return {attribute: contact.get(wire) or "" for attribute, wire in texts_of(api).items()}


def write(sandbox: Sandbox, workplace: Workplace, *records: Any, **settings: Any) -> Finished:
    """Write records, given as objects or as JSON."""
    config = {**sandbox.target_config(), **settings}
    head = singer(contacts(ANNA)[:1]).replace(
        '"properties"', '"additionalProperties": true, "properties"'
    )
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    start = '{"type": "RECORD", "stream": "contacts", "record": '
    return workplace.target(config, head + "".join(f"{start}{line}}}\n" for line in lines))


def one_of(number: int, **fields: Any) -> dict[str, Any]:
    """Return one of several people with fields of her own; her last name tells her number."""
    each = {"id": number, "last_name": f"Ahrens{number}", "mobile": f"+49151123456{number:02}"}
    return {**ANNA, **each, "email": f"anna{number}@example.com", **fields}


def write_each(
    sandbox: Sandbox, workplace: Workplace, records: Iterable[Mapping[str, Any]]
) -> tuple[Finished, list[dict[str, Any]]]:
    """Write each record in a stream of its own, `contacts0` and so on.

    Returns:
        The run, and the contacts that the API then holds, in the order of the records.
    """
    records = list(records)
    streams = [contacts(each, stream=f"contacts{n}") for n, each in enumerate(records)]
    config = {**sandbox.target_config(), "match_on": []}
    run = workplace.target(config, [message for each in streams for message in each])
    found = [[c for c in sandbox.contacts if f"Ahrens{n}" in str(c)] for n in range(len(records))]
    assert [len(each) for each in found] == [1] * len(records), run.log
    return run, [contact for (contact,) in found]


# Whole numbers.


@pytest.mark.parametrize("api", APIS)
def test_a_whole_number_arrives_whole_in_every_field(api: str, workplace: Workplace) -> None:
    """A spreadsheet's 8001.0 is 8001, in each field that takes text."""
    with KINDS[api]() as sandbox:
        record = {**ANNA, **dict.fromkeys(texts_of(api), 12345678.0)}
        run = write(sandbox, workplace, record, field_map={})
        if api == "cobai":
            run = write(sandbox, workplace, record | {"user_name": 5.0})
        assert run.code == 0
        assert set(held(sandbox, api).values()) == {"12345678"}


@pytest.mark.parametrize("api", APIS)
def test_numbers_keep_their_value_in_every_field(api: str, workplace: Workplace) -> None:
    """With an exponent too; what is no whole number stays what it is."""
    with KINDS[api]() as sandbox:
        names = [a for a in texts_of(api) if a not in {*NUMBERS, "fax"}]
        values = dict(zip(names, [1.5, -7.0, 10**20] * len(names), strict=False))
        body = json.dumps({**ANNA, **values})[:-1] + ', "postal_code": 1.0E+3}'
        assert write(sandbox, workplace, body).code == 0
        found, written = held(sandbox, api), {1.5: "1.5", -7.0: "-7", 10**20: "1" + "0" * 20}
        expected = {a: written[v] for a, v in values.items() if a not in {"postal_code", "street"}}
        assert {a: found[a] for a in expected} == expected
        assert found.get("postal_code", "1000") == "1000"


CELLS: list[tuple[Any, Any, Any]] = [
    (4930123456.0, 8001.0, 12.0), ("4930123456.0", "8001.0", "12.0"), (4930123456, "8001", 12),
    ("'4930123456", "'8001", "'12"), ('="4930123456"', '="8001"', '="12"'),
]  # fmt: skip


def test_cells_of_spreadsheets_are_what_they_show(valomnia: Valomnia, workplace: Workplace) -> None:
    """As numbers or as text, with the mark that makes them text or without."""
    records = [
        one_of(n, phone=phone, postal_code=postcode, street="Weg", hausnummer=house, city="1.0")
        for n, (phone, postcode, house) in enumerate(CELLS)
    ]
    _, found = write_each(valomnia, workplace, records)
    for contact in found:
        held = texts_in(contact, "valomnia")
        assert (held["phone"], held["postal_code"]) == ("4930123456", "8001")
        assert (held["street"], held["city"]) == ("Weg 12", "1.0")


def test_an_id_is_the_same_however_it_is_written(valomnia: Valomnia, workplace: Workplace) -> None:
    """It never gives way to the default for its fraction."""
    valomnia.add_customer(3230, "C1", "Acme")
    ids: list[Any] = [3230, 3230.0, "3230.0", "'3230", "3230"]
    records = [one_of(number, customer_id=each) for number, each in enumerate(ids)]
    run, found = write_each(valomnia, workplace, records)
    assert (run.code, [each["customer"]["id"] for each in found]) == (0, [3230] * len(ids))


def test_an_id_of_porters_is_the_same_however_it_is_written(workplace: Workplace) -> None:
    """Owner and client come as numbers with a fraction, too."""
    with KINDS["porters"]() as sandbox:
        ids = {"customer_id": float(CLIENT_ID), "owner_id": "1.0"}
        run = write(sandbox, workplace, {**ANNA, **ids}, defaults={})
        (contact,) = sandbox.contacts
        assert (run.code, contact["Contact.P_Client"], contact["Contact.P_Owner"]) == (
            0, CLIENT_ID, "1",
        )  # fmt: skip


# Booleans.


@pytest.mark.parametrize("api", APIS)
def test_a_boolean_is_no_value_in_any_field_of_text(api: str, workplace: Workplace) -> None:
    """It is neither written nor listed; what has no value is cleared, where the API can."""
    needed = {"first_name", "last_name", "full_name", "mobile"}
    optional = [name for name in texts_of(api) if name not in needed]
    with KINDS[api]() as sandbox:
        people = [one_of(number) for number in (0, 1)]
        filled = [{**each, **dict.fromkeys(optional, "1")} for each in people]
        empty = [
            {**each, **dict.fromkeys(optional, value)}
            for each, value in zip(people, (False, True), strict=True)
        ]
        run = write(sandbox, workplace, *empty, match_on=[])
        assert (run.code, len(sandbox.contacts)) == (0, 2)
        assert values(sandbox, api, optional) <= {""}
        assert not set(run.summary["not_carried"].get("contacts", ())) & set(optional)
        write(sandbox, workplace, *filled, match_on=[])
        write(sandbox, workplace, *empty, match_on=[])
        cleared = {"1"} if api in {"porters", "bas_ip"} else {""}
        assert values(sandbox, api, optional) <= cleared


def values(sandbox: Sandbox, api: str, names: Iterable[str]) -> set[str]:
    """Return the values that the contacts of an account have in some attributes."""
    return {texts_in(contact, api)[name] for contact in sandbox.contacts for name in names}


def test_a_boolean_is_no_value_where_more_than_text_is_meant(
    valomnia: Valomnia, zoho: ZohoVoice, workplace: Workplace
) -> None:
    """An address, a country or a status is not false, either."""
    names = ["email", "country", "gender", "status", "salutation", "image"]
    given = [{name: value} for name in names for value in (False, True)]
    records = [one_of(number) | fields for number, fields in enumerate(given)]
    for sandbox in (valomnia, zoho):
        run = write(sandbox, workplace, *records, match_on=[])
        assert (run.code, workplace.rejects, len(sandbox.contacts)) == (0, [], len(records))


def test_a_flag_stays_a_flag(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Where yes or no is meant, false is a value."""
    write(zoho, workplace, {**ANNA, "is_favourite": True, "is_spam": False})
    write(zoho, workplace, {**ANNA, "is_favourite": False, "is_spam": True})
    assert (zoho.contacts[0]["is_favourite"], zoho.contacts[0]["is_spam"]) == ("false", "true")


def test_a_boolean_gives_way_to_a_field_with_a_value(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Of two spellings and of two addresses, what has a value counts."""
    record = {**ANNA, "company": False, "organization": "Acme", "work_street": False}
    write(zoho, workplace, {**record, "home_street": "Weg 1", "name": False})
    found = zoho.contacts[0]
    assert (found["company"], found["address"], found["last_name"]) == ("Acme", "Weg 1", "Ahrens")


def test_a_boolean_that_is_mapped_is_no_value_either(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The attribute's own value counts then; a mapped flag is a flag."""
    mapping = {"company": "x_partner", "address": "x_street", "is_spam": "x_spam", "phone": "x_tel"}
    record = {**ANNA, "x_partner": False, "company": "Acme", "x_street": True, "x_spam": True}
    run = write(zoho, workplace, {**record, "x_tel": False}, field_map=mapping)
    found = zoho.contacts[0]
    assert (run.code, found["company"], found["address"]) == (0, "Acme", "")
    assert (found["is_spam"], found["phone"]) == ("true", "")


# Control characters.


CONTROL = "\x00\x01\x08\x0b\x0c\x1b\x1f\x7f\x80\x9f"


@pytest.mark.parametrize("api", APIS)
def test_no_control_character_leaves(api: str, workplace: Workplace) -> None:
    """Every field that takes text arrives without, and so does the e-mail; nothing else is lost."""
    records = [
        {**one_of(n), **dict.fromkeys(texts_of(api), f"1{c}{n}"), "email": f"an{c}na@{n}.example"}
        for n, c in enumerate(CONTROL)
    ]
    with KINDS[api]() as sandbox:
        run = write(sandbox, workplace, *records, concurrency=1, match_on=[])
        found = sandbox.contacts
    assert (run.code, len(found)) == (0, len(CONTROL))
    texts = {c: set(texts_in(each, api).values()) for c, each in zip(CONTROL, found, strict=True)}
    assert texts == {c: {f"1{n}"} for n, c in enumerate(CONTROL)}
    whole = {c: "".join(map(str, each.values())) for c, each in zip(CONTROL, found, strict=True)}
    assert [c for c, text in whole.items() if c in text] == []


@pytest.mark.parametrize("api", APIS)
def test_line_breaks_stay_only_where_text_has_lines(api: str, workplace: Workplace) -> None:
    """Elsewhere they are spaces, so that no word is lost and none grows together."""
    with KINDS[api]() as sandbox:
        names = [a for a in texts_of(api) if a not in {*NUMBERS, "fax", "postal_code"}]
        assert write(sandbox, workplace, {**ANNA, **dict.fromkeys(names, "a\r\nb\tc")}).code == 0
        found = held(sandbox, api)
        several = {"street", "note"}
        assert {found[name] for name in names if name not in several} == {"a b c"}
        assert {found[name].split() == ["a", "b", "c"] for name in several & set(names)} <= {True}


# Numbers that lack digits.


ROUNDED = ['"4.91511E+12"', '"4,91511E+12"', "4.91511E+12", '"\'4.9E+13"']


@pytest.mark.parametrize("api", APIS)
def test_a_rounded_number_calls_nobody(api: str, workplace: Workplace) -> None:
    """The record is rejected by field, and the next one lands; nor is it left out in silence."""
    bad = [json.dumps({**ANNA, "id": text})[:-1] + f', "mobile": {text}}}' for text in ROUNDED]
    with KINDS[api]() as sandbox:
        run = write(sandbox, workplace, *bad, ANNA)
        assert (run.code, len(sandbox.contacts)) == (3, 1)
    assert not any(digits in run.log for digits in ("91511E", "4.9E"))
    told = {
        line["record"]["id"]: (line["rejection"]["code"], line["rejection"]["reason"])
        for line in workplace.rejects
        if line["type"] == "RECORD"
    }
    assert {text: (code, "rounded number" in why) for text, (code, why) in told.items()} == (
        dict.fromkeys(ROUNDED, ("invalid", True))
    )


def test_a_rounded_number_may_be_left_out(valomnia: Valomnia, workplace: Workplace) -> None:
    """As any value that does not fit, and it is counted."""
    record = {**ANNA, "mobile": "4.91511E+12"}
    run = write(valomnia, workplace, record, on_invalid_value="drop_field")
    assert (run.code, held(valomnia, "valomnia")["mobile"]) == (0, "")
    assert run.summary["dropped_or_truncated"] == [["contacts", "mobile", "left out", 1]]


@pytest.mark.parametrize("api", APIS)
def test_the_mark_of_text_is_no_part_of_a_number(api: str, workplace: Workplace) -> None:
    """A name with an apostrophe keeps it."""
    with KINDS[api]() as sandbox:
        record = {**ANNA, "mobile": "'+49 151 12345679", "last_name": "'t Hooft"}
        assert write(sandbox, workplace, record).code == 0
        assert "'+49" not in json.dumps(sandbox.contacts)
        assert "'t Hooft" in json.dumps(sandbox.contacts)


# Countries and calling codes.


CALLING = [380, "+380", "00380", "380", 49, "+49", "49.0", "+1-684"]


@pytest.mark.parametrize("api", ["porters", "valomnia", "zoho_voice"])
def test_a_calling_code_is_no_country(api: str, workplace: Workplace) -> None:
    """It is listed as not carried, and the field that names the country counts."""
    wire = next(each.wire for each in SINKS[api].fields if each.attribute == "country")
    records = [one_of(number, country_code=code) for number, code in enumerate(CALLING)]
    with KINDS[api]() as sandbox:
        run, found = write_each(sandbox, workplace, records)
        assert (run.code, [each.get(wire) or "" for each in found]) == (0, [""] * len(CALLING))
        listed = {f"contacts{number}": ["country_code"] for number in range(len(CALLING))}
        assert run.summary["not_carried"] == listed
        _, found = write_each(sandbox, workplace, [{**each, "country": "UA"} for each in records])
        assert [each[wire] for each in found] == ["UA"] * len(CALLING)


CODES: list[tuple[dict[str, Any], str]] = [
    ({"country_code": "DE"}, "DE"), ({"country_code": "276"}, "DE"), ({"country": 276.0}, "DE"),
    ({"country": "380"}, "IT"), ({"country": "Ukraine", "country_code": 380}, "UA"),
]  # fmt: skip


def test_codes_of_countries_are_taken(valomnia: Valomnia, workplace: Workplace) -> None:
    """Letters always; numbers of ISO 3166 where they cannot be dialled, or are called a country."""
    records = [one_of(number, **fields) for number, (fields, _) in enumerate(CODES)]
    run, found = write_each(valomnia, workplace, records)
    assert (run.code, [each["country"] for each in found]) == (0, [each for _, each in CODES])


# Anything.


def anything(chance: random.Random, attribute: str) -> tuple[Any, str]:
    """Return a value of any type for an attribute, and what is meant by it."""
    number = chance.randrange(-(10**9) if attribute not in DIALLED else 10**7, 10**9)
    words = [chance.choice(["Weg", "ab", "Zoë", "山田", "0", "O'Neil", "-"]) for _ in range(3)]
    control = chr(chance.choice([*range(9), 0x0B, 0x1F, 0x7F, 0x80]))
    kinds: list[tuple[Any, str]] = [
        *((number, str(number)), (float(number), str(number)), (number / 4, f"{number / 4:.15g}")),
        *((chance.choice([True, False]), ""), (None, ""), (" ", ""), (control, "")),
        (" ".join(words), " ".join(words)),
        (control.join(words), "".join(words)),
    ]
    return chance.choice(kinds)


DIALLED = {*NUMBERS, "fax", "postal_code"}


@pytest.mark.parametrize("api", APIS)
def test_any_value_arrives_as_it_is_meant(api: str, workplace: Workplace) -> None:
    """Numbers, booleans, nothing, text with what does not belong there, in any field of text."""
    chance, given, meant = random.Random(5), [], []  # noqa: S311  # a test, not a secret
    fixed = {"first_name", "last_name", "mobile"}
    for number in range(80):
        start = {
            **ANNA,
            "id": number,
            "mobile": f"+49151{number:08}",
            "email": f"{number}@x.example",
        }
        chosen = {a: anything(chance, a) for a in texts_of(api) if a not in fixed}
        given.append(start | {attribute: value for attribute, (value, _) in chosen.items()})
        meant.append({attribute: text for attribute, (_, text) in chosen.items()})
        meant[-1] |= {"full_name": meant[-1].get("full_name") or "Anna Ahrens"}
    with KINDS[api]() as sandbox:
        run = write(sandbox, workplace, *given, concurrency=1, match_on=[])
        assert (run.code, len(sandbox.contacts)) == (0, len(given))
        wires = {a: wire for a, wire in texts_of(api).items() if a not in fixed}
        found = [
            {a: held.get(wire) or "" for a, wire in wires.items()} for held in sandbox.contacts
        ]
    expected = [{a: each[a] for a in wires} for each in meant]
    assert sorted(map(str, found)) == sorted(map(str, expected))


# Names.


OTHER_NAMES = ["Name", "name", "DisplayName", "contact_name", "file_as"]


@pytest.mark.parametrize("api", APIS)
def test_another_name_is_not_the_contacts(api: str, workplace: Workplace) -> None:
    """Who has a first and a last name is called so; a company's name is a company's or listed."""
    records = [one_of(n, **{field: "Acme Ltd"}) for n, field in enumerate(OTHER_NAMES)]
    with KINDS[api]() as sandbox:
        run, found = write_each(sandbox, workplace, records)
    assert run.code == 0
    company = next((each.wire for each in SINKS[api].fields if each.attribute == "company"), None)
    if company:
        assert [each[company] for each in found] == ["Acme Ltd"] * len(records)
    streams = [f"contacts{number}" for number in range(len(records))]
    listed = [run.summary["not_carried"].get(stream, []) for stream in streams]
    assert [field in each for field, each in zip(OTHER_NAMES, listed, strict=True)] == (
        [company is None] * len(records)
    )
    names = [texts_in(each, api) for each in found]
    called = [(f"Anna Ahrens{number}", "Anna") for number in range(len(records))]
    for (full, first), each in zip(called, names, strict=True):
        assert each.get("full_name", full) == full
        assert each.get("first_name", first) == first


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Dr. Anna Maria Ahrens", "Dr. Anna Maria Ahrens"),
        ("Ahrens, Anna", "Ahrens, Anna"),
        ("A. Ahrens", "A. Ahrens"),
        ("ANNA AHRENS", "ANNA AHRENS"),
        ("Anna Ährens-Meyer", "Anna Ährens-Meyer"),
        ("Ahrens", "Anna Ahrens"),
    ],
)
def test_a_name_is_the_contacts_if_it_holds_its_parts(
    workplace: Workplace, name: str, called: str
) -> None:
    """With titles, middle names, initials, in any order and case; a part of it adds nothing."""
    with KINDS["bas_ip"]() as monitor:
        run = write(monitor, workplace, {**ANNA, "Name": name})
        assert monitor.contacts[0]["name"] == called
        assert "Name" not in run.summary["not_carried"].get("contacts", ())


COMPANIES = {
    "Ahrens GmbH": "Ahrens GmbH",
    "Acme & Co. KG": "Acme & Co. KG",
    "株式会社テスト": "株式会社テスト",
    "Meyer S.A.": "Meyer S.A.",
    "Acme": "",
    "Sunny": "",
    "Bert Busch": "",
    "bbusch": "",
}
"""What a `name` is that has nothing of the contact's own, and the company it is of."""


def test_no_company_is_made_up(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A name is a company's if its legal form says so, and there is no other; else it is listed."""
    records = [one_of(number, Name=name) for number, name in enumerate(COMPANIES)]
    run, found = write_each(zoho, workplace, records)
    named = {r["Name"]: each["company"] for r, each in zip(records, found, strict=True)}
    assert named == COMPANIES
    streams = [f"contacts{number}" for number in range(len(records))]
    listed = run.summary["not_carried"]
    assert [listed.get(stream, []) for stream in streams] == [
        [] if company else ["Name"] for company in COMPANIES.values()
    ]
    run, found = write_each(zoho, workplace, [{**r, "company": "Other Ltd"} for r in records])
    assert [each["company"] for each in found] == ["Other Ltd"] * len(records)
    assert run.summary["not_carried"] == {stream: ["Name"] for stream in streams}


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"first_name": "Anna", "Name": "Ahrens"}, "Anna Ahrens"),
     ({"first_name": "Anna", "Name": "Acme Ltd"}, "Anna"),
     ({"first_name": "Anna", "last_name": None, "Name": "Acme Ltd"}, "Anna"),
     ({"Name": "Acme Ltd"}, "Acme Ltd")],
)  # fmt: skip
def test_a_company_is_nobodys_last_name(
    workplace: Workplace, fields: dict[str, Any], name: str
) -> None:
    """Beside a first name alone, a `name` with a legal form is none; without any, it is all."""
    with KINDS["bas_ip"]() as monitor:
        write(monitor, workplace, {"id": 1, "mobile": "+4915112345678", **fields})
        assert monitor.contacts[0]["name"] == name


def test_a_name_that_became_shorter_leaves_nothing_of_the_longer_one(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A last name that the whole name no longer has is cleared."""
    start = {"id": 1, "mobile": "+4915112345678"}
    write(zoho, workplace, {**start, "name": "Anna Ahrens"})
    write(zoho, workplace, {**start, "name": "Anna"})
    assert (zoho.contacts[0]["first_name"], zoho.contacts[0]["last_name"]) == ("Anna", "")


def test_a_name_without_the_half_that_is_demanded_is_rejected(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """It is not called by the other half of an earlier name."""
    write(valomnia, workplace, {"id": 1, "name": "Anna Ahrens"})
    run = write(valomnia, workplace, {"id": 1, "name": "Anna"})
    assert (run.code, [each["field"] for each in workplace.rejections]) == (3, ["lastName"])


# E-mail and images.


@pytest.mark.parametrize("api", ["cobai", "porters", "valomnia", "zoho_voice"])
def test_addresses_that_break_the_standard_are_taken(api: str, workplace: Workplace) -> None:
    """Japanese carriers gave them out, and mail arrives there."""
    addresses = ["taro..y@docomo.ne.jp", "hana.@docomo.ne.jp"]
    with KINDS[api]() as sandbox:
        records = [one_of(number, email=each) for number, each in enumerate(addresses)]
        run, found = write_each(sandbox, workplace, records)
        wire = next(each.wire for each in SINKS[api].fields if each.attribute == "email")
        assert (run.code, [contact[wire] for contact in found]) == (0, addresses)


def test_the_address_of_an_image_costs_no_contact(valomnia: Valomnia, workplace: Workplace) -> None:
    """Nothing is fetched: the contact lands without its image, which is listed."""
    images = ["https://img.example.com/a.png", "//cdn.example/a", "anna.png"]
    records = [one_of(number, image=each) for number, each in enumerate(images)]
    run, found = write_each(valomnia, workplace, records)
    assert run.code == 0
    assert run.summary["not_carried"] == {f"contacts{n}": ["image"] for n in range(len(images))}
    assert [each["photo"] for each in found] == [None] * len(images)


def test_the_address_of_an_image_that_is_mapped_costs_no_contact_either(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """It is left out and counted."""
    record = {**ANNA, "picture": "https://img.example.com/a.png"}
    run = write(valomnia, workplace, record, field_map={"imageFile": "picture"})
    assert (run.code, len(valomnia.contacts)) == (0, 1)
    assert run.summary["dropped_or_truncated"] == [["contacts", "imageFile", "left out", 1]]


def test_a_broken_image_may_be_left_out(valomnia: Valomnia, workplace: Workplace) -> None:
    """One that is no image, or too large, is a value that does not fit."""
    large = "Qk0" + "A" * 2_700_000
    records = [{**ANNA, "image": "%"}, {**ANNA, "id": 2, "first_name": "B", "image": large}]
    run = write(valomnia, workplace, *records, on_invalid_value="drop_field")
    assert (run.code, len(valomnia.contacts)) == (0, 2)
    assert run.summary["dropped_or_truncated"] == [["contacts", "imageFile", "left out", 2]]


def test_every_part_of_an_address_may_be_a_number(zoho: ZohoVoice, workplace: Workplace) -> None:
    """No conversion of ours falls over what a column of a spreadsheet makes of it."""
    run = write(zoho, workplace, {**ANNA, **dict.fromkeys([*ADDRESS, "street2"], 7.0)})
    assert (run.code, zoho.contacts[0]["address"]) == (0, "7 7\n7")
