"""The options of the command that say what a run is for, and what it may do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tap_contacts.plugin.check import check_option
from target_contacts.delivery.bounds import allowed
from target_contacts.pipeline.purpose import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_contacts.delivery.bounds import Given


def options() -> Iterator[click.Option]:
    """Yield the options."""
    yield check_option()
    text = "Read a stream and print which of its fields go where; nothing is sent or kept."
    yield click.Option(["--explain"], is_flag=True, help=text)
    text = "Send only the first records that would be sent, this many; pass on no STATE."
    least = click.IntRange(min=1)
    yield click.Option(["--limit"], type=least, metavar="N", help=text)
    text = "Set the limit of a guard for this run only, such as max_cleared=5000; repeatable."
    yield click.Option(["--allow"], multiple=True, metavar="GUARD=N", callback=_allowed, help=text)
    file = click.Path(path_type=Path)
    text = "Write into this file what a run would write, field by field; nothing is sent or kept."
    yield click.Option(["--plan"], type=file, metavar="FILE", help=text)
    text = "Carry out this plan, if its input, settings, ledger and contacts are as planned."
    yield click.Option(["--apply"], type=file, metavar="FILE", help=text)
    text = "Write only to this one of the setting destinations; repeatable. list: print all."
    yield click.Option(["--destinations"], multiple=True, metavar="NAME", help=text)


def assert_one(given: Mapping[str, object]) -> None:
    """Raise UsageError if several options are given, each of which is for a run of its own."""
    names = [f"--{name}" for name, value in given.items() if value]
    if len(names) > 1:
        msg = f"Give only one of {' and '.join(names)}."
        raise click.UsageError(msg)


def are_given(config: Mapping[str, Any]) -> bool:
    """Say whether a config has the setting `destinations`."""
    return config.get("destinations") not in (None, "")


def alone(given: Mapping[str, object]) -> str:
    """Return the option that is for one destination at a time; "" if none of these is given."""
    return next((f"--{name}" for name in ("explain", "plan", "apply") if given.get(name)), "")


def purpose(*, check: bool = False, explain: bool = False, **_: object) -> Purpose:
    """Return what a run is for, by the options of the command."""
    if check:
        return Purpose.CHECK
    return Purpose.EXPLAIN if explain else Purpose.WRITE


def _allowed(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> Mapping[str, Given]:
    try:
        return allowed(texts)
    except ValueError as error:
        msg = f"{error}.".replace("?.", "?")
        raise click.BadParameter(msg, ctx, param) from None
