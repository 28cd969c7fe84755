"""`--limit` writes a few contacts for a look at them, as if the others had not come yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMELESS = {"id": 3, "mobile": "+4915100000000"}


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def test_the_first_are_written_without_state(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The summary says so, and how many were left; a bad one among these costs nothing."""
    config, messages = zoho.target_config(), contacts(ANNA, BERT, NAMELESS, state={"at": 3})
    run = workplace.target(config, messages, "--limit", "1")
    assert (run.code, run.out, len(zoho.contacts)) == (0, "", 1)
    assert (bins(run.summary), workplace.rejections) == ({"created": 1, "skipped": 2}, [])
    assert (run.summary["limited"], run.summary["not_sent"]) == (True, 2)
    rest = workplace.target(config, contacts(ANNA, BERT, state={"at": 3}))
    assert (bins(rest.summary), rest.messages) == ({"created": 1, "unchanged": 1}, [{"at": 3}])
    assert "limited" not in rest.summary
    assert len(names(zoho)) == 2


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_of_nothing_is_refused(zoho: ZohoVoice, workplace: Workplace, limit: str) -> None:
    """It ends the run before anything is asked."""
    run = workplace.target(zoho.target_config(), contacts(ANNA), "--limit", limit)
    assert (run.code, zoho.log) == (2, [])
