"""Promises of ACTIVATE_VERSION: only a complete reading says that what it lacks is gone."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cobai import Cobai
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import CONTACTS_PATH, ZohoVoice
from tests.support.commands import Finished, Workplace, contacts
from tests.support.reading import (
    COBAI,
    LOST,
    SDK_WAY,
    ZOHO,
    Counting,
    broken_off,
    ended_by,
    fill,
    filled,
    keys,
    progress,
    read,
    state,
    timeless,
)
from tests.support.valomnia_lists import catalog
from tests.support.valomnia_lists import fill as fill_valomnia

if TYPE_CHECKING:
    from collections.abc import Iterator

EMIT: dict[str, Any] = {"emit_activate_version_messages": True}
STREAMS = {ZOHO, "zoho_voice_contact_statuses", COBAI, "cobai_customers"}


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def activated(run: Finished, stream: str = ZOHO) -> list[int]:
    """Return the versions of a stream that a run activated."""
    found = (m for m in run.messages if m["type"] == "ACTIVATE_VERSION")
    return [message["version"] for message in found if message["stream"] == stream]


def versions(run: Finished, stream: str = ZOHO) -> set[int | None]:
    """Return the versions that the records of a stream carry."""
    found = (m for m in run.messages if m["type"] == "RECORD" and m["stream"] == stream)
    return {message.get("version") for message in found}


def break_off(zoho: ZohoVoice, workplace: Workplace, told: Any = None, **settings: Any) -> Finished:
    """Run until a page fails."""
    zoho.fault(on=f"GET {CONTACTS_PATH}", after=4, times=-1, status=500)
    run = read(workplace, zoho, told, max_tries=1, concurrency=1, **settings)
    zoho.faults.clear()
    return run


def load(rows: dict[str, tuple[int, str]], run: Finished) -> set[str]:
    """Do with a run what a Singer target that deletes does; return the names that are left."""
    for message in run.messages:
        if message["type"] == "RECORD" and message["stream"] == ZOHO:
            record = message["record"]
            rows[record["contact_id"]] = (message["version"], record["first_name"])
        if message["type"] == "ACTIVATE_VERSION" and message["stream"] == ZOHO:
            gone = [key for key, (version, _) in rows.items() if version < message["version"]]
            for key in gone:
                del rows[key]
    return {name for _, name in rows.values()}


# Complete.


def test_a_complete_reading_ends_with_its_version(workplace: Workplace) -> None:
    """Of each stream: the records carry the version, and it is activated once, after them."""
    with ZohoVoice() as zoho, Cobai() as cobai:
        fill(zoho, 120)
        filled(cobai, 25)
        run = read(workplace, zoho, cobai=cobai.tap_config(), **EMIT)
    assert run.code == 0
    for stream in STREAMS:
        own = [m for m in run.messages if m.get("stream") == stream]
        kinds = [message["type"] for message in own]
        assert (kinds.count("ACTIVATE_VERSION"), kinds[-1]) == (1, "ACTIVATE_VERSION")
        assert versions(run, stream) == set(activated(run, stream))
    assert run.messages[-1]["type"] == "STATE"


def test_an_empty_listing_is_complete_too(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Where nobody is left, all are gone."""
    run = read(workplace, zoho, **EMIT)
    assert (run.code, keys(run, ZOHO), len(activated(run))) == (0, [], 1)


