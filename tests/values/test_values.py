"""What is promised of values: one form for all spellings, and no guessing."""

from __future__ import annotations

import datetime
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pycountry
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigurationError

from target_contacts.values import convert

if TYPE_CHECKING:
    from collections.abc import Callable

FIXED = settings(derandomize=True, deadline=None, database=None)
ANY_TEXT = st.text(st.characters())
ANY_VALUE = ANY_TEXT | st.integers() | st.floats() | st.booleans() | st.none()
REGIONS = st.sampled_from([None, "DE", "FR", "GB", "IT", "JP", "US"])
DIALLED = st.text("0123456789+()-./ \uff10\uff11\uff19", max_size=20) | st.from_regex(
    r"\A(\+|00|0|tel:\+)?[1-9][0-9]{3,13}\Z"
)

YEARS = (datetime.datetime(1, 1, 3), datetime.datetime(9999, 12, 29))  # noqa: DTZ001  # of any zone
OFFSETS = st.integers(-1439, 1439).map(lambda minutes: datetime.timedelta(minutes=minutes))

CONVERSIONS: list[Callable[[Any], object]] = [
    convert.email,
    convert.country,
    convert.gender,
    convert.flag,
    convert.date,
    convert.instant,
]


def refusal(convert: Callable[[Any], object], value: object) -> str:
    """Return why a value is refused."""
    with pytest.raises(ValueError, match=r"^must be ") as refused:
        convert(value)
    return str(refused.value)


# All conversions.


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_any_value_is_converted_or_refused_without_being_quoted(
    convert: Callable[[Any], object],
) -> None:
    """Whatever a value is, the outcome is a value or one and the same sentence."""
    reasons = set()

    @FIXED
    @given(ANY_VALUE)
    def holds(value: object) -> None:
        try:
            assert convert(value) is not None
        except ValueError as error:
            reasons.add(str(error))

    holds()
    assert reasons == {refusal(convert, "neither")}


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], {}, []])
@pytest.mark.parametrize(
    "convert",
    [*CONVERSIONS, lambda value: convert.e164(value, None)],
    ids=lambda each: each.__name__,
)
def test_objects_and_lists_are_no_values(convert: Callable[[Any], object], value: object) -> None:
    """They are refused, never written as the text Python makes of them."""
    assert refusal(convert, value) == "must be a plain value"


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_an_endless_text_is_refused_at_once(convert: Callable[[Any], object]) -> None:
    """Text longer than any such value is neither parsed nor remembered."""
    assert refusal(convert, "a@" + "x" * 10_000_000) == refusal(convert, "neither")


