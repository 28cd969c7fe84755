"""What fields are called in the wild, which attribute they are, and which one of several counts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.records import read, told

FLAT: dict[str, dict[str, str]] = {
    "first_name": {
        "names": "GivenName firstName C_FirstName FIRST_NAME given_name PersonFirstName n.given"
    },
    "last_name": {"names": "FamilyName lastname C_LastName surname last_name__c contact_last_name"},
    "email": {
        "names": "email email_id EmailAddress PrimaryEmailAddr emailaddress1 email1 E-Mail mail "
        "WorkEmail email_addr contact_email PersonEmail primary_email_address e_mail_address "
        "C_EmailAddress subscriber_email attributes.email"
    },
    "mobile": {
        "names": "mobile_no mobile_number cell_number MobilePhone C_MobilePhone phone_mobile "
        "cellPhone sms_number PersonMobilePhone mobilePhones primary_mobile mobile_phone_number "
        "attributes.SMS phones.mobile Handynummer"
    },
    "phone": {
        "names": "work_number telephone1 phone_no C_BusPhone WorkPhone PrimaryPhone phone_work "
        "workPhones voipPhones phone_office office_number work_phone_number direct_phone "
        "telephone_no phoneNumber PersonDirectPhone office_phone business_phone Festnetz"
    },
    "home_phone": {"names": "home_number homePhones phone_home home_phone_number private_phone"},
    "fax": {"names": "fax_no PHONE_FAX faxNumber business_fax fax_number Fax"},
    "company": {
        "names": "CompanyName account_name org_name business_name current_employer C_Company "
        "person_company_name organisation_name company[name] commercial_company_name org_id.name"
    },
    "job_title": {"names": "designation JobTitle C_Title occupation function position title"},
    "department": {"names": "department department_name Abteilung division"},
    "street": {
        "names": "address_one address1 AddressLine1 street_1 street_name BillAddr.Line1 address "
        "billing_address.line1 address.street1 address1_line1 ADDRESS_MAIL_STREET C_Address1 "
        "primary_address_street addressStreet streetAddress mailingstreet location.address1 "
        "default_address.address1 address.address_line_1 billing.address_1 full_address"
    },
    "city": {
        "names": "city addressCity BillAddr.City address1_city address.locality mailing_city "
        "primary_address_city address.town municipality C_City billing_city"
    },
    "state": {
        "names": "province addressState BillAddr.CountrySubDivisionCode address1_stateorprovince "
        "address.administrative_district_level_1 C_State_Prov state_code provinceCode "
        "address.region billing_address.state_code region postal_address.admin_area_level_1"
    },
    "postal_code": {
        "names": "zip zipcode addressZip BillAddr.PostalCode address1_postalcode C_Zip_Postal "
        "address.postal_code postcode billing_address.zip primary_address_postalcode"
    },
    "country": {
        "names": "country addressCountry BillAddr.Country country_code countryCodeV2 country_name "
        "address.country address1_country country_iso billing_address.country"
    },
    "note": {"names": "Notes comments description remarks"},
    "salutation": {"names": "Salutation prefix name_prefix Anrede honorificPrefix"},
}
"""Attribute, and names of fields that are it in tables and schemas of taps."""

VALUES = {"email": "anna@example.com", "country": "DE", "salutation": "Ms"}


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return a record that holds a value under a path."""
    for name in reversed(path.split(".")):
        value = {name: value}
    found: dict[str, Any] = value
    return found


@pytest.mark.parametrize("attribute", FLAT)
def test_fields_of_published_taps_are_told(attribute: str) -> None:
    """Names with prefixes of the system, plurals, abbreviations, addresses of all kinds."""
    value = VALUES.get(attribute, "17 b")
    for name in FLAT[attribute]["names"].split():
        record = nested(name, value)
        if name.startswith("location"):
            record["location"]["zip"] = "3000"
        assert (name, told(record).get(attribute)) == (name, value)


