"""Run the two commands as a user would: as processes, with config files, through pipes."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.forked import TEST
from tests.support.kept import run, run_once

BIN = Path(sys.executable).parent
Message = Mapping[str, Any]

LONGEST_RUN = 120
"""Seconds a command may take."""

FAST = {"retry_wait_seconds": 0.01}
"""Settings of both commands that make tests quick."""

SOON = {"unanswered_wait_seconds": 0.05, "canary": False}
"""The same of the target alone, for accounts whose first writes need no reading back."""


PUT_BACK = ("LOGLEVEL", "HTTPS_PROXY", "TAP_CONTACTS_", "TARGET_CONTACTS_")
"""How the names of variables begin of which nothing is left in a process that is kept."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    out: str
    log: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Return the Singer messages, or the states, that it wrote."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        """Return the counts of the target's summary line."""
        line = next(line for line in self.log.splitlines() if "summary: {" in line)
        counts: dict[str, Any] = json.loads(line.split("summary: ", 1)[1])
        return counts

    def records(self, stream: str) -> list[dict[str, Any]]:
        """Return the records of a stream that the tap wrote."""
        found = (m for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream)
        return [message["record"] for message in found]


class Workplace:
    """A folder in which commands are run; ledger and rejects stay there between runs."""

    def __init__(self, folder: Path) -> None:
        """Take an empty folder."""
        self.folder = folder
        self._numbers = itertools.count(1)

    def run(
        self,
        command: str,
        config: Mapping[str, Any],
        *options: str,
        stdin: str | bytes = "",
        env: Mapping[str, str] | None = None,
        alone: bool = False,
    ) -> Finished:
        """Run a command with a config and return what it wrote."""
        path = self.folder / f"{command}.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        whole = ("--config", str(path), *options)
        return self.plain(command, *whole, stdin=stdin, env=env, alone=alone)

    def plain(
        self,
        command: str,
        *options: str,
        stdin: str | bytes = "",
        env: Mapping[str, str] | None = None,
        alone: bool = False,
    ) -> Finished:
        """Run a command with these options alone and return what it wrote.

        Args:
            command: Name of the command.
            options: What follows it.
            stdin: Its input.
            env: Variables of its environment beside those of the test.
            alone: Whether its process is to be nothing before and nothing after, as it is
                whenever a variable may change more than can be put back.
        """
        start = self.folder / f"run{next(self._numbers)}"
        files = {kind: start.with_suffix(kind) for kind in (".in", ".out", ".log")}
        files[".in"].write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
        of_test = {TEST: os.environ.get(TEST, ""), **(env or {})}
        is_alone = alone or not all(name.startswith(PUT_BACK) for name in env or ())
        ended = run_once if is_alone else run
        code = ended(LONGEST_RUN, command, options, start, of_test)
        if code is None:
            msg = f"{command} still ran after {LONGEST_RUN} seconds."
            raise TimeoutError(msg)
        return Finished(code, files[".out"].read_text("utf-8"), files[".log"].read_text("utf-8"))

    def tap(self, config: Mapping[str, Any], *options: str) -> Finished:
        """Run `tap-contacts`."""
        return self.run("tap-contacts", {**FAST, **config}, *options)

    def target(
        self,
        config: Mapping[str, Any],
        messages: Iterable[Message] | str,
        *options: str,
        env: Mapping[str, str] | None = None,
    ) -> Finished:
        """Run `target-contacts` on messages."""
        lines = messages if isinstance(messages, str) else singer(messages)
        given = {**FAST, **SOON, **self.ledger, **config}
        return self.run("target-contacts", given, *options, stdin=lines, env=env)

    @property
    def ledger(self) -> dict[str, str]:
        """Return the setting of a ledger in this folder by its whole path, which warns of none."""
        return {"ledger_url": f"sqlite:///{self.folder / 'target-contacts.db'}"}

    @property
    def rejects(self) -> list[dict[str, Any]]:
        """Return the messages of the newest rejects file; none if there is no file."""
        files = sorted((self.folder / "rejects").glob("*.singer.jsonl"))
        return [json.loads(line) for line in files[-1].read_text().splitlines()] if files else []

    @property
    def rejections(self) -> list[dict[str, Any]]:
        """Return the rejections of the newest rejects file."""
        return [line["rejection"] for line in self.rejects if line["type"] == "RECORD"]


def singer(messages: Iterable[Message]) -> str:
    """Return messages as the lines of a Singer stream."""
    return "".join(json.dumps(message) + "\n" for message in messages)


def contacts(
    *records: Mapping[str, Any],
    stream: str = "contacts",
    key: Sequence[str] = ("id",),
    state: Any = None,
) -> list[dict[str, Any]]:
    """Return the messages of a stream of contacts: SCHEMA, RECORDs and, if given, STATE."""
    names = sorted({name for record in records for name in record} | set(key))
    schema = {"type": "object", "properties": {name: {} for name in names}}
    head = {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": list(key)}
    lines = [{"type": "RECORD", "stream": stream, "record": dict(record)} for record in records]
    tail = [] if state is None else [{"type": "STATE", "value": state}]
    return [head, *lines, *tail]
