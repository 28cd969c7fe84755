"""An API and a ledger, on which the target makes and carries out plans within this process."""

from __future__ import annotations

import io
import json
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from target_contacts.pipeline.plans import carry_out, make_plan
from target_contacts.target import TargetContacts
from tests.support.commands import FAST, SOON, contacts, singer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.sandbox.server import Sandbox

Record = dict[str, Any]


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
        self._forget_rejects()
        target, _ = make_plan(self.make(), self.path, _lines(records), None)
        return dict(target.this_run.books.bins)

    def apply(self, records: Sequence[Record], **config: Any) -> tuple[dict[str, int], int]:
        """Carry the plan out; return what became of the records, and the exit code."""
        self._forget_rejects()
        target, code = carry_out(self.make(**config), self.path, _lines(records), None)
        return dict(target.this_run.books.bins), code

    def _forget_rejects(self) -> None:
        shutil.rmtree(self._folder / "rejects", ignore_errors=True)

    def refused(self) -> int:
        """Return how many records the API refused in the last plan, or when one was carried out."""
        files = sorted((self._folder / "rejects").glob("*"))
        lines = files[-1].read_text("utf-8").strip().split("\n") if files else []
        rejections = [json.loads(line).get("rejection") or {} for line in lines]
        return sum(each.get("http_status") is not None for each in rejections)

    @property
    def path(self) -> Path:
        """Return where the plan is."""
        return self._folder / "plan.jsonl"

    def writes(self) -> list[dict[str, Any]]:
        """Return the lines of the plan that say what is written."""
        lines = self.path.read_text("utf-8").strip().split("\n")
        return [json.loads(line) for line in lines[1:-1]]

    def remove(self, remote_id: str) -> None:
        """Remove a contact at the API, as somebody at its screen does."""
        ids = (each[_name(each)] for each in self.sandbox.contacts)
        remove = getattr(self.sandbox, "remove")  # noqa: B009  # not every API has it
        remove(next(each for each in ids if str(each) == remote_id.rpartition("/")[2]))

    def held(self) -> dict[str, str]:
        """Return what the API holds, each contact under its id."""
        found: dict[str, str] = {}
        for each in self.sandbox.contacts:
            found[str(each[_name(each)])] = json.dumps(each, sort_keys=True, default=str)
        return found


def _lines(records: Sequence[Record], stream: str = "contacts") -> Any:
    return cast("Any", io.BytesIO(singer(contacts(*records, stream=stream)).encode()))


def _name(contact: Mapping[str, Any]) -> str:
    """Return the name of the field with a contact's id, of whatever API."""
    names = ("contact_id", "uuid", "Contact.P_Id", "link_id", "id")
    return next(name for name in names if name in contact)
