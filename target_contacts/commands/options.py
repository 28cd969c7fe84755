"""The options of the commands that look into the ledger and the rejects, and what each takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHOWN = 3
"""Records that `--rejects show` shows, if nothing else is asked for."""


class Takes(NamedTuple):
    """Which options go with a command."""

    needs: Sequence[str] = ()
    may: Sequence[str] = ()


LEDGER = {
    "list": Takes(),
    "show": Takes(may=("stream", "key", "parent", "remote-id")),
    "forget": Takes(may=("stream", "key", "all", "parent")),
    "relink": Takes(("stream", "key", "remote-id")),
    "export": Takes(("file",)),
    "import": Takes(("file",)),
    "check": Takes(may=("stream",)),
}
"""What `--ledger` does, and what it takes."""

REJECTS = {"summary": Takes(), "show": Takes(may=("n",))}
"""The same for `--rejects`."""

_WHOLE: Mapping[str, Mapping[str, Sequence[str]]] = {
    "--ledger show": {
        "for one record": ("stream", "key"),
        "for what a client, customer or owner was looked up by": ("parent",),
        "for an id at the destination": ("remote-id",),
    },
    "--ledger forget": {
        "for one record": ("stream", "key"),
        "for a stream": ("stream", "all"),
        "for the whole account": ("all",),
        "for a client, customer or owner that was looked up": ("parent",),
    },
}
"""The options that go together, of which one row has to be given."""

_KINDS = {"ledger": LEDGER, "rejects": REJECTS}
_NAMES = ("stream", "key", "remote-id", "parent", "file", "all", "n")


class Asked(NamedTuple):
    """What a command is asked for."""

    kind: str
    """`ledger` or `rejects`."""
    verb: str
    stream: str
    keys: Sequence[str]
    remote_id: str
    parent: str
    """Value by which a client, customer or owner was looked up, or its hash."""
    file: Path
    everything: bool
    most: int

    @property
    def name(self) -> str:
        """Return the command as it is given."""
        return f"--{self.kind} {self.verb}"

    @property
    def needs_account(self) -> bool:
        """Say whether it works by the settings of one account."""
        return self.name != "--rejects show"


def options() -> Iterator[click.Option]:
    """Yield the options."""
    path = click.Path(path_type=Path)
    text = "Look into the ledger, or repair it: see docs/repair.md."
    yield click.Option(["--ledger"], type=click.Choice([*LEDGER]), help=text)
    text = "Stream whose entries --ledger is about."
    yield click.Option(["--stream"], metavar="NAME", help=text)
    text = "Key of the record that --ledger is about; NAME=VALUE for each of several properties."
    yield click.Option(["--key"], multiple=True, metavar="VALUE", help=text)
    text = "Id at the destination: of the contact that --ledger relink gives the record, or any."
    yield click.Option(["--remote-id"], metavar="ID", help=text)
    text = "Value by which a client, customer or owner was looked up, or its hash."
    yield click.Option(["--parent"], metavar="VALUE", help=text)
    text = "File that --ledger export makes, and --ledger import reads."
    yield click.Option(["--file"], type=path, metavar="FILE", help=text)
    text = "Let --ledger forget the whole stream, or the whole account."
    yield click.Option(["--all"], is_flag=True, help=text)
    text = "Look into a rejects file: how to mend what was rejected, or records without values."
    kinds = (click.Choice([*REJECTS]), path)
    yield click.Option(["--rejects"], type=kinds, metavar="[summary|show] FILE", help=text)
    text = f"How many records --rejects show shows; {SHOWN} if not given."
    yield click.Option(["-n"], type=click.IntRange(min=1), metavar="N", help=text)


def taken(given: dict[str, Any], of_runs: Mapping[str, Any]) -> Asked | None:
    """Take the options of these commands out of those of a command line.

    Returns what is asked for; None if no such command is.

    Raises:
        UsageError: If an option is missing, or goes with no command that is given.
    """
    values = {name: given.pop(name.replace("-", "_"), None) for name in _NAMES}
    ledger, rejects = given.pop("ledger", None), given.pop("rejects", None)
    if ledger and rejects:
        msg = "Give only one of --ledger and --rejects."
        raise click.UsageError(msg)
    there = [name for name in _NAMES if values[name]]
    if not (ledger or rejects):
        _assert_taken("a run", Takes(), there)
        return None
    kind, verb, path = ("ledger", ledger, values["file"]) if ledger else ("rejects", *rejects)
    asked = _asked(kind, verb, path, values)
    extra = [name for name, value in of_runs.items() if value]
    _assert_taken(asked.name, _KINDS[kind][verb], [*there, *extra])
    _assert_whole(asked.name, there)
    return asked


def _asked(kind: str, verb: str, path: Path | None, values: Mapping[str, Any]) -> Asked:
    return Asked(
        kind,
        verb,
        stream=values["stream"] or "",
        keys=values["key"] or (),
        remote_id=values["remote-id"] or "",
        parent=values["parent"] or "",
        file=path or Path(),
        everything=bool(values["all"]),
        most=values["n"] or SHOWN,
    )


def named(asked: Asked | None) -> dict[str, bool]:
    """Return the name of the option that asks for a command, if one does."""
    return {asked.kind: True} if asked else {}


def assert_configured(asked: Asked, config: Mapping[str, Any]) -> None:
    """Raise UsageError if a command that works by the settings is given none."""
    if asked.name == "--rejects summary" and not config:
        msg = f"{asked.name} needs --config FILE: it asks the settings what would be sent."
        raise click.UsageError(msg)


def _assert_taken(what: str, takes: Takes, there: Sequence[str]) -> None:
    if missing := [name for name in takes.needs if name not in there]:
        msg = f"{what} needs {' and '.join(map(_option, missing))}."
        raise click.UsageError(msg)
    if extra := [name for name in there if name not in {*takes.needs, *takes.may}]:
        msg = f"{_option(extra[0])} is nothing for {what}."
        raise click.UsageError(msg)


def _assert_whole(what: str, there: Sequence[str]) -> None:
    """Raise UsageError if it is not said what the command is about."""
    ways = _WHOLE.get(what, {})
    if not ways or {*there} in map(set, ways.values()):
        return
    told = (f"{' and '.join(map(_option, names))} {why}" for why, names in ways.items())
    msg = f"{what} takes {', or '.join(told)}."
    raise click.UsageError(msg)


def _option(name: str) -> str:
    return f"-{name}" if len(name) == 1 else f"--{name}"
