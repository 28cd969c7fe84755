"""What each API holds after each fixture stream was written into it.

    python -m tests.expected [NAME ...]

writes the files of `tests/data/expected` anew, for review: all, or those into the APIs and from the
fixture streams of these names. `tests/contact/test_streams.py` compares
them with what arrives.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.crash.lab import KINDS
from tests.support.commands import Workplace
from tests.support.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = tuple(sorted(path.stem for path in DATA.glob("*.singer")))
REGIONS = {"csv_de": "DE", "csv_fr": "FR", "csv_ja": "JP"}
"""Where the people live whose phone numbers have no country code."""

STREAMS = {"closeio": ["leads"], "stripe": ["customers"]}
"""Streams that may be of companies, so that the user has to name them."""

VOLATILE = re.compile(
    r"(?i)(^|[._])(p_)?(uuid|uid|id|created|updated|date|time|href|version)$|Date|Time|link"
)
"""Names of fields that differ from run to run."""


def path(fixture: str, api: str) -> Path:
    """Return the file of what is expected."""
    return DATA / "expected" / f"{fixture}.{api}.json"


def written(fixture: str, api: str) -> dict[str, Any]:
    """Write a fixture stream into an API and return what came of it."""
    with KINDS[api]() as sandbox, tempfile.TemporaryDirectory() as folder:
        config = {**sandbox.target_config(), "match_on": [], "concurrency": 1}
        if api == "bas_ip":
            config["bas_ip"]["number_template"] = "sip:{mobile}@pbx.example.com"
        if fixture in REGIONS:
            config["phone_region"] = REGIONS[fixture]
        if fixture in STREAMS:
            config["streams"] = STREAMS[fixture]
        workplace = Workplace(Path(folder))
        run = workplace.target(config, (DATA / f"{fixture}.singer").read_text("utf-8"))
        return {
            "exit_code": run.code,
            "counts": {name: run.summary[name] for name in ("read", "created", "rejected")},
            "contacts": [_stable(contact) for contact in sandbox.contacts],
            "rejected": list(_rejected(workplace)),
            "not_carried": run.summary["not_carried"],
        }


def text(found: dict[str, Any]) -> str:
    """Return what came of a fixture as it stands in its file."""
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _stable(value: Any) -> Any:
    """Return a contact without what differs from run to run, and without empty fields."""
    if isinstance(value, dict):
        kept = {name: _stable(each) for name, each in value.items() if not VOLATILE.search(name)}
        return {name: each for name, each in kept.items() if each not in ("", None, {}, [])}
    return [_stable(each) for each in value] if isinstance(value, list) else value


def _rejected(workplace: Workplace) -> Iterator[dict[str, Any]]:
    """Yield the number of each rejected record's line among the rejects, with code and field."""
    for line in workplace.rejects:
        if line["type"] == "SCHEMA":
            keys = line["key_properties"]
        else:
            why = line["rejection"]
            key = [line["record"][name] for name in keys]
            yield {"key": key, "code": why["code"], "field": why["field"]}


def main() -> None:
    """Write the files anew, all or those of some names."""
    names = {*sys.argv[1:]}
    for fixture, api in itertools.product(FIXTURES, sorted(KINDS)):
        if not names or names & {fixture, api}:
            path(fixture, api).write_text(text(written(fixture, api)), encoding="utf-8")


if __name__ == "__main__":
    main()
