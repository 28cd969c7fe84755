"""Signing in at a BAS-IP monitor, its settings and `--check`."""

from __future__ import annotations

import hashlib
import json
import socket
from typing import Any

import pytest

from tests.sandbox.bas_ip import INFO_PATH, LOGIN_PATH, BasIp
from tests.support.bas_ip_people import ANNA, BERT, CARL, LOGIN, UPSERT, bins, config, held
from tests.support.commands import Workplace, contacts


def test_an_ended_sign_in_is_renewed_once(monitor: BasIp, workplace: Workplace) -> None:
    """A token that ends in the run costs one more sign-in, and nothing is lost or doubled."""
    monitor.fault(on=UPSERT, after=1, expire=True)
    settings = {**config(monitor), "batch_size_rows": 1}
    run = workplace.target(settings, contacts(ANNA, BERT, CARL))
    assert (run.code, held(monitor)) == (0, ["Anna", "Bert", "Carl"])
    assert [line.status for line in monitor.log] == [200, 200, 401, 200, 200, 200]
    assert sum(line.request.path == LOGIN_PATH for line in monitor.log) == 2


def test_a_sign_in_refused_again_and_again_stops_the_run(
    monitor: BasIp, workplace: Workplace
) -> None:
    """When a new token is refused too the run fails after one renewal; nothing is rejected."""
    monitor.fault(on=UPSERT, times=-1, expire=True)
    run = workplace.target(config(monitor), contacts(ANNA))
    assert (run.code, bins(run.summary), workplace.rejects) == (1, {}, [])
    assert [line.status for line in monitor.log] == [200, 401, 200, 401]
    assert "Check that nobody else signs in" in run.log


def test_a_wrong_password_is_said_in_one_sentence(monitor: BasIp, workplace: Workplace) -> None:
    """The run fails after two tries, one in each case of MD5, and shows neither form of it."""
    wrong = "Wrong! Sésame"
    run = workplace.target(
        config(monitor, password=wrong), contacts(ANNA), env={"LOGLEVEL": "DEBUG"}
    )
    expected = "BAS-IP: sign-in: no token (HTTP 400). Check username and password."
    errors = [line for line in run.log.splitlines() if "ERROR" in line]
    assert (run.code, len(errors), expected in errors[0]) == (1, 1, True)
    assert "Traceback" not in run.log
    assert_hidden(run.log + run.out, wrong)
    assert (len(monitor.log), workplace.rejects) == (2, [])


def test_no_log_level_shows_a_secret(monitor: BasIp, workplace: Workplace) -> None:
    """Not at DEBUG, not while requests are repeated, not when headers are malformed."""
    broken = {"Odd": "1\r\nno header at all"}
    monitor.fault(on=LOGIN, status=503, headers=broken)
    monitor.fault(on=LOGIN, cut="after")
    monitor.fault(on=UPSERT, status=503, headers=broken)
    run = workplace.target(config(monitor), contacts(ANNA), env={"LOGLEVEL": "DEBUG"})
    assert (run.code, held(monitor)) == (0, ["Anna"])
    token = next(line.request.headers["authorization"].split()[1] for line in monitor.writes)
    assert_hidden(run.log + run.out, monitor.password)
    assert not [secret for secret in (token, "Anna", "1511234") if secret in run.log]


def assert_hidden(text: str, password: str) -> None:
    """Assert that a text shows a password in no form."""
    digest = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
    shown = [form for form in (password, json.dumps(password)[1:-1]) if form in text]
    assert not shown
    assert digest not in text.lower()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"api_url": "http://192.0.2.10/api"},
            "bas_ip.api_url must be scheme, host and port alone",
        ),
        ({"contacts_path": "api/v0"}, "bas_ip.contacts_path must be a path that starts with a "),
        ({"number_template": "sip:{cell}@pbx"}, "number_template names cell; known are: first_na"),
    ],
)
def test_wrong_settings_are_named(
    monitor: BasIp, workplace: Workplace, changes: dict[str, Any], sentence: str
) -> None:
    """A setting that cannot be is a usage error that names it, before anything is sent."""
    run = workplace.target(config(monitor, **changes), contacts(ANNA))
    assert (run.code, monitor.log) == (2, [])
    assert sentence in run.log


def test_a_wrong_path_stops_the_run(monitor: BasIp, workplace: Workplace) -> None:
    """A 404 is no bad record: the run fails and says which setting to check."""
    run = workplace.target(config(monitor, contacts_path="/api/v1/contacts"), contacts(ANNA))
    assert (run.code, workplace.rejects) == (1, [])
    assert "POST /api/v1/contacts: HTTP 404. Check contacts_path" in run.log


def test_check_says_which_monitor_answered(monitor: BasIp, workplace: Workplace) -> None:
    """Model, serial number and firmware are told if the device tells them; nothing is written."""
    run = workplace.target(config(monitor), "", "--check")
    told = "model: AP-07L, serial: 0000-0001, firmware: 5.0.0"
    told += "; contacts go to /api/v0/contacts (as bas_ip.contacts_path says)"
    expected = f"BAS-IP at {monitor.url} answers, signed in as admin; {told}\n"
    assert (run.code, run.out.startswith(expected), monitor.writes) == (0, True, [])
    monitor.fault(on=f"GET {INFO_PATH}", status=404, body="<html>")
    shy = workplace.target(config(monitor), "", "--check")
    assert (shy.code, "the device does not introduce itself" in shy.out) == (0, True)


def test_check_fails_where_no_monitor_answers(monitor: BasIp, workplace: Workplace) -> None:
    """Something else at the address, and nothing at all, are exit code 1 with what to check."""
    monitor.fault(on=LOGIN, status=200, body="<html>Router</html>", times=-1)
    other = workplace.target(config(monitor), "", "--check")
    assert (other.code, other.out) == (1, "")
    assert "no token (HTTP 200). Check api_url and login_path." in other.log
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    nobody = config(monitor, api_url=f"http://127.0.0.1:{port}")
    run = workplace.target(nobody, contacts(ANNA, state={"at": 1}))
    assert (run.code, run.out, workplace.rejects) == (1, "", [])
    assert "no connection; check the address and the network" in run.log
