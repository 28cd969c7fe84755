"""The readings of the documents: their table, and how they are chosen."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.__main__ import DESTINATIONS, Sandboxes
from tests.sandbox.readings import EVERY, READINGS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.server import Sandbox

EACH = [(kind, name) for kind in DESTINATIONS for name in READINGS.get(kind.api, ())]


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_each_reading_can_be_switched_on_alone(kind: type[Sandbox], name: str) -> None:
    """A sandbox takes each reading of its API, and can be seeded and configured with it."""
    with kind(readings={name}) as sandbox:
        sandbox.seed()
        assert sandbox.readings == frozenset({name})
        assert sandbox.target_config()["api"] == kind.api
        assert sandbox.contacts != []


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_no_reading_is_the_default(kind: type[Sandbox]) -> None:
    """Nothing is read otherwise unless it is asked for."""
    with kind() as sandbox:
        assert sandbox.readings == frozenset()


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_an_unknown_reading_is_refused(kind: type[Sandbox]) -> None:
    """A misspelt reading is an error, not today's reading in silence."""
    with pytest.raises(ValueError, match="no_such_reading"):
        kind(readings={"no_such_reading"})


def test_the_table_says_what_differs_and_where_the_notes_say_so() -> None:
    """Each reading has a sentence, and the place in the notes in brackets."""
    texts = [text for readings in READINGS.values() for text in readings.values()]
    assert [text for text in texts if ". [" not in text or not text.endswith("]")] == []


@pytest.mark.parametrize("reading", EVERY)
def test_all_sandboxes_at_once(reading: str) -> None:
    """Sources and destinations are all read as the name says."""
    with ExitStack() as stack:
        sandboxes = Sandboxes(stack, reading=reading)
        sandboxes.seed()
        served = {each.api: each.readings for each in sandboxes.by_port}
        assert served == {api: EVERY[reading].get(api, frozenset()) for api in served}
        assert {*served} >= {*READINGS}


def test_the_command_takes_the_reading(tmp_path: Path) -> None:
    """`--reading other` serves the other reading, and its configs say what a user would set."""
    command = [sys.executable, "-m", "tests.sandbox", "--first-port", "0"]
    command += ["--reading", "other", "--configs", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as run:
        ends = time.monotonic() + 60
        while not (tmp_path / "target-zoho_voice.json").exists() and time.monotonic() < ends:
            time.sleep(0.05)
        run.terminate()
    config = json.loads((tmp_path / "target-bas_ip.json").read_text())
    assert config["bas_ip"]["contacts_path"] == "/api/v1/contacts/items/link"
