"""Run the tap and the target in this process: all that they do, without the start of a command."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, cast

from tap_contacts.tap import TapContacts
from target_contacts.pipeline.ending import summary
from target_contacts.target import TargetContacts
from tests.support.commands import FAST, SOON, Finished, singer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.support.commands import Message


class Folder:
    """A folder in which ledger and rejects stay between runs; errors of a run are raised."""

    def __init__(self, folder: Path) -> None:
        """Take an empty folder."""
        self._stays = {
            "ledger_url": f"sqlite:///{folder / 'target-contacts.db'}",
            "rejects_dir": str(folder / "rejects"),
        }

    def tap(self, config: Mapping[str, Any]) -> Finished:
        """Run the tap."""
        with redirect_stdout(_Output()) as out:
            TapContacts(config={**FAST, **config}).sync_all()
        return Finished(0, out.text, "")

    def target(self, config: Mapping[str, Any], messages: Iterable[Message] | str) -> Finished:
        """Run the target on messages; of the log there is the summary alone."""
        lines = messages if isinstance(messages, str) else singer(messages)
        with redirect_stdout(_Output()) as out:
            target = TargetContacts(config={**FAST, **SOON, **self._stays, **config})
            code = target.run(cast("Any", io.BytesIO(lines.encode())))
        return Finished(code, out.text, f"summary: {json.dumps(summary(target.this_run))}")


class _Output(io.TextIOWrapper):
    """Keeps what is written to it as text or as bytes."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    @property
    def text(self) -> str:
        """Return what was written."""
        return cast("io.BytesIO", self.buffer).getvalue().decode()
