"""A night on which one record, several or the API itself fail."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.lab import BINS, KINDS
from tests.crash.people import numbers, person, shapes
from tests.support.commands import Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished


PAGE = "<html><body>Please wait</body></html>"

PEOPLE = range(1, 13)

all_apis = pytest.mark.parametrize("api", sorted(KINDS))


def held_by(number: int) -> str:
    """Return what a request that holds a contact holds."""
    return f"4915{number:09}"


@dataclass
class Night:
    """One API, a target and its ledger, run night after night."""

    sandbox: Sandbox
    workplace: Workplace
    write: str = "create"
    version: int = 1

    def __post_init__(self) -> None:
        """Let everybody be there already, if contacts are to be updated."""
        if self.write == "update":
            assert self.run(PEOPLE).code == 0
            self.version = 2
        self.before = len(self.sandbox.log)

    def run(self, wanted: Iterable[int], **settings: Any) -> Finished:
        """Run the target on these people and the STATE behind them."""
        quick = {"max_tries": 3, "timeout_seconds": 0.5, "match_on": [], **settings}
        people = [person(number, self.version) for number in wanted]
        lines = contacts(*people, state={"at": 1})
        return self.workplace.target({**self.sandbox.target_config(), **quick}, lines)

    def go_on(self) -> None:
        """Let everybody change, and count requests from here on."""
        self.version += 1
        self.before = len(self.sandbox.log)

    def spoil(self, *spoilt: int, **fault: Any) -> None:
        """Let a fault strike every request that holds one of these people."""
        for number in spoilt:
            self.sandbox.fault(holding=held_by(number), times=-1, **fault)

    def mend(self) -> None:
        """Let the API be well again."""
        self.sandbox.faults.clear()

    @property
    def held(self) -> dict[int, int]:
        """Return how often the API holds each person in the present version."""
        wanted = f'"+49{self.version}"'
        sensitive = self.sandbox.api != "bas_ip"  # it holds no phone
        good = {
            number: [text for text in texts if not sensitive or wanted in text]
            for number, texts in shapes(self.sandbox.contacts).items()
        }
        return {number: len(texts) for number, texts in good.items() if texts}

    @property
    def taken(self) -> Counter[int]:
        """Return how often each person was in a write that the API carried out and answered."""
        lines = self.sandbox.log[self.before :]
        done = [each for each in lines if each.executed and each.status in {200, 201, 204}]
        bodies = [each.request.body.decode() for each in done if self.is_write(each)]
        return Counter(number for body in bodies for number in numbers(body))

    def is_write(self, line: Any) -> bool:
        """Say whether a line of the log asks for a change of contacts."""
        return self.sandbox.is_write(line.request)

    @property
    def sent(self) -> int:
        """Return how many writes were asked for."""
        return sum(map(self.is_write, self.sandbox.log[self.before :]))

    def rejected(self) -> list[tuple[int, str]]:
        """Return who is in the newest rejects file, and with which code."""
        return [(number, each["code"]) for number, each in self.rejections.items()]

    @property
    def rejections(self) -> dict[int, dict[str, Any]]:
        """Return what is said in the newest rejects file, by who was rejected."""
        lines = [line for line in self.workplace.rejects if line["type"] == "RECORD"]
        return {line["record"]["id"]: line["rejection"] for line in lines}


def balanced(run: Finished) -> bool:
    """Say whether every record read is in one bin."""
    return bool(run.summary["read"] == sum(run.summary[name] for name in BINS))


def must_pass_over(night: Night, run: Finished, wanted: Iterable[int], spoilt: set[int]) -> None:
    """Check that all but these landed once, and that the run went on to its end."""
    others = set(wanted) - spoilt
    assert (run.code, run.messages) == (3, [{"at": 1}]), run.log
    assert {number for number, _ in night.rejected()} == spoilt
    assert {n: c for n, c in night.held.items() if n in others} == dict.fromkeys(others, 1)
    assert run.summary[f"{night.write}d"] == len(others)
    assert balanced(run)


def must_part(night: Night, run: Finished, spoilt: set[int], there: Iterable[int] = ()) -> None:
    """Check that all but some landed once: those there were updated, and the others created."""
    others = set(PEOPLE) - spoilt
    assert (run.code, run.messages) == (3 if spoilt else 0, [{"at": 1}]), run.log
    assert not spoilt or night.rejections.keys() == spoilt
    assert {n: c for n, c in night.held.items() if n in others} == dict.fromkeys(others, 1)
    counts = run.summary["created"], run.summary["updated"] + run.summary["unchanged"]
    assert counts == (len(others - set(there)), len(others & set(there)))
    assert balanced(run)


def must_land(night: Night, wanted: Sequence[int]) -> None:
    """Check that the next run writes what was rejected, and nothing twice."""
    night.mend()
    run = night.run(wanted)
    assert (run.code, run.messages) == (0, [{"at": 1}]), run.log
    assert {n: c for n, c in night.held.items() if n in wanted} == dict.fromkeys(wanted, 1)
    assert len(night.sandbox.contacts) == len(wanted if night.write == "create" else PEOPLE)
    assert run.summary["unchanged"] == len(wanted) - 1


DEAD: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "page": {"status": 200, "body": PAGE},
    "cut": {"cut": "before"},
}
