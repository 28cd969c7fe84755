"""Read what the benches wrote into tests/results."""

from __future__ import annotations

import re

from tests.support.paths import RESULTS


def report(name: str) -> str:
    """Return a report."""
    return (RESULTS / f"{name}.md").read_text(encoding="utf-8")


def part(name: str, heading: str) -> str:
    """Return what stands under a heading of a report; ValueError if it has none such."""
    pattern = rf"^#+ {re.escape(heading)}\n\n(.*?)\n*(?=^#|\Z)"
    found = re.search(pattern, report(name), re.MULTILINE | re.DOTALL)
    if not found:
        msg = f"tests/results/{name}.md has no heading {heading}"
        raise ValueError(msg)
    return found[1] + "\n"


def cells(text: str) -> list[list[str]]:
    """Return the cells of a table's rows, without its head."""
    lines = [line for line in text.splitlines() if line[:2] == "| "]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[1:]]


def measured(name: str) -> str:
    """Return when and where a report was measured, as it says itself."""
    found = re.search(r"\d{4}-\d\d-\d\d, Python [^;.]+(\.\d+)*[^;.]*", report(name))
    return found[0] if found else ""
