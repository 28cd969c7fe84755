"""The script for cron in `docs/orchestration.md`: who is told, and what becomes of the STATE."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST, SOON
from tests.support.paths import ROOT
from tests.support.people import put

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.launched import Launchers


def script() -> str:
    """Return the script as the page has it."""
    page = (ROOT / "docs/orchestration.md").read_text("utf-8")
    (found,) = re.findall(r"^```bash\n(#!.*?)^```", page, re.DOTALL | re.MULTILINE)
    return str(found)


class Night:
    """A folder with the script, the configs and a `mail` that notes whom it is for."""

    def __init__(self, folder: Path, source: Valomnia, to: ZohoVoice, launchers: Launchers) -> None:
        """Configure both commands for a source and a destination."""
        self.folder, self._to = folder, to
        programs = folder / "bin"
        programs.mkdir()
        for name, text in (("night", script()), ("mail", "#!/bin/sh\necho $4 $3 >> mails\n")):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.env = {**os.environ, "PATH": f"{programs}:{launchers.path}"}
        self.env["CONTACTS_HOME"] = str(folder)
        self._write("tap", {**FAST, "valomnia": source.tap_config()})

    def _write(self, name: str, config: Mapping[str, Any]) -> None:
        (self.folder / f"{name}.json").write_text(json.dumps(config), encoding="utf-8")

    def start(self, **settings: Any) -> subprocess.Popen[bytes]:
        """Start the script, some settings of the target being as given."""
        ledger = {"ledger_url": f"sqlite:///{self.folder}/ledger.db"}
        own = {"rejects_dir": str(self.folder / "rejects"), "max_rejects": 1}
        self._write(
            "target", {**FAST, **SOON, **ledger, **own, **self._to.target_config(), **settings}
        )
        return subprocess.Popen([self.folder / "bin/night"], env=self.env)

    def run(self, **settings: Any) -> int:
        """Run the script to its end and return its exit code."""
        return self.start(**settings).wait(120)

    @property
    def state(self) -> Any:
        """Return the state that is kept."""
        return json.loads((self.folder / "state.json").read_text("utf-8"))

    @property
    def mails(self) -> list[str]:
        """Return who was told."""
        path = self.folder / "mails"
        return path.read_text("utf-8").split() if path.exists() else []


@pytest.fixture
def to() -> Iterator[ZohoVoice]:
    """Serve the destination."""
    with ZohoVoice() as sandbox:
        yield sandbox


@pytest.fixture
def night(tmp_path: Path, to: ZohoVoice, launchers: Launchers) -> Iterator[Night]:
    """Serve a source with one contact, and one whom the destination cannot take."""
    with Valomnia() as source:
        person = {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"}
        put(source, {**person, "mobile": "+4915112345678"})
        put(source, {**person, "last_name": "Without", "email": "without@example.com"})
        yield Night(tmp_path, source, to, launchers)


def test_a_night_keeps_its_state_and_tells_nobody(night: Night, to: ZohoVoice) -> None:
    """Nor does the night after it."""
    assert (night.run(), night.run()) == (0, 0)
    assert len(to.contacts) == 1
    assert (bool(night.state["bookmarks"]), night.mails) == (True, [])


@pytest.mark.parametrize(
    ("settings", "code", "who", "is_kept"),
    [
        ({"api": "nosuch"}, 2, "admins", False),
        ({"max_rejects": 0}, 3, "data-owners", True),
        ({"guards": {"max_creates": 0}}, 4, "source-owners", False),
    ],
)
def test_who_is_told(
    night: Night, settings: dict[str, Any], code: int, who: str, *, is_kept: bool
) -> None:
    """One for each exit code; the state goes on only where the records are settled."""
    assert night.run(**settings) == code
    assert [each for each in night.mails if "@" in each] == [f"{who}@example.com"]
    assert bool(night.state) == is_kept


def test_a_second_night_at_once_stops_and_leaves_the_state_of_the_first(
    night: Night, to: ZohoVoice
) -> None:
    """It is the account's lock that stops it."""
    to.latency = 1.5
    first = night.start()
    while not to.log and first.poll() is None:
        time.sleep(0.02)
    assert night.run() == 1
    assert night.mails[0] == "operators@example.com"
    assert first.wait(120) == 0
    assert night.state["bookmarks"]
    assert len(to.contacts) == 1
