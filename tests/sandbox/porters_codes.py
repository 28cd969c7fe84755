"""Result codes of the resource API of PORTERS (page "Result Code List")."""

from __future__ import annotations

import enum


class Code(enum.IntEnum):
    """Result codes; those of a kind of which the documents tell no single meaning are guesses."""

    SUCCESS = 0
    BAD_USER = 5
    NOT_FOUND = 7
    INTERNAL = 8
    UNAVAILABLE = 9
    BAD_PARAMETER = 100
    MISSING = 101
    TOO_MANY = 102
    BAD_VALUE = 103
    BAD_LENGTH = 104
    """One of 104-116 "format, type, length or range"; which one means the length is a guess."""
    BAD_RANGE = 105
    """One of them, too."""
    OUT_OF_RANGE = 124
    PHASE_NOT_NEWEST = 126
    PHASE_MISSING = 127
    BAD_ITEMSTATE = 133
    BAD_VERSION = 146
    ALREADY_DELETED = 302
    TOKEN_EXPIRED = 401
    TOKEN_INVALID = 402
    NO_DATA_RIGHT = 403
    NO_PARTITION = 404
    UNKNOWN = 1000


class ResultCodeError(Exception):
    """Refuse an item or a whole request with a result code."""

    def __init__(self, code: Code, *, status: int | None = None) -> None:
        """Keep the code, and the HTTP status where it is known for this refusal."""
        super().__init__(f"result code {code:d} ({code.name})")
        self.code = code
        self.status = status
