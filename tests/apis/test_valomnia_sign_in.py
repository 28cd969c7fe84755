"""Signing in at Valomnia, its settings and `--check`."""

from __future__ import annotations

from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.valomnia.client import Valomnia as Client
from tap_contacts.transport.errors import Stopped
from tests.sandbox.valomnia import SECRET, USER, Valomnia
from tests.support.commands import FAST, Workplace, contacts
from tests.support.valomnia_people import ANNA, API, BERT, last_names, settings

SIGN_IN = "/j_spring_security_check"


def asked(sandbox: Valomnia, path: str) -> int:
    """Count the requests for a path."""
    return sum(line.request.path == path for line in sandbox.log)


# Signing in.


def test_a_session_is_shared_and_renewed_when_it_ends(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """Eight contacts need one sign-in, one more when the session ends, and none is doubled."""
    valomnia.fault(on=f"POST {API}", after=4, expire=True)
    records = [{**ANNA, "id": n, "last_name": str(n)} for n in range(8)]
    run = workplace.target(valomnia.target_config(), contacts(*records))
    assert (run.code, sorted(last_names(valomnia))) == (0, [str(n) for n in range(8)])
    assert asked(valomnia, SIGN_IN) == 2


def test_a_login_page_in_place_of_an_answer_means_signing_in_again(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """The create was not carried out behind a login page: it is sent again, once."""
    page = '<html><form action="/j_spring_security_check"></form></html>'
    valomnia.fault(on=f"POST {API}", status=200, body=page)
    run = workplace.target(valomnia.target_config(), contacts(ANNA))
    assert (run.code, len(valomnia.contacts), asked(valomnia, SIGN_IN)) == (0, 1, 2)


def test_a_login_page_that_stays_ends_the_run(valomnia: Valomnia, workplace: Workplace) -> None:
    """After one renewal in vain the run stops and says what to check; a rerun loses nothing."""
    redirect = valomnia.fault(
        on=f"POST {API}", times=-1, status=302, headers={"Location": "/login/auth"}
    )
    config = {**valomnia.target_config(), "match_on": []}
    run = workplace.target(config, contacts(ANNA, state={"at": 1}))
    assert (run.code, run.out, asked(valomnia, API)) == (1, "", 2)
    assert "Check that this user may use the API" in run.log
    redirect.times = 0
    assert workplace.target(valomnia.target_config(), contacts(ANNA)).code == 0
    assert last_names(valomnia) == ["Ahrens"]


def test_wrong_credentials_are_one_clear_sentence(valomnia: Valomnia, workplace: Workplace) -> None:
    """Exit code 1 after a single try, lest the user be locked; no secret is shown at DEBUG."""
    config = settings(valomnia, password="wrong-secret")
    records = [{**ANNA, "id": n} for n in range(8)]
    run = workplace.target(config, contacts(*records), env={"LOGLEVEL": "DEBUG"})
    assert (run.code, asked(valomnia, SIGN_IN), valomnia.writes) == (1, 1, [])
    assert "Valomnia: sign-in: refused. Check username, password and api_url." in run.log
    assert "wrong-secret" not in run.log + run.out
    assert "Traceback" not in run.log


def test_neither_secrets_nor_contacts_are_logged(valomnia: Valomnia, workplace: Workplace) -> None:
    """At DEBUG, with refusals and faults, no credential, session or value is written."""
    valomnia.fault(on=f"POST {API}", cut="after")
    records = [ANNA, BERT, {**ANNA, "id": 3, "email": "nobody"}]
    run = workplace.target(valomnia.target_config(), contacts(*records), env={"LOGLEVEL": "DEBUG"})
    cookies = [line.request.headers.get("cookie", "=").partition("=")[2] for line in valomnia.log]
    values = [SECRET, USER, *filter(None, cookies), "Ahrens", "bert@", "%40example"]
    assert run.code == 3
    assert [value for value in values if value in run.log + run.out] == []


def test_trouble_at_sign_in_passes(valomnia: Valomnia, workplace: Workplace) -> None:
    """Gateway errors and a cut connection at sign-in cost a repeat each."""
    valomnia.fault(on=f"POST {SIGN_IN}", status=503)
    valomnia.fault(on=f"POST {SIGN_IN}", cut="after")
    valomnia.fault(on="GET /login/ajaxSuccess", status=502, body="<html>Wait</html>")
    run = workplace.target(valomnia.target_config(), contacts(ANNA))
    assert (run.code, len(valomnia.contacts), asked(valomnia, SIGN_IN)) == (0, 1, 4)


# The account.


def client(sandbox: Valomnia, **changed: Any) -> Client:
    """Return a client with changed settings of the account."""
    config = settings(sandbox, **changed)
    return Client(config["valomnia"], {**FAST, "max_tries": 2})


def test_check_says_which_account_answers(valomnia: Valomnia, workplace: Workplace) -> None:
    """`--check` signs in and counts the contacts; it names the organization, but no person."""
    assert client(valomnia).check() == f"Valomnia at {valomnia.url} answers; contacts: 0"
    valomnia.seed()
    run = workplace.target(valomnia.target_config(), [], "--check")
    assert (run.code, valomnia.writes) == (0, [])
    expected = f"Valomnia at {valomnia.url} answers for organization entity1; contacts: 1\n"
    assert run.out.startswith(expected)
    assert "Marie" not in run.out


def test_a_host_that_is_not_there_is_told(valomnia: Valomnia, workplace: Workplace) -> None:
    """Exit code 1, with what to check."""
    config = settings(valomnia, api_url="http://127.0.0.1:9")
    run = workplace.target(config, contacts(ANNA))
    assert run.code == 1
    assert "no connection; check the address and the network" in run.log
    assert "Traceback" not in run.log


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"on": f"GET {API}", "body": "<html>Welcome</html>"}, "not what this API sends"),
        ({"on": f"GET {API}", "body": '{"data": []}'}, "not what this API sends"),
        ({"on": f"GET {API}", "status": 404, "body": "<html>"}, "api_version to v2.1"),
        ({"on": f"GET {API}", "status": 403, "body": "<html>"}, "a user with rights to contacts"),
        ({"on": f"POST {SIGN_IN}", "body": "<html>Welcome</html>"}, "no session"),
        (
            {"on": "POST", "status": 302, "headers": {"Location": "https://a.test/login"}},
            "sign-in: leads to another host. Check api_url.",
        ),
    ],
)
def test_what_is_no_valomnia_is_told(
    valomnia: Valomnia, fault: dict[str, Any], sentence: str
) -> None:
    """Other pages and other JSON are no success; a cookie is never sent to another host."""
    valomnia.fault(**{"times": -1, "status": 200, **fault})
    with pytest.raises(Stopped, match=sentence):
        client(valomnia).check()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"api_url": "http://tenant.example.com"}, "valomnia.api_url must start with https://"),
        (
            {"api_url": "https://tenant.example.com/api"},
            "valomnia.api_url must be scheme, host and port alone",
        ),
        ({"api_version": "1.0/../admin"}, "valomnia.api_version must be like v1.0"),
        ({"password": ""}, "valomnia needs username and password"),
    ],
)
def test_a_wrong_setting_is_told(
    valomnia: Valomnia, changed: dict[str, Any], sentence: str
) -> None:
    """The sentence names the setting, and nothing is sent."""
    with pytest.raises(ConfigurationError, match=sentence):
        client(valomnia, **changed)
    assert valomnia.log == []


def test_a_setting_left_out_is_named(valomnia: Valomnia, workplace: Workplace) -> None:
    """Exit code 2: the tenant's address has no default."""
    config = settings(valomnia)
    del config["valomnia"]["api_url"]
    run = workplace.target(config, contacts(ANNA))
    assert (run.code, valomnia.log) == (2, [])
    assert "valomnia lacks the setting 'api_url'." in run.log
