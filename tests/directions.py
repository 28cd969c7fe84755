"""Tell, for each direction between the APIs, which fields arrive and which have no place.

    python -m tests.directions

prints the table of `docs/directions.md`; `tests/test_docs.py` compares. It follows from the
reviewed files of `tests/data/expected`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tap_contacts.tap import STREAMS
from tests.crash.lab import KINDS
from tests.expected import path
from tests.support.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = {api: f"{api}_contacts" for api in STREAMS}
"""APIs that can be read, and their streams of contacts."""


def table() -> str:
    """Return the table."""
    lines = ["| from | to | fields that arrive | fields without a place |", "|---|---|---|---|"]
    return "\n".join([*lines, *_rows()])


def lost(source: str, api: str) -> set[str]:
    """Return the fields of a source that have no place at an API."""
    expected = json.loads(path(source, api).read_text("utf-8"))
    return set(expected["not_carried"].get(SOURCES[source], ())) & given(source)


def _rows() -> Iterator[str]:
    for source in SOURCES:
        fields = given(source)
        for api in sorted(KINDS):
            left = lost(source, api)
            names = ", ".join(f"`{name}`" for name in sorted(left)) or "none"
            arriving = f"{len(fields - left)} of {len(fields)}"
            yield f"| {source} | {api} | {arriving} | {names} |"


def given(source: str) -> set[str]:
    """Return the fields that hold a value in any record of a source, but for its key."""
    stream = SOURCES[source]
    found: set[str] = set()
    keys: set[str] = set()
    for line in (DATA / f"{source}.singer").read_text("utf-8").splitlines():
        message = json.loads(line)
        if message.get("stream") != stream:
            continue
        keys |= set(message.get("key_properties", ()))
        record = message.get("record", {})
        filled = (name for name, value in record.items() if value not in ("", None))
        found |= {name for name in filled if not isinstance(record[name], dict)}
    return found - keys


if __name__ == "__main__":
    print(table())
