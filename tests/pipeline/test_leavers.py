"""Promises of on_delete, from tap to target: exactly who left the source is deleted or marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace
from tests.support.reading import fill, read

if TYPE_CHECKING:
    from collections.abc import Iterator

EMIT: dict[str, Any] = {"emit_activate_version_messages": True}
DELETE: dict[str, Any] = {"on_delete": "delete"}


@pytest.fixture
def source() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice to read."""
    with ZohoVoice() as running:
        yield running


@pytest.fixture
def place() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice to write."""
    with ZohoVoice() as running:
        yield running


def names(sandbox: ZohoVoice) -> set[str]:
    """Return the first names of the contacts."""
    return {contact["first_name"] for contact in sandbox.contacts}


def test_exactly_who_left_is_deleted(
    source: ZohoVoice, place: ZohoVoice, workplace: Workplace
) -> None:
    """What was at the destination before stays, and so does who came since."""
    place.add(first_name="Other", mobile="+4930123456")
    fill(source, 60)
    config = {**place.target_config(), **DELETE}
    first = workplace.target(config, read(workplace, source, **EMIT).out)
    assert (first.code, first.summary["created"], first.summary["left"]) == (0, 60, 0)
    gone = [source.contacts[n] for n in (3, 50)]
    for contact in gone:
        source.remove(contact["contact_id"])
    fill(source, 1)
    run = workplace.target(config, read(workplace, source, **EMIT).out)
    print(run.log)
    assert names(place) == names(source) | {"Other"}
    print(run.summary)
