"""Find the properties of a record that a value comes from, by the path where it stood.

The names of fields may themselves hold dots and plus signs, so paths are read against the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.contact.derive import JOINT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def tops(source: str, record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the properties at the top of a record that a source names.

    Args:
        source: A path such as `MailingAddress.city`, or several, joined as `complete` joins them.
        record: The record; what is none of its properties, such as `defaults`, is left out.
    """
    rest = source
    while rest:
        name = _first(rest, record)
        if name is not None:
            yield name
        _, _, rest = rest[len(name or "") :].partition(JOINT)


def _first(source: str, record: Mapping[str, Any]) -> str | None:
    """Return the longest name of a property that a source begins with; None if there is none."""
    if source in record:
        return source
    ends = (".", JOINT)
    begun = (n for n in record if source.startswith(n) and source.startswith(ends, len(n)))
    return max(begun, key=len, default=None)
