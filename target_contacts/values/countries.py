"""The countries of ISO 3166, by their codes and by name in four languages.

ISO 3166 (pycountry) gives codes, formal names and their translations; CLDR (Babel) the names in
use, such as Russia, which are no formal names. What neither has is added by hand.
"""

from __future__ import annotations

import functools
import gettext
import re
import unicodedata
from typing import TYPE_CHECKING

import pycountry
from babel import Locale

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = ("de", "fr", "ja")
"""Languages of names, next to English."""

ALIASES = {
    "AE": "UAE, VAE, EAU",
    "AU": "豪州",
    "BA": "Bosnia, Bosnien, Bosnie, ボスニア",
    "BY": "White Russia, Weißrussland",
    "CD": "DR Congo, DRC, Congo, Kongo, コンゴ, Zaire",
    "CI": "Ivory Coast, Elfenbeinküste, 象牙海岸",
    "CN": "PRC, PR China, VR China, RP Chine",
    "CZ": "Tschechei",
    "DE": "BRD",
    "GB": "UK, Great Britain, Großbritannien, Grande-Bretagne, グレートブリテン, "
    "England, Angleterre, イングランド, Scotland, Schottland, Écosse, スコットランド, "
    "Wales, Pays de Galles, ウェールズ, Northern Ireland, Nordirland, Irlande du Nord, "
    "北アイルランド",
    "HK": "Hong Kong SAR",
    "IE": "Eire, Republic of Ireland, Republik Irland, République d'Irlande, アイルランド共和国",
    "JP": "Nippon, Nihon, 日本国",
    "MD": "Moldawien",
    "MK": "Macedonia, Mazedonien, Macédoine, マケドニア",
    "MM": "Burma, Birma, ビルマ",
    "NL": "Holland, Hollande",
    "PS": "Palestine, Palästina",
    "SZ": "Swaziland, Swasiland, スワジランド",
    "TL": "East Timor, Osttimor",
    "TR": "Turkey",
    "TT": "Trinidad",
    "US": "USA, US, アメリカ",
    "VA": "Vatican, Vatikan, バチカン",
}
"""Names in use that neither source has. Congo is formally CG: given to CD, too, it is refused."""

_POSTAL = {"A": "AT", "B": "BE", "D": "DE", "E": "ES", "F": "FR", "I": "IT", "L": "LU"}
"""Letters that stand before European postcodes, and so in address books."""

_FILLERS = re.compile("and|d|das|de|der|des|die|du|et|l|la|le|les|of|the|und|von")
_SAINTS = {"st": "saint", "sankt": "saint", "ste": "sainte"}
_VU = {"ヴァ": "バ", "ヴィ": "ビ", "ヴェ": "ベ", "ヴォ": "ボ", "ヴ": "ブ"}
"""Two ways to write v in Japanese: ヴェトナム, ベトナム."""
_VOICED = "\u3099\u309a"
"""Marks that are no accents: they make ga of ka."""
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def words(name: str) -> list[str]:
    """Return the words of a name without case, accents, punctuation and width of characters."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    kept = (c for c in letters if c in _VOICED or not unicodedata.combining(c))
    plain = unicodedata.normalize("NFKC", "".join(kept))
    plain = re.sub("ヴ[ァィェォ]?", lambda found: _VU[found[0]], plain)
    found = re.findall(r"[^\W_]+", plain)
    return [_SAINTS.get(word, word) for word in found]


def code(found: str) -> str:
    """Return the two-letter code that a code or a name means, or raise LookupError."""
    exact = unicodedata.normalize("NFKC", found).upper()
    if exact in _codes():
        return _codes()[exact]
    names = _names()
    meant = {names[key] for key in _keys(found) if key in names}
    if len(meant) != 1:
        raise LookupError
    return meant.pop()


def _keys(name: str) -> set[str]:
    """Return what a name is compared by: its letters, and its words whatever their order.

    Sources write "Korea, Republic of", people "Republic of Korea" and "Die Schweiz".
    """
    found = words(name)
    order_free = sorted(word for word in found if not _FILLERS.fullmatch(word))
    return {"".join(found), " ".join(order_free)} - {""}


@functools.cache
def _codes() -> dict[str, str]:
    codes = {
        code: country.alpha_2
        for country in pycountry.countries
        for code in (country.alpha_2, country.alpha_3, country.numeric)
    }
    return codes | _POSTAL


@functools.cache
def numbers() -> frozenset[str]:
    """Return the numbers that ISO 3166 gives to countries, of three digits."""
    return frozenset(country.numeric for country in pycountry.countries)


@functools.cache
def _names() -> dict[str, str]:
    """Return all that can be compared with a name, where it means one country only."""
    meant: dict[str, set[str]] = {}
    for name, country in _spellings():
        for key in _keys(name):
            meant.setdefault(key, set()).add(country)
    return {key: codes.pop() for key, codes in meant.items() if len(codes) == 1}


def _spellings() -> Iterator[tuple[str, str]]:
    for country, names in ALIASES.items():
        yield from ((name, country) for name in names.split(", "))
    for name, country in (*_formal(), *_in_use()):
        yield name, country
        yield name.translate(_UMLAUTS), country
        yield re.sub(r"\s*[(\uff08].*", "", name), country


def _formal() -> Iterator[tuple[str, str]]:
    folder = pycountry.LOCALES_DIR
    spoken = [gettext.translation("iso3166-1", folder, [language]) for language in LANGUAGES]
    for country in pycountry.countries:
        for kind in ("name", "official_name", "common_name"):
            if name := getattr(country, kind, None):
                yield name, country.alpha_2
                yield from ((language.gettext(name), country.alpha_2) for language in spoken)


def _in_use() -> Iterator[tuple[str, str]]:
    for language in ("en", *LANGUAGES):
        names = Locale(language).territories
        yield from ((names[code], code) for code in set(_codes().values()))
