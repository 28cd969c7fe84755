"""Cut short what nests too deep: Python's stack would be exhausted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 100
"""Levels to which a message may nest."""

REASON = f"it nests deeper than {DEEPEST} levels; what is deeper is null here. Fix it at its source"

_SIGN = re.compile(rb'([\[{])|([\]}])|"(?:[^"\\]*(?:\\.[^"\\]*)*"|(.*))', re.DOTALL)
"""What opens, what closes, and texts; one without end reaches to the end of the line."""


def may_be(line: bytes) -> bool:
    """Say whether a line may nest too deep."""
    return line.count(b"[") + line.count(b"{") > DEEPEST


def cut(line: bytes) -> bytes:
    """Return a line of JSON with null for all that nests too deep; the line if nothing does.

    Nothing is decoded, so that no depth is too much.
    """
    parts: list[bytes] = []
    kept = 0
    for start, end in _deep_parts(line):
        parts += line[kept:start], b"null"
        kept = end
    return b"".join((*parts, line[kept:])) if parts else line


def _deep_parts(line: bytes) -> Iterator[tuple[int, int]]:
    depth = start = 0
    for found in _SIGN.finditer(line):
        if found[1]:
            depth += 1
            start = found.start() if depth == DEEPEST + 1 else start
        elif found[2]:
            depth -= 1
            if depth == DEEPEST:
                yield start, found.end()
