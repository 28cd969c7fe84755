"""The page of a report in a real browser, where there is one."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zlib
from typing import TYPE_CHECKING

import pytest

from target_contacts.report.page import page
from tests.support.made_reports import facts, past

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium here; on Debian, apt-get install chromium"
)

CLICKS = """
const heads = document.querySelectorAll("table")[0].tHead.rows[0].cells;
const firsts = () => [...document.querySelectorAll("table")[0].tBodies[0].rows].map(
  (row) => row.cells[0].textContent);
const told = [];
for (const place of [1, 1, 0]) {
  heads[place].firstChild.click();
  told.push(firsts().join(" ") + " " + heads[place].getAttribute("aria-sort"));
}
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
document.body.replaceChildren(told.join("; ") + "; " + wide);
"""
"""Sort the first table by numbers, by the same the other way round, and by names; tell the order,
and by how much the page is wider than the window."""


def browse(text: str, folder: Path, *options: str) -> str:
    """Open a page and return what the browser writes."""
    path = folder / "run.html"
    path.write_text(text, encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [str(BROWSER), *OPTIONS, profile, *options, path.as_uri()]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return ended.stdout


def test_the_script_of_the_page_runs_under_its_policy(tmp_path: Path) -> None:
    """It makes a button of each head; one that a name would bring in does nothing."""
    hostile = "<script>document.title = 'gone'</script><img src=x onerror=\"document.title='x'\">"
    shown = browse(page(facts(hostile, hostile), past()), tmp_path, "--dump-dom")
    assert shown.count("<button") == shown.count('scope="col"') > 30
    assert re.findall("<title>(.*?)</title>", shown) == [
        "Contacts to Fake API, 2026-11-26 03:00:01 UTC"
    ]


def test_tables_are_sorted_by_their_heads_and_the_page_fits_a_phone(tmp_path: Path) -> None:
    """Numbers as numbers, and the other way round the second time."""
    text = re.sub(r"<meta http-equiv[^>]*>", "", page(facts(), past()))
    text = text.replace("</body>", f"<script>{CLICKS}</script></body>")
    shown = browse(text, tmp_path, "--dump-dom", "--window-size=500,900")
    told = shown.partition("<body>")[2].partition("</body>")[0].strip().split("; ")
    assert told == [
        "a_second contacts a_third ascending",
        "a_third contacts a_second descending",
        "a_second a_third contacts ascending",
        "0",
    ]


def corner(image: bytes) -> tuple[int, ...]:
    """Return red, green and blue of a picture's first pixel, before which no filter has one."""
    assert image[12:16] == b"IHDR"
    place, packed = 8, b""
    while place < len(image):
        (size,) = struct.unpack(">I", image[place : place + 4])
        kind, begin = image[place + 4 : place + 8], place + 8
        packed += image[begin : begin + size] if kind == b"IDAT" else b""
        place += size + 12
    return tuple(zlib.decompress(packed)[1:4])


@pytest.mark.parametrize(
    ("options", "ground"), [((), (255, 255, 255)), (("--force-dark-mode",), (0x13, 0x13, 0x16))]
)
def test_the_page_follows_the_scheme_of_the_reader(
    tmp_path: Path, options: tuple[str, ...], ground: tuple[int, ...]
) -> None:
    """Its ground is white or nearly black."""
    image = tmp_path / "page.png"
    browse(page(facts(), past()), tmp_path, *options, f"--screenshot={image}")
    assert corner(image.read_bytes()) == ground
