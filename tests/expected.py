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
from tests.support.commands import Workplace, singer
from tests.support.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished

FIXTURES = tuple(sorted(path.stem for path in DATA.glob("*.singer")))
REGIONS = {"csv_de": "DE", "csv_fr": "FR", "csv_ja": "JP"}
"""Where the people live whose phone numbers have no country code."""

STREAMS = {"closeio": ["leads"], "stripe": ["customers"]}
"""Streams that may be of companies, so that the user has to name them."""

GROUPS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (tuple(each for each in FIXTURES if each not in {*REGIONS, *STREAMS}), {}),
    (tuple(STREAMS), {"streams": [f"{f}:{name}" for f in STREAMS for name in STREAMS[f]]}),
    *(((fixture,), {"phone_region": region}) for fixture, region in REGIONS.items()),
)
"""Fixture streams that one run can write one after the other, and the settings for it."""

VOLATILE = re.compile(
    r"(?i)(^|[._])(p_)?(uuid|uid|id|created|updated|date|time|href|version)$|Date|Time|link"
)
"""Names of fields that differ from run to run."""


def path(fixture: str, api: str) -> Path:
    """Return the file of what is expected."""
    return DATA / "expected" / f"{fixture}.{api}.json"


def written(fixture: str, api: str) -> dict[str, Any]:
    """Write a fixture stream into an API and return what came of it."""
    settings: dict[str, Any] = {}
    if fixture in REGIONS:
        settings["phone_region"] = REGIONS[fixture]
    if fixture in STREAMS:
        settings["streams"] = STREAMS[fixture]
    with KINDS[api]() as sandbox, tempfile.TemporaryDirectory() as folder:
        workplace = Workplace(Path(folder))
        lines = (DATA / f"{fixture}.singer").read_text("utf-8")
        run = workplace.target(_config(sandbox, settings), lines)
        return {
            "exit_code": run.code,
            "counts": _counts(run),
            "contacts": [_stable(contact) for contact in sandbox.contacts],
            "rejected": list(_rejected(workplace.rejects)),
            "not_carried": run.summary["not_carried"],
        }


def written_together(
    fixtures: Collection[str], api: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Write fixture streams into an API in one run and return what came of it, in any order."""
    shared = {"user_name_shared"} if api == "cobai" else ()
    with KINDS[api](readings=shared) as sandbox, tempfile.TemporaryDirectory() as folder:
        workplace = Workplace(Path(folder))
        lines = [message for fixture in fixtures for message in _named(fixture)]
        run = workplace.target(_config(sandbox, settings), singer(lines))
        return {
            "exit_code": run.code,
            "counts": _counts(run),
            "contacts": _sorted(map(_stable, sandbox.contacts)),
            "rejected": _sorted(_rejected(workplace.rejects)),
            "not_carried": run.summary["not_carried"],
        }


def together(fixtures: Collection[str], api: str) -> dict[str, Any]:
    """Return what is expected of fixture streams that one run writes into an API."""
    each = {name: json.loads(path(name, api).read_text("utf-8")) for name in fixtures}
    return {
        "exit_code": max(found["exit_code"] for found in each.values()),
        "counts": {name: sum(found["counts"][name] for found in each.values()) for name in COUNTS},
        "contacts": _sorted(contact for found in each.values() for contact in found["contacts"]),
        "rejected": _sorted(who for found in each.values() for who in found["rejected"]),
        "not_carried": {
            _name(name, stream): fields
            for name, found in each.items()
            for stream, fields in found["not_carried"].items()
        },
    }


def _named(fixture: str) -> Iterator[dict[str, Any]]:
    """Yield the messages of a fixture whose streams have names that no other fixture has."""
    for line in (DATA / f"{fixture}.singer").read_text("utf-8").splitlines():
        message = json.loads(line)
        if "stream" in message:
            message["stream"] = _name(fixture, message["stream"])
        yield message


def _name(fixture: str, stream: str) -> str:
    """Return a name that no two streams share; by that of an API its source is known."""
    return stream if stream.startswith(tuple(KINDS)) else f"{fixture}:{stream}"


def _sorted(found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(found, key=lambda each: json.dumps(each, sort_keys=True))


def _config(sandbox: Sandbox, settings: Mapping[str, Any]) -> dict[str, Any]:
    config = {**sandbox.target_config(), "match_on": [], "concurrency": 1, **settings}
    if sandbox.api == "bas_ip":
        config["bas_ip"]["number_template"] = "sip:{mobile}@pbx.example.com"
    return config


COUNTS = ("read", "created", "rejected")


def _counts(run: Finished) -> dict[str, int]:
    return {name: run.summary[name] for name in COUNTS}


def text(found: dict[str, Any]) -> str:
    """Return what came of a fixture as it stands in its file."""
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _stable(value: Any) -> Any:
    """Return a contact without what differs from run to run, and without empty fields."""
    if isinstance(value, dict):
        kept = {name: _stable(each) for name, each in value.items() if not VOLATILE.search(name)}
        return {name: each for name, each in kept.items() if each not in ("", None, {}, [])}
    return [_stable(each) for each in value] if isinstance(value, list) else value


def _rejected(rejects: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the number of each rejected record's line among the rejects, with code and field."""
    for line in rejects:
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
