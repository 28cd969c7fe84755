"""A Valomnia with many contacts."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.valomnia import Valomnia
    from tests.support.commands import Workplace


START = datetime(2026, 1, 1, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


def fill(sandbox: Valomnia, count: int, every: float = 1, first: float = 0) -> list[str]:
    """Put in so many contacts, one every so many seconds; return their ids."""
    ids = []
    for number in range(count):
        sandbox.now = START + (first + number * every) * SECOND
        ids.append(str(sandbox.add(firstName="N", lastName=str(number), customerId="3229")))
    return ids


def catalog(workplace: Workplace, sandbox: Valomnia, **changed: Any) -> Path:
    """Return the file of the catalog discovered, with something changed about the stream."""
    found = json.loads(workplace.tap({"valomnia": sandbox.tap_config()}, "--discover").out)
    found["streams"][0] |= changed
    path = workplace.folder / "catalog.json"
    path.write_text(json.dumps(found))
    return path
