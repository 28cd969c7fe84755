"""A changed record whose contact was removed by hand ends as `on_gone` says, at each API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.zoho_people import bins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sandbox.server import Sandbox

ANNA = {
    "id": 1,
    "first_name": "Anna",
    "last_name": "Ahrens",
    "mobile": "+4915112345678",
    "email": "anna@example.com",
}
BERT = {**ANNA, "id": 2, "first_name": "Bert", "mobile": "+4915187654321", "email": "b@example.com"}
MOVED = {**ANNA, "mobile": "+4915100000001"}


def clear(sandbox: Any) -> None:
    """Remove all contacts, as somebody does on the API's screens."""
    ways: dict[type[Any], Callable[[], object]] = {
        Porters: lambda: [sandbox.remove(c["Contact.P_Id"]) for c in sandbox.contacts],
        Cobai: lambda: [sandbox.remove(c["uuid"]) for c in sandbox.contacts],
        Valomnia: lambda: [sandbox.state.by_id.clear()],
        ZohoVoice: lambda: [sandbox.state.held.clear()],
    }
    ways[type(sandbox)]()


def deny(sandbox: Sandbox, holding: str = "") -> None:
    """Let updates that hold a text be refused as if the contact were not there."""
    verbs = {"cobai": "PUT", "zoho_voice": "PUT"}
    bodies = {
        "porters": (200, "<Contact><Code>7</Code></Contact>"),
        "cobai": (404, "<Error><message>none</message></Error>"),
        "valomnia": (404, '{"error": "not_found", "error_description": "none"}'),
        "zoho_voice": (404, '{"code": "ZVT404", "message": "none", "status": "ERROR"}'),
    }
    status, body = bodies[sandbox.api]
    verb = verbs.get(sandbox.api, "POST")
    path = {"porters": "/v1/contact", "valomnia": "/api/"}.get(sandbox.api, "/")
    sandbox.fault(on=f"{verb} {path}", times=-1, status=status, body=body, holding=holding)


EITHER = [(Porters, "recreate"), (Cobai, "skip"), (Valomnia, "skip"), (ZohoVoice, "recreate")]
"""Each API with one of the settings; that it is the same for both is shown without an API."""


@pytest.fixture(params=[Porters, Cobai, Valomnia, ZohoVoice], ids=lambda kind: str(kind.api))
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Return an API that says of an update that its contact is not there; a monitor never does."""
    with request.param() as running:
        yield running


def test_it_is_rejected_in_every_run_by_default(sandbox: Sandbox, workplace: Workplace) -> None:
    """Nobody but a person knows whether it was removed on purpose."""
    config = sandbox.target_config()
    workplace.target(config, contacts(ANNA))
    clear(sandbox)
    for _ in range(2):
        run = workplace.target(config, contacts(MOVED))
        assert (run.code, bins(run.summary), sandbox.contacts) == (3, {"rejected": 1}, [])


def test_it_is_created_anew(sandbox: Sandbox, workplace: Workplace) -> None:
    """The new contact has all that the record says, and is the record's from then on."""
    config = {**sandbox.target_config(), "on_gone": "recreate"}
    workplace.target(config, contacts(ANNA, BERT))
    clear(sandbox)
    run = workplace.target(config, contacts(MOVED, BERT))
    assert (run.code, bins(run.summary)) == (0, {"created": 1, "unchanged": 1})
    assert any("anna@example.com" in held.values() for held in sandbox.contacts)
    again = workplace.target(config, contacts({**MOVED, "last_name": "Meyer"}))
    assert (bins(again.summary), len(sandbox.contacts)) == ({"updated": 1}, 1)


def test_it_is_skipped_for_good(sandbox: Sandbox, workplace: Workplace) -> None:
    """The ledger remembers it over runs, however the record changes."""
    config = {**sandbox.target_config(), "on_gone": "skip"}
    workplace.target(config, contacts(ANNA))
    clear(sandbox)
    for name in ("Meyer", "Schulz"):
        run = workplace.target(config, contacts({**MOVED, "last_name": name}, state={"at": 1}))
        assert (run.code, bins(run.summary), run.messages) == (0, {"skipped": 1}, [{"at": 1}])
        assert "removed at the destination" in run.log
        assert sandbox.contacts == []


@pytest.mark.parametrize("on_gone", ["recreate", "skip"])
def test_a_customer_that_is_not_found_is_no_contact_that_is_gone(
    workplace: Workplace, on_gone: str
) -> None:
    """An update that is refused for its customer is rejected; the contact stays the record's."""
    with Valomnia() as valomnia:
        config = {**valomnia.target_config(), "on_gone": on_gone}
        workplace.target(config, contacts(ANNA))
        run = workplace.target(config, contacts({**ANNA, "customer_id": "4711"}))
        assert (run.code, bins(run.summary), len(valomnia.contacts)) == (3, {"rejected": 1}, 1)
        assert workplace.rejections[0]["field"] == "customerId"
        assert bins(workplace.target(config, contacts(MOVED)).summary) == {"updated": 1}


@pytest.mark.parametrize(("sandbox", "on_gone"), EITHER, indirect=["sandbox"])
def test_a_contact_that_is_there_is_not_gone(
    sandbox: Sandbox, workplace: Workplace, on_gone: str
) -> None:
    """An update that is refused as if it were not there is rejected."""
    config = {**sandbox.target_config(), "on_gone": on_gone}
    workplace.target(config, contacts(ANNA))
    before = len(sandbox.log)
    deny(sandbox)
    run = workplace.target(config, contacts(MOVED))
    assert len(sandbox.log) > before
    assert (run.code, bins(run.summary), len(sandbox.contacts)) == (3, {"rejected": 1}, 1)
    sandbox.faults.clear()
    assert bins(workplace.target(config, contacts(MOVED)).summary) == {"updated": 1}


@pytest.mark.parametrize(("sandbox", "on_gone"), EITHER, indirect=["sandbox"])
def test_a_contact_that_came_after_all_were_asked_for_is_not_gone(
    sandbox: Sandbox, workplace: Workplace, on_gone: str
) -> None:
    """Whoever is created after another one was found to be gone is not taken for gone, too."""
    config = {**sandbox.target_config(), "on_gone": on_gone, "batch_size_rows": 1}
    workplace.target(config, contacts(ANNA))
    clear(sandbox)
    deny(sandbox, "Schulz")
    run = workplace.target(config, contacts(MOVED, BERT, {**BERT, "last_name": "Schulz"}))
    assert (run.code, run.summary["rejected"]) == (3, 1)
    assert len(sandbox.contacts) == 1 + (on_gone == "recreate")
    sandbox.faults.clear()
    again = workplace.target(config, contacts({**BERT, "last_name": "Schulz"}))
    assert bins(again.summary) == {"updated": 1}


@pytest.mark.parametrize("on_gone", ["recreate", "skip"])
def test_a_monitor_gets_a_removed_contact_back(workplace: Workplace, on_gone: str) -> None:
    """Its update creates what is not there, so no contact is ever found to be gone."""
    with BasIp() as monitor:
        config = {**monitor.target_config(), "on_gone": on_gone}
        workplace.target(config, contacts(ANNA))
        monitor.remove(1)
        run = workplace.target(config, contacts(MOVED))
        assert (bins(run.summary), len(monitor.contacts)) == ({"updated": 1}, 1)
