"""Start all APIs on 127.0.0.1 and print their addresses and ready configs.

    python -m tests.sandbox [--configs FOLDER] [--first-port PORT] [--latency SECONDS]
                             [--reading NAME] [--empty]

The servers take the ports from 7101 on, in the order printed. With `--configs` a tap.json and a
target-<api>.json each are written there, and for each API that `--sign-in` is for a
new-<command>-<api>.json to try it with. The APIs that can be read stand twice: as sources, holding
the vendors' own sample contacts, and as destinations. Where the documents leave room, they are read
as each module says, or with `--reading other` as `tests.sandbox.readings` does.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import SEED_ID, Porters
from tests.sandbox.readings import EVERY
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.sandbox.server import Sandbox

SOURCES: tuple[type[Sandbox], ...] = (ZohoVoice, Cobai)
DESTINATIONS: tuple[type[Sandbox], ...] = (Porters, Cobai, Valomnia, BasIp, ZohoVoice)
MORE_SOURCES: tuple[type[Sandbox], ...] = (Porters, Valomnia)
"""The sources that came last, so that the others keep their ports."""

NAMED = {"Contact.P_Name": "Sample Contact", "Contact.P_Mail": "sample@example.com"}
"""What the sample of PORTERS lacks: its page prints an update of two ids, and no name."""

TAKEN = "Is a sandbox running already? End it, or give another --first-port.\n"


class Sandboxes:
    """All APIs at once: the sources, to be seeded, and the destinations, all empty."""

    def __init__(
        self,
        stack: ExitStack,
        first_port: int = 0,
        latency: float = 0.0,
        reading: str = "documented",
    ) -> None:
        """Start the servers, from this port on (0: any free ones); the stack stops them.

        `reading` is a name of `EVERY`.
        """
        ports = itertools.count(first_port) if first_port else itertools.repeat(0)

        def start(kinds: Iterable[type[Sandbox]]) -> dict[str, Sandbox]:
            started = [
                kind(port=next(ports), latency=latency, readings=EVERY[reading].get(kind.api, ()))
                for kind in kinds
            ]
            return {each.api: stack.enter_context(each) for each in started}

        first = start(SOURCES)
        self.destinations = start(DESTINATIONS)
        self.sources = {**first, **start(MORE_SOURCES)}
        self.by_port = [*first.values(), *self.destinations.values()]
        self.by_port += [each for each in self.sources.values() if each not in self.by_port]

    def seed(self) -> None:
        """Put the vendors' samples into the sources."""
        for source in self.sources.values():
            source.seed()
            if isinstance(source, Porters):
                source.change(SEED_ID, **NAMED)

    def configs(self) -> dict[str, dict[str, Any]]:
        """Return a ready config for the tap, and one for the target of each API."""
        tap = {api: sandbox.tap_config() for api, sandbox in self.sources.items()}
        targets = {f"target-{a}": s.target_config() for a, s in self.destinations.items()}
        return {"tap": tap, **targets}

    def beginnings(self) -> list[Beginning]:
        """Return the accounts that `--sign-in` can be tried with: sources, then destinations."""
        roles = {"tap": self.sources, "target": self.destinations}
        found = [Beginning(role, each) for role, by in roles.items() for each in by.values()]
        return [each for each in found if each.sandbox.person()]


class Beginning(NamedTuple):
    """An account that `--sign-in` of a command can be tried with."""

    command: str
    sandbox: Sandbox

    @property
    def name(self) -> str:
        """Return the name of the config that keeps the settings."""
        return f"new-{self.command}-{self.sandbox.api}"

    @property
    def config(self) -> dict[str, Any]:
        """Return a config that says where the account is, and nothing else."""
        account = self.sandbox.target_config()[self.sandbox.api]
        return {self.sandbox.api: {k: v for k, v in account.items() if k.endswith("_url")}}

    def lines(self, folder: Path) -> list[str]:
        """Return the command, and what a person answers to it."""
        api = self.sandbox.api
        path = folder / f"{self.name}.json"
        shown = [f"{self.command}-contacts --config {path} --sign-in {api}"]
        for question, answer in self.sandbox.person().items():
            is_page = answer.startswith(self.sandbox.url)
            shown.append(f"  {question}: {'a new one each time at ' * is_page}{answer}")
        return shown


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox", description=__doc__)
    parser.add_argument("--configs", type=Path, help="folder to write the configs to")
    parser.add_argument("--first-port", type=int, default=7101, help="0: any free ports")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--reading", choices=EVERY, default="documented", help="see above")
    parser.add_argument("--empty", action="store_true", help="leave the sources empty, too")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        try:
            sandboxes = Sandboxes(stack, options.first_port, options.latency, options.reading)
        except OSError as error:
            parser.exit(
                1, f"No server at port {options.first_port} or after it: {error.strerror}. {TAKEN}"
            )
        if not options.empty:
            sandboxes.seed()
        show(sandboxes, options.configs)
        print("\nCtrl-C ends it.", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def show(sandboxes: Sandboxes, folder: Path | None) -> None:
    """Print the addresses and configs; write the configs, readable by their owner only."""
    for sandbox in sandboxes.by_port:
        role = "source" if sandbox in sandboxes.sources.values() else "target"
        print(f"{role} {sandbox.api:<11} {sandbox.url}")
    for name, config in sandboxes.configs().items():
        text = json.dumps(config, indent=2)
        print(f"\n{name}.json\n{text}", flush=True)
        if folder:
            write(folder / f"{name}.json", config)
    if folder:
        show_beginnings(sandboxes.beginnings(), folder)


def show_beginnings(beginnings: Iterable[Beginning], folder: Path) -> None:
    """Write the configs to begin with, and print how to sign in with them."""
    print("\nTo try --sign-in, in another terminal:")
    for each in beginnings:
        write(folder / f"{each.name}.json", each.config)
        print("", *each.lines(folder), sep="\n", flush=True)


def write(path: Path, config: Mapping[str, Any]) -> None:
    """Write a config, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
