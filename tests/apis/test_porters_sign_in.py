"""Signing in at PORTERS, its settings and `--check`."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tap_contacts.apis.porters import client as api
from tests.sandbox.porters import (
    APP_SECRET,
    COMPANY_NAME,
    OAUTH,
    PARTITION,
    TOKEN,
    TOKEN_HEADER,
    Porters,
)
from tests.sandbox.porters_sign_in import EXPIRED
from tests.support.commands import Workplace, contacts
from tests.support.porters_lists import people
from tests.support.porters_people import ANNA, CARL, WRITE, bins, config, held, sent

if TYPE_CHECKING:
    from tests.sandbox.messages import Request


def calls(sandbox: Porters, method: str, path: str) -> list[Request]:
    """Return the requests of one call."""
    requests = (line.request for line in sandbox.log)
    return [each for each in requests if (each.method, each.path) == (method, path)]


# Sign-in.


def test_an_expired_sign_in_is_renewed_once_and_nothing_is_doubled(
    porters: Porters, workplace: Workplace
) -> None:
    """When refresh fails as well, a new sign-in follows and the request is sent once more."""
    porters.fault(on=WRITE, after=1, expire=True)
    settings = {**porters.target_config(), "concurrency": 1}
    run = workplace.target(settings, contacts(*people(9, memo=4000)))
    assert (run.code, held(porters)) == (0, [f"P{n}" for n in range(9)])
    grants = [request.form()["grant_type"] for request in calls(porters, "POST", TOKEN)]
    assert grants == ["oauth_code", "refresh_token", "oauth_code"]
    assert len(sent(porters)) == 4


class ShortLived(Porters):
    """Let access tokens end, but not what renews them."""

    def expire_sign_ins(self) -> None:
        """End the access tokens."""
        self.sign_ins.access.update(dict.fromkeys(self.sign_ins.access, EXPIRED))


def test_threads_share_one_sign_in(porters: Porters) -> None:
    """Eight threads that start at once, or find the token expired, get one new token each time."""
    client = api.Porters(porters.target_config()["porters"], {"retry_wait_seconds": 0})
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            list(pool.map(lambda _: client.call("GET", "/v1/client", params=PARAMS), range(8)))
            tokens = {r.headers[TOKEN_HEADER] for r in calls(porters, "GET", "/v1/client")}
            porters.expire_sign_ins()
    codes = calls(porters, "GET", OAUTH)
    assert (len(tokens), len(codes)) == (2, 2)
    assert all(request.query.keys() == {"app_id", "response_type"} for request in codes)


PARAMS = {"partition": PARTITION}


def test_a_sign_in_is_renewed_with_the_refresh_token_and_no_secret_is_logged(
    workplace: Workplace,
) -> None:
    """The refresh token travels as `code`, no second sign-in follows; all stays out of the log.

    At DEBUG, neither secret, tokens nor values of contacts, refused ones included, are written.
    """
    records = [ANNA, {"id": 2, "name": "Bert" * 60}, {**CARL, "email": "carl(at)example.com"}]
    with ShortLived() as sandbox:
        sandbox.fault(on=WRITE, expire=True)
        settings = config(sandbox, external_key_field="Contact.U_ExternalKey")
        run = workplace.target(settings, contacts(*records), env={"LOGLEVEL": "DEBUG"})
        assert (bins(run.summary), held(sandbox)) == ({"created": 1, "rejected": 2}, ["Anna"])
        forms = [request.form() for request in calls(sandbox, "POST", TOKEN)]
        assert [form["grant_type"] for form in forms] == ["oauth_code", "refresh_token"]
        assert len(calls(sandbox, "GET", OAUTH)) == 1
    ledger = b"".join(path.read_bytes() for path in workplace.folder.glob("target-contacts.db*"))
    written = run.log + run.out + ledger.decode("latin-1")
    values = [APP_SECRET, quote(APP_SECRET, safe=""), "access+", "refresh+", "code+"]
    values += ["Anna", "Bert", "carl", "@example"]
    assert [value for value in values if value in written] == []


def test_wrong_credentials_are_one_clear_sentence(porters: Porters, workplace: Workplace) -> None:
    """Exit code 1, what to check, no second attempt, and no secret at any log level."""
    wrong = {"app_id": "stranger"}, {"app_secret": "wr+ong/5318008"}
    debug = {"LOGLEVEL": "DEBUG"}
    check = workplace.target(config(porters, **wrong[0]), "", "--check", env=debug)
    run = workplace.target(config(porters, **wrong[1]), contacts(ANNA), env=debug)
    assert (check.code, check.out, run.code, sent(porters)) == (1, "", 1, [])
    assert "GET /v1/oauth: sign-in refused with error 104" in check.log
    assert "POST /v1/token: sign-in refused with error 105" in run.log
    written = check.log + run.log + run.out
    assert written.count("Check porters.app_id and porters.app_secret.") == 2
    assert "Traceback" not in written
    secrets = [APP_SECRET, "wr+ong/5318008", "anna@", "Anna"]
    assert [s for s in [*secrets, *(quote(s, safe="") for s in secrets)] if s in written] == []
    assert len(porters.log) == 3


def test_a_sign_in_that_is_none_is_tried_once_more_and_then_said(
    porters: Porters, workplace: Workplace
) -> None:
    """A page in place of the sign-in is a wrong address, not a wrong password."""
    porters.fault(on=f"GET {OAUTH}", status=200, body="<html><body>Down</body></html>")
    porters.fault(on=f"GET {OAUTH}", times=-1, status=200, body="Down")
    run = workplace.target(porters.target_config(), contacts(ANNA))
    assert (run.code, len(calls(porters, "GET", OAUTH)), sent(porters)) == (1, 2, [])
    assert (
        "not an answer of PORTERS (HTTP 200). Check porters.api_url, proxies, and that" in run.log
    )


# Settings and the check.


def test_check_says_which_company_answered(porters: Porters, workplace: Workplace) -> None:
    """`--check` names partition and company, and writes nothing."""
    run = workplace.target(config(porters, partition=None), "", "--check")
    sentence = f"PORTERS at {porters.url} answers; partition {PARTITION}: {COMPANY_NAME}\n"
    assert (run.code, run.out.startswith(sentence), porters.writes) == (0, True, [])


def test_the_only_company_is_the_default_and_shares_its_ledger(
    porters: Porters, workplace: Workplace
) -> None:
    """Without `partition` the one within reach is written to, as if it had been given."""
    first = workplace.target(config(porters, partition=None), contacts(ANNA))
    again = workplace.target(config(porters, partition=int(PARTITION)), contacts(ANNA))
    assert (bins(first.summary), bins(again.summary)) == ({"created": 1}, {"unchanged": 1})


def test_of_several_companies_one_must_be_chosen(porters: Porters, workplace: Workplace) -> None:
    """All ids are listed, those beyond the first page too; another id is not among them."""
    for number in range(5001, 5206):
        porters.database.add("Partition", str(number), P_Name="Another")
    unset = workplace.target(config(porters, partition=None), contacts(ANNA))
    other = workplace.target(config(porters, partition="77"), "", "--check")
    assert (unset.code, other.code, sent(porters)) == (2, 1, [])
    for log in (unset.log, other.log):
        assert f"{PARTITION}, 5001" in log
        assert "5205" in log
        assert "Traceback" not in log


def test_a_partition_out_of_reach_stops_the_run(porters: Porters, workplace: Workplace) -> None:
    """Code 404 is the state of a contract: said once, exit code 1, nobody is rejected."""
    run = workplace.target(config(porters, partition="77"), contacts(ANNA))
    assert (run.code, run.summary["rejected"], len(sent(porters))) == (1, 0, 0)
    assert "code 404 (HTTP 400). Check porters.partition" in run.log


def test_an_app_without_the_grant_is_told_how_to_get_it(workplace: Workplace) -> None:
    """A missing scope is no bad record: exit code 1 and what a human must do."""
    with Porters(scopes=()) as sandbox:
        run = workplace.target(sandbox.target_config(), contacts(ANNA), "--check")
    assert run.code == 1
    assert "code 403" in run.log + run.out
    assert "contact_w" in run.log + run.out


def test_an_unreachable_host_is_said(porters: Porters, workplace: Workplace) -> None:
    """Nobody at the address: exit code 1 after the tries, with one clear sentence."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run = workplace.target(config(porters, api_url=f"http://127.0.0.1:{port}"), contacts(ANNA))
    assert run.code == 1
    assert "no connection; check the address and the network" in run.log
    assert "Traceback" not in run.log


KEY = "Contact.U_ExternalKey"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"porters": {"app_secret": None}}, "porters needs app_id and app_secret"),
        ({"porters": {"partition": "12ab5318"}}, "digits only"),
        ({"porters": {"external_key_field": KEY}, "field_map": {KEY: "x"}}, "both fill"),
        ({"field_map": {"Contact.U_<x>": "x"}}, "cannot be an alias"),
    ],
)
def test_a_wrong_setting_is_one_clear_sentence_and_exit_code_2(
    porters: Porters, workplace: Workplace, change: dict[str, Any], sentence: str
) -> None:
    """The message names the setting and its rule; nothing is sent."""
    settings = config(porters, **change.get("porters", {}))
    settings["field_map"] = change.get("field_map", {})
    run = workplace.target(settings, contacts(ANNA))
    assert (run.code, porters.log) == (2, [])
    assert sentence in run.log
    assert "12ab5318" not in run.log
    assert "Traceback" not in run.log
