"""Find out whether a record says that its contact is deleted at the source, and in which field.

Sources say it in three ways: a flag (`IsDeleted`, `archived`), a time (`deleted_at`), or a word in
a status (`ARCHIVED`). Some fields are sure of it. Others, such as `active`, may mean something
else: for them a contact is neither created as if it were there, nor deleted.
"""

from __future__ import annotations

import functools
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.contact.deletion_fields import AROUND, OF_USERS, TellingField, Way, telling
from target_contacts.values import convert
from target_contacts.values.basic import is_empty, line
from target_contacts.values.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHAPES = 1024
"""Sets of fields that are remembered; a stream has one, or a few."""

DEEPEST = 3
"""Levels of nesting that are looked into."""


class Told(NamedTuple):
    """What says that a contact is deleted at its source."""

    field: str
    """The field; a nested one with dots."""
    sure: bool
    """Whether it can mean nothing else."""


class Gone(Exception):
    """A record says that its contact is deleted at the source."""

    def __init__(self, told: Told) -> None:
        super().__init__("deleted at the source")
        self.told = told

    def why(self, on_delete: str) -> str:
        """Return why a record is skipped that says so. The field's name is a known one."""
        field = line(self.told.field)
        if self.told.sure:
            return f"deleted at the source, says {field}; on_delete is {on_delete}"
        advice = "If it does not, leave the field out with a stream map"
        return f"{field} may say that they are gone at the source. {advice}"


class _Shape(NamedTuple):
    """The fields of a record that may say so, by its names."""

    fields: Sequence[TellingField]
    around: Sequence[str]
    """Objects in which other fields may say so."""
    ways: frozenset[Way]


@functools.lru_cache(maxsize=SHAPES)
def _shape(names: tuple[str, ...]) -> _Shape:
    fields = [each for name in names if (each := telling(name))]
    around = [name for name in names if plain(name) in AROUND]
    return _Shape(fields, around, frozenset(each.way for each in fields if not each.is_own))


def told(record: Mapping[str, Any], declared: tuple[str, ...] = ()) -> Told | None:
    """Return what says that a contact is deleted at its source; None if nothing does.

    Of `declared` fields sources may leave out unset flags.
    """
    shape = _shape(tuple(record))
    if not shape.fields and not shape.around:
        return None
    found = _all(record, shape, DEEPEST)
    if not found or (sure := next((each for each, _ in found if each.sure), None)):
        return sure if found else None
    if Way.FLAG in shape.ways | _shape(declared).ways:
        return next((each for each, way in found if way is Way.FLAG), None)
    return found[0][0]


def _all(record: Mapping[str, Any], shape: _Shape, levels: int) -> list[tuple[Told, Way]]:
    """Return the fields that say so in a record, and in its objects that are about the contact."""
    found = [
        (Told(field.name, sure and not field.is_own), field.way)
        for field in shape.fields
        if (sure := _says(field, record[field.name], shape.ways)) is not None
    ]
    for name in shape.around if levels > 1 else ():
        found += _inside(name, record[name], levels - 1)
    return found


def _inside(name: str, value: Any, levels: int) -> list[tuple[Told, Way]]:
    """Return the fields that say so in an object."""
    if not isinstance(value, dict):
        return []
    found = _all(value, _shape(tuple(value)), levels)
    return [(Told(f"{name}.{each.field}", each.sure), way) for each, way in found]


def _says(field: TellingField, value: Any, beside: frozenset[Way]) -> bool | None:
    """Say whether a value says deleted, surely (True) or perhaps (False); None if it does not."""
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    if isinstance(value, (dict, list)):
        return _says_more(field, value)
    return None if is_empty(value) else _SAYS[field.way](field, value, beside)


def _says_more(field: TellingField, value: dict[str, Any] | list[Any]) -> bool | None:
    """Say whether a flag holds an object instead, in which more is said of the deletion."""
    if field.way is not Way.FLAG or isinstance(value, list):
        return None
    return True if any(map(_is_filled, value.values())) else None


def _is_filled(value: Any) -> bool:
    """Say whether one of the things that a flag says more of is there: when, by whom, why."""
    return not is_empty(value) and value is not False


def _flag(field: TellingField, value: Any, _: frozenset[Way]) -> bool | None:
    meant = meaning(value)
    return None if meant is False else bool(meant) and field.way is not Way.DOUBTFUL


def _active(field: TellingField, value: Any, beside: frozenset[Way]) -> bool | None:
    """Beside a flag for what is gone for good, as in Zendesk, it means what is gone for now."""
    sure = field.way is Way.ACTIVE_FLAG or Way.PERMANENT in beside
    says_no = meaning(value) is False and plain(str(value)) not in _NOTHING
    return sure if says_no else None


def _status(field: TellingField, value: Any, _: frozenset[Way]) -> bool | None:
    """Sure is a system's word, which is in one case; people write theirs with a capital."""
    if not isinstance(value, str) or plain(value) not in _GONE:
        return None
    if field.way is Way.SYSTEM or value.isupper() or value.islower():
        return True
    return None if field.plain == OF_USERS else False


_SAYS = {
    Way.FLAG: _flag,
    Way.PERMANENT: _flag,
    Way.PIPELINE: _flag,
    Way.DOUBTFUL: _flag,
    Way.ACTIVE: _active,
    Way.ACTIVE_FLAG: _active,
    Way.STATUS: _status,
    Way.SYSTEM: _status,
}

# What values mean.

_GONE = listed(
    "deleted archived trashed trash removed purged erased softdeleted gdprrequest geloscht "
    "geloescht archiviert supprime 削除 削除済 削除済み アーカイブ済み"
)
_NOTHING = listed("none null nil never na nan undefined active aktiv actif available")

_TIME = re.compile(
    r"(?=(\D*\d){4})(?=.*\D)[\dTZUGMCAPapm\s:/.,+年月日時分秒-]+|\d{8}|\d{14}", re.ASCII
)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)|^\d{4}(?=\d{4})", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1971, 2098
"""Years outside are what databases hold for never: 0001, 1900, 1970, 9999."""

EPOCH = 100_000_000
"""A number from here on is a time since 1970, in seconds or parts of them."""


def meaning(value: Any) -> bool | None:
    """Return whether a flag or a time says that it is so; None where that cannot be told."""
    if isinstance(value, (int, float, Decimal)):
        return _of_number(Decimal(str(value)) if not isinstance(value, bool) else Decimal(value))
    written = str(value).strip()
    if plain(written) in _GONE | _NOTHING:
        return plain(written) in _GONE
    if _TIME.fullmatch(written):
        return _is_moment(written)
    try:
        return convert.flag(written)
    except ValueError:
        return _of_number(Decimal(written)) if written.isdecimal() else None


def _of_number(number: Decimal) -> bool | None:
    if number in {0, 1}:
        return bool(number)
    return True if number.is_finite() and number >= EPOCH else None


def _is_moment(written: str) -> bool:
    """Say whether a time is one, rather than what stands for never."""
    year = _YEAR.search(written)
    if year:
        return FIRST_YEAR <= int(year[0]) <= LAST_YEAR
    return re.search("[1-9]", written) is not None
