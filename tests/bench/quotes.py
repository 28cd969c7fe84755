"""Copy what the benches wrote into the pages that quote it.

    python -m tests.bench.quotes

A page quotes the part `Beside others` of tests/results/standard.md between the two lines
`<!-- standard: Beside others -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re

from tests.bench.results import part
from tests.support.paths import ROOT

PAGES = (ROOT / "README.md", ROOT / "docs/speed.md")
QUOTE = re.compile(r"(<!-- (\w+): ([^\n]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def quoted(text: str) -> str:
    """Return a page with what it quotes as the reports have it now."""
    return QUOTE.sub(lambda found: found[1] + part(found[2], found[3]) + found[4], text)


def main() -> None:
    """Copy into every page."""
    for page in PAGES:
        page.write_text(quoted(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
