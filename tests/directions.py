"""Tell, for each direction between the APIs, which fields arrive and which have no place.

    python -m tests.directions

prints the table that stands in the README; `tests/test_readme.py` compares. It follows from the
reviewed files of `tests/data/expected`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.crash.lab import KINDS
from tests.expected import DATA, path

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = {
    "zoho_voice": "zoho_voice_contacts",
    "cobai": "cobai_contacts",
    "porters": "porters_contacts",
    "valomnia": "valomnia_contacts",
}
"""APIs that can be read, and their streams of contacts."""


def table() -> str:
    """Return the table."""
    lines = ["| from | to | fields that arrive | fields without a place |", "|---|---|---|---|"]
    return "\n".join([*lines, *_rows()])


def _rows() -> Iterator[str]:
    for source, stream in SOURCES.items():
        given = _given(source, stream)
        for api in sorted(KINDS):
            expected = json.loads(path(source, api).read_text("utf-8"))
            lost = set(expected["not_carried"].get(stream, ())) & given
            names = ", ".join(f"`{name}`" for name in sorted(lost)) or "none"
            yield f"| {source} | {api} | {len(given - lost)} of {len(given)} | {names} |"


def _given(source: str, stream: str) -> set[str]:
    """Return the fields that hold a value in any record of a source, but for its key."""
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
