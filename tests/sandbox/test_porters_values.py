"""The sandbox of PORTERS takes the values that the vendor's documents allow."""

from __future__ import annotations

import pytest

from tests.sandbox.porters import Porters
from tests.sandbox.porters_tenant import Tenant
from tests.support.porters_api import NAMED, OWNED, Api, Clock, listed, refused, results, with_field


def test_aliases_without_their_resource() -> None:
    """Whether Field Read writes aliases with `Contact.` is not documented: it may not."""
    with Porters(tenant=Tenant(prefixed=False)) as sandbox:
        api = Api(sandbox, Clock())
        api.sign_in()
        assert {"P_Id", "P_Name", "U_ExternalKey"} <= set(
            listed(api.get("field", resource="27", count="200"))
        )


def test_a_field_out_of_use_refuses_the_whole_request(tenant: Api) -> None:
    """One item with a field out of use lets none of the request land (adverse)."""
    gone = with_field("Contact.P_Division", "A", NAMED)
    assert refused(tenant.post(NAMED, gone)) == ("System", "100", "400")
    assert tenant.sandbox.contacts == []
    assert refused(tenant.get("contact", field="Contact.P_Division")) == ("System", "100", "400")


@pytest.mark.parametrize(
    ("alias", "value", "code"),
    [
        ("P_Title", "", "103"),
        ("P_Name", "A", "104"),
        ("P_Name", "a" * 11, "104"),
        ("U_Number", "100.1", "105"),
        ("U_Number", "-5.1", "105"),
        ("U_Number", "1,000", "103"),
        ("U_Number", "1e3", "103"),
        ("U_Date", "2026-01-02", "103"),
        ("U_Date", "2026/01/02 03:04:05", "103"),
        ("U_Age", "2026/02/30", "103"),
        ("U_Datetime", "2026/01/02", "103"),
        ("U_Datetime", "2026-01-02T03:04:05Z", "103"),
        ("U_Time", "2026/01/02 03:04:05", "103"),
        ("U_Url", "a b", "103"),
        ("U_Mail", "a", "103"),
        ("U_User", "77", "5"),
        ("U_User", "Anna", "103"),
        ("U_Display", "a", "100"),
        ("U_Image", "a", "103"),
        ("U_Option", "East", "103"),
        ("U_Option", "<Option.U_East/>", "103"),
        ("U_Option", "<Option.U_West/>", "103"),
        ("U_Option", "<Option.P_Lead/>", "103"),
        ("U_Radio", "<Option.U_Tokyo/><Option.U_North/>", "103"),
        ("U_Checkbox", "<Option.U_Tokyo/><Option.U_Tokyo/>", "103"),
    ],
)
def test_value_refused(tenant: Api, alias: str, value: str, code: str) -> None:
    """Each type of field has its rules; an option must be a leaf in use."""
    start = OWNED if alias == "P_Name" else NAMED
    assert [c for _, c in results(tenant.post(with_field(f"Contact.{alias}", value, start)))] == [
        code
    ]
    assert tenant.sandbox.contacts == []


@pytest.mark.parametrize(
    ("alias", "value", "kept"),
    [
        ("U_Number", "-4.99", "-4.9"),
        ("U_Currency", "1234567.899", "1234567.89"),
        ("U_Date", "2026/01/02", "2026/01/02"),
        ("U_Datetime", "2026/01/02 03:04:05", "2026/01/02 03:04:05"),
        ("U_Time", "1970/01/02 02:00:00", "1970/01/02 02:00:00"),
        ("U_Option", "<Option.U_North/>", "Option.U_North"),
        ("U_Checkbox", "<Option.U_North/><Option.U_Tokyo/>", "Option.U_North,Option.U_Tokyo"),
        ("U_User", "1", "1"),
        ("U_Url", "https://example.com/a", "https://example.com/a"),
    ],
)
def test_value_accepted(tenant: Api, alias: str, value: str, kept: str) -> None:
    """Values are kept as they came, but for decimals beyond those of a number, which are cut."""
    answer = tenant.post(with_field(f"Contact.{alias}", value, NAMED))
    assert results(answer) == [("20002", "0")]
    assert tenant.sandbox.contacts[0][f"Contact.{alias}"] == kept


def test_chosen_options_are_read_as_they_are_nested(tenant: Api) -> None:
    """Several options of a checkbox stand side by side in a read."""
    both = "<Option.U_North/><Option.U_Tokyo/>"
    tenant.post(with_field("Contact.U_Checkbox", both, NAMED))
    item = tenant.get("contact", field="Contact.U_Checkbox").find("Item")
    assert item is not None
    assert [each.tag for each in item[0]] == ["Option.U_North", "Option.U_Tokyo"]
