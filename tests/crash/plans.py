"""Trials of plans: plan a night of all sorts of records, carry it out, and judge.

    python -m tests.crash.plans [--points NUMBER] [--api API] [--seed NUMBER]

Exits with 1 if a plan and what is carried out differ, anything is written while planning, anybody
else's contact changes, or the next run has anything left to write.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from singer_sdk.exceptions import ConfigurationError

from target_contacts.pipeline.plans import carry_out, make_plan
from target_contacts.target import TargetContacts
from tests.crash.lab import KINDS
from tests.crash.people import person
from tests.support.commands import FAST, SOON, contacts, singer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.sandbox.server import Sandbox

Record = dict[str, Any]
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


class Site:
    """An API and a ledger, on which the target runs within this process."""

    def __init__(self, sandbox: Sandbox, folder: Path, settings: Mapping[str, Any]) -> None:
        """Take an empty API and an empty folder."""
        self.sandbox, self._folder = sandbox, folder
        self._config = {
            **FAST,
            **SOON,
            **sandbox.target_config(),
            "max_rejects": -1,
            "ledger_url": f"sqlite:///{folder / 'ledger.db'}",
            "rejects_dir": str(folder / "rejects"),
            "requests_per_minute": 1_000_000,
            "guards": {"max_deletes": "100%", "max_cleared": "100%"},
            **settings,
        }

    def make(self, **config: Any) -> partial[TargetContacts]:
        """Return what makes the target."""
        return partial(TargetContacts, config={**self._config, **config})

    def run(
        self, records: Sequence[Record], stream: str = "contacts", **config: Any
    ) -> dict[str, int]:
        """Run the target; return what became of the records."""
        target = self.make(**config)()
        target.run(_lines(records, stream))
        return dict(target.this_run.books.bins)

    def plan(self, records: Sequence[Record]) -> dict[str, int]:
        """Make a plan; return what would become of the records."""
        target, _ = make_plan(self.make(), self.path, _lines(records), None)
        return dict(target.this_run.books.bins)

    def apply(self, records: Sequence[Record]) -> tuple[dict[str, int], int]:
        """Carry the plan out; return what became of the records, and the exit code."""
        target, code = carry_out(self.make(), self.path, _lines(records), None)
        return dict(target.this_run.books.bins), code

    def refused(self) -> int:
        """Return how many records the API refused in the last run that rejected any."""
        files = sorted((self._folder / "rejects").glob("*"))
        lines = files[-1].read_text("utf-8").strip().split("\n") if files else []
        rejections = [json.loads(line).get("rejection") or {} for line in lines]
        return sum(each.get("http_status") is not None for each in rejections)

    @property
    def path(self) -> Path:
        """Return where the plan is."""
        return self._folder / "plan.jsonl"

    def held(self) -> dict[str, str]:
        """Return what the API holds, each contact under its id."""
        found: dict[str, str] = {}
        for each in self.sandbox.contacts:
            found[_id(each)] = json.dumps(each, sort_keys=True, default=str)
        return found


def _lines(records: Sequence[Record], stream: str = "contacts") -> Any:
    return cast("Any", io.BytesIO(singer(contacts(*records, stream=stream)).encode()))


def _id(contact: Mapping[str, Any]) -> str:
    """Return a contact's id, of whatever API."""
    names = ("contact_id", "uuid", "Person.P_Id", "Contact.P_Id", "P_Id", "link_id", "id")
    return next(str(contact[name]) for name in names if name in contact)


def tried(api: str, seed: int, number: int) -> list[str]:
    """Carry out one trial; return what is wrong. The same arguments give the same one."""
    draw = random.Random(f"{seed}/{api}/{number}")  # noqa: S311
    night = Night.drawn(draw)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plans-")))
        sandbox = stack.enter_context(KINDS[api]())
        for redirect in (redirect_stdout, redirect_stderr):
            stack.enter_context(redirect(io.StringIO()))
        found = _judged(Site(sandbox, folder, night.settings), night)
    return [f"{api} {seed} {number}: {each}" for each in found]


def _judged(site: Site, night: Night) -> list[str]:
    """Plan and carry out a night; return what is wrong."""
    wrong: list[str] = []
    elsewhere = [{**each, "phone": "+49777"} for each in night.others]
    site.run(elsewhere[:1], stream="people", ledger_account="other", mode="upsert")
    site.run(night.first, mode="upsert")
    site.run(elsewhere[1:], stream="people", ledger_account="other", mode="upsert")
    before = site.held()
    planned = site.plan(night.second)
    wrong += ["written while planning"] * (site.held() != before)
    lines = [json.loads(line) for line in site.path.read_text("utf-8").strip().split("\n")][1:-1]
    done, code = site.apply(night.second)
    expected = {**planned}
    if refused := site.refused():  # no plan can know what an API refuses, such as a name in use
        expected["rejected"] = expected.get("rejected", 0) + refused
        expected["created"] -= refused
    wrong += [f"planned {planned}, done {done}"] * (Counter(expected) != Counter(done))
    wrong += [f"exit code {code}"] * (code != 0)
    wrong += _strangers(before, site.held(), lines)
    wrong += ["carried out twice"] * (not _is_refused(site, night.second) and bool(lines))
    last = {each.get("id"): each for each in night.second}
    again = site.run([*last.values()])
    left = {name: again[name] for name in WRITES if again.get(name)}
    return wrong + [f"left to write: {left}"] * bool(left)


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


def _is_refused(site: Site, records: Sequence[Record]) -> bool:
    try:
        site.apply(records)
    except ConfigurationError:
        return True
    return False


def main() -> int:
    """Carry out trials and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--api", choices=sorted(KINDS))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    wrong: list[str] = []
    apis = [given.api] if given.api else sorted(KINDS)
    for api in apis:
        for number in range(given.points):
            wrong += tried(api, given.seed, number)
    print(f"{given.points * len(apis)} plans, {len(wrong)} problems")
    print(*wrong, sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
