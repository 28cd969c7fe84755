"""Contacts that all APIs take, each with a number by which it is known again anywhere."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.support.commands import contacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.support.commands import Message

NUMBER = re.compile(r"4915(\d{9})")
"""The number of a contact, in whatever field and encoding its API holds it."""

VOLATILE = re.compile(
    r"(?i)(^|[._])(p_)?(uuid|uid|id|created|updated|date|time|href|version)|Date|Time"
)
"""Names of fields that differ between two contacts with the same data."""

EMPTY: tuple[object, ...] = (None, "", False, "false")
"""Values between which an API may choose where a field has none."""

Shapes = dict[int, list[str]]
"""What an API holds, by number: one text for each contact."""


def person(number: int, version: int = 1) -> dict[str, Any]:
    """Return a record; of each API, versions change a field that does not identify a contact."""
    return {
        "id": number,
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "email": f"contact{number}@example.com",
        "mobile": f"+4915{number:09}",
        "phone": f"+49{version}",
        "is_favourite": version % 2 == 0,
    }


def stream(people: Sequence[dict[str, Any]], every: int = 3) -> list[dict[str, Any]]:
    """Return SCHEMA and RECORDs, with a STATE after so many; it counts the messages before it."""
    lines = contacts(*people)
    for end in range(len(people), 0, -every):
        lines.insert(end + 1, {"type": "STATE", "value": {"at": 0}})
    for position, line in enumerate(lines):
        if line["type"] == "STATE":
            line["value"]["at"] = position
    return lines


def after(messages: Sequence[Message], states: Sequence[dict[str, Any]]) -> list[Message]:
    """Return what is replayed after the last STATE that came out: SCHEMA and what follows it."""
    done = states[-1]["at"] if states else 0
    return [messages[0], *(messages[done + 1 :])]


def covered(messages: Sequence[Message], states: Sequence[dict[str, Any]]) -> list[int]:
    """Return the numbers of the records that the last STATE says are settled."""
    done = states[-1]["at"] if states else 0
    return [line["record"]["id"] for line in messages[:done] if line["type"] == "RECORD"]


def numbers(text: str) -> set[int]:
    """Return the numbers of the contacts that a text speaks of."""
    return {int(found) for found in NUMBER.findall(text)}


def shapes(held: Iterable[dict[str, Any]]) -> Shapes:
    """Return contacts by number, without what differs by itself or is empty."""
    found: Shapes = defaultdict(list)
    for contact in held:
        text = json.dumps(_stable(contact), sort_keys=True)
        for number in numbers(text):
            found[number].append(text)
    return dict(found)


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: one for name, one in value.items() if not VOLATILE.search(name)}
        return {name: _stable(one) for name, one in kept.items() if one not in EMPTY}
    return value
