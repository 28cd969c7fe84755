"""Check the values of BAS-IP's contacts, as one of the readings of its pages says.

Pages as in `tests.sandbox.bas_ip`: ONE and CREATE; EDIT is android-monitors/create-contact-entity.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Silent in the Android documents; taken: what CREATE prints.
MAX_CONTACTS, MAX_NAME = 300, 30
ANDROID_CONTACTS = 1000
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_OCTET = r"(25[0-5]|2[0-4]\d|[01]?\d?\d)"
_IP = rf"{_OCTET}(\.{_OCTET}){{3}}"
# The SIP pattern of ONE has ranges such as `+-_` that let nearly anything pass. EDIT has the
# backslashes that ONE has lost: its user. Taken for the host: one with a dot, and any port.
_DOMAIN = r"([0-9A-Za-z-]+\.)+[0-9]*[A-Za-z-]+[0-9]*"
_SIP = rf"sip:[0-9A-Za-z+_.-]+@({_IP}|{_DOMAIN})(:\d{{1,5}})?"
_USER, _LABEL = "sip:[0-9A-Za-z+_.-]+@", "[0-9]*[A-Za-z_-]+[0-9]*"
_DOCUMENTED = rf"{_USER}({_IP}(:\d{{1,5}})?|([\w-]+\.)+[0-9]*[A-Za-z_-][\w-]*)"
_BELOW_200 = rf"{_OCTET}(\.{_OCTET}){{2}}\.[01]?\d?\d:\d{{1,5}}"
_LITERAL = rf"{_USER}({_IP}|{_BELOW_200}|({_LABEL}\.)+{_LABEL})"
SIPS = {"sip_literal": _LITERAL, "sip_documented": _DOCUMENTED}

REGEXES = {
    "regular": r"\d{3}[1-9]-\d{2}-\d[0-8]-\d{2}",
    "multi": r"\d{3}[1-9]-\d{2}-\d[1-9]",
    "individual": r"\d{2}[1-9]-\d{2}-\d[0-8]-\d{2}-[1-9]",
    "global": r"\d{3}[1-9]",
}
RANGES = {
    "regular": r"(?!0000)\d{4}-\d{2}-(?!99)\d{2}-\d{2}",
    "multi": r"(?!0000)\d{4}-\d{2}-(?!00)\d{2}",
    "individual": r"(?!000)\d{3}-\d{2}-(?!99)\d{2}-\d{2}-[0-8]",
    # Silent in the documents; taken: a number below 1000 has four digits, too.
    "global": r"(?!0000)([0-8]\d{3}|9000)",
}


def numbers(readings: Collection[str]) -> dict[str, re.Pattern[str]]:
    """Return what a number may be, by type of contact: an inner number, or a SIP number."""
    sip = next((text for name, text in SIPS.items() if name in readings), _SIP)
    inner = {**(RANGES if "ranges" in readings else REGEXES), "p2p": "(?!)"}
    optional = {"global": "type_global", "p2p": "type_p2p"}
    served = {kind for kind in inner if optional.get(kind) in {None, *readings}}
    return {kind: re.compile(f"{inner[kind]}|{sip}", re.ASCII) for kind in served}


class Rules:
    """The rules of one device: its types of contacts, their numbers, names and room."""

    def __init__(self, readings: Collection[str] = ()) -> None:
        self._numbers = numbers(readings)
        self._any_name = "android_room" in readings

    def allow(self, item: Mapping[str, Any]) -> bool:
        """Say whether the values of a well-formed item keep the rules of ONE and CREATE."""
        link_id, number = item.get("link_id"), self._numbers.get(item["type"])
        return (
            self._is_name(item["name"])
            and number is not None
            and number.fullmatch(item["number"]) is not None
            and not (item.get("auto_answer") and item.get("in_black_list"))
            # ONE grants the flag to "panel-like" contacts; a regular one is a monitor.
            and not (item.get("is_default") and item["type"] == "regular")
            and (link_id is None or UUID.fullmatch(link_id) is not None)
        )

    def _is_name(self, name: str) -> bool:
        # Silent in the documents; taken: a name of blanks alone counts as empty.
        return bool(name.strip()) and (self._any_name or len(name) <= MAX_NAME)
