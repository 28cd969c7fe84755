"""Make one key of a record's key properties, however their values and their order are written."""

from __future__ import annotations

import decimal
from typing import TYPE_CHECKING, Any

import msgspec

from tap_contacts.plugin import printable
from target_contacts.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.singer.lines import Line

LONGEST_NUMBER = 300
"""Digits of the longest number that is written in full; a longer one stays as it came."""

_NOT_PLAIN = (dict, list)
_TEXT = frozenset({str})


def other(stream: str, before: Sequence[str], now: Sequence[str]) -> str:
    """Say that a stream has another key than the ledger knows."""
    key, known = (", ".join(map(printable.name, names)) or "none" for names in (now, before))
    return (
        f"Stream {stream} has the key {key}; the ledger knows its records by {known}, so each "
        "contact would be doubled. Nothing was written. "
        "Let the tap send the former key again. Or give the stream another name with stream_maps "
        "(__alias__), or have it forgotten (--ledger forget --stream NAME --all): its contacts are "
        "then looked up at the destination as match_on says."
    )


class KeyReader:
    """Read the key's properties of a record, and pass over all others."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names: Sequence[str] | None = None
        fields = {f"field{number}": name for number, name in enumerate(names)}
        try:
            kind: Any = msgspec.defstruct(
                "Key", [(field, Any, None) for field in fields], rename=fields
            )
        except ValueError:  # a name that would have to be escaped
            self._names, kind = names, dict[str, Any]
        self._decoder = msgspec.json.Decoder(kind, float_hook=decimal.Decimal)

    def read(self, line: Line, record: bytes) -> tuple[Any, ...]:
        """Return the values of a record's key."""
        found = line.decoded(self._decoder, record)
        if self._names is None:
            return msgspec.structs.astuple(found)
        return tuple(map(found.get, self._names))


def texts(names: Sequence[str], values: Sequence[Any]) -> list[str]:
    """Return the values of a key as text: numbers that are equal have one text.

    Raises:
        Rejected: If one of them has no value that tells records apart.
    """
    for name, value in zip(names, values, strict=True):
        if value is None or isinstance(value, _NOT_PLAIN) or not str(value).strip():
            reason = f"the key property {name} has no plain value"
            raise Rejected(reason, "missing_key", field=name)
    if _TEXT.issuperset(map(type, values)):
        return list(values)
    return list(map(_text, values))


def _text(value: Any) -> str:
    """Return 1 for 1.0 and 100 for 1E2; text stays as it is."""
    if not isinstance(value, decimal.Decimal) or abs(value.adjusted()) > LONGEST_NUMBER:
        return str(value)
    plain = f"{value:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in {"-0", ""} else plain


def former(names: Sequence[str], values: Sequence[Any]) -> list[list[str]]:
    """Return under which other texts an earlier version knew a key.

    It took numbers as they were written, and the values in the order of the SCHEMA message.

    Args:
        names: The key properties in the order of the SCHEMA message.
        values: Their values by the order of the names.
    """
    by_name = dict(zip(sorted(names), values, strict=True))
    before = [by_name[name] for name in names]
    written = [str(value) for value in before]
    whole = [f"{value}.0" if _is_whole(value) else str(value) for value in before]
    forms = [written, whole, list(map(_text, before))]
    now = list(map(_text, values))
    return [form for n, form in enumerate(forms) if form != now and form not in forms[:n]]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
