"""The forms that settings must have, as the schemas of settings declare them."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

LONGEST_TEXT = 4096
"""Characters of a setting's text: user names, passwords, tokens and paths are far shorter."""

PLAIN = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]*(?![\s\S])"
"""A text without line breaks, other control characters and lone surrogates."""

HEADER = r"^[!-~]*(?![\s\S])"
"""A text that goes into a header as it is."""

IN_WORDS = {
    PLAIN: "must not hold a line break or another control character: give it anew, in one line",
    HEADER: "must be of letters, digits and signs of ASCII only, without blanks and line breaks",
}
"""What the patterns demand, in the words of an error."""

MOST_SECONDS = 86_400
"""A day, the longest time that a setting may name."""


def text(*, empty: bool = True, pattern: str = PLAIN, **options: Any) -> th.StringType:
    """Return the type of a text of one line."""
    shortest = None if empty else 1
    return th.StringType(min_length=shortest, max_length=LONGEST_TEXT, pattern=pattern, **options)


def seconds(*, most: int = MOST_SECONDS, zero: bool = True) -> th.NumberType:
    """Return the type of a time."""
    if zero:
        return th.NumberType(minimum=0, maximum=most)
    return th.NumberType(exclusive_minimum=0, maximum=most)
