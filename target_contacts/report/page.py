"""Show what is told of a run as one HTML page, which needs no other file and no script."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import string
from typing import TYPE_CHECKING

from target_contacts.report import markup, sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from target_contacts.report.facts import Facts
    from target_contacts.report.folder import Past

_KINDS = {0: "good", 3: "warn"}
"""How the end of a run looks, by its exit code; `bad` for others."""


def page(facts: Facts, past: Sequence[tuple[Path, Past]]) -> str:
    """Return the page."""
    script = _file("page.js")
    digest = hashlib.sha256(script.encode()).digest()
    return string.Template(_file("page.html")).substitute(
        title=markup.text(f"Contacts to {facts.title}, {sections.moment(facts.started_at)}"),
        body="\n".join(filter(None, [*_head(facts), *sections.of(facts, past)])),
        script=script,
        script_hash=base64.b64encode(digest).decode(),
    )


def _file(name: str) -> str:
    return (importlib.resources.files(__package__) / name).read_text(encoding="utf-8")


def _head(facts: Facts) -> Iterator[str]:
    kind = "bad" if facts.exit_code is None else _KINDS.get(facts.exit_code, "bad")
    yield markup.paragraph(facts.ended.capitalize() + ".", f"end {kind}")
    yield markup.paragraph(facts.error) if facts.error else ""
    yield markup.paragraph(facts.row)
    told = {
        "destination": facts.destination,
        "account": facts.account or "not known",
        "started": sections.moment(facts.started_at),
        "took": f"{facts.seconds or 0.0:,.1f} s",
        "exit code": str(facts.exit_code),
        "dry run": "nothing was sent" if facts.summary.get("dry_run") else "",
        "rejects file": facts.rejects_file or "",
        "run": facts.run_id,
        "version": facts.version,
    }
    yield markup.pairs({name: value for name, value in told.items() if value})
