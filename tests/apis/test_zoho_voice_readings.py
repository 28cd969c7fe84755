"""Zoho Voice as it may be where its pages leave room: it works, or a sentence says what to set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.zoho_voice import reading
from tap_contacts.apis.zoho_voice.client import ZohoVoice as Client
from tap_contacts.transport.errors import Refused, Stopped
from tests.sandbox.readings import OTHER, READINGS
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST, Finished, Workplace, contacts
from tests.support.zoho_people import ANNA, BERT, names

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "/rest/json/zv/contacts"
TOKEN = "/oauth/v2/token"
PEOPLE = [ANNA, BERT]
SCOPE = "zohovoice.contacts.CREATE"
CENTER = "data_center"

STOPS = {
    "contact_query": "zoho_voice.contact_as",
    "no_permission_403": SCOPE,
    "scope_mismatch_401": SCOPE,
    "scope_mismatch_403": SCOPE,
    "unknown_code_403": SCOPE,
    "empty_error": "zoho_voice.empty_list_code",
    "other_centre_client": CENTER,
    "other_centre_token": CENTER,
}
"""Readings in which an account cannot be written as it is set up, with what the sentence names."""

OF_DELETIONS = frozenset(n for n in READINGS["zoho_voice"] if n.startswith("delete_"))
"""Readings that change nothing else; what they change is tested with the deletions."""

WORKS = [frozenset({n}) for n in READINGS["zoho_voice"] if n not in {*STOPS, *OF_DELETIONS}]


def client(sandbox: ZohoVoice, **changed: Any) -> Client:
    """Return a client with changed settings of the account."""
    return Client({**sandbox.tap_config(), **changed}, {**FAST, "max_tries": 2})


def settings(sandbox: ZohoVoice, **changed: Any) -> dict[str, Any]:
    """Return a target config with changed settings of the account, one request at a time."""
    account = {**sandbox.tap_config(), **changed}
    return {**sandbox.target_config(), "zoho_voice": account, "concurrency": 1}


def asked(sandbox: ZohoVoice, path: str) -> int:
    """Count the requests for a path."""
    return sum(line.request.path == path for line in sandbox.log)


def last(run: Finished) -> str:
    """Return the last line of a run's log."""
    return run.log.splitlines()[-1]


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


# Every reading.


@pytest.mark.parametrize(
    "readings",
    [frozenset(), *WORKS, OF_DELETIONS, OTHER["zoho_voice"]],
    ids=lambda names: "+".join(sorted(names)),
)
def test_every_reading_is_written_and_read(workplace: Workplace, readings: frozenset[str]) -> None:
    """Two are created and updated once, across an ended token, and 130 are read once each."""
    with ZohoVoice(readings=readings) as sandbox:
        config = sandbox.target_config()
        assert workplace.target(config, contacts(*PEOPLE)).summary["created"] == 2
        sandbox.fault(on="PUT", after=1, expire=True)
        moved = [{**each, "company": "New"} for each in PEOPLE]
        run = workplace.target(config, contacts(*moved))
        assert (run.code, run.summary["updated"]) == (0, 2)
        found = {each["first_name"]: each["company"] for each in sandbox.contacts}
        assert (len(sandbox.contacts), found) == (2, {"Anna": "New", "Bert": "New"})
        for number in range(128):
            sandbox.add(first_name=f"N{number}", mobile=f"+49151{number:07}")
        ids = sorted(each["contact_id"] for each in sandbox.contacts)
        assert sorted(str(each["contact_id"]) for each in reading.contacts(client(sandbox))) == ids
        if readings in (frozenset(), OTHER["zoho_voice"]):
            read = workplace.tap({"zoho_voice": sandbox.tap_config()})
            records = [record["contact_id"] for record in read.records("zoho_voice_contacts")]
            assert (read.code, sorted(records)) == (0, ids)


@pytest.mark.parametrize("name", STOPS)
def test_a_reading_that_bars_an_account_ends_the_run_at_once(
    workplace: Workplace, name: str
) -> None:
    """Within five requests, and the last line names the setting; no record is called bad."""
    with ZohoVoice(readings={name}) as sandbox:
        people = [{**ANNA, "id": n, "mobile": f"+49151{n:07}"} for n in range(20)]
        run = workplace.target(settings(sandbox), contacts(*people, state={"at": 1}))
        assert (run.code, run.out, run.summary["rejected"], sandbox.contacts) == (1, "", 0, [])
        assert len(sandbox.log) <= 5
    assert STOPS[name] in last(run)
    assert "Traceback" not in run.log


