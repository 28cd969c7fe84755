"""Trials of plans: plan a night of all sorts of records, carry it out, and judge.

    python -m tests.crash.plans [--points NUMBER] [--api API] [--seed NUMBER]

Exits with 1 if a plan and what is carried out differ, anything is written while planning, a plan
that does not hold is carried out, anybody else's contact changes, or the next run has anything left
to write.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import io
import os
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk.exceptions import ConfigurationError

from tests.crash import stale
from tests.crash.lab import KINDS
from tests.crash.people import person
from tests.crash.site import Site
from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice
from tests.support import paths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.crash.site import Record
    from tests.sandbox.server import Sandbox

WRITES = ("created", "updated", "deleted")
ODD: tuple[tuple[str, Any], ...] = (
    ("first_name", "Zoë \U0001f600"),
    ("first_name", "名\u200b前"),
    ("first_name", ["a", {"b": 1}]),
    ("first_name", None),
    ("last_name", True),
    ("last_name", "O'Brien <&>\u2028"),
    ("email", 12.5),
    ("email", "NOBODY"),
    ("email", ""),
    ("phone", 4930123456),
    ("phone", {"type": "work", "number": "+4930999"}),
    ("phone", ""),
    ("mobile", 1e300),
    ("mobile", "+4915000000001"),
    ("company", "\x00\x07"),
    ("is_favourite", "perhaps"),
    ("_sdc_deleted_at", "2026-05-01"),
)
"""Values of all sorts, right and wrong."""


class Night(NamedTuple):
    """What two nights bring, and what others do between them."""

    first: list[Record]
    others: list[Record]
    second: list[Record]
    settings: dict[str, Any]

    @classmethod
    def drawn(cls, draw: random.Random) -> Night:
        """Draw all of it."""
        settings = {
            "on_delete": draw.choice(("skip", "delete")),
            "on_gone": draw.choice(("reject", "recreate", "skip")),
            "batch_size_rows": draw.choice((2, 5, 100)),
            "mode": draw.choice(("upsert", "upsert", "upsert", "create_only", "update_only")),
        }
        first = [person(number) for number in range(1, 10)]
        others = [person(n) for n in draw.sample(range(1, 14), 3)]
        second = [_varied(person(n, draw.randrange(1, 4)), draw) for n in range(1, 14)]
        second += [
            # A namesake with the same number; at cobai, no two may have one e-mail address.
            {**draw.choice(second), "id": 20, "company": "Twin", "email": "twin@example.com"},
            {**draw.choice(second), "phone": "+49999"},  # a record that comes again
            {"first_name": "No key"},
        ]
        draw.shuffle(second)
        return cls(first, others, second, settings)


def _varied(record: Record, draw: random.Random) -> Record:
    return {**record, **dict(draw.sample(ODD, draw.choice((0, 0, 1, 2))))}


class Tally(NamedTuple):
    """What came of one trial or of several."""

    plans: int = 0
    """Plans that were carried out."""
    writes: int = 0
    """Lines of them."""
    refusals: int = 0
    """Plans that did not hold, or were not as they were made."""
    problems: tuple[str, ...] = ()

    def added(self, other: Tally) -> Tally:
        """Return this with another."""
        return Tally(
            self.plans + other.plans,
            self.writes + other.writes,
            self.refusals + other.refusals,
            self.problems + other.problems,
        )


def tried(api: str, seed: int, number: int) -> Tally:
    """Carry out one trial. The same arguments give the same one."""
    draw = random.Random(f"{seed}/{api}/{number}")  # noqa: S311
    night = Night.drawn(draw)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plans-")))
        sandbox = stack.enter_context(KINDS[api]())
        for redirect in (redirect_stdout, redirect_stderr):
            stack.enter_context(redirect(io.StringIO()))
        site = Site(sandbox, folder, {**night.settings, **_token(sandbox)})
        found = _judged(site, night, draw)
    named = [f"{api} {seed} {number}: {each}" for each in found.problems]
    return found._replace(problems=tuple(named))


def _token(sandbox: Sandbox) -> dict[str, Any]:
    """Return an account with a token, where only a few may be asked for in ten minutes."""
    is_zoho = isinstance(sandbox, ZohoVoice)
    account = {"api_url": sandbox.url, "access_token": ACCESS_TOKEN}
    return {sandbox.api: account} if is_zoho else {}


def _judged(site: Site, night: Night, draw: random.Random) -> Tally:
    """Plan a night and carry it out; before and after, carry out plans that do not hold."""
    elsewhere = [{**each, "phone": "+49777"} for each in night.others]
    site.run(elsewhere[:1], stream="people", ledger_account="other", mode="upsert")
    site.run(night.first, mode="upsert")
    site.run(elsewhere[1:], stream="people", ledger_account="other", mode="upsert")
    site.plan(night.second)
    wrong = stale.overtaken(site, night.second, draw)
    before, writes = site.held(), len(site.sandbox.writes)
    planned, lines = site.plan(night.second), site.writes()
    gone = site.refused()
    wrong += ["written while planning"] * (len(site.sandbox.writes) != writes)
    wrong += stale.tampered(site, night.second, draw)
    wrong += stale.outdated(site, night.second, draw)
    wrong += _carried_out(site, night, planned, gone)
    wrong += _strangers(before, site.held(), lines)
    wrong += ["carried out twice"] * (not stale.is_refused(site, night.second) and bool(lines))
    last = {each.get("id"): each for each in night.second}
    again = site.run([*last.values()])
    left = {name: again[name] for name in WRITES if again.get(name)}
    wrong += [f"left to write: {left}"] * bool(left)
    return Tally(1, len(lines), stale.NUMBER + bool(lines), tuple(wrong))


def _carried_out(site: Site, night: Night, planned: Mapping[str, int], gone: int) -> list[str]:
    """Carry out a plan that counts so many records as refused; return what is not as planned."""
    try:
        done, code = site.apply(night.second)
    except ConfigurationError as error:
        return [f"refused: {error}"]
    expected = {**planned}
    if (
        refused := site.refused() - gone
    ):  # no plan can know what an API refuses, such as a name in use
        expected["rejected"] = expected.get("rejected", 0) + refused
        expected["created"] -= refused
    wrong = [f"planned {planned}, done {done}"] * (Counter(expected) != Counter(done))
    return wrong + [f"exit code {code}"] * (code != 0)


def _strangers(
    before: Mapping[str, str], after: Mapping[str, str], lines: Sequence[Record]
) -> list[str]:
    """Return what changed though no line of the plan speaks of it."""
    ids = {str(line["remote_id"]) for line in lines if line["action"] != "create"}
    ids |= {each.rpartition("/")[2] for each in ids}  # cobai's are customer/contact
    changed = {each for each in before if after.get(each) != before[each]} - ids
    new = len(after.keys() - before.keys())
    creates = sum(line["action"] == "create" for line in lines)
    return [f"others changed: {len(changed)}"] * bool(changed) + [
        f"{new} new contacts for {creates} creates"
    ] * (new > creates)


def main() -> int:
    """Carry out trials and print what came of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.plans", description=__doc__)
    parser.add_argument("--points", type=int, default=100, help="trials of each API")
    parser.add_argument("--api", choices=sorted(KINDS), help="only this one; writes no results")
    parser.add_argument("--seed", type=int, default=1, help="gives the same trials each time")
    given = parser.parse_args()
    began = time.monotonic()
    apis = [given.api] if given.api else sorted(KINDS)
    tallies: dict[str, Tally] = {}
    for api in apis:
        trials = (tried(api, given.seed, number) for number in range(given.points))
        tallies[api] = functools.reduce(Tally.added, trials, Tally())
        print(_row(api, tallies[api]), flush=True)
    problems = [each for tally in tallies.values() for each in tally.problems]
    print(*problems, sep="\n")
    if not given.api:
        RESULTS.write_text(_text(given, time.monotonic() - began, tallies), encoding="utf-8")
    return bool(problems)


