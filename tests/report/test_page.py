"""What the page of a run shows: to everybody, without a script, and whatever names hold."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from target_contacts.report.page import page
from target_contacts.report.plot import plot
from target_contacts.report.sections import MOST_ROWS
from target_contacts.report.timeline import Bucket
from tests.support.made_reports import facts, past

if TYPE_CHECKING:
    from target_contacts.report.facts import Facts

EMPTY = {"meta", "link", "br", "hr", "img", "input"}
"""Elements without an end."""

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; alert(1) //",
    "</title></style><h1>gone",
    "$title ${body} $$ $",
    "&lt;b&gt; &amp; &#x3c;",
    "]]> --> <!--",
    "\x1b[2J\u202e\x00\u2028end",
    "javascript:alert(1)",
)


class Parsed(HTMLParser):
    """The elements of a page, each of which is closed where it has to be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that is closed at once."""
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Demand that it closes the last one."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)

    def tags(self, *names: str) -> list[tuple[str, dict[str, str | None]]]:
        """Return the elements of these kinds."""
        return [each for each in self.found if each[0] in names]


@pytest.fixture(scope="module")
def whole() -> Parsed:
    """Return a page with all its parts."""
    return Parsed(page(facts(), past()))


# For everybody.


def test_headings_are_in_order_and_there_is_one_at_the_top(whole: Parsed) -> None:
    """Whoever hears the page finds its parts."""
    assert [tag for tag, _ in whole.tags("h1", "h2", "h3")] == ["h1", *["h2"] * 9]
    assert whole.tags("html") == [("html", {"lang": "en"})]
    assert len(whole.tags("main")) == 1


def test_each_table_has_a_caption_and_heads_of_columns_and_rows(whole: Parsed) -> None:
    """No cell is without a head."""
    assert len(whole.tags("table")) == len(whole.tags("caption")) > 9
    assert {of["scope"] for _, of in whole.tags("th")} == {"col", "row"}
    rows = sum(of["scope"] == "row" for _, of in whole.tags("th"))
    assert rows == len(whole.tags("tr")) - len(whole.tags("table"))


def test_what_scrolls_can_be_reached_by_keys(whole: Parsed) -> None:
    """And has a name."""
    regions = [of for _, of in whole.tags("div")]
    assert len(regions) == len(whole.tags("table"))
    assert all(of["tabindex"] == "0" and of["role"] == "region" for of in regions)
    assert all(of["aria-label"] for of in regions)


def test_the_plot_is_told_in_words(whole: Parsed) -> None:
    """By its title, and below it."""
    ((_, svg),) = whole.tags("svg")
    told = [of["id"] for _, of in whole.tags("title") if "id" in of]
    assert (svg["role"], [svg["aria-labelledby"]]) == ("img", told)
    assert len(whole.tags("figcaption")) == 1


def luminance(color: str) -> float:
    """Return how light a colour is, as WCAG 2 reckons."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def test_each_text_stands_out_in_light_and_in_dark() -> None:
    """By 4.5 at least, and each bar of the plot by 3."""
    schemes = re.findall(r":root \{(.*?)\}", page(facts(), ()), re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colors = dict(re.findall(r"--(\w+): (#\w{6});", scheme))
        for ground in ("page", "head"):
            for name in ("text", "muted", "link", "good", "warn", "bad"):
                assert contrast(colors[name], colors[ground]) >= 4.5, (name, ground)
        assert min(contrast(colors[bar], colors["page"]) for bar in ("bar", "wait")) >= 3


# From no other place, and without a script.


def test_the_page_needs_nothing_else(whole: Parsed) -> None:
    """It names no other file but the pages of the runs before it."""
    assert whole.tags("link", "img", "iframe", "object", "form", "base") == []
    sources = [of for _, of in whole.found if "src" in of or "action" in of]
    links = [of["href"] or "" for _, of in whole.tags("a")]
    assert sources == []
    assert [each for each in links if not re.fullmatch(r"\.\./[\w.-]+/run\.html", each)] == []
    assert len(links) == 29
    style = page(facts(), ()).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_no_script_but_its_own_runs() -> None:
    """Its policy names the hash of the one that sorts tables."""
    text = page(facts(), ())
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_shown_and_does_nothing(name: str, whole: Parsed) -> None:
    """The page has the same elements as with a plain one, and no attribute that acts."""
    hostile = facts(name, name, api=name, title=name, row=name, version=name, ended=name)
    found = Parsed(page(hostile, past(ended=name)))
    assert [tag for tag, _ in found.found] == [tag for tag, _ in whole.found]
    assert [of for _, of in found.found if any(key.startswith("on") for key in of)] == []
    assert {key for _, of in found.found for key in of} == {
        key for _, of in whole.found for key in of
    }
    shown = "".join(found.texts)
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert name in shown or not name.isprintable()


# What is told.


def test_every_fact_is_on_the_page() -> None:
    """Names, counts, commands and settings; a value that is not told is not empty."""
    told = facts()
    shown = html.unescape(page(told, past()))
    for text in (
        *("Stopped by a guard.", told.error, told.row, told.account, told.run_id, "1,200.0 s"),
        *("max_creates", "left out for E-mail", "zodiac", "a" * 32, "contacts_orders"),
        *("10,000", "(not shown)", "2026-11-26 03:00:01 UTC", "rejects/contacts.singer.jsonl"),
        *(each.command for each in told.repairs),
    ):
        assert str(text) in shown, text


@pytest.mark.parametrize(("code", "kind"), [(0, "good"), (3, "warn"), (1, "bad"), (None, "bad")])
def test_how_it_ended_is_seen_at_once(code: int | None, kind: str) -> None:
    """In words, and in a colour."""
    assert f'<p class="end {kind}">Over.</p>' in page(facts(exit_code=code, ended="over"), ())


def test_a_run_with_nothing_to_tell_has_few_parts() -> None:
    """No heading stands above nothing."""
    bare: Facts = type(facts())(
        run_id="1", started_at="2026-11-26T03:00:01", version="1", api="fake", title="Fake"
    )
    found = Parsed(page(bare, ()))
    assert [text for text in found.texts if text in {"Requests and waits", "Rejected"}] == [
        "Requests and waits"
    ]


def test_a_table_of_very_many_rows_is_cut() -> None:
    """And says where the rest is."""
    names = {f"field{number}": {"filled": 1} for number in range(MOST_ROWS + 1234)}
    text = page(facts(fields={"contacts": names}), ())
    assert "1,234 more rows are in run.json." in text
    assert f"field{MOST_ROWS + 1233}<" not in text


@pytest.mark.parametrize(
    "timeline",
    [
        [],
        [Bucket(0.0, 0, 0, 0.0)],
        [Bucket(1.0, 0, 0, 0.0)],
        [Bucket(1.0, 5, 0, 9.0), Bucket(1.0, 0, 0, 0.0), Bucket(0.5, 1, 0, 0.0)],
    ],
    ids=["none", "no time", "no request", "clocks that stand still"],
)
def test_a_plot_stays_within_its_bounds(timeline: list[Bucket]) -> None:
    """However little there is to draw."""
    drawn = plot(timeline)
    heights = [float(each) for each in re.findall(r'<rect [^>]*height="([\d.]+)"', drawn)]
    assert all(0 < height <= 70 for height in heights)
    assert bool(drawn) == any(bucket.until for bucket in timeline)