# The form of requests.


def test_contacts_travel_in_the_query_where_that_is_set(workplace: Workplace) -> None:
    """They are created and updated there, and no value is logged."""
    with ZohoVoice(readings={"contact_query"}) as sandbox:
        config = settings(sandbox, contact_as="query")
        debug = {"LOGLEVEL": "DEBUG"}
        runs = [
            workplace.target(config, contacts(*PEOPLE), env=debug),
            workplace.target(config, contacts({**ANNA, "company": "New"}), env=debug),
        ]
        assert [run.code for run in runs] == [0, 0]
        found = {each["first_name"]: each["company"] for each in sandbox.contacts}
        assert found == {"Anna": "New", "Bert": ""}
    log = "".join(run.log for run in runs)
    assert [v for v in ("Anna", "4915112345678", "anna@", "anna%40") if v in log] == []


def test_an_extra_parameter_of_a_list_is_no_matter_of_contact_as(zoho: ZohoVoice) -> None:
    """The sentence names the parameters that a list is asked with."""
    body = '{"code": "ZVT010", "message": "Extra parameter found", "status": "ERROR"}'
    zoho.fault(on=f"GET {API}", status=400, body=body)
    with pytest.raises(Stopped, match="from, size and totalCount") as caught:
        client(zoho).page(0)
    assert "form of the request" in str(caught.value)
    assert "contact_as" not in str(caught.value)


# A list without contacts.


def test_an_error_for_an_empty_list_may_be_declared(workplace: Workplace) -> None:
    """Then the account is read as empty and filled; another code is no empty list."""
    with ZohoVoice(readings={"empty_error"}) as sandbox:
        with pytest.raises(Refused, match="empty_list_code"):
            list(reading.contacts(client(sandbox, empty_list_code="ZVT1")))
        assert list(reading.contacts(client(sandbox, empty_list_code="ZVT9002"))) == []
        config = settings(sandbox, empty_list_code="ZVT9002")
        assert workplace.target(config, contacts(*PEOPLE)).code == 0
        assert workplace.target(config, contacts(*PEOPLE)).summary["unchanged"] == 2
        assert names(sandbox) == ["Anna", "Bert"]


# Tokens and rights.


@pytest.mark.parametrize("code", ["ZVT0052", "INVALID_TOKEN", "AUTHENTICATION_FAILED", "ZVT1"])
def test_a_401_renews_once_and_then_stops(zoho: ZohoVoice, code: str) -> None:
    """Whatever its code."""
    body = f'{{"code": "{code}", "message": "no", "status": "ERROR"}}'
    zoho.fault(on=f"GET {API}", times=-1, status=401, body=body)
    with pytest.raises(Stopped, match="Check refresh_token"):
        client(zoho).check()
    assert (asked(zoho, TOKEN), asked(zoho, f"{API}/contact_status")) == (2, 2)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
def test_zvt0052_at_any_status_is_an_ended_token(
    zoho: ZohoVoice, workplace: Workplace, status: int
) -> None:
    """The create was not carried out: it is sent again with a new token."""
    body = '{"code": "ZVT0052", "message": "Unauthorized access.", "status": "ERROR"}'
    zoho.fault(on=f"POST {API}", status=status, body=body)
    run = workplace.target(settings(zoho), contacts(ANNA))
    assert (run.code, names(zoho), asked(zoho, TOKEN)) == (0, ["Anna"], 2)


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize("code", ["NO_PERMISSION", "OAUTH_SCOPE_MISMATCH"])
@pytest.mark.parametrize(
    ("method", "scope"), [("GET", "READ"), ("POST", "CREATE"), ("PUT", "UPDATE")]
)
def test_what_is_not_permitted_names_its_scope(
    zoho: ZohoVoice, code: str, status: int, method: str, scope: str
) -> None:
    """It stops at once: no token is renewed for it, and no record is refused."""
    body = f'{{"code": "{code}", "message": "no", "status": "ERROR"}}'
    zoho.fault(on=f"{method} {API}", times=-1, status=status, body=body)
    with pytest.raises(Stopped, match=f"zohovoice.contacts.{scope}"):
        client(zoho).call(method, API)
    assert (asked(zoho, TOKEN), asked(zoho, API)) == (1, 1)


# Data centres.


