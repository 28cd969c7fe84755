"""Phone numbers: what they are in E.164, and whether they are mobiles'."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk.exceptions import ConfigurationError

from target_contacts.values import cells, convert
from target_contacts.values.basic import text

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_NO_DIGITS = re.compile(r"\D+")


class Number(NamedTuple):
    """A phone number as it is written, and what the plans of countries make of it.

    The plans are asked when that is needed, and each text only once: it costs as much as all else
    that is done with a contact, and not every destination needs it.
    """

    raw: Any
    plans: AbstractSet[str | None]
    """Countries whose plans it may follow if it has no country code; see `plans`."""
    is_said_mobile: bool = False
    """Whether its field says that it is a mobile's."""

    @property
    def e164(self) -> str:
        """Return it as E.164, or its text where that is not sure.

        These are left as they are: extensions, which E.164 cannot hold; letters; several numbers in
        one; and what is no number in full, as internal and local ones are, and without a region all
        without "+". Two plans may make two numbers of it. Then one counts only if the field is one
        for mobiles, and just one of the numbers is a mobile's.
        """
        readings = self._readings
        if self.is_said_mobile and len(readings) > 1:
            readings = {reading for reading in readings if _is_mobile(reading)}
        return readings.pop() if len(readings) == 1 else self._text

    @property
    def is_mobile(self) -> bool | None:
        """Say whether it is a mobile's; None where the plans leave it open."""
        told = set(map(_is_mobile, self._readings))
        return None if len(told) > 1 else told.pop() if told else False

    @property
    def _text(self) -> str:
        return text(self.raw).strip()

    @property
    def _readings(self) -> set[str]:
        found = self._text
        if len(found) > convert.LONGEST:
            return set()
        return {number for plan in self.plans if (number := _read(found, plan))}


def plans(region: str | None, country: Any = None) -> AbstractSet[str | None]:
    """Return the countries whose plans the numbers of a contact may follow.

    Args:
        region: The setting `phone_region`; without one, the contact's country does not count.
        country: The contact's country.
    """
    own = convert.home(country) if region else None
    return {region, own} if own else {region}


def may_have_trunk_zero(e164: str) -> bool:
    """Say whether a 0 follows the code of the country: in most, it is dialled within them only."""
    if "0" not in e164[2:5]:
        return False
    from target_contacts.values.phone_plans import CALLING_CODES

    codes = (e164[1:end] for end in range(2, 5) if e164[end : end + 1] == "0")
    return any(int(code) in CALLING_CODES for code in codes)


def may_be_same(one: Any, other: Any) -> bool:
    """Say whether two numbers may be one: however they are written, their last digits stay."""
    return _last_digits(one) == _last_digits(other)


def _last_digits(value: Any) -> str:
    last = _NO_DIGITS.sub("", cells.from_spreadsheet(text(value)))[-4:]
    return last if last.isascii() else "".join(str(int(each)) for each in last)


@functools.lru_cache(maxsize=convert.CACHED)
def _read(found: str, region: str | None) -> str | None:
    from target_contacts.values import phone_plans

    return phone_plans.read(cells.from_spreadsheet(found), region)


@functools.lru_cache(maxsize=convert.CACHED)
def _is_mobile(e164: str) -> bool | None:
    from target_contacts.values import phone_plans

    return phone_plans.is_mobile(e164)


def check_region(setting: Any) -> str:
    """Return the setting `phone_region` in capitals.

    Raises:
        ConfigurationError: If it is no country whose numbering plan is known.
    """
    from target_contacts.values import phone_plans

    region = str(setting).strip().upper()
    if region in phone_plans.REGIONS:
        return region
    msg = "phone_region must be the two-letter code of a country, such as DE, FR, JP or US."
    raise ConfigurationError(msg)
