"""A request with a form is the one that `requests` would send."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tap_contacts.transport.adapter import prepared

URL = "http://127.0.0.1:9/path"


@pytest.mark.parametrize(
    "given",
    [
        {"data": {"contact": '{"name": "Zoë & 日本 +1=%"}'}},
        {"data": {"several": ["x", "y"], "number": 5, "bytes": b"\xff", "none": None, "": ""}},
        {"data": {"contact": "{}"}, "headers": {"Content-Type": "text/plain"}},
        {"data": {}},
        {"data": {}, "json": {"name": "Zoë"}},
        {"data": {"grant": "x"}, "json": {"name": "Zoë"}},
        {"data": b"<Contact/>", "headers": {"Content-Type": "text/xml"}},
        {"data": "as=it&is="},
        {"json": {"name": "Zoë"}},
        {},
    ],
    ids=str,
)
def test_a_body_and_its_headers_are_those_of_requests(given: dict[str, Any]) -> None:
    """The length, the type and every byte."""
    ours, theirs = prepared("POST", URL, **given), requests.Request("POST", URL, **given).prepare()
    assert ours.body == theirs.body
    for header in ("Content-Type", "Content-Length"):
        assert ours.headers.get(header) == theirs.headers.get(header)


def test_a_form_with_a_file_is_sent_in_parts() -> None:
    """An image goes beside the fields of its contact."""
    files = {"image": ("image.png", b"\x89PNG", "image/png")}
    sent = prepared("POST", URL, data={"name": "Zoë"}, files=files)
    assert str(sent.headers["Content-Type"]).startswith("multipart/form-data; boundary=")
    assert isinstance(sent.body, bytes)
    assert b"Zo\xc3\xab" in sent.body
    assert b"\x89PNG" in sent.body