@pytest.mark.parametrize(
    "record",
    [
        {"email_id": 12345},
        {"email_ids": [1, 2]},
        {"owner_email": "seller@example.com"},
        {"contact_owner": {"email": "seller@example.com"}},
        {"user": {"email": "seller@example.com"}},
        {"created_by": {"first_name": "Otto", "email": "seller@example.com"}},
        {"BusinessNumber": "123456789"},
        {"ContactNumber": "C-17"},
        {"company_number": "HRB 123456"},
        {"customer_number": "17"},
        {"line": 2},
        {"phone_verified": True},
        {"phones_count": 3},
        {"assistant_phone": "+4930123456"},
        {"shipping": {"first_name": "Bert", "phone": "+4930123456"}},
        {"shipping_address": {"name": "Bert"}},
        {"address": {"name": "Head office"}},
        {"region": "EMEA"},
        {"region": "North America"},
        {"state": "subscribed"},
        {"State": "Active"},
        {"country_id": 57},
        {"location": {"city": "Ashburn", "country": "US"}},
        {"territory": "Nordics"},
        {"tags": ["email"]},
        {"social_profiles": [{"type": "email", "value": "anna"}]},
        {"stats": [{"name": "email", "value": 3}]},
    ],
)
def test_what_only_sounds_like_a_field_of_a_person_is_listed(record: dict[str, Any]) -> None:
    """Somebody else's, an id's, a count's, a region of sales: none is taken, all are named."""
    contact = read({"id": 1, **record})
    (name,) = record
    assert not any(map(contact.has, contact.attributes))
    assert any(f"{each}.".startswith(f"{name}.") for each in contact.spare)


# Addresses.


WHOLE = {"street": "Weg 1", "city": "Bern", "postal_code": "3000", "country": "CH"}


