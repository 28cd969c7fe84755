"""Name the commands that repair what a run could not do."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin.endings import FAILED, MISUSED
from target_contacts.errors import OUTCOME_UNKNOWN
from target_contacts.report.facts import Repair

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_contacts.report.facts import Facts, Rejection

TARGET = "target-contacts --config target.json"
"""How a command begins. Where the settings are is not known here."""


_OF_CODE = {
    "ambiguous": (
        "say which of the contacts it is",
        f"{TARGET} --ledger relink --stream {{}} --key KEY --remote-id ID",
    ),
    "not_found": (
        "if the contact is gone, let it be created anew",
        f"{TARGET} --ledger forget --stream {{}} --key KEY",
    ),
    OUTCOME_UNKNOWN: (
        "see what the ledger knows of it",
        f"{TARGET} --ledger show --stream {{}} --key KEY",
    ),
}
"""What to do about rejections of a code, and the command for a record of a stream."""


def repairs(facts: Facts) -> list[Repair]:
    """Return the commands that repair what became of a run."""
    return [
        *_of_the_end(facts),
        *_of_guards(facts.guards),
        *_of_rejections(facts.rejections, facts.rejects_file),
        *_of_doubled(facts.summary.get("doubled", ())),
    ]


def _of_the_end(facts: Facts) -> Iterator[Repair]:
    if facts.exit_code in {FAILED, MISUSED}:
        why = "The run ended with an error: check settings and account, then run again"
        yield Repair(why, f"{TARGET} --check")


def _of_guards(guards: Sequence[Mapping[str, Any]]) -> Iterator[Repair]:
    for each in guards:
        if each["exceeded"]:
            why = f"{each['guard']} was exceeded: if the change is right, let it through once"
            yield Repair(why, f"{TARGET} --allow {each['guard']}={each['seen']} < INPUT")


def _of_rejections(rejections: Sequence[Rejection], file: str | None) -> Iterator[Repair]:
    if file:
        path = shlex.quote(file)
        yield Repair(
            "Records were rejected: see why, and which settings would mend that",
            f"{TARGET} --rejects summary {path}",
        )
        yield Repair("Look at some of them", f"target-contacts --rejects show {path}")
    for each in rejections:
        if each.code in _OF_CODE:
            why, command = _OF_CODE[each.code]
            yield Repair(f"{each.code}, {each.count} of {each.stream}: {why}", _for(command, each))
    if file:
        yield Repair("Send the rejected records again", f"{TARGET} < {shlex.quote(file)}")


def _for(command: str, rejection: Rejection) -> str:
    return command.format(shlex.quote(rejection.stream))


def _of_doubled(doubled: Sequence[Sequence[str]]) -> Iterator[Repair]:
    for stream, kept, *others in doubled:
        why = f"Contact {kept} may be there twice, also as {', '.join(others)}: compare them"
        which = f"--stream {shlex.quote(stream)} --remote-id {shlex.quote(kept)}"
        yield Repair(why, f"{TARGET} --ledger show {which}")
