"""Tell what the list of fields shows of what no document proves about PORTERS (HRBC)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.fields import CONTACTS, FIELD
from tap_contacts.apis.porters.one_page import text
from tap_contacts.transport import xml
from tap_contacts.transport.facts import Seen, differs, harms, holds, unknown

if TYPE_CHECKING:
    from lxml.etree import _Element

    from tap_contacts.transport.client import ApiClient

NO_FIELDS = "the fields could not be read"


class FieldFacts:
    """What one page of the list of fields shows."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._fields: list[_Element] = []

    def aliases(self) -> Seen:
        """Read the fields; say how aliases come."""
        query = {"resource": CONTACTS.number, "active": 1, "count": wire.LARGEST_PAGE, "start": 0}
        root = self._client.call("GET", FIELD, params=query, headers=wire.LINKS_TOO).xml
        self._fields = [] if root is None else list(xml.children(root, "Item"))
        names = [text(each, "Field.P_Alias").strip() for each in self._fields]
        own = sum(name.removeprefix("Contact.").startswith(("U_", "A_")) for name in names)
        if any(name.startswith("Contact.P_") for name in names):
            seen = f"fields: {wire.total(root)}; among the first {len(names)}, "
            return holds(f"{seen}the company's own: {own}")
        if any(name.startswith("P_") for name in names):
            return differs(
                "they come without it, and are taken so; names in field_map begin with Contact. "
                "all the same"
            )
        if wire.total(root) > len(names):
            return unknown("no field that every company has is among the first")
        return harms(
            "no field that every company has is listed, so a run would end: check "
            "porters.partition, and ask PORTERS' support"
        )

    def limits(self) -> Seen:
        """Say whether limits are told."""
        if not self._fields:
            return unknown(NO_FIELDS)
        limited = sum(text(each, "Field.P_Max").strip() != "" for each in self._fields)
        required = sum(text(each, "Field.P_Required") == "1" for each in self._fields)
        if limited:
            return holds(f"{limited} fields have a limit, {required} are required")
        return differs(
            f"no field has a limit, {required} are required; what is too long, PORTERS refuses or "
            "cuts"
        )

    def options(self) -> Seen:
        """Say how the options of a field are named."""
        kinds = {"5", "6", "7"}
        fields = [each for each in self._fields if text(each, "Field.P_Type") in kinds]
        referred = [each.find("{*}Field.P_ReferTo") for each in fields]
        if not fields:
            return unknown("no option field is listed")
        if any(each is not None and len(each) for each in referred):
            return holds()
        if any(each is not None and each.text for each in referred):
            return differs("the name is plain text, and is taken so")
        return differs("no field names any; give options by their aliases (value_map)")