def test_without_the_setting_there_is_no_version(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Loaders that do not know versions see none."""
    fill(zoho, 60)
    assert "version" not in read(workplace, zoho).out.lower()


@pytest.mark.parametrize("shape", ["as documented", "with unknown fields"])
def test_the_short_way_writes_the_same_versions(workplace: Workplace, shape: str) -> None:
    """Record by record through the SDK or in chunks past it: the same bytes but for the times."""
    with ZohoVoice() as zoho, Cobai() as cobai:
        fill(zoho, 120)
        filled(cobai, 25)
        if shape == "with unknown fields":
            for contact in zoho.state.held.values():
                contact["shoe"] = 1.5
        config = {"zoho_voice": zoho.tap_config(), "cobai": cobai.tap_config(), **EMIT}
        short, long = (
            re.sub('"version":[0-9]{10}([,}])', r'"version":0\1', timeless(run))
            for run in (workplace.tap(config), workplace.tap({**config, **SDK_WAY}))
        )
    assert short == long
    assert short.count('"version":0') > 125


def test_a_stream_map_names_what_is_activated(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Under an alias records and activation go by it; of a removed stream there is neither."""
    fill(zoho, 3)
    maps = {ZOHO: {"__alias__": "people"}, "zoho_voice_contact_statuses": None}
    run = read(workplace, zoho, stream_maps=maps, **EMIT)
    assert len(activated(run, "people")) == 1
    assert {m["stream"] for m in run.messages if "stream" in m} == {"people"}


# Incomplete.


def test_a_reading_that_fails_activates_nothing(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A page that cannot be read does not make the contacts behind it gone."""
    fill(zoho, 300)
    run = break_off(zoho, workplace, **EMIT)
    assert (run.code, len(versions(run)), activated(run)) == (1, 1, [])


def test_a_listing_that_lacks_rows_activates_nothing(workplace: Workplace) -> None:
    """Nor does a list that gives fewer rows than it counts."""
    with Counting(lambda true: true + 1) as zoho:
        fill(zoho, 60)
        run = read(workplace, zoho, **EMIT)
    assert (run.code, len(keys(run, ZOHO)), activated(run)) == (1, 60, [])


def test_a_test_run_activates_nothing_it_has_not_read(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """`--test` reads one record, which says nothing of the others."""
    fill(zoho, 60)
    run = workplace.tap({"zoho_voice": zoho.tap_config(), **EMIT}, "--test")
    assert (run.code, activated(run)) == (0, [])


def test_a_run_that_was_ended_activates_nothing(zoho: ZohoVoice, workplace: Workplace) -> None:
    """After SIGTERM the state tells the version under which the next run goes on."""
    fill(zoho, 500)
    run = ended_by(signal.SIGTERM, workplace, zoho, **EMIT)
    assert (run.code, activated(run)) == (128 + signal.SIGTERM, [])
    assert {progress(run, ZOHO)["version"]} == versions(run)


def test_an_increment_activates_nothing(workplace: Workplace) -> None:
    """What has not changed does not come, and is not gone; read whole, the stream is as others."""
    with Valomnia() as valomnia:
        fill_valomnia(valomnia, 120)
        increment = read(workplace, valomnia, **EMIT)
        path = catalog(workplace, valomnia, replication_method="FULL_TABLE")
        config = {"valomnia": valomnia.tap_config(), **EMIT}
        full = workplace.tap(config, "--catalog", str(path))
    stream = "valomnia_contacts"
    assert (versions(increment, stream), activated(increment, stream)) == ({None}, [])
    assert versions(full, stream) == set(activated(full, stream)) != set()


# Resumed.


def test_a_resumed_reading_goes_on_under_its_version(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The rest of the list ends with the version that the first part carries."""
    expected = fill(zoho, 300)
    failed = break_off(zoho, workplace, **EMIT)
    told = state(failed)
    told["bookmarks"][ZOHO]["progress"]["version"] = 7
    run = read(workplace, zoho, told, **EMIT)
    assert (run.code, versions(run), activated(run)) == (0, {7}, [7])
    assert keys(failed, ZOHO) + keys(run, ZOHO) == expected
    assert progress(run, ZOHO) is None


def test_a_reading_of_cobai_is_resumed_under_its_version(workplace: Workplace) -> None:
    """Its progress is of customers, and carries the version as well."""
    with Cobai() as cobai:
        filled(cobai, 60)
        told = state(broken_off(workplace, cobai))
        told["bookmarks"][COBAI]["progress"]["version"] = 7
        run = read(workplace, cobai, told, **EMIT)
    assert (run.code, versions(run, COBAI), activated(run, COBAI)) == (0, {7}, [7])
    assert LOST not in run.log


def test_a_reading_that_breaks_off_again_keeps_its_version(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """However often it is resumed."""
    fill(zoho, 900)
    told = state(break_off(zoho, workplace, **EMIT))
    told["bookmarks"][ZOHO]["progress"]["version"] = 7
    again = break_off(zoho, workplace, told, **EMIT)
    assert (again.code, versions(again), activated(again)) == (1, {7}, [])
    assert progress(again, ZOHO)["version"] == 7


@pytest.mark.parametrize("details", [False, True])
def test_a_reading_that_starts_afresh_has_a_version_of_its_own(
    zoho: ZohoVoice, workplace: Workplace, *, details: bool
) -> None:
    """Where nothing can be resumed, all comes again, and what only the first part had is gone."""
    expected = fill(zoho, 300)
    told = state(break_off(zoho, workplace, **EMIT))
    told["bookmarks"][ZOHO]["progress"]["version"] = 7
    zoho.remove(expected.pop(3))
    run = read(workplace, zoho, told, account={"contact_details": details}, **EMIT)
    assert (run.code, keys(run, ZOHO), LOST in run.log) == (0, expected, True)
    assert versions(run) == set(activated(run)) != {7}


@pytest.mark.parametrize("wrong", [["absent", "7", True, 0, -1], [1.5, None, [], 2**80]])
def test_a_reading_that_began_without_version_ends_without(
    zoho: ZohoVoice, workplace: Workplace, wrong: list[object]
) -> None:
    """What came before carries none and would be gone: the next reading is the first to tell."""
    expected = fill(zoho, 300)
    told = state(break_off(zoho, workplace))
    place = told["bookmarks"][ZOHO]["progress"]
    for version in wrong:
        if version != "absent":
            told["bookmarks"][ZOHO]["progress"] = {**place, "version": version}
        run = read(workplace, zoho, told, **EMIT)
        assert (run.code, versions(run), activated(run)) == (0, {None}, []), version
        assert keys(run, ZOHO) == expected[-len(keys(run, ZOHO)) :]
        assert len(keys(run, ZOHO)) < 300
    following = read(workplace, zoho, state(run), **EMIT)
    assert (keys(following, ZOHO), len(activated(following))) == (expected, 1)


def test_a_version_is_dropped_where_the_setting_is(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A run without the setting goes on where one with it ended, and tells no version."""
    expected = fill(zoho, 900)
    failed = break_off(zoho, workplace, **EMIT)
    again = break_off(zoho, workplace, state(failed))
    run = read(workplace, zoho, state(again))
    assert keys(failed, ZOHO) + keys(again, ZOHO) + keys(run, ZOHO) == expected
    assert "version" not in again.out.splitlines()[-1]
    assert (versions(run), activated(run)) == ({None}, [])


def test_a_target_that_deletes_keeps_exactly_who_is_there(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Through a failure and a resumed run nobody goes who is there, and at last all who are not."""
    people = fill(zoho, 300)
    rows: dict[str, tuple[int, str]] = {}
    names = {f"N{number}" for number in range(300)}
    assert load(rows, read(workplace, zoho, **EMIT)) == names
    rows = {key: (1, name) for key, (_, name) in rows.items()}  # that was long ago
    zoho.remove(people[250])
    failed = break_off(zoho, workplace, **EMIT)
    assert load(rows, failed) == names
    assert load(rows, read(workplace, zoho, state(failed), **EMIT)) == names - {"N250"}


# Received.


def test_a_target_says_once_per_stream_that_it_does_not_delete_by_default(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Versions are no reason to write or to leave out anything."""
    anna = {"id": 1, "first_name": "Anna", "mobile": "+49151000001"}
    bert = {"id": 2, "first_name": "Bert", "mobile": "+49151000002"}
    messages = []
    for stream, who in (("contacts", anna), ("more_contacts", bert)):
        head, record, end = contacts(who, stream=stream, state={"at": stream})
        activate = {"type": "ACTIVATE_VERSION", "stream": stream, "version": 9}
        messages += [head, activate, {**record, "version": 9}, activate, activate, end]
    run = workplace.target(zoho.target_config(), messages)
    again = workplace.target(
        zoho.target_config(), json.loads(json.dumps(messages).replace("9}", "10}"))
    )
    assert (run.code, {c["first_name"] for c in zoho.contacts}) == (0, {"Anna", "Bert"})
    assert (again.code, again.summary["unchanged"], len(zoho.writes)) == (0, 2, 2)
    for stream in ("contacts", "more_contacts"):
        text = f"ACTIVATE_VERSION of stream {stream} is ignored: on_delete is skip."
        assert run.log.count(text) == 1