def parts(record: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of the address that a record gives."""
    found = told(record)
    return {part: found[part] for part in (*WHOLE, "state") if part in found}


@pytest.mark.parametrize(
    "other",
    [
        {"region": "EMEA"},
        {"region": "Vertrieb Sued"},
        {"county": "Sales East"},
        {"shipping_address": {"city": "Ulm", "state": "BW", "zip": "89073"}},
        {"ship_to": {"line1": "Lager 3", "line2": "Tor 4", "city": "Ulm"}},
        {"other_address": {"street": "Gasse 2", "state": "BW"}},
        {"home_city": "Ulm", "home_state": "BW"},
        {"location": {"city": "Ashburn", "region": "Virginia", "country_code": "US"}},
        {"addresses": [{"city": "Ulm", "state": "BW"}]},
        {"alt_address_city": "Ulm", "alt_address_state": "BW"},
    ],
)
@pytest.mark.parametrize("kind", ["address", "billing_address", "mailing", "work_address"])
def test_parts_of_two_addresses_are_never_put_together(kind: str, other: dict[str, Any]) -> None:
    """The address with most parts is taken; what others have is listed and adds nothing."""
    for record in ({kind: WHOLE}, {f"{kind}_{part}": value for part, value in WHOLE.items()}):
        for ordered in ({**record, **other}, {**other, **record}):
            assert parts(ordered) == WHOLE
            (name, *_) = other
            assert any(f"{each}.".startswith(f"{name}.") for each in read(ordered).spare)


@pytest.mark.parametrize(
    ("record", "state"),
    [
        ({"addressCity": "Bern", "addressState": "BE", "region": "EMEA"}, "BE"),
        ({"address": {"city": "Bern", "state": "BE"}, "region": "Mitte"}, "BE"),
        ({"city": "Bern", "state": "BE", "region": "Mitte"}, "BE"),
        ({"city": "Bern", "region": "BE"}, "BE"),
        ({"city": "Bern", "state": "active", "region": "BE"}, "BE"),
    ],
)
def test_a_part_of_the_address_goes_before_a_bare_word(record: dict[str, Any], state: str) -> None:
    """A region counts as a state where nothing says more."""
    for ordered in (record, dict(reversed(record.items()))):
        assert told(ordered)["state"] == state


def test_a_field_that_is_not_said_to_be_of_any_address_adds_to_it() -> None:
    """One part may stand beside an object with the others, and the other way round."""
    assert parts({"address": {"city": "Bern", "zip": "3000"}, "country": "CH"}) == {
        "city": "Bern", "postal_code": "3000", "country": "CH",
    }  # fmt: skip
    assert parts({"postal_address": "Weg 1", "city": "Bern", "zip": "3000"}) == {
        "street": "Weg 1", "city": "Bern", "postal_code": "3000",
    }  # fmt: skip


def test_the_address_that_is_marked_counts() -> None:
    """A default address goes before others, even fuller ones; of a list the marked item."""
    other = {"address1": "Gasse 2", "city": "Ulm", "zip": "89073"}
    marked = {"address1": "Weg 1", "city": "Bern"}
    wanted = {"street": "Weg 1", "city": "Bern"}
    assert parts({"addresses": [other], "default_address": marked}) == wanted
    assert parts({"address": other, "primary_address": marked}) == wanted
    assert parts({"addresses": [other, {**marked, "default": True}]}) == wanted


@pytest.mark.parametrize(
    "address",
    [
        {"line1": "Weg 1", "line2": "2. OG", "line3": "links"},
        {"Line1": "Weg 1", "Line2": "2. OG", "Line4": "links"},
        {"lines": ["Weg 1", "2. OG", "links"]},
        {"street": ["Weg 1", "2. OG", "links"]},
        {"address_line_1": "Weg 1", "address_line_2": "2. OG", "address_line_3": "links"},
        {"address1": "Weg 1", "address2": "2. OG", "address3": "links"},
    ],
)
def test_all_lines_of_an_address_are_carried(address: dict[str, Any]) -> None:
    """Numbered fields and lists of lines go into the street, in their order."""
    for record in ({"address": address}, {"billing_address": address}, {"addresses": [address]}):
        contact = read(record)
        assert contact.attributes["street"] == "Weg 1\n2. OG\nlinks"
        assert contact.spare == {}


@pytest.mark.parametrize(
    ("record", "street"),
    [
        ({"street_name": "Weg", "house_number": "12b"}, "Weg 12b"),
        ({"strassenname": "Weg", "hausnummer": 12}, "Weg 12"),
        ({"address": {"route": "Weg", "street_number": "12b"}}, "Weg 12b"),
        ({"address": {"street": {"name": "Weg", "number": "12b"}}}, "Weg 12b"),
    ],
)
def test_a_house_number_joins_its_street(record: dict[str, Any], street: str) -> None:
    """Whatever the street is called."""
    assert told(record)["street"] == street


@pytest.mark.parametrize("name", ["house_number", "Hausnummer", "building_number", "street_no"])
def test_a_house_number_without_a_street_is_listed(name: str) -> None:
    """It is no street by itself, and does not vanish."""
    contact = read({"city": "Bern", name: "12b", "lane": "Weg"})
    assert "street" not in contact.attributes
    assert contact.spare.keys() == {name, "lane"}


# Addresses that are links.


@pytest.mark.parametrize(
    "record",
    [
        {"address": "Ahrens GmbH-Billing"},
        {"address": "Busch & Söhne-Shipping-1"},
        {"address": "Ahrens GmbH-2", "company": "Ahrens GmbH"},
        {"address": "Anna Ahrens-Zuhause", "full_name": "Anna Ahrens"},
        {"address": "ADDR-00012"},
        {"address": "AD#1234"},
        {"address": 4711},
        {"address": "4711"},
        {"address": "6f0c2d1e-0000-4000-8000-00000000a001"},
        {"address": "003000000000001AAA"},
        {"address": "https://api.example.com/addresses/1"},
        {"address": "Hauptquartier", "doctype": "Contact"},
        {"billing_address": "ADDR-00012"},
        {"address": "ADDR-00012", "country": "DE"},
    ],
)
def test_the_name_of_an_address_elsewhere_is_no_street(record: dict[str, Any]) -> None:
    """Where nothing else is told of an address, an id or a document's name is only listed."""
    name = next(each for each in record if each.endswith("address"))
    for around in ({}, {"email": "anna@example.com", "tags": ["x"]}):
        contact = read({"id": 1, "first_name": "Anna", "last_name": "Ahrens", **record, **around})
        assert not contact.has("street")
        assert name in contact.spare


@pytest.mark.parametrize(
    "record",
    [
        {"address": "Hauptstr. 1, 10115 Berlin"},
        {"address": "Hauptstr. 12-14"},
        {"address": "Schloss Bellevue"},
        {"address": "丸の内1-1-1"},
        {"address": "1-2-3"},
        {"address": "C6-13"},
        {"address": "Karl-Marx-Allee"},
        {"address": "Hauptstr. 12-14", "formatted": "Hauptstr. 12-14, Berlin"},
        {"address": "Werk-Office", "city": "Bern"},
        {"address": "4711", "city": "Bern", "zip": "3000"},
        {"street": "ADDR-00012"},
    ],
)
def test_an_address_is_a_street(record: dict[str, Any]) -> None:
    """What may be one, or stands among parts of an address, is carried as it is."""
    name = next(each for each in record if each in {"address", "street"})
    assert told({"first_name": "Anna", "last_name": "Ahrens", **record})["street"] == record[name]