def test_what_the_conversions_need_is_imported_only_when_it_is_needed() -> None:
    """A run without phones, addresses and countries does not wait for their libraries."""
    heavy = "babel dns email_validator phonenumbers pycountry"
    script = (
        "import sys; from target_contacts.values import convert, names; convert.flag('yes');"
        f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


# Phones.


@pytest.mark.parametrize(
    ("value", "region", "number", "mobile"),
    [
        ("+49 (0)30 123456", None, "+4930123456", False),
        ("0049 30 123456", None, "+4930123456", False),
        ("0049 30 123456", "JP", "+4930123456", False),
        ("(+49) 151 / 1234 5678", None, "+4915112345678", True),
        ("0151/12345678", "DE", "+4915112345678", True),
        ("030-123456-12", "DE", "+493012345612", False),
        ("+49 35023 / 123456", None, "+4935023123456", False),
        (15112345678, "DE", "+4915112345678", True),
        (312345678, "JP", "+81312345678", False),
        ("15112345678.0", "DE", "+4915112345678", True),
        ("06.12.34.56.78", "FR", "+33612345678", True),
        ("+33\u00a0(0)6\u00a012\u00a034\u00a056\u00a078", None, "+33612345678", True),
        ("\uff10\uff19\uff10\uff0d1234\uff0d5678", "JP", "+819012345678", True),
        ("\uff0b81\u300090\u30fc1234\u30fc5678", None, "+819012345678", True),
        ("03(1234)5678", "JP", "+81312345678", False),
        ("011 49 30 123456", "US", "+4930123456", False),
        ("(202) 555-0143", "US", "+12025550143", None),
        (12025550143.0, "US", "+12025550143", None),
        ("+39 06 1234567", None, "+39061234567", False),
        ("tel:+1-202-555-0143", None, "+12025550143", None),
        ("\u202a+49 151 12345678\u202c", None, "+4915112345678", True),
    ],
)
def test_a_number_in_full_becomes_e164(
    value: object, region: str | None, number: str, mobile: object
) -> None:
    """Separators, width, prefixes and the source's number type make no difference."""
    assert convert.e164(value, region) == number
    assert convert.is_mobile(value, region) is mobile


@pytest.mark.parametrize(
    ("value", "region"),
    [
        ("030 123456", None),  # of which country?
        ("4915112345678", None),
        ("4915112345678", "DE"),  # +49 151 ... or 0491 5112345678?
        ("4711", "DE"),
        ("1234567", "DE"),
        ("110", "DE"),
        ("555-0143", "US"),
        ("(202) 555-0143", "DE"),
        ("3 1234 5678", "JP"),
        ("+1 202 555 0143 ext. 5", None),
        ("+1 202 555 0143 x5", None),
        ("+1 202 555 0143;ext=5", None),
        ("+1 202 555 0143 #5", None),
        ("tel:7042;phone-context=example.com", None),
        ("1-800-FLOWERS", "US"),
        ("12345 Bob", "DE"),
        ("0301234/0301235", "DE"),
        ("0301234567, 0301234568", "DE"),
        ("0301234567\n0301234568", "DE"),
        ("+4930123456+4930123457", None),
        ("030 12345\u00b2", "DE"),
        ("+999 12345678", None),
        ("+49 1", None),
        ("+49 30 1234567890123456", None),
        ("anna@example.com", "DE"),
        ("n/a", "DE"),
        ("+", "DE"),
        ("", "DE"),
        ("1" * 1000, "DE"),
    ],
)
def test_what_is_not_surely_a_number_in_full_is_left_alone(value: str, region: str | None) -> None:
    """Nothing is made up: not a country, not an area code, and no extension is dropped."""
    assert convert.e164(f" {value} ", region) == value
    assert convert.is_mobile(value, region) is False


@FIXED
@given(DIALLED | ANY_TEXT, REGIONS)
def test_e164_of_e164_is_the_same(value: str, region: str | None) -> None:
    """A run over what an earlier one wrote changes nothing, whatever the country then."""
    once = convert.e164(value, region)
    assert convert.e164(once, region) == once
    assert once == value.strip() or convert.e164(once, None) == once


@FIXED
@given(DIALLED, REGIONS)
def test_a_number_keeps_its_last_digits(value: str, region: str | None) -> None:
    """Only what stands before a number changes."""
    digits = [each for each in convert.e164(value, region) if each.isdigit()]
    given_ = [str(int(each)) for each in value if each.isdigit()]
    assert [str(int(each)) for each in digits[-4:]] == given_[-4:]


@pytest.mark.parametrize(("setting", "region"), [("DE", "DE"), (" jp ", "JP"), ("us", "US")])
def test_a_known_region_is_taken(setting: str, region: str) -> None:
    """Case and blanks make no difference."""
    assert convert.check_region(setting) == region


@pytest.mark.parametrize("setting", ["UK", "DEU", "Germany", "49", "", "XX", None, 7])
def test_an_unknown_region_is_a_wrong_setting(setting: object) -> None:
    """The message names the setting and shows what it takes."""
    with pytest.raises(ConfigurationError, match=r"^phone_region must be .* such as DE"):
        convert.check_region(setting)


# E-mail.


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("anna@example.com", "anna@example.com"),
        (" Anna.Mueller+tag@Example.COM\u3000", "Anna.Mueller+tag@Example.COM"),
        ("anna@host.test", "anna@host.test"),
        ("anna@printer.local", "anna@printer.local"),
        ("anna@x.invalid", "anna@x.invalid"),
        ("anna@m\u00fcller.example", "anna@m\u00fcller.example"),
        ("ren\u00e9@example.org", "ren\u00e9@example.org"),
        (
            "\u5c71\u7530@\u4f8b\u3048.\u30c6\u30b9\u30c8",
            "\u5c71\u7530@\u4f8b\u3048.\u30c6\u30b9\u30c8",
        ),
        ("anna@xn--mller-kva.example", "anna@xn--mller-kva.example"),
        ('"anna m"@example.com', '"anna m"@example.com'),
        ("anna@[192.0.2.1]", "anna@[192.0.2.1]"),
        ("mailto:anna@example.com", "anna@example.com"),
        ("MAILTO:anna%2Btag@example.com?subject=Hi", "anna+tag@example.com"),
        ("Anna M\u00fcller <anna@example.com>", "anna@example.com"),
        ("M\u00fcller, Anna <anna@example.com>", "anna@example.com"),
        ("'anna@example.com' <anna@example.com>", "anna@example.com"),
        ("< anna@example.com >", "anna@example.com"),
        ("taro..yamada@docomo.ne.jp", "taro..yamada@docomo.ne.jp"),
        ("hana.@docomo.ne.jp", "hana.@docomo.ne.jp"),
        (".h-a..n--a.@ezweb.ne.jp", ".h-a..n--a.@ezweb.ne.jp"),
        ("Hana <hana.@docomo.ne.jp>", "hana.@docomo.ne.jp"),
        ("mailto:a..b@docomo.ne.jp", "a..b@docomo.ne.jp"),
        ("anna@localhost", "anna@localhost"),
        ("anna@intranet", "anna@intranet"),
        ("anna@mail_1.example", "anna@mail_1.example"),
        ("anna@example.com;", "anna@example.com"),
        ("anna@example.com.", "anna@example.com"),
        ("an\x00na@example.com\x07", "anna@example.com"),
        ("mailto:an%00na@example.com", "anna@example.com"),
        ("a" * 250 + "@example.com", "a" * 250 + "@example.com"),
    ],
)
def test_an_address_is_taken_as_it_is(value: str, address: str) -> None:
    """Neither case nor script nor a host that no mail reaches changes it."""
    assert convert.email(value) == address
    assert convert.email(address) == address