@pytest.mark.parametrize(
    ("center", "host"),
    [
        ("com", "https://voice.zoho.com"),
        ("eu", "https://voice.zoho.eu"),
        ("com.au", "https://voice.zoho.com.au"),
        ("ca", "https://voice.zohocloud.ca"),
    ],
)
def test_the_host_follows_from_the_data_centre(zoho: ZohoVoice, center: str, host: str) -> None:
    """In Canada it ends as that of the accounts server."""
    assert client(zoho, data_center=center, api_url="").origin == host


def test_a_guessed_host_is_named_where_it_does_not_serve(zoho: ZohoVoice) -> None:
    """What could be wrong with it is said until it has served once."""
    guessing = client(zoho, data_center="ca", api_url="")
    guessing.origin = "http://127.0.0.1:9"
    sentence = "host voice.zohocloud.ca is guessed from data_center.*set zoho_voice.api_url"
    with pytest.raises(Stopped, match=sentence):
        guessing.check()
    guessing.origin = zoho.url
    zoho.fault(on=f"GET {API}", times=2, status=200, body="<html>")
    with pytest.raises(Stopped, match=sentence):
        guessing.page(0)


def test_check_names_a_guessed_host(zoho: ZohoVoice) -> None:
    """A host that is set or documented needs no word."""
    guessing = client(zoho, data_center="ca", api_url="")
    guessing.origin = zoho.url
    assert guessing.check().endswith("The host voice.zohocloud.ca is guessed from data_center.")
    assert "guessed" not in client(zoho, data_center="ca").check()
    assert "guessed" not in client(zoho).check()


@pytest.mark.parametrize("error", ["invalid_client", "invalid_code", "invalid_client_secret"])
@pytest.mark.parametrize("status", [200, 400])
def test_a_refused_grant_names_the_data_centre(zoho: ZohoVoice, error: str, status: int) -> None:
    """After one request."""
    zoho.fault(on="POST", times=-1, status=status, body=f'{{"error": "{error}"}}')
    with pytest.raises(Stopped, match=f"{error}.*data_center"):
        client(zoho).check()
    assert len(zoho.log) == 1


# The status of a contact.

VIP = {"id": "1000000000031", "display_value": "VIP"}
UNSEEN = "does not show the status of a contact"


def status_after(
    workplace: Workplace, readings: set[str], *, by_hand: bool = False, **config: Any
) -> tuple[Any, Finished]:
    """Create and update contacts without a status; return that of the first, and the update."""
    with ZohoVoice(readings=readings) as sandbox:
        account = {**sandbox.target_config(), **config}
        workplace.target(account, contacts(*PEOPLE))
        if by_hand:
            for each in sandbox.contacts:
                sandbox.change(each["contact_id"], contact_status=VIP)
        moved = [{**each, "company": "New"} for each in PEOPLE]
        run = workplace.target(account, contacts(*moved))
        assert (run.code, run.summary["updated"]) == (0, 2)
        return sandbox.contacts[0]["contact_status"], run


@pytest.mark.parametrize("readings", [{"reads_status"}, {"reads_status", "put_keeps"}])
def test_a_status_that_is_shown_is_sent_back(workplace: Workplace, readings: set[str]) -> None:
    """Whoever set it, an update that does not mention it keeps it, and nothing is said."""
    status, run = status_after(workplace, readings, by_hand=True)
    assert (status, UNSEEN in run.log) == (VIP, False)


def test_a_status_shown_goes_before_a_default(workplace: Workplace) -> None:
    """A default never goes over a value that is there."""
    status, _ = status_after(
        workplace, {"reads_status"}, by_hand=True, defaults={"status": "Active"}
    )
    assert status == VIP


@pytest.mark.parametrize("readings", [set(), {"put_keeps"}, {"reads_status"}])
def test_a_default_status_is_kept_by_updates(workplace: Workplace, readings: set[str]) -> None:
    """It is the last status known: an update sends it where Zoho Voice shows none."""
    status, run = status_after(workplace, readings, defaults={"status": "VIP"})
    assert (status, UNSEEN in run.log) == (VIP, False)


@pytest.mark.parametrize("readings", [set(), {"put_keeps"}])
def test_a_status_that_may_be_cleared_is_told_once(
    workplace: Workplace, readings: set[str]
) -> None:
    """Where Zoho Voice shows none, and none is known, one line says what to do."""
    status, run = status_after(workplace, readings, by_hand=True)
    assert run.log.count(UNSEEN) == 1
    assert status == (VIP if readings else "")