RESULTS = paths.RESULTS / "plans.md"
TEXT = """\
# Planned, then carried out

`python -m tests.crash.plans --points {points} --seed {seed}` on {date}, in {seconds:.0f} s:
{machine}, Python {python}.

A point is one trial. Nine contacts are written, three more by somebody else. Then a night of about
16 records is planned: new, changed and repeated ones, without a key, with values of all sorts,
under settings that are drawn. First a plan is made and another run writes, or somebody removes a
contact of it. Then a new plan is damaged in {damages} ways, one of them with a seal that fits; and
it is carried out with another input, and with another setting. All of these must be refused, and
nothing written. Then the plan is carried out as it was made, and once more, which must be refused
if it held any write. A run after that must find nothing to write.

*Problem*: counts of plan and run differ, a write while planning, a plan carried out that should be
refused, a contact changed of which no line of the plan speaks, or anything left to write.

| API | plans | writes planned | plans to refuse | problems |
|---|---|---|---|---|
{rows}
"""


def _text(given: argparse.Namespace, seconds: float, tallies: Mapping[str, Tally]) -> str:
    return TEXT.format(
        points=given.points,
        seed=given.seed,
        date=datetime.datetime.now(tz=datetime.timezone.utc).date(),
        seconds=seconds,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        python=platform.python_version(),
        damages=len(stale.DAMAGES),
        rows="\n".join(_row(*each) for each in tallies.items()),
    )


def _row(api: str, tally: Tally) -> str:
    numbers = (tally.plans, tally.writes, tally.refusals, len(tally.problems))
    return f"| {api} | {' | '.join(map(str, numbers))} |"


if __name__ == "__main__":
    sys.exit(main())
