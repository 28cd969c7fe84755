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
        "--ledger relink --stream {} --key KEY --remote-id ID",
    ),
    "not_found": (
        "if the contact is gone, let it be created anew",
        "--ledger forget --stream {} --key KEY",
    ),
    OUTCOME_UNKNOWN: (
        "see what the ledger knows of it",
        "--ledger show --stream {} --key KEY",
    ),
}
"""What to do about rejections of a code, and the options for a record of a stream."""


def repairs(facts: Facts) -> list[Repair]:
    """Return the commands that repair what became of a run."""
    name = facts.destination
    start = f"{TARGET} --destinations {shlex.quote(name)}" if name else TARGET
    found = [
        *_of_the_end(facts),
        *_of_guards(facts.guards),
        *_of_rejections(facts.rejections, facts.rejects_file),
        *_of_doubled(facts.summary.get("doubled", ())),
    ]
    return [Repair(why, f"{start} {options}") for why, options in found]


Way = tuple[str, str]
"""Why a command is needed, and its options."""


def _of_the_end(facts: Facts) -> Iterator[Way]:
    if facts.exit_code in {FAILED, MISUSED}:
        yield "The run ended with an error: check settings and account, then run again", "--check"


def _of_guards(guards: Sequence[Mapping[str, Any]]) -> Iterator[Way]:
    for each in guards:
        if each["exceeded"]:
            why = f"{each['guard']} was exceeded: if the change is right, let it through once"
            yield why, f"--allow {each['guard']}={each['seen']} < INPUT"


def _of_rejections(rejections: Sequence[Rejection], file: str | None) -> Iterator[Way]:
    if file:
        path = shlex.quote(file)
        why = "Records were rejected: see why, and which settings would mend that"
        yield why, f"--rejects summary {path}"
        yield "Look at some of them", f"--rejects show {path}"
    for each in rejections:
        if each.code in _OF_CODE:
            why, options = _OF_CODE[each.code]
            stream = shlex.quote(each.stream)
            yield f"{each.code}, {each.count} of {each.stream}: {why}", options.format(stream)
    if file:
        yield "Send the rejected records again", f"< {shlex.quote(file)}"


def _of_doubled(doubled: Sequence[Sequence[str]]) -> Iterator[Way]:
    for _, kept, *others in doubled:
        why = f"Contact {kept} may be there twice, also as {', '.join(others)}: compare them"
        yield why, f"--ledger show --remote-id {shlex.quote(kept)}"
