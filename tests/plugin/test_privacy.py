"""Secrets and contacts stay where they belong: not in logs, STATE, ledger or process list."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.cobai.client import Cobai as CobaiClient
from tap_contacts.apis.zoho_voice.client import ZohoVoice as ZohoClient
from target_contacts.target import TargetContacts
from tests.sandbox.cobai import Cobai
from tests.support.commands import BIN, FAST, Finished, Workplace, contacts, singer
from tests.support.privacy import (
    ANSWERS,
    CONTACT,
    DEFAULT_PASSWORD,
    DESTINATIONS,
    MAIL,
    NAME,
    QUICK,
    READS,
    SECRETS,
    WRITES,
    Echoing,
    EchoingCobai,
    but_records,
    config_of,
    endless,
    found,
    person,
    source,
    system,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


SIGN_INS = {
    "bas_ip": "GET /api/v0/login",
    "porters": "POST /v1/token",
    "valomnia": "POST /j_spring",
    "zoho_voice": "POST /oauth",
}


def process_list(pid: int) -> bytes:
    """Return what others see of a process, once it is the command; nothing where there is none."""
    path = Path(f"/proc/{pid}/cmdline")
    seen = b""
    while path.exists() and b"target-contacts" not in seen:
        seen = path.read_bytes()
    return seen


def run_target(workplace: Workplace, config: Mapping[str, Any], lines: str) -> bytes:
    """Run the target at its most talkative, and return all it wrote but for the rejects."""
    reports = workplace.folder / "reports"
    given = {**FAST, **QUICK, "report_dir": str(reports), **config}
    run = workplace.run("target-contacts", given, stdin=lines, env={"LOGLEVEL": "DEBUG"})
    assert "Traceback" not in run.log
    assert "Unexpected" not in run.log
    ledger = b"".join(p.read_bytes() for p in workplace.folder.glob("target-contacts.db*"))
    told = [path.read_bytes() for path in reports.rglob("run.*")]
    told += [path.read_bytes() for path in reports.rglob("outcomes.*")]
    assert len(told) == 3
    return f"{run.out}{run.log}".encode() + ledger + b"".join(told)


def in_rejects(workplace: Workplace) -> bytes:
    """Return the rejects files, each of which must be its owner's alone."""
    paths = list((workplace.folder / "rejects").glob("*"))
    assert {path.stat().st_mode & 0o777 for path in paths} <= {0o600}
    return b"".join(path.read_bytes() for path in paths)


@pytest.mark.parametrize("where", ["nowhere", "at writes", "at sign-in", "everywhere"])
@pytest.mark.parametrize("api", DESTINATIONS)
def test_no_secret_and_no_contact_leaves_by_log_state_ledger_or_report(
    workplace: Workplace, api: str, where: str
) -> None:
    """Whatever an API quotes back: nothing of it anywhere, and no secret in the rejects either."""
    at = {"at writes": WRITES[api], "at sign-in": SIGN_INS.get(api, "GET"), "everywhere": ""}
    people = [person(number) for number in range(16)] + [{"id": MAIL, "email": NAME}]
    with DESTINATIONS[api]() as sandbox:
        sandbox.at = at.get(where, "")
        if where != "nowhere":
            sandbox.answers = iter(ANSWERS) if where == "at writes" else endless()
        lines = singer(contacts(*people, state={"seen": 1}))
        written = run_target(workplace, config_of(sandbox), lines)
    assert found((*SECRETS, *CONTACT), written) == []
    assert found(SECRETS, in_rejects(workplace)) == []


def test_no_secret_and_no_contact_stands_in_the_process_list(workplace: Workplace) -> None:
    """Others on the machine see the command and its options, and the config is a file."""
    with DESTINATIONS["porters"]() as sandbox:
        path = workplace.folder / "config.json"
        path.write_text(json.dumps({**FAST, **QUICK, **config_of(sandbox)}), encoding="utf-8")
        command = [str(BIN / "target-contacts"), "--config", str(path)]
        with subprocess.Popen(command, cwd=workplace.folder, stdin=subprocess.PIPE) as process:
            seen = process_list(process.pid)
            process.communicate(singer(contacts(person(1))).encode(), timeout=60)
    assert (b"target-contacts" in seen, process.returncode) == (True, 0)
    assert found((*SECRETS, *CONTACT), seen) == []


def read(workplace: Workplace, sandbox: Echoing, *options: str) -> Finished:
    """Run the tap at its most talkative."""
    config = {**FAST, **QUICK, sandbox.api: sandbox.tap_config()}
    return workplace.run("tap-contacts", config, *options, env={"LOGLEVEL": "DEBUG"})


@pytest.mark.parametrize("where", ["nowhere", "at reads", "everywhere"])
@pytest.mark.parametrize("api", READS)
def test_no_secret_and_no_contact_leaves_a_tap_but_in_records(
    workplace: Workplace, api: str, where: str
) -> None:
    """What a source holds is in no log, error, SCHEMA or STATE, and its sign-in in no record."""
    with source(api) as sandbox:
        sandbox.at = READS[api] if where == "at reads" else ""
        sandbox.answers = iter(()) if where == "nowhere" else endless()
        run = read(workplace, sandbox)
    assert run.code == (0 if where == "nowhere" else 1)
    assert (MAIL in run.out) == (where == "nowhere")
    assert found((*SECRETS, *CONTACT), but_records(run)) == []
    assert found(SECRETS, run.out.encode()) == []
    assert "Unexpected" not in run.log


