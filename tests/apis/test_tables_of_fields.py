"""What the tables of fields of all APIs keep to."""

from __future__ import annotations

import pytest

from target_contacts.contact.numbers import KINDS
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.target import SINKS


@pytest.mark.parametrize("api", SINKS)
def test_each_attribute_is_of_the_vocabulary_or_only_mapped(api: str) -> None:
    """A misspelled attribute would never be filled; a field that no attribute fills is its own."""
    fields = SINKS[api].fields
    unknown = [f.attribute for f in fields if f.attribute not in {*ATTRIBUTES, f.wire}]
    assert unknown == []


@pytest.mark.parametrize("api", SINKS)
def test_only_numbers_are_sent_in_a_form_of_numbers(api: str) -> None:
    """E.164 is worked out of phone numbers, by the attribute that they come from."""
    formed = [f.attribute for f in SINKS[api].fields if f.form != "raw"]
    assert set(formed) <= {*KINDS}
