"""Text arrives as it was sent, in every writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.lab import KINDS
from tests.support.commands import contacts

if TYPE_CHECKING:
    from tests.support.commands import Workplace

FIELDS = {
    "bas_ip": ("full_name", "name"),
    "cobai": ("last_name", "lastName"),
    "porters": ("full_name", "Contact.P_Name"),
    "valomnia": ("last_name", "lastName"),
    "zoho_voice": ("company", "company"),
}
"""An attribute of each API that takes any text, and the field that it fills."""

WRITINGS = [
    "Jose\u0301 Nu\u0301n\u0303ez",
    "José Núñez",
    "山田 太郎",
    "Ｙａｍａｄａ　Ｔａｒｏ",
    "ﾔﾏﾀﾞ ﾀﾛｳ",
    "שלום עולם",
    "مرحبا \u200fبالعالم",
    "👩🏽\u200d💻 🇩🇪",
    "สวัสดี",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    'O\'Neil & "Söhne" <GmbH>',
    "ﬁancée ½ ①",
    "a+b=c%20d;e",
]
"""Composed and not, wide and narrow, right to left, beyond the basic plane, special to a wire."""


@pytest.mark.parametrize("api", sorted(KINDS))
def test_every_writing_arrives_exactly(api: str, workplace: Workplace) -> None:
    """Code point by code point, and an unchanged rerun finds nothing to change."""
    attribute, wire = FIELDS[api]
    people = [
        {
            "id": number,
            "first_name": "Anna",
            "last_name": "Heide",
            "mobile": f"+49151123456{number:02}",
            "email": f"a{number}@example.com",
            attribute: text,
        }
        for number, text in enumerate(WRITINGS)
    ]
    with KINDS[api]() as sandbox:
        config = {**sandbox.target_config(), "concurrency": 1}
        first = workplace.target(config, contacts(*people))
        again = workplace.target(config, contacts(*people))
        held = [contact[wire] for contact in sandbox.contacts]
    assert (first.code, held) == (0, WRITINGS)
    assert (again.summary["unchanged"], again.summary["requests"]) == (len(WRITINGS), 0)
