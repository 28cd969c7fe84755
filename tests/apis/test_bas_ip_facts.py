"""What `--check` tells of a BAS-IP monitor, by reading only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tap_contacts.apis.bas_ip.client import BasIp as Client
from tap_contacts.apis.bas_ip.facts import UNTOLD
from tests.sandbox.bas_ip import BasIp
from tests.support.bas_ip_people import config
from tests.support.commands import FAST
from tests.support.facts import line_of, told

SIGN_IN, PATH, LIST = "The sign-in is at", "takes contacts", "Contacts can be listed"
NAMES, ROOM = "A name may be as long", "how many contacts it holds"
EXPECTED = [
    ("", SIGN_IN, "holds: The sign-in is at /api/v0/login"),
    ("api_v1", SIGN_IN, "(it is at /api/v1/login; set bas_ip.login_path to that"),
    ("", PATH, "set bas_ip.contacts_path to one of /api/v0/contacts/items/link, /api/v0/contact/"),
    ("bulk_link", PATH, "holds: The path /api/v0/contacts/items/link takes contacts"),
    ("bulk_contact_link", PATH, "holds: The path /api/v0/contact/items/link takes contacts"),
    ("list_404", PATH, "cannot be told: The path /api/v0/contacts/items/link takes contacts"),
    ("", LIST, "differs: "),
    ("bulk_link", LIST, "holds: "),
    ("", "version of the API", "(it says 1.7.0)"),
    ("api_v1", "version of the API", "(it says 2.0.0)"),
    ("", NAMES, "cannot be told: "),
    ("", ROOM, "set bas_ip.max_contacts"),
    ("link_id_ignored", "link_id", "the first contact of a run is sent alone"),
]


def lines_of(sandbox: BasIp, **changes: Any) -> list[str]:
    """Return what is told with nothing set but user, password and address."""
    settings = config(sandbox, contacts_path=None, login_path=None, **changes)
    return told(Client(settings["bas_ip"], {**FAST, "allow_http": True}), sandbox)


@pytest.mark.parametrize(("reading", "what", "expected"), EXPECTED)
def test_each_assumption_is_told_as_the_monitor_has_it(
    reading: str, what: str, expected: str
) -> None:
    """One look at the list more than `--check` takes anyway."""
    with BasIp(readings={reading} - {""}) as sandbox:
        assert expected in line_of(lines_of(sandbox), what)
        assert (len(sandbox.log), sandbox.writes) == (1, [])


FAMILIES: list[tuple[str, dict[str, Any], str, str]] = [
    ("camdroid", {}, NAMES, "set bas_ip.max_name_length to 30"),
    ("camdroid", {"max_name_length": 31}, NAMES, "set bas_ip.max_name_length to 30"),
    ("camdroid", {"max_name_length": 30}, NAMES, "holds: "),
    ("android", {}, NAMES, "holds: "),
    ("camdroid", {}, ROOM, "holds: The device says how many contacts it holds (300)"),
    ("android", {"max_contacts": 300}, ROOM, "its family holds 1000, and bas_ip.max_contacts says"),
    ("panel", {"max_contacts": 7}, ROOM, "bas_ip.max_contacts says 7"),
]


@pytest.mark.parametrize(("family", "changes", "what", "expected"), FAMILIES)
def test_names_and_room_are_those_of_the_family(
    monitor: BasIp, family: str, changes: dict[str, Any], what: str, expected: str
) -> None:
    """Where the device names it, and the settings say otherwise, the setting is named."""
    body = json.dumps({"device_type": family})
    monitor.fault(on="GET /api/info", times=-1, status=200, body=body)
    lines = lines_of(monitor, **changes)
    assert expected in line_of(lines, what)
    assert line_of(lines, "version of the API").startswith("cannot be told: ")


def test_what_no_read_tells_says_what_does(monitor: BasIp) -> None:
    """Nothing harms, though the device tells nothing of itself."""
    monitor.fault(on="GET /api/info", times=-1, status=500)
    lines = lines_of(monitor)
    assert [line for line in lines if "would harm" in line] == []
    assert all(line_of(lines, f"cannot be told: {what} (") for what in UNTOLD)