@pytest.mark.parametrize("api", READS)
def test_a_catalog_tells_nothing_of_contacts(workplace: Workplace, api: str) -> None:
    """Discovery may ask the API, and writes fields, but neither values nor secrets."""
    with source(api) as sandbox:
        run = read(workplace, sandbox, "--discover")
    assert run.code == 0
    assert found((*SECRETS, *CONTACT), f"{run.log}{run.out}".encode()) == []


@pytest.mark.parametrize(
    ("api", "to"),
    [*zip(READS, itertools.cycle(["porters", "valomnia", "zoho_voice", "bas_ip"]))],
)
def test_what_a_source_holds_stays_out_of_log_state_and_ledger(
    workplace: Workplace, api: str, to: str
) -> None:
    """From each source into another API, which at first quotes what it is sent."""
    with source(api) as sandbox, DESTINATIONS[to]() as destination:
        run = read(workplace, sandbox)
        destination.at = WRITES[to]
        destination.answers = itertools.islice(endless(), 3)
        written = run_target(workplace, config_of(destination), run.out)
    assert b"summary: {" in written
    assert found((*SECRETS, *CONTACT), written) == []
    assert found(SECRETS, in_rejects(workplace)) == []


# Where requests go.


@pytest.mark.parametrize("api", DESTINATIONS)
def test_no_request_follows_a_redirect_to_another_host(workplace: Workplace, api: str) -> None:
    """A second server hears nothing, neither of sign-ins nor of contacts nor of look-ups."""
    with DESTINATIONS[api]() as sandbox, Cobai() as other:
        away = other.url.replace("127.0.0.1", "localhost") + "/taken"
        for status, on in itertools.product((301, 302, 303, 307, 308), ("GET", "POST", "PUT")):
            sandbox.fault(on=on, status=status, headers={"Location": away})
        config = {**config_of(sandbox), "max_tries": 20, "retry_wait_seconds": 0}
        run = workplace.target(config, contacts(*map(person, range(4))))
        sandbox.fault(status=307, headers={"Location": away}, times=-1)
        stopped = workplace.target(config_of(sandbox), contacts(person(5)))
        assert other.log == []
    assert "Traceback" not in run.log + stopped.log
    assert stopped.code == 1


PLAIN = ("http://example.com", "http://127.0.0.1.example.com", "http://localhost.example.com")
TRICKS = ("http://127.0.0.1@example.com", "http://0x7f000001.example.com", "ftp://127.0.0.1")
ACCOUNTS = {
    "cobai": {"access_key_id": "x", "secret_access_key": "y"},
    "porters": {"app_id": "x", "app_secret": "y"},
    "valomnia": {"username": "x", "password": "y"},
    "zoho_voice": {"client_id": "x", "client_secret": "y", "refresh_token": "z"},
}


@pytest.mark.parametrize("url", [*PLAIN, *TRICKS])
@pytest.mark.parametrize("api", ACCOUNTS)
def test_sign_ins_do_not_travel_unencrypted(api: str, url: str) -> None:
    """Plain http beyond loopback is refused before anything is sent."""
    config = {"api": api, api: {**ACCOUNTS[api], "api_url": url}}
    with pytest.raises(ConfigurationError, match=f"{api}.api_url must"):
        TargetContacts(config=config)


def test_neither_do_those_of_the_accounts_server_and_of_sources() -> None:
    """What holds for destinations holds for every address a sign-in is sent to."""
    account = {**ACCOUNTS["zoho_voice"], "accounts_url": PLAIN[0]}
    with pytest.raises(ConfigurationError, match="accounts_url must start with https"):
        ZohoClient(account, {})
    with pytest.raises(ConfigurationError, match="api_url must start with https"):
        CobaiClient({**ACCOUNTS["cobai"], "api_url": PLAIN[0]}, {})


@pytest.mark.parametrize("url", ["http://192.0.2.10", "http://monitor.local:8080"])
def test_a_monitor_is_spoken_to_in_plain_only_where_a_setting_allows_it(url: str) -> None:
    """Few BAS-IP monitors offer https on their LAN; the password leaves as MD5 only."""
    account = {"username": "x", "password": "y", "api_url": url}
    config = {"api": "bas_ip", "bas_ip": account}
    with pytest.raises(ConfigurationError, match="set allow_http to true"):
        TargetContacts(config=config)
    target = TargetContacts(config={**config, "allow_http": True})
    assert target.this_run.client.origin == url


def test_a_password_of_the_settings_is_not_in_the_rejects(workplace: Workplace) -> None:
    """A refusal that quotes the whole request is kept, but for the password in it."""
    with EchoingCobai() as sandbox:
        sandbox.at, sandbox.answers = WRITES["cobai"], iter((system,))
        run: Finished = workplace.target(config_of(sandbox), contacts(person(1)))
    assert (run.code, run.summary["rejected"]) == (3, 1)
    (rejection,) = workplace.rejections
    assert NAME in rejection["reason"]
    assert "<webPassword>***</webPassword>" in rejection["reason"]
    assert found((DEFAULT_PASSWORD,), in_rejects(workplace)) == []