@pytest.mark.parametrize(
    "value",
    [
        "",
        "anna",
        "anna@",
        "@example.com",
        "anna@@example.com",
        "anna m@example.com",
        "anna@.example.com",
        "anna@example..com",
        "anna@-example.com",
        "anna@exa mple.com",
        "anna\uff20example.com",
        "anna@example.com, bert@example.com",
        "anna@example.com;bert@example.com",
        "anna@example.com <bert@example.com>",
        "Anna <anna@example.com",
        "anna@" + "a." * 130 + "com",
        "a" * 350 + "@example.com",
        "anna@\ud800.com",
        7,
        True,
    ],
)
def test_what_is_no_address_is_refused(value: object) -> None:
    """The reason says what an address looks like."""
    assert refusal(convert.email, value) == "must be an e-mail address such as anna@example.com"


# Countries.


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("DE", "de|DEU|276|Germany|Deutschland|Allemagne|ドイツ|Bundesrepublik Deutschland|BRD|D"),
        ("DE", " GERMANY |Federal Republic of Germany|L'Allemagne|\uff24\uff25|ドイツ連邦共和国"),
        ("US", "USA|U.S.A.|U. S.|United States|the United States of America|アメリカ|米国"),
        (
            "US",
            "Vereinigte Staaten|États-Unis|etats unis|États-Unis d'Amérique|アメリカ合衆国|ｱﾒﾘｶ",
        ),
        ("GB", "UK|U.K.|Great Britain|England|Großbritannien|GROSSBRITANNIEN|Royaume-Uni"),
        ("GB", "Vereinigtes Königreich|Grande-Bretagne|イギリス|英国|Scotland"),
        ("JP", "Japan|Japon|日本|日本国|jpn|392"),
        ("FR", "France|Frankreich|フランス|République française|La France"),
        ("AT", "Österreich|Oesterreich|Osterreich|O\u0308sterreich|Autriche|オーストリア"),
        ("AU", "Australia|Australien|オーストラリア|036"),
        ("CH", "Die Schweiz|Suisse|Switzerland|スイス"),
        ("CI", "Côte d'Ivoire|Cote d\u2019Ivoire|Ivory Coast|Elfenbeinküste|コートジボワール"),
        ("CN", "China|Chine|中国|中華人民共和国|PR China"),
        ("CZ", "Czechia|Czech Republic|Tschechien|République tchèque|チェコ"),
        ("GH", "Ghana|ガーナ"),
        ("IE", "Ireland|Irland|Republic of Ireland|アイルランド"),
        ("KP", "North Korea|Nordkorea|Corée du Nord|北朝鮮"),
        ("KR", "South Korea|Südkorea|Suedkorea|Corée du Sud|韓国|大韓民国"),
        ("KR", "Korea, Republic of|Republic of Korea"),
        ("LC", "St. Lucia|Saint Lucia|Sankt Lucia"),
        ("NL", "Netherlands|The Netherlands|Holland|Niederlande|Pays-Bas|オランダ"),
        ("RU", "Russia|Russland|Russie|ロシア|Russian Federation"),
        ("TR", "Turkey|Türkiye|Türkei|Turquie|トルコ"),
        ("TT", "Trinidad and Tobago|Trinidad & Tobago|Trinidad und Tobago"),
        ("VN", "Vietnam|Viet Nam|ベトナム|ヴェトナム"),
        ("CD", "Democratic Republic of the Congo|DR Congo|Congo-Kinshasa"),
        ("CG", "Republic of the Congo|Congo-Brazzaville"),
    ],
)
def test_a_country_is_known_by_all_its_usual_names(code: str, spellings: str) -> None:
    """Codes and names in four languages give the two-letter code."""
    assert {convert.country(spelling) for spelling in spellings.split("|")} == {code}


