"""`--ledger check` says what is there, gone and changed, by reading alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.lab import KINDS
from tests.crash.people import person
from tests.sandbox.porters import Porters
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.checks import CHECK, told
from tests.support.commands import Workplace, contacts
from tests.support.zoho_people import ANNA, BERT, bins

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running Zoho Voice, empty."""
    with ZohoVoice() as server:
        yield server


@pytest.mark.parametrize("api", sorted(set(KINDS) - {"bas_ip"}))
@pytest.mark.parametrize("count", [3, 25])
def test_what_nobody_touched_is_as_it_was_written(
    workplace: Workplace, api: str, count: int
) -> None:
    """Read one by one or from lists, the hash proves it. Nothing is written."""
    with KINDS[api]() as sandbox:
        config: dict[str, Any] = {**sandbox.target_config(), "requests_per_minute": 1_000_000}
        assert workplace.target(config, contacts(*map(person, range(count)))).code == 0
        sandbox.log.clear()
        assert told(workplace.target(config, "", *CHECK)) == {"as written": count}
        assert sandbox.writes == []


def test_a_check_of_the_account_leaves_the_streams_of_the_ledger_alone(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """It passes whatever the key of a stream named contacts is, and enters no such stream."""
    config = zoho.target_config()
    by_email = contacts(ANNA, BERT, key=("email",))
    assert workplace.target(config, by_email).code == 0
    assert workplace.target(config, "", "--check").code == 0
    assert bins(workplace.target(config, by_email).summary) == {"unchanged": 2}
    other = {**config, "ledger_url": "sqlite:///other.db"}
    assert workplace.target(other, "", "--check").code == 0
    forgotten = workplace.target(other, "", "--ledger", "forget", "--stream", "contacts", "--all")
    assert (forgotten.code, "it knows none" in forgotten.log) == (2, True)


@pytest.mark.parametrize("count", [4, 30])
def test_changed_and_gone_contacts_are_counted_and_named(
    zoho: ZohoVoice, workplace: Workplace, count: int
) -> None:
    """By the hashes of their keys, which `show` takes; no value is shown."""
    config = zoho.target_config()
    workplace.target(config, contacts(*map(person, range(count))))
    changed, gone = list(zoho.state.held)[:2]
    zoho.state.held[changed]["email"] = "changed@example.com"
    del zoho.state.held[gone]
    ended = workplace.target(config, "", *CHECK, "--stream", "contacts")
    assert told(ended) == {"as written": count - 2, "changed": 1, "gone": 1}
    lines = ended.out.splitlines()
    for kind, remote_id in (("changed", changed), ("gone", gone)):
        stream, key, there = lines[
            lines.index(f"{kind} (stream, hash of the key, id there):") + 1
        ].split()
        assert (stream, there) == ("contacts", remote_id)
        show = "--ledger", "show", "--stream", stream, "--key", key
        assert remote_id in workplace.target(config, "", *show).out
    assert "example.com" not in ended.out + ended.log


def test_what_cannot_be_told_is_not_called_changed(zoho: ZohoVoice, workplace: Workplace) -> None:
    """If no contact with the same fields is as written, the API may tell values in its own way."""
    config = zoho.target_config()
    workplace.target(config, contacts(ANNA, BERT))
    for held in zoho.state.held.values():
        held["email"] = "x@example.com"
    assert told(workplace.target(config, "", *CHECK)) == {"there": 2}


def test_only_the_stream_that_is_named_is_compared(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Without a name, all are."""
    config = zoho.target_config()
    workplace.target(config, contacts(ANNA))
    workplace.target(config, contacts(BERT, stream="other_contacts"))
    ended = workplace.target(config, "", *CHECK, "--stream", "other_contacts")
    assert told(ended, "other_contacts") == {"as written": 1}
    assert len(ended.out.splitlines()) == 2
    whole = workplace.target(config, "", *CHECK)
    assert (told(whole), told(whole, "other_contacts")) == ({"as written": 1}, {"as written": 1})
    assert workplace.target(config, "", *CHECK, "--stream", "none").code == 2


def test_an_empty_ledger_has_nothing_to_compare(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The account is not asked for anything."""
    ended = workplace.target(zoho.target_config(), "", *CHECK)
    assert (ended.code, ended.out, zoho.log) == (0, "Nothing to compare.\n", [])


@pytest.mark.parametrize("count", [2, 25])
def test_a_monitor_that_lists_nobody_cannot_be_compared(workplace: Workplace, count: int) -> None:
    """That is said, with exit code 1, after at most the look whether it lists."""
    with KINDS["bas_ip"]() as monitor:
        config = monitor.target_config()
        workplace.target(config, contacts(*map(person, range(count))))
        ended = workplace.target(config, "", *CHECK)
    assert (ended.code, ended.out) == (1, "")
    assert "Nothing is known of what is there" in ended.log


def test_many_are_compared_with_few_requests(workplace: Workplace) -> None:
    """A list of 200 a request, whatever the ledger knows."""
    with Porters() as porters:
        config = {**porters.target_config(), "requests_per_minute": 1_000_000}
        workplace.target(config, contacts(*map(person, range(500))))
        porters.log.clear()
        assert told(workplace.target(config, "", *CHECK)) == {"as written": 500}
        assert len(porters.log) <= 8


def test_an_account_that_does_not_answer_is_an_error(workplace: Workplace) -> None:
    """Nobody is taken to be gone since nothing answers."""
    with ZohoVoice() as zoho:
        config = {**zoho.target_config(), "max_tries": 1, "timeout_seconds": 1}
        workplace.target(config, contacts(ANNA, BERT))
        zoho.fault(on="GET /", times=-1, status=503)
        ended = workplace.target(config, "", *CHECK)
    assert ended.code == 1
    assert "gone" not in ended.out
