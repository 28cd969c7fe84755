"""Requests are counted."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tap_contacts.apis.zoho_voice.client import ZohoVoice as ZohoVoiceClient
from tap_contacts.transport.errors import Stopped
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST
from tests.support.plain import PlainApi, client_of


def test_every_request_is_counted_by_its_method() -> None:
    """The sign-in, its renewal and repeats count as well as what they are for."""
    with ZohoVoice() as zoho:
        client = ZohoVoiceClient(zoho.tap_config(), FAST)
        client.check()
        zoho.fault(on="GET", expire=True)
        zoho.fault(on="GET", status=503)
        client.check()
        logged = Counter(line.request.method for line in zoho.log)
        assert client.transport.calls == dict(logged) == {"GET": 4, "POST": 2}
        assert client.transport.requests == 6


def test_what_never_left_is_not_counted() -> None:
    """An API that cannot be reached at all is asked, but no call of it is used up."""
    with PlainApi() as gone:
        client = client_of(gone)
    with pytest.raises(Stopped):
        client.check()
    assert (client.transport.calls, client.transport.requests) == ({}, 0)


def test_counts_are_right_from_many_threads(api: PlainApi) -> None:
    """No count is lost between threads."""
    client = client_of(api)
    started = threading.Barrier(8)

    def work(method: str) -> None:
        started.wait()
        for _ in range(20):
            client.call(method, "/")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, ["GET", "PUT"] * 4))
    assert client.transport.calls == {"GET": 80, "PUT": 80}
