"""Turn values of the wild into one form: e-mail, countries, gender, flags, dates.

Every conversion takes a plain value and returns what it stands for, or raises a ValueError that
completes "<field> ..." and never holds the value: it may be personal. What is ambiguous is
refused, or left as it is, never guessed. The libraries cost a tenth of a second each to import,
so each is imported when the first value needs it.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import re
import unicodedata
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from target_contacts.values import texts
from target_contacts.values.basic import NoValue, text

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

CACHED = 65536
"""Values whose conversion is remembered, for each conversion."""

LONGEST = 400
"""Characters of the longest text that is looked at; no value of these kinds is as long."""


def conversion(meaning: str) -> Callable[[Callable[[str], T]], Callable[[Any], T]]:
    """Make a conversion of any plain value out of one of short text, with one message."""

    def decorate(convert: Callable[[str], T]) -> Callable[[Any], T]:
        remembered = functools.lru_cache(maxsize=CACHED)(convert)
        msg = f"must be {meaning}"

        @functools.wraps(convert)
        def converted(value: Any) -> T:
            if isinstance(value, bool):
                raise NoValue(msg)
            found = text(value).strip()
            # What a library says of a value may quote it.
            with contextlib.suppress(ValueError, LookupError, ArithmeticError):
                if len(found) <= LONGEST:
                    return remembered(found)
            raise ValueError(msg)

        return converted

    return decorate


def _table(spellings: dict[T, str]) -> dict[str, T]:
    return {word: meaning for meaning, words in spellings.items() for word in words.split()}


def _without_fraction(found: str) -> str:
    """Return a whole number without the ".0" that spreadsheets give to columns with gaps."""
    return re.sub(r"^(\d+)\.0+$", r"\1", found) if "." in found else found


# E-mail.


_USUAL = re.compile(
    r"(?=.{1,64}@)[a-z\d_]+([.+-][a-z\d_]+){0,4}@([a-z\d]{2,30}\.){1,3}[a-z]{2,20}",
    re.ASCII | re.IGNORECASE,
)
"""What most addresses are like; all others cost a tenth of a millisecond to check."""


_ODD = re.compile(
    r"""(?=.{3,320}\Z)[^@\s<>()\[\],;:\\"]+@(?=.{1,253}\Z)[^\W_]([\w-]*\w)?(\.[^\W_]([\w-]*\w)?)*"""
)
"""What breaks the standard, but may be an address: Japanese carriers gave out a..b@ and a.@."""


def email(value: Any) -> str:
    """Return an e-mail address exactly as given, without `mailto:` and the name before it.

    Refused is only what can be no address. Nothing is looked up: whether mail arrives is not ours
    to judge.
    """
    return value if isinstance(value, str) and _USUAL.fullmatch(value) else _email(value)


@conversion("an e-mail address such as anna@example.com")
def _email(found: str) -> str:
    if _USUAL.fullmatch(found):
        return found
    if found[:7].lower() == "mailto:":
        found = texts.cleaned(unquote(found[7:].partition("?")[0]))
    if named := re.fullmatch(r"([^<>]*)<([^<>]+)>", found):
        found = _named(*named.groups())
    found = found.rstrip(".,; ")
    if _ODD.fullmatch(found):
        return found
    from target_contacts.values import email_addresses

    email_addresses.assert_valid(found)
    return found


def _named(name: str, address: str) -> str:
    if "@" in name and name.strip(" '\"") != address:
        raise ValueError
    return address.strip()


# Countries, genders, flags.


@conversion("a country: its ISO 3166 code or its name in English, German, French or Japanese")
def country(found: str) -> str:
    """Return the two-letter ISO 3166 code of a country, from any of its codes or names."""
    from target_contacts.values import countries

    return countries.code(found)


def home(value: Any) -> str | None:
    """Return the code of a contact's country, or None if its value is none."""
    with contextlib.suppress(ValueError):
        return country(value)
    return None


_GENDERS = _table(
    {
        "MALE": "1 m male man mr mister sir herr herrn hr mann männlich maennlich "
        "monsieur h homme masculin masculine 男 男性 男子",
        "FEMALE": "2 f female woman mrs ms miss madam frau fr fräulein w weiblich "
        "madame mme mademoiselle mlle femme féminin feminine 女 女性 女子",
    }
)
_TITLES = {"dr", "prof", "doktor", "professor"}


@conversion("MALE or FEMALE, or such as m, f, w, Mr, Ms, Herr, Frau, M., Mme, 男, 女, 1, 2")
def gender(found: str) -> str:
    """Return MALE or FEMALE for a gender or a form of address; 1 and 2 are ISO 5218's codes."""
    plain = unicodedata.normalize("NFKC", _without_fraction(found)).casefold()
    words = set(re.findall(r"[^\W_]+", plain)) - _TITLES
    (meant,) = {_GENDERS[word] for word in words}
    return meant


_FLAGS = _table(
    {
        True: "true t yes y on 1 x ✓ ✔ ja j wahr oui o vrai はい 有 あり ○",
        # The cross, unlike the letter x, is how Japanese forms say no.
        False: "false f no n off 0 nein falsch non faux いいえ 無 なし \u00d7",
    }
)


def flag(value: Any) -> bool:
    """Return a yes or no in its usual spellings as a boolean."""
    return value if isinstance(value, bool) else _flag(value)


@conversion("true or false")
def _flag(found: str) -> bool:
    return _FLAGS[unicodedata.normalize("NFKC", _without_fraction(found)).casefold()]


def flag_text(value: Any) -> str:
    """Return a yes or no as "true" or "false"."""
    return "true" if flag(value) else "false"


# Dates.

_DAY = r"(\d{4})(?:([-/.])(\d\d?)\2(\d\d?)|年(\d\d?)月(\d\d?)日|(\d\d)(\d\d))"
_TIME = r"(\d\d?):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?\s*(?:Z|UTC|GMT|([+-]\d\d)(?::?(\d\d))?)?"
_MOMENT = re.compile(rf"{_DAY}(?:[T\s]\s*{_TIME})?", re.ASCII | re.IGNORECASE)

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_SECONDS = re.compile(r"\d{9,10}(?:\.\d+)?", re.ASCII)
_MILLISECONDS = re.compile(r"\d{12,13}(?:\.\d+)?", re.ASCII)


@conversion("a date, year first, such as 2020-12-31")
def date(found: str) -> datetime.date:
    """Return a date as it is written, year first; a time of day behind it changes nothing."""
    return _moment(found).date()


@conversion("a time such as 2020-12-31T23:59:59Z, or seconds or milliseconds since 1970")
def instant(found: str) -> datetime.datetime:
    """Return a moment in UTC, in which it is taken to be where no zone is written.

    Numbers of 9 or 10 digits are seconds since 1970, of 12 or 13 digits milliseconds.
    """
    if _SECONDS.fullmatch(found):
        return _EPOCH + datetime.timedelta(seconds=float(found))
    if _MILLISECONDS.fullmatch(found):
        return _EPOCH + datetime.timedelta(milliseconds=float(found))
    return _moment(found).astimezone(datetime.timezone.utc)


def _moment(found: str) -> datetime.datetime:
    written = _MOMENT.fullmatch(unicodedata.normalize("NFKC", found))
    if not written:
        raise ValueError
    year, _, *days, hour, minute, second, fraction, zone, zone_minute = written.groups("")
    month, day = filter(None, days)
    # Python 3.10 reads only this form.
    return datetime.datetime.fromisoformat(
        f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second:0>2}"
        f".{fraction[:6]:0<6}{zone or '+00'}:{zone_minute:0>2}"
    )
