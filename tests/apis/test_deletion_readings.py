"""What a deletion may be answered is only inferred: whatever it is, nobody else is deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tap_contacts.transport.errors import Stopped
from tests.crash.lab import KINDS
from tests.crash.people import numbers, person
from tests.crash.site import Site
from tests.sandbox.readings import READINGS

if TYPE_CHECKING:
    from pathlib import Path

STAYING = [person(n) for n in range(1, 4)]
LEAVING = [{**person(n), "_sdc_deleted_at": "2026-05-01"} for n in range(4, 7)]
PATH, LATER = "Set bas_ip.delete_path", "on_delete: skip"
STOPPED = {
    ("zoho_voice", "delete_scope_401"): "the scope zohovoice.contacts.DELETE",
    ("zoho_voice", "delete_forbidden_403"): "the scope zohovoice.contacts.DELETE",
    ("bas_ip", "delete_405"): PATH,
    ("bas_ip", "delete_list_items"): "It wants another body than link_ids",
}
"""Answers that end the run, with words of the sentence that says what to set."""
NOT_SAID = {
    ("zoho_voice", "delete_405"): "METHOD_NOT_ALLOWED",
    ("zoho_voice", "delete_in_use"): "ZVT9007",
    ("bas_ip", "delete_no_result"): LATER,
    ("bas_ip", "delete_empty_result"): LATER,
    ("bas_ip", "delete_tells_failures"): LATER,
}
"""Answers that leave it open who is deleted, or say that nobody is, with words of the reason."""
NAMES = [
    (api, name)
    for api in ("zoho_voice", "bas_ip")
    for name in READINGS[api]
    if name.startswith("delete_") and name != "delete_bare"
]
MOST = 14
"""Requests of a night in which three contacts are deleted, one of which is not there."""


@pytest.mark.parametrize(("api", "name"), NAMES)
def test_whatever_a_deletion_is_answered_nobody_else_is_deleted(
    api: str, name: str, tmp_path: Path
) -> None:
    """It ends soon, in each night; once it is answered as documented, who left is gone."""
    with KINDS[api](readings={name}) as sandbox:
        site = Site(sandbox, tmp_path, {"on_delete": "delete"})
        site.run([*STAYING, *map(person, range(4, 7))])
        if api == "zoho_voice":
            (gone,) = (c["contact_id"] for c in sandbox.contacts if numbers(json.dumps(c)) == {4})
            sandbox.remove(gone)  # type: ignore[attr-defined]
        for _ in range(2):
            sandbox.log.clear()
            words = STOPPED.get((api, name)) or NOT_SAID.get((api, name))
            if words:
                assert words in _why(site, tmp_path)
            else:
                site.run([*STAYING, *LEAVING])
            there = numbers(json.dumps(sandbox.contacts))
            assert there >= {1, 2, 3}
            assert words or there == {1, 2, 3}
            assert len(sandbox.log) <= MOST
            if name == "delete_tells_failures":  # of whom it says the next time that he is gone
                break
        sandbox.readings = frozenset()
        site.run([*STAYING, *LEAVING])
        assert numbers(json.dumps(sandbox.contacts)) == {1, 2, 3}
        sandbox.log.clear()
        site.run([*STAYING, *LEAVING])
        assert sandbox.log == []


def _why(site: Site, folder: Path) -> str:
    """Return why a run stops, or why it rejects records."""
    try:
        bins = site.run([*STAYING, *LEAVING])
    except Stopped as why:
        return str(why)
    assert bins["rejected"] >= 2
    return max((folder / "rejects").glob("*")).read_text("utf-8")