@pytest.mark.parametrize(
    "value",
    [
        "Congo",
        "Kongo",
        "コンゴ",
        "Korea",
        "Saint-Martin",
        "America",
        "Europe",
        "EU",
        "XX",
        "Kosovo",
        "Bavaria",
        "Narnia",
        "Germany or France",
        "Germ",
        "X",
        "D.",
        "de la",
        "N/A",
        "n.a.",
        "-",
        "",
        "999",
        "36",
        36,
        0,
        True,
        "Deutschland 10115",
        "カーナ",
        "Союз",
    ],
)
def test_an_ambiguous_or_unknown_country_is_refused(value: object) -> None:
    """What several countries are called, or none, is not guessed."""
    assert refusal(convert.country, value).startswith("must be a country: its ISO 3166 code")


@pytest.mark.parametrize("kind", ["alpha_2", "alpha_3", "numeric", "name", "official_name"])
def test_every_country_is_known_by_its_codes_and_formal_names(kind: str) -> None:
    """ISO 3166 is complete; only the name that two countries share is refused."""
    named = {getattr(each, kind, each.alpha_2): each.alpha_2 for each in pycountry.countries}
    named.pop("Congo", None)
    assert {name: convert.country(name) for name in named} == named
    assert {name: convert.country(name.swapcase()) for name in named} == named


@FIXED
@given(st.text("abcdefgilmnorstuyアイスルド国中日本 .,'", max_size=12) | ANY_TEXT)
def test_the_country_of_a_country_is_the_same(value: str) -> None:
    """A code is taken for itself."""
    try:
        once = convert.country(value)
    except ValueError:
        return
    assert convert.country(once) == once


# Genders and flags.


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("MALE", "male|MALE|m|M.|man|Mr|Mr.|Mister|\uff2d"),
        ("MALE", "männlich|MÄNNLICH|ma\u0308nnlich|maennlich|Herr|Herrn|Herr Dr.|Mann"),
        ("MALE", "Monsieur|homme|H|masculin|男|男性|1|1.0"),
        ("FEMALE", "female|f|woman|Mrs|Ms.|Miss|Frau|Frau Prof. Dr.|weiblich|w"),
        ("FEMALE", "Madame|Mme|Mlle|femme|féminin|女|女性|2|2.0"),
    ],
)
def test_a_gender_is_known_by_its_usual_spellings(code: str, spellings: str) -> None:
    """Words, letters, forms of address and ISO 5218's codes count, in four languages."""
    assert {convert.gender(spelling) for spelling in spellings.split("|")} == {code}
    assert convert.gender(code) == code


@pytest.mark.parametrize(
    "value",
    [
        *("", "d", "divers", "diverse", "other", "unknown", "n/a", "x", "0", "9", "3", "12", "1.5"),
        *(
            "m/w/d",
            "m/f",
            "H/F",
            "Herr und Frau",
            "Mr & Mrs",
            "男女",
            "その他",
            "様",
            "Dr.",
            "Anna",
        ),
        *(True, False, None, 0, 9),
    ],
)
def test_a_gender_that_is_neither_is_refused(value: object) -> None:
    """The reason says which are taken."""
    assert refusal(convert.gender, value).startswith("must be MALE or FEMALE, or such as m, f, w")


@pytest.mark.parametrize(
    ("meaning", "spellings"),
    [
        (True, "true|True|TRUE|1|1.0|yes|Y|t|on|x|X|\uff58|✓|ja|Ja|wahr|WAHR|oui|VRAI|はい|有|○"),
        (False, "false|False|0|0.0|no|N|f|off|nein|falsch|FAUX|non|いいえ|無|\u00d7"),
    ],
)
def test_a_flag_is_known_by_its_usual_spellings(*, meaning: bool, spellings: str) -> None:
    """Yes and no are understood in four languages."""
    assert {convert.flag(spelling) for spelling in spellings.split("|")} == {meaning}
    assert convert.flag(meaning) is meaning


