"""Recognise values that are another thing than the attribute that their field spells.

A field `country_code` may hold what is dialled to call a country, and a field `image` the address
of one.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from target_contacts.values import cells

CACHED = 4096
"""Values that are remembered."""


_DIALLED = re.compile(r"[(\s]*(?:\+|00)?[(\s]*\d[\d\s()-]{0,7}", re.ASCII)
"""What may be the code of a country in digits, or that which is dialled to call it."""

ISO_DIGITS = 3
"""Digits of a country's number in ISO 3166."""


def is_calling_code(value: Any, *, named_code: bool) -> bool:
    """Say whether the value of a field for a country is a calling code, such as +49, or may be.

    Of numbers, only those of ISO 3166 are a country: they have three digits. Some are calling
    codes of other countries as well (380 is Italy's number, and dialled to call Ukraine).

    Args:
        value: The value.
        named_code: Whether the field's name says "code", so that such a number may be either.
    """
    if isinstance(value, str) and value[:1].isalpha():
        return False
    found = cells.digits(value)
    return _DIALLED.fullmatch(found) is not None and _is_calling_code(found, named_code)


def is_other(attribute: str, name: str, value: Any) -> bool:
    """Say whether a value is another thing than the attribute that its field spells."""
    if attribute == "country":
        return is_calling_code(value, named_code=_CODE.search(name) is not None)
    return attribute == "image" and is_address_of_image(value)


_CODE = re.compile("code|コード|kennzeichen")
"""What fields for a country are called in which a calling code may stand as well."""


@functools.lru_cache(maxsize=CACHED)
def _is_calling_code(found: str, named_code: bool) -> bool:  # noqa: FBT001  # cached
    from target_contacts.values import countries, phone_plans

    is_number = len(found) == ISO_DIGITS and found in countries.numbers()
    return not is_number or (named_code and int(found) in phone_plans.CALLING_CODES)


_ADDRESS = re.compile(
    r"(?!data:)[a-z][a-z\d+.-]*:|//|www\.|[^\s,;]{1,500}\.(jpe?g|png|gif|bmp|webp|svg|tiff?|heic|avif|ico)"
    r"([?#]\S*)?$",
    re.ASCII | re.IGNORECASE,
)


def is_address_of_image(value: Any) -> bool:
    """Say whether a value is the address or the file name of an image rather than the image."""
    return isinstance(value, str) and bool(_ADDRESS.match(value.strip()[:2000]))
