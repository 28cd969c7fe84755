"""The wire form of PORTERS: what is written fast is what a writer of XML makes of it."""

from __future__ import annotations

import pytest
from lxml import etree

from tap_contacts.apis.porters import wire
from tap_contacts.transport import xml

VALUES = [
    "Anna",
    "",
    " ",
    "R&D <x> \"y\" 'z' ]]>",
    "佐藤 花子 é 𠮷",
    "100 % %s %(a)s {0}",
    "line\nbreak\ttab\rreturn",
    "control \x00\x1b\x85 and \ufffe",
    "half \ud83d",
    "\u00a0\u200b",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_text_stands_in_a_contact_as_in_any_document(value: str) -> None:
    """Whatever it holds: markup, signs of templates, what XML forbids."""
    made = wire.Writer().item("-1", {"Contact.P_Name": value, "Contact.P_Mail": "a@b.example"})
    root = xml.element("Item")
    named = {"Contact.P_Id": "-1", "Contact.P_Name": value, "Contact.P_Mail": "a@b.example"}
    root.extend([xml.element(alias, text) for alias, text in named.items()])
    assert made == etree.tostring(root, encoding="UTF-8", xml_declaration=False)


def test_options_stand_as_empty_elements_whatever_came_before() -> None:
    """One writer makes contacts with and without options in turn."""
    writer = wire.Writer()
    options = ["Option.U_A", "Option.U_B"]
    fields: dict[str, str | list[str]] = {"Contact.P_Name": "A", "Contact.U_Kind": options}
    plain = {"Contact.P_Name": "A", "Contact.U_Kind": "B"}
    head = b"<Item><Contact.P_Id>7</Contact.P_Id><Contact.P_Name>A</Contact.P_Name><Contact.U_Kind>"
    end = b"</Contact.U_Kind></Item>"
    for _ in range(2):
        assert writer.item("7", plain) == head + b"B" + end
        assert writer.item("7", fields) == head + b"<Option.U_A/><Option.U_B/>" + end
