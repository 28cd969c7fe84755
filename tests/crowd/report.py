"""Put what came of the crowd into Markdown, beside what came of it before."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crowd.trial import FAULTS, STEPS, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.crowd.people import Crowd

    Tables = Mapping[str, Sequence[Step]]
    """The steps by API."""

BEFORE = Path(__file__).parent / "before.json"
BEFORE_COMMIT = "5b649fd"
"""The commit whose counts stand in that file: the last that looked contacts up by names."""

DONE = ("created", "updated", "unchanged")
WHO = ("overwritten", "doubled", "missing", "no evidence")
WHY_NOT = ("ambiguous", "ambiguous needlessly", "refused", "refused needlessly")
COLUMNS = (*DONE, *WHO, *WHY_NOT, "left open", "writes", "reads", "look-ups")
COMPARED = ("overwritten", "doubled", "missing", "ambiguous needlessly", "look-ups")

TEXT = """\
# A crowd in two streams

`python -m tests.crowd {arguments}` on {date}, in {seconds:.0f} s: {machine}, Python {python};
{people} people, of whom the streams send {a} and {b} records, seed {seed}.

The people are made up: namesakes, families on one landline, father and son of one name, shared
mailboxes, changed e-mails and numbers, a number that has a new owner, numbers and names in many
forms, people of whom only the name is told, one whom a stream holds twice. All goes through the
real command with default settings and what each API demands. Steps: (1) stream A, (2) stream B,
(3) both unchanged, (4) both with the ledger lost; (5) elsewhere, both, where a third of the people
and some strangers were put in by hand before.

The same person is who has the same name, in one Unicode form and however split, and an e-mail or a
number in common, or of whom neither side tells any. *Overwritten*: people whose contact came to
carry somebody else's data. *Doubled*: contacts too many after the step. *Missing*: records neither
there nor in the rejects. *No evidence*: adopted by the right person, but on the name alone where
one side tells more. *Ambiguous*: rejected since several contacts agree equally well; *needlessly*:
one at most does. *Refused*: the API demands what the record lacks, or holds its login name already;
*needlessly*: it would have taken it. *Left open*: two contacts where names agree but for accents,
case or ß, which the rule leaves open. *Reads*: requests that read contacts; *look-ups*: those but
for one of each contact that is then written. BAS-IP cannot be asked for contacts: there each record
has a contact of its own, by design.

| API and step | {columns} |
|---|{rule}|
{rows}
{faults}
"""

COMPARISON = """
## Before and now

The same crowd into the code of commit {commit}, where contacts were looked up by names or a few
fields and what was found was not compared. Each cell: then, now.

| API and step | {columns} |
|---|{rule}|
{rows}
"""


def text(crowd: Crowd, seconds: float, tables: Tables, arguments: str) -> str:
    """Return the whole report."""
    report = TEXT.format(
        arguments=arguments,
        date=datetime.datetime.now(tz=datetime.timezone.utc).date(),
        seconds=seconds,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        python=platform.python_version(),
        people=crowd.people,
        a=len(crowd.told_by("a")),
        b=len(crowd.told_by("b")),
        seed=crowd.seed,
        columns=" | ".join(COLUMNS),
        rule="|".join("---" for _ in COLUMNS),
        rows="\n".join(_rows(tables)),
        faults=_faults(tables),
    )
    return report + _comparison(crowd, tables)


def _rows(tables: Tables) -> list[str]:
    return [
        _row(f"{api} {step.name}", [str(step.counts[name]) for name in COLUMNS])
        for api, steps in tables.items()
        for step in steps
    ]


def _row(head: str, cells: Sequence[str]) -> str:
    return f"| {head} | {' | '.join(cells)} |"


def _faults(tables: Tables) -> str:
    total = sum((Counter(step.faults) for each in tables.values() for step in each), Counter[str]())
    named = ", ".join(f"{name} {total[name]}" for name in FAULTS if total[name])
    return f"\nWhat should not be, in all steps together: {named or 'nothing'}."


def _comparison(crowd: Crowd, tables: Tables) -> str:
    """Return the table of then and now, if then was counted for the same crowd."""
    before = json.loads(BEFORE.read_text()) if BEFORE.exists() else {}
    if (before.get("people"), before.get("seed")) != (crowd.people, crowd.seed):
        return ""
    rows = []
    for api, steps in tables.items():
        for then, now in zip(before["apis"][api], steps, strict=True):
            cells = [f"{then.get(name, 0)}, {now.counts[name]}" for name in COMPARED]
            rows.append(_row(f"{api} {now.name}", cells))
    return COMPARISON.format(
        commit=BEFORE_COMMIT,
        columns=" | ".join(COMPARED),
        rule="|".join("---" for _ in COMPARED),
        rows="\n".join(rows),
    )


def dump(crowd: Crowd, tables: Tables) -> str:
    """Return the counts as JSON, in the form of those that are kept from before."""
    counts = {api: [dict(step.counts) for step in steps] for api, steps in tables.items()}
    kept = {"people": crowd.people, "seed": crowd.seed, "steps": STEPS, "apis": counts}
    return json.dumps(kept, indent=1, sort_keys=True) + "\n"