@pytest.mark.parametrize(
    "value", ["", "maybe", "yes and no", "2", "-1", "10", "01", "0.5", "-", "null", None, 2, 0.5]
)
def test_what_is_neither_yes_nor_no_is_refused(value: object) -> None:
    """A number other than 1 and 0 is no answer."""
    assert refusal(convert.flag, value) == "must be true or false"


# Dates.


@pytest.mark.parametrize(
    "value",
    [
        *("2020-03-04", "2020/03/04", "2020.03.04", "2020/3/4", "20200304", 20200304),
        *("2020年3月4日", "\uff12\uff10\uff12\uff10年\uff13月\uff14日", " 2020-03-04 "),
        *("2020-03-04T23:59:59Z", "2020-03-04T23:59:59-05:00", "2020/03/04 00:00"),
    ],
)
def test_a_date_is_read_as_it_is_written(value: object) -> None:
    """The year comes first, and no time of day or zone moves the day."""
    assert convert.date(value) == datetime.date(2020, 3, 4)


@pytest.mark.parametrize(
    "value",
    [
        *("03/04/2020", "04.03.2020", "3/4/20", "31/12/2020", "2020-3/4", "2020-03", "2020", ""),
        *("2020-13-01", "2020-02-30", "0000-01-01", "2020-03-04T25:00", "2020-03-04T23:60"),
        *("2020-W10-3", "March 4, 2020", "1583280000", 1583280000, 0, True, "2020-03-04 noon"),
    ],
)
def test_an_ambiguous_or_impossible_date_is_refused(value: object) -> None:
    """Whether day or month comes first is not guessed."""
    assert refusal(convert.date, value) == "must be a date, year first, such as 2020-12-31"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2020-03-04T05:06:07Z", "2020-03-04T05:06:07+00:00"),
        ("2020-03-04t05:06:07.5z", "2020-03-04T05:06:07.500000+00:00"),
        ("2020-03-04T05:06:07.123456789Z", "2020-03-04T05:06:07.123456+00:00"),
        ("2020-03-04T05:06:07,5+09:00", "2020-03-03T20:06:07.500000+00:00"),
        ("2020-03-04 05:06:07 +0900", "2020-03-03T20:06:07+00:00"),
        ("2020-03-04 05:06 UTC", "2020-03-04T05:06:00+00:00"),
        ("2020-03-04T05:06-05", "2020-03-04T10:06:00+00:00"),
        ("20200304T050607Z", "2020-03-04T05:06:07+00:00"),
        ("2020/03/04 5:06", "2020-03-04T05:06:00+00:00"),
        ("2020-03-04", "2020-03-04T00:00:00+00:00"),
        (1583280000, "2020-03-04T00:00:00+00:00"),
        ("1583280000", "2020-03-04T00:00:00+00:00"),
        (1583280000.5, "2020-03-04T00:00:00.500000+00:00"),
        (1583280000123, "2020-03-04T00:00:00.123000+00:00"),
        ("1583280000123", "2020-03-04T00:00:00.123000+00:00"),
    ],
)
def test_a_moment_is_given_in_utc(value: object, text: str) -> None:
    """Zones are reckoned in; none means UTC; numbers count from 1970."""
    assert convert.instant(value).isoformat() == text


@pytest.mark.parametrize(
    "value",
    [
        *("", 0, 1, -1583280000, 12345678901, 15832800001234, float("nan"), float("inf"), True),
        *(
            "03/04/2020 05:06",
            "05:06",
            "2020-03-04T05",
            "2020-03-04T24:01",
            "2020-03-04T05:06+25:00",
        ),
        *("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "yesterday", "2020-03-04T05:06 CET"),
    ],
)
def test_what_is_no_moment_is_refused(value: object) -> None:
    """Neither a number too small or too large nor an unknown zone is taken."""
    assert refusal(convert.instant, value).startswith("must be a time such as 2020-12-31T23:59:59Z")


@FIXED
@given(st.datetimes(*YEARS, timezones=st.builds(datetime.timezone, OFFSETS)))
def test_every_iso_time_is_read_back(moment: datetime.datetime) -> None:
    """What Python writes as ISO 8601 is read as the same moment, whatever the zone."""
    assert convert.instant(moment.isoformat()) == moment
    assert convert.date(moment.isoformat()) == moment.date()
