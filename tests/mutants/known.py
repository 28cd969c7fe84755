"""Mutants that no test has to notice, each with the reason."""

from __future__ import annotations

from typing import NamedTuple

EQUIVALENT = "equivalent"
"""Nothing that anybody could see differs."""
LEFT = "left"
"""Something differs, but a test of it would cost more than it is worth."""


class Known(NamedTuple):
    """A mutant by its module and its lines, with single blanks, before and after."""

    module: str
    before: str
    after: str
    kind: str
    why: str


KNOWN: tuple[Known, ...] = ()
