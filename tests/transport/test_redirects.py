"""A redirect is not followed, and said."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
import requests

from tap_contacts.transport import redirects
from tap_contacts.transport.session import Answer
from tests.crash.lab import KINDS
from tests.sandbox.cobai import Cobai
from tests.support.commands import FAST, contacts
from tests.support.privacy import WRITES

if TYPE_CHECKING:
    from tests.support.commands import Workplace

ANNA = {
    "id": 1, "first_name": "Anna", "last_name": "Ahrens", "email": "anna@example.com",
    "mobile": "+4915112345678",
}  # fmt: skip


REQUEST = requests.Request("POST", "https://api.example.com/contacts").prepare()


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://api.example.com/v2/contacts?key=secret", "to https://api.example.com,"),
        ("http://api.example.com:8080/", "to http://api.example.com:8080,"),
        ("https://www.example.com/anna@example.com", "to https://www.example.com,"),
        ("https://example.com", "to https://example.com,"),
        ("https://anna:secret@api.example.com/", "to another address,"),
        ("https://evil.example.org/", "to another host,"),
        ("https://notexample.com/", "to another host,"),
        ("/login?user=anna", "to another address,"),
        ("javascript:alert(1)", "to another address,"),
        ("http://[", "to another address,"),
        ("", "to another address,"),
    ],
)
def test_where_it_leads_is_shown_as_far_as_it_may_be(location: str, shown: str) -> None:
    """Scheme and host of the same owner; no path, no query, no name, no stranger."""
    answer = Answer(REQUEST, 301, {"Location": location}, b"")
    advice = redirects.advice(answer, "https://api.example.com")
    assert shown in advice
    assert "check api_url" in advice
    assert not any(word in advice for word in ("secret", "anna", "evil"))


def test_what_is_no_redirect_is_not_called_one() -> None:
    """Only the five statuses that name another address."""
    assert sorted(redirects.REDIRECTS) == [301, 302, 303, 307, 308]
    for status in redirects.REDIRECTS:
        answer = Answer(REQUEST, status, {"Location": "/x"}, b"")
        assert "check api_url" in redirects.advice(answer, "https://h")
    for status in (200, 201, 204, 300, 304, 400, 500):
        assert redirects.advice(Answer(REQUEST, status, {"Location": "/x"}, b""), "https://h") == ""


@pytest.mark.parametrize(
    ("api", "status"), [*zip(sorted(KINDS), itertools.cycle(sorted(redirects.REDIRECTS)))]
)
def test_a_redirect_at_a_create_is_named_once(workplace: Workplace, api: str, status: int) -> None:
    """The log says which request, that it was redirected, and what to check."""
    with KINDS[api]() as sandbox:
        config = {**sandbox.target_config(), **FAST, "max_tries": 2}
        if api == "bas_ip":
            config["bas_ip"]["number_template"] = "sip:{mobile}@pbx.example.com"
        away = {"Location": "https://elsewhere.example.org/taken?who=anna"}
        sandbox.fault(on=WRITES[api], times=-1, status=status, headers=away)
        run = workplace.target(config, contacts(ANNA))
    assert run.code in {1, 3}
    assert run.log.count("redirect to another host, which is not followed") >= 1
    assert "check api_url" in run.log
    assert "elsewhere" not in run.log
    assert "anna" not in run.log.lower()


def test_a_redirect_at_a_read_is_named(workplace: Workplace) -> None:
    """The last line says it, with what to check; the SDK announces no unhandled error before."""
    with Cobai() as sandbox:
        away = {"Location": "https://elsewhere.example.org/taken?who=anna"}
        sandbox.fault(times=-1, status=302, headers=away)
        run = workplace.tap({"cobai": sandbox.tap_config(), "max_tries": 2})
    assert run.code == 1
    last = run.log.splitlines()[-1]
    assert "redirect to another host, which is not followed; check api_url" in last
    assert "unhandled" not in run.log
    assert "elsewhere" not in run.log
