"""Find the entry of a record by its key, as a person writes it."""

from __future__ import annotations

import decimal
import itertools
import re
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tap_contacts.plugin import printable
from target_contacts.delivery import keys
from target_contacts.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_contacts.ledger.ledger import Ledger

_HASH = re.compile(r"[0-9a-f]{32}")
_JSON = msgspec.json.Decoder(float_hook=decimal.Decimal)


def hashes(ledger: Ledger, stream: str, given: Sequence[str]) -> list[str]:
    """Return the hashes under which a record may stand in the ledger, the likeliest first.

    Args:
        ledger: The ledger.
        stream: The stream.
        given: The values of `--key`: the key's value, NAME=VALUE for each of several properties,
            a JSON object of all of them, or the hash itself.

    Raises:
        UsageError: If they do not name all of the key.
    """
    whole = [each for each in given if len(given) == 1 and _HASH.fullmatch(each)]
    known = ledger.stream_keys.of(stream)
    names = known.properties if known else ["id"]
    if whole and not names:
        return whole
    typed = list(_typed(_values(names, given)))
    found = [keys.texts(names, each) for each in typed]
    if known is None or known.has_former:
        found += [form for each in typed for form in keys.former(names, each)]
    return list(dict.fromkeys([*map(ledger.digest, found), *whole]))


def _values(names: Sequence[str], given: Sequence[str]) -> list[Any]:
    if not names:
        msg = "--key: this stream has no key properties; give the hash that a report names."
        raise click.UsageError(msg)
    is_plain = len(names) == len(given) == 1
    by_name = _of_object(given) or ({names[0]: given[0]} if is_plain else _of_pairs(given))
    if sorted(by_name) != sorted(names):
        named = " ".join(f"--key {name}=VALUE" for name in names)
        msg = f"--key: the key of this stream is {', '.join(names)}; give {named}."
        raise click.UsageError(printable.text(msg))
    return [by_name[name] for name in names]


def _of_object(given: Sequence[str]) -> dict[str, Any] | None:
    if len(given) == 1 and given[0].startswith("{"):
        found = _decoded(given[0])
        return found if isinstance(found, dict) else None
    return None


def _of_pairs(given: Sequence[str]) -> dict[str, Any]:
    return dict(each.partition("=")[::2] for each in given)


def _typed(values: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield the values as text, and as the numbers that they may be: 1.0 is 1 as a number."""
    each = ([value, *_number(value)] for value in values)
    for several in itertools.product(*each):
        try:
            keys.texts([""] * len(several), several)
        except Rejected as why:
            msg = f"--key: {why.reason}."
            raise click.UsageError(msg) from None
        yield list(several)


def _number(value: Any) -> list[Any]:
    found = _decoded(value) if isinstance(value, str) else None
    return [found] if isinstance(found, (int, decimal.Decimal)) else []


def _decoded(text: str) -> Any:
    try:
        return _JSON.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, decimal.DecimalException, RecursionError):
        return None
