"""What is promised of countries: one code for all usual names."""

from __future__ import annotations

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_contacts.values import convert
from tests.support.values import ANY_TEXT, FIXED, refusal


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
